import type {
  AuthenticationMethod,
  OAuthAccountId,
  PasskeyId,
  SecondFactor,
  SessionId,
  SignInMethod,
  TrustedBrowserId,
  UserId,
} from 'torii-core'

/** The account, the session and the request of an event. */
export interface EventContext {
  /** The account that it concerns; null if none is known, for example for an unknown email address. */
  readonly userId: UserId | null
  /** The session that acted or was opened; null if there is none. */
  readonly sessionId: SessionId | null
  readonly ip: string | null
  readonly userAgent: string | null
}

/** Who caused an event: the user, or an administrator through `torii.admin`. */
export type Actor = 'user' | 'admin'

/**
 * The types of events with their details, besides {@link EventContext}. Only ids, names and codes: no password, token,
 * hash or email address.
 */
export interface EventDetails {
  /** An account was created. */
  readonly user_created: { readonly method: SignInMethod | 'admin' }
  readonly user_updated: { readonly fields: readonly string[]; readonly by: Actor }
  readonly user_deleted: { readonly by: Actor }
  readonly user_disabled: { readonly by: 'admin' }
  readonly user_enabled: { readonly by: 'admin' }
  /** The user exported their data. */
  readonly user_exported: object
  /** The email address was verified for the first time, so the credentials created before were removed. */
  readonly unverified_credentials_removed: { readonly method: SignInMethod | 'email' }

  /**
   * `secondFactor` is what the user proved after the sign-in method; absent where none was due. `imported`: after a session of another
   * system.
   */
  readonly signed_in: {
    readonly method: SignInMethod | 'imported'
    readonly secondFactor?: SecondFactor
  }
  /**
   * The first factor of a sign-in was right, and the second one is due. `knownBrowser`: the user has signed in by this browser before.
   * `mustEnroll`: they have none, and enroll it now.
   */
  readonly second_factor_required: {
    readonly method: SignInMethod | 'imported'
    readonly knownBrowser: boolean
    readonly mustEnroll: boolean
  }
  /** The code of a second factor, or the mailed one before its enrollment, was wrong or used before. */
  readonly second_factor_failed: { readonly factor: SecondFactor | 'email_code' }
  readonly second_factor_added: { readonly factor: 'totp'; readonly sessionsEnded: number }
  readonly second_factor_removed: { readonly factor: 'totp'; readonly sessionsEnded: number }
  /** An administrator removed every second factor and ended the sessions. */
  /** The owner followed the link of the mail that said that it was turned on. The numbers are of what was removed. */
  readonly second_factor_undone: {
    readonly factors: number
    readonly passkeys: number
    readonly oauthAccounts: number
    readonly sessionsEnded: number
  }
  readonly second_factors_reset: { readonly by: 'admin'; readonly passkeys: boolean }
  /** A second factor is asked of the user, after `graceSeconds`; or no more, with null. Asking ended the sessions. */
  readonly second_factor_requirement_set: {
    readonly graceSeconds: number | null
    readonly by: 'admin'
  }
  /** The user trusts this browser: it signs them in without the second factor. */
  readonly browser_trusted: { readonly trustedBrowserId: TrustedBrowserId }
  readonly trusted_browsers_removed: { readonly count: number }
  readonly recovery_codes_replaced: object
  readonly recovery_code_used: { readonly remaining: number }
  /** Wrong credentials. Attempts over a rate limit are `attempts_refused`. */
  readonly sign_in_failed: { readonly method: SignInMethod; readonly reason: string }
  /** A rate limit refused an attempt. */
  readonly attempts_refused: { readonly path: string }
  readonly attempts_unlocked: { readonly by: 'admin' }

  readonly signed_out: object
  readonly session_revoked: { readonly revokedSessionId: SessionId; readonly by: Actor }
  readonly sessions_revoked: { readonly count: number; readonly by: Actor }
  readonly session_derived: { readonly newSessionId: SessionId }
  /** A session went on from one of another system. `sameUserAgent`: the request has the user agent of that one, or that is unknown. */
  readonly session_continued: { readonly sameUserAgent: boolean }
  readonly session_rotated: object
  readonly reauthenticated: { readonly method: AuthenticationMethod }

  readonly password_set: object
  readonly password_changed: { readonly sessionsEnded: number }
  readonly password_removed: { readonly sessionsEnded: number }
  readonly password_reset_requested: object
  readonly password_reset: {
    readonly sessionsEnded: number
    readonly otherSignInMethodsRemoved: boolean
  }

  readonly magic_link_requested: object
  readonly email_verification_requested: object
  readonly email_verified: { readonly by: Actor }
  readonly email_change_requested: object
  readonly email_changed: { readonly sessionsEnded: number }

  readonly oauth_linked: { readonly provider: string; readonly accountId: OAuthAccountId | null }
  readonly oauth_unlinked: { readonly accountId: OAuthAccountId }

  readonly passkey_added: { readonly passkeyId: PasskeyId }
  readonly passkey_renamed: { readonly passkeyId: PasskeyId }
  readonly passkey_deleted: { readonly passkeyId: PasskeyId }
  /**
   * A passkey's counter did not increase. A single-device passkey may have been copied, and was refused. A backup-eligible
   * one was accepted, since each of its devices may count for itself.
   */
  readonly passkey_counter_regression: {
    readonly passkeyId: PasskeyId
    readonly outcome: 'refused' | 'accepted'
  }
  /** A passkey that could not be backed up now can, or the reverse; `now` is its new state. It was accepted. */
  readonly passkey_backup_eligibility_changed: {
    readonly passkeyId: PasskeyId
    readonly now: 'single_device' | 'backup_eligible'
  }
}

/** The type of an event. */
export type EventType = keyof EventDetails

/** An event, emitted after the commit of its operation. `switch (event.type)` narrows `detail`. */
export type ToriiEvent = {
  readonly [Type in EventType]: EventContext & {
    readonly type: Type
    readonly detail: EventDetails[Type]
  }
}[EventType]

/** Receives events. Whatever it throws or rejects with is ignored: a handler never breaks an operation. */
export type EventHandler = (event: ToriiEvent) => unknown
