import type { AuthenticationMethod } from 'torii-core'
import type { PasswordProblem } from '../password-policy/policy.js'
import type { PasskeyProblem } from '../webauthn/verification.js'
import type { PendingSignInToken } from './pending-sign-in.js'

/** The first field of a registration that the application's schema refuses. */
export interface FieldsProblem {
  /** Its path, such as `fields.company`. */
  readonly field: string
  /** The message of the schema, for the user. */
  readonly message: string
}

/**
 * Every reason for which an operation refuses, with the data that it carries. The storage, the services,
 * HTTP (`error` of the body) and `torii-auth/browser` (`error` of the outcome) use the same word. Exceptions:
 * HTTP answers `stale` with `unauthenticated` if the session has ended and else with `conflict`, and no body carries
 * `declined` or `expired`.
 */
export interface Refusals {
  /** The account is disabled or no longer exists. Shown only to its owner. */
  account_disabled: unknown
  /** A password exists, or the provider account or passkey is already linked to an account. */
  already_exists: unknown
  /**
   * Another call changed the account at the same moment, or since it was read. Nothing was changed: read again, and
   * repeat the call if it is still wanted.
   */
  conflict: unknown
  /** The user canceled at the provider. Appears only as `?error=` of the OAuth callback's redirect. */
  declined: unknown
  /** Another account uses this email address. */
  email_taken: unknown
  /** The provider's tokens have expired and cannot be refreshed. No route returns them. */
  expired: unknown
  /** A code was mailed to the user, who must enter it before they enroll a second factor during a sign-in. */
  email_code_required: unknown
  /** The application asks a second factor of the user, who would have none left. */
  factor_required: unknown
  /** The schema of `signUp.fields` refuses the application's own fields; `problem` has the field and a message. */
  fields_rejected: { readonly problem: FieldsProblem }
  /**
   * Incorrect credentials. The result and the time that it takes are the same for every cause. A sign-in with a passkey that
   * is stored nowhere, for any account, has `credential`: the page tells the authenticator to forget it.
   */
  invalid_credentials: { readonly credential?: 'unknown' }
  /** The code of a second factor is wrong, or was used before. `triesLeft` is null where no pending sign-in ends. */
  invalid_code: { readonly triesLeft: number | null }
  /**
   * A link, code, challenge or state that is unknown, used, expired or another user's. The result is the same for
   * every cause.
   */
  invalid_token: unknown
  /** The operation needs a recent proof of two factors, since the account has a second one. @see OWASP ASVS 5.0, 7.5.3 */
  level_required: LevelProofs
  /** The account would have no sign-in method left. */
  last_method: unknown
  /** The account has no such object, or no such provider is enabled. */
  not_found: unknown
  /** The passkey's response failed a verification step; `problem` names the step. */
  passkey_rejected: { readonly problem: PasskeyProblem }
  /** A passkey is created in the background only soon after a sign-in by password. */
  password_sign_in_required: unknown
  /** The policy refuses the new password; `problem` has the rule and a message. */
  password_rejected: { readonly problem: PasswordProblem }
  /** The provider cannot be reached, or its response is invalid; the log has the details. */
  provider_failed: unknown
  /** A hook of the application refused the call; `code` and `message` are the hook's. Nothing was counted. */
  refused_by_application: { readonly code: string; readonly message: string }
  /** The operation needs a recent authentication. @see OWASP ASVS 5.0, 7.5.1 */
  reauthentication_required: unknown
  /** The first factor was right. No session was opened: prove the second one with the token of `pending`. */
  second_factor_required: { readonly pending: PendingSignInToken }
  /**
   * Since the session was validated, it has ended, or another call has raised the account's epochs. Nothing was changed:
   * validate the session again, and repeat the call if it is alive.
   */
  stale: unknown
  /** The account has reached the limit. */
  too_many: unknown
  /** A rate limit is exceeded. The limits are the same for email addresses with and without an account. */
  too_many_attempts: { readonly retryAfterSeconds: number }
}

export type RefusalReason = keyof Refusals

/** What the user of a session can do to reach level 2. */
export interface LevelProofs {
  /** What raises this session. Whether the user has a passkey or a password is not known here. */
  readonly methods: readonly AuthenticationMethod[]
  /** What the user can set up first; nothing where there is a second factor. */
  readonly enroll: readonly ('totp' | 'passkey')[]
}

/** The result of an operation that was refused for one of the given reasons. */
export type Refused<Reason extends RefusalReason> = Reason extends RefusalReason
  ? { readonly ok: false; readonly reason: Reason } & Refusals[Reason]
  : never

export type InvalidToken = Refused<'invalid_token'>
export type PasswordRejected = Refused<'password_rejected'>
/** With `level_required` a second factor is asked for, since the account has one. */
export type ReauthenticationRequired = Refused<'reauthentication_required' | 'level_required'>
export type RefusedByApplication = Refused<'refused_by_application'>
export type SecondFactorRequired = Refused<'second_factor_required'>
export type StaleSession = Refused<'stale'>
export type TooManyAttempts = Refused<'too_many_attempts'>

export const invalidCredentials: Refused<'invalid_credentials'> = Object.freeze({
  ok: false,
  reason: 'invalid_credentials',
})
/** No passkey with the credential id of the response is stored. */
export const unknownCredential: Refused<'invalid_credentials'> = Object.freeze({
  ok: false,
  reason: 'invalid_credentials',
  credential: 'unknown',
})
export const invalidToken: InvalidToken = Object.freeze({ ok: false, reason: 'invalid_token' })
export const notFound: Refused<'not_found'> = Object.freeze({ ok: false, reason: 'not_found' })
export const reauthenticationRequired: ReauthenticationRequired = Object.freeze({
  ok: false,
  reason: 'reauthentication_required',
})
export const staleSession: StaleSession = Object.freeze({ ok: false, reason: 'stale' })
