import type { MailCharges } from './magic-links.js'
import type { RateLimitKey } from './token-hash.js'

/**
 * How often something may be tried under one key. Every attempt is counted before it is made and
 * given back when it succeeds, so parallel guesses cannot pass the cap.
 * @see NIST SP 800-63B-4 section 3.2.2
 */
export interface RateLimitPolicy {
  /** Attempts allowed in one window; reaching it locks the key. 1 to 1,000,000. */
  cap: number
  /** Seconds after which an unreached count starts again. */
  windowSeconds: number
  /** Seconds of the first lock; it doubles with each further lock in a row. */
  lockSeconds: number
  /** Seconds of the longest lock. */
  maxLockSeconds: number
  /** After this many attempts in a row without success the key is locked for `forgetSeconds`. */
  limit: number
  /** Seconds without an attempt after which the key's history is forgotten; at least the longest lock. */
  forgetSeconds: number
}

/** One attempt to count against a rate limit. */
export interface Charge {
  key: RateLimitKey
  policy: RateLimitPolicy
}

/**
 * The account, and the IP address the attempt comes from where that is known. An attempt is allowed only when both
 * are counted. Of callers racing for the last attempt of one key, a refused one may leave its other key
 * counted: counts err on the safe side, never the other way.
 */
export interface RateLimitCharges {
  account: Charge | null
  ipAddress: Charge | null
}

/**
 * What a success gives back: everything of the account, one attempt of the IP address (which unlocks an IP address
 * that this very attempt has locked). Inside a caller's transaction it is given back with the commit.
 */
export interface RateLimitRefund {
  account: RateLimitKey | null
  ipAddress: RateLimitKey | null
}

export type ChargeOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }

/** The outcome of counting a mail: `allowed` is false when the email has used its allowance up. */
export type MailChargeOutcome =
  | { readonly ok: true; readonly allowed: boolean }
  | Extract<ChargeOutcome, { ok: false }>

/** Where a key stands. `failures` are those of the window that is open now. */
export type RateLimitStatus =
  | { readonly state: 'open'; readonly failures: number }
  | { readonly state: 'locked'; readonly failures: number; readonly lockedUntil: Date }

/**
 * Counts attempts. Every method runs outside the caller's transaction: a rollback would give the
 * attempt back, and the counter's row must never stay locked for long.
 */
export interface RateLimitRepository {
  /** Counts one attempt under each key; refused without counting while one of them is locked. */
  charge(charges: RateLimitCharges): Promise<ChargeOutcome>
  /**
   * Counts a mail: refused when the IP address has used its allowance up. Beyond the email's allowance it is
   * counted and returned alike, with `allowed` false, so that the caller's response need not reveal it.
   */
  chargeMail(charges: MailCharges): Promise<MailChargeOutcome>
  /** Clears the account, gives the IP address one attempt back. */
  refund(refund: RateLimitRefund): Promise<void>
  /** Forgets everything that was counted under the key. True if it was locked. */
  unlock(key: RateLimitKey): Promise<boolean>
  status(key: RateLimitKey): Promise<RateLimitStatus>
}
