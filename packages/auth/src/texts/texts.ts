/** The texts of the page that a link in a mail opens. */
export interface LinkTexts {
  readonly heading: string
  /** Says whose account it is about. Contains `{email}`. */
  readonly introduction: string
  readonly button: string
}

/** The texts of Torii's pages. */
export interface PageTexts {
  readonly magic_link: LinkTexts
  /** `passwordLabel` is for the current password; the others belong to the second form, which sets a new one. */
  readonly verify_email: LinkTexts & {
    readonly passwordLabel: string
    readonly forgotten: string
    readonly forgottenNote: string
    readonly forgottenButton: string
  }
  /** `removeOthers` is the label of the checkbox, `removeOthersNote` says when to choose it. */
  readonly reset_password: LinkTexts & {
    readonly removeOthers: string
    readonly removeOthersNote: string
  }
  /** `replacement` is the introduction where there is a former email address. Contains `{formerEmail}` and `{email}`. */
  readonly change_email: LinkTexts & { readonly replacement: string }
  /** `ignore` takes the place of `common.ignore`: something has changed. */
  readonly undo_second_factor: LinkTexts & { readonly ignore: string }
  /** The page that asks for the second factor. The last two are for a sign-in that has expired. */
  readonly second_factor: {
    readonly heading: string
    readonly introduction: string
    readonly codeLabel: string
    readonly button: string
    readonly trustLabel: string
    readonly trustNote: string
    readonly recoveryQuestion: string
    readonly recoveryNote: string
    readonly recoveryCodeLabel: string
    readonly recoveryButton: string
    readonly passkeyButton: string
    readonly passkeyFailed: string
    readonly passwordLabel: string
    readonly passwordButton: string
    readonly codeQuestion: string
    readonly codeNote: string
    readonly otherWay: string
    readonly expiredHeading: string
    readonly expiredExplanation: string
  }
  /** The pages on which a user sets up an authenticator app or a passkey to complete a sign-in. */
  readonly enroll_second_factor: {
    readonly heading: string
    readonly introduction: string
    readonly startButton: string
    readonly emailCodeLabel: string
    readonly emailCodeButton: string
    readonly newCodeQuestion: string
    readonly newCodeNote: string
    readonly newCodeButton: string
    readonly scan: string
    readonly secretLabel: string
    readonly codeLabel: string
    readonly confirmButton: string
    readonly startAgainQuestion: string
    readonly startAgainNote: string
    readonly startAgainButton: string
    readonly passkeyButton: string
    readonly passkeyFailed: string
    readonly doneHeading: string
    readonly recoveryCodes: string
    readonly continueLabel: string
  }
  /** The page of a link that is unknown, used or expired. */
  readonly expired: { readonly heading: string; readonly explanation: string }
  /** The page of a sign-in at a provider that was refused. Its text is the message of the error. */
  readonly error: { readonly heading: string }
  /** Shared by the pages. `back` contains `{app}`. */
  readonly common: {
    readonly newPasswordLabel: string
    readonly show: string
    readonly showPassword: string
    readonly hide: string
    readonly hidePassword: string
    readonly ignore: string
    readonly back: string
  }
}

/** Why a new password is refused. `too_short` and `too_long` contain `{limit}`, a number of characters. */
export interface PasswordTexts {
  readonly too_short: string
  readonly too_long: string
  readonly malformed: string
  readonly guessable: string
  readonly common: string
  readonly breached: string
}

/** The sentences of errors: by code, and some that are more exact than their code's own. */
export interface ErrorTexts {
  readonly account_disabled: string
  readonly already_exists: string
  readonly body_too_large: string
  readonly busy: string
  readonly conflict: string
  readonly email_taken: string
  readonly internal: string
  readonly invalid_code: string
  readonly invalid_recovery_code: string
  readonly invalid_credentials: string
  readonly invalid_token: string
  readonly last_method: string
  readonly password_sign_in_required: string
  readonly level_required: string
  /** The user has no second factor yet. */
  readonly level_enroll: string
  /** What the user has is proved already. */
  readonly level_password: string
  /** Of a user who has a passkey and nothing else. */
  readonly level_passkey: string
  /** Contains `{allow}`, the methods of the path. */
  readonly method_not_allowed: string
  readonly not_found: string
  readonly origin_not_allowed: string
  readonly passkey_rejected: string
  readonly provider_failed: string
  readonly reauthentication_required: string
  readonly second_factor_required: string
  readonly passkey_required: string
  readonly other_method_required: string
  readonly password_required: string
  readonly enrollment_required: string
  readonly email_code_required: string
  readonly invalid_email_code: string
  readonly factor_required: string
  readonly too_many: string
  /** Contains `{seconds}`. */
  readonly too_many_attempts: string
  readonly unauthenticated: string
  readonly unavailable: string
  readonly unsupported_media_type: string
  readonly incorrect_current_password: string
  readonly incorrect_password: string
  readonly no_passkey: string
  readonly no_passkey_factor: string
  readonly passkey_exists: string
  readonly password_exists: string
  readonly email_change_waits: string
  readonly enrollment_expired: string
  readonly undo_expired: string
  readonly sign_in_expired: string
  readonly sign_in_failed: string
  readonly too_many_passkeys: string
}

/**
 * The texts of one language: pages and errors. All are plain text, which Torii escapes; a line break in an introduction
 * is one on the page. A translation has all of them, each with the words in braces of the English one; otherwise it does
 * not compile, and `createHandler` refuses it.
 */
export interface Texts {
  readonly pages: PageTexts
  readonly passwords: PasswordTexts
  readonly errors: ErrorTexts
}
