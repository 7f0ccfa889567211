import type { UserId } from './ids.js'
import type { UsableMethods } from './oauth-accounts.js'
import type { SecondFactorRequired } from './pending-sign-ins.js'
import type { Json } from './profile.js'
import type { RateLimitCharges, RateLimitRefund } from './rate-limits.js'
import type { PasswordHash } from './secret.js'
import type { Epochs, NewSession, Session, SessionActor } from './sessions.js'
import type { User } from './users.js'

/** The stored credential that a password is verified against. */
export interface PasswordCredential {
  readonly userId: UserId
  readonly hash: PasswordHash
  readonly epochs: Epochs
  readonly emailVerified: boolean
  readonly disabled: boolean
}

export type PasswordLookup =
  /** `credential` is null for an unknown email and for a user without a password. */
  | { readonly ok: true; readonly credential: PasswordCredential | null }
  | { readonly ok: false; readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }

/** A sign-in whose password was verified against `credential`. */
export interface PasswordSignIn {
  credential: Pick<PasswordCredential, 'userId' | 'hash' | 'epochs'>
  session: NewSession
  refund: RateLimitRefund
  /** A hash of the same password under the current parameters. Stored only if the verified hash has not changed. */
  rehash?: PasswordHash
}

export type PasswordSignInOutcome<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata>; readonly session: Session }
  | SecondFactorRequired
  /** The password was changed, or the sessions or the account were ended, between look-up and sign-in. */
  | { readonly ok: false; readonly reason: 'stale' }

export type PasswordSetting =
  | { readonly ok: true }
  /** There is a password already: change it instead. */
  | { readonly ok: false; readonly reason: 'already_exists' }
  /** The acting session has ended. */
  | { readonly ok: false; readonly reason: 'stale' }

export type PasswordChange =
  | { readonly ok: true; readonly sessionsEnded: number }
  /** The acting session has ended, or the stored hash is no longer the one that was verified. */
  | { readonly ok: false; readonly reason: 'stale' }

export type PasswordRemoval =
  | { readonly ok: true; readonly sessionsEnded: number }
  /** It is the user's only sign-in method. */
  | { readonly ok: false; readonly reason: 'last_method' }
  /** There is no password to remove. */
  | { readonly ok: false; readonly reason: 'not_found' }
  /** The acting session has ended. */
  | { readonly ok: false; readonly reason: 'stale' }

/** Stores password hashes. Hashing itself never happens here. */
export interface PasswordRepository<Metadata extends object = Record<string, Json>> {
  /** Counts the attempt against the rate limits and looks up the credential, in one statement; a refused attempt gets no hash. */
  findForSignIn(input: { email: string; charges: RateLimitCharges }): Promise<PasswordLookup>
  /** Does the same as `findForSignIn` for a signed-in user who re-authenticates. */
  findForUser(input: { userId: UserId; charges: RateLimitCharges }): Promise<PasswordLookup>
  /** Returns whether the user has a valid password. A password that was removed as unverified does not count. */
  exists(userId: UserId): Promise<boolean>
  /** Opens the session, gives the counted attempt back and stores the rehash, in one commit. */
  signIn(input: PasswordSignIn): Promise<PasswordSignInOutcome<Metadata>>
  /** Sets the first password. */
  set(actor: SessionActor, hash: PasswordHash): Promise<PasswordSetting>
  /** Replaces the password that was verified; ends every other session, keeps the acting one. */
  change(
    actor: SessionActor,
    hashes: { verified: PasswordHash; next: PasswordHash; refund?: RateLimitRefund },
  ): Promise<PasswordChange>
  /** Stores a hash of the same password; false if the stored one is no longer `verified`. */
  rehash(userId: UserId, hashes: { verified: PasswordHash; next: PasswordHash }): Promise<boolean>
  /**
   * Removes the password, unless no `usable` sign-in method would remain; ends every other session.
   */
  remove(actor: SessionActor, usable: UsableMethods): Promise<PasswordRemoval>
}
