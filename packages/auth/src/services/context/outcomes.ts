import type { Session, SessionToken, User } from 'torii-core'
import type { PasswordProblem } from '../../password-policy/policy.js'

// The outcomes that several services share. A service adds its own beside the operation that returns them.

/** A user is signed in. The token is returned here once; the database never stores it. */
export interface SignedIn<Metadata extends object> {
  readonly ok: true
  readonly user: User<Metadata>
  readonly session: Session
  readonly token: SessionToken
}

/** A rate limit refused the attempt. The answer is the same for accounts that exist and for those that do not. */
export interface TooManyAttempts {
  readonly ok: false
  readonly reason: 'too_many_attempts'
  readonly retryAfterSeconds: number
}

/** The credentials are wrong. One answer for every cause, so that it reveals nothing about the account. */
export interface InvalidCredentials {
  readonly ok: false
  readonly reason: 'invalid_credentials'
}

/** The token or code is unknown, used, expired, or of another purpose or account. One answer for every cause. */
export interface InvalidToken {
  readonly ok: false
  readonly reason: 'invalid_token'
}

/** The policy refuses the new password; `problem` says why. */
export interface PasswordRejected {
  readonly ok: false
  readonly reason: 'password_rejected'
  readonly problem: PasswordProblem
}

/** The operation needs a recent proof of identity: reauthenticate first. @see OWASP ASVS 5.0, 7.5.1 */
export interface ReauthenticationRequired {
  readonly ok: false
  readonly reason: 'reauthentication_required'
}

/** The session has ended since it was validated. Nothing was done. */
export interface StaleSession {
  readonly ok: false
  readonly reason: 'stale'
}

export const invalidCredentials: InvalidCredentials = Object.freeze({
  ok: false,
  reason: 'invalid_credentials',
})
export const invalidToken: InvalidToken = Object.freeze({ ok: false, reason: 'invalid_token' })
export const reauthenticationRequired: ReauthenticationRequired = Object.freeze({
  ok: false,
  reason: 'reauthentication_required',
})
export const staleSession: StaleSession = Object.freeze({ ok: false, reason: 'stale' })
