import type { SessionId, UserId } from './ids.js'
import type { SessionKey } from './sessions.js'

/** Seconds after which a pending sign-in expires. */
export const pendingSignInSeconds = 600

/** The wrong codes after which a pending sign-in is refused. @see OWASP ASVS 5.0, 6.6.3 */
export const maxPendingTries = 5

/**
 * A sign-in whose first factor was proved and whose second one is due. The storage makes it in place of the session, in
 * the same statement, with the id and the secret that the session was to have. It opens nothing by itself, ends after
 * {@link pendingSignInSeconds}, and as soon as the user's sessions are ended.
 */
export interface PendingSignIn {
  /** The id of the session that the caller wanted to open. */
  readonly id: SessionId
  readonly userId: UserId
  readonly expiresAt: Date
  /** True if the user has no second factor yet and must enroll one to sign in. */
  readonly mustEnroll: boolean
  /** Whether a code can be the second factor: the user has an authenticator application. */
  readonly takesCode: boolean
  /** Whether a passkey can be the second factor: the user has one, and the first factor was not a passkey. */
  readonly takesPasskey: boolean
  /** Whether the password can be the second factor: the user has one, and the first factor was a passkey without user verification. */
  readonly takesPassword: boolean
}

/** The parts of the token of a pending sign-in; the secret as a hash. */
export type PendingKey = SessionKey

/** The first factor was right. No session was opened: a second factor is due. */
export interface SecondFactorRequired {
  readonly ok: false
  readonly reason: 'second_factor_required'
  readonly pending: PendingSignIn
}
