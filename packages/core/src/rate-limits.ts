import type { MailCharges } from './magic-links.js'
import type { RateLimitKey } from './token-hash.js'

/**
 * The number of attempts that are allowed for one key. Every attempt is counted before it runs and given back if it
 * succeeds, so parallel guesses cannot exceed the cap.
 * @see NIST SP 800-63B-4 section 3.2.2
 */
export interface RateLimitPolicy {
  /** Attempts allowed in one window; reaching it locks the key. 1 to 1,000,000. */
  cap: number
  /** Seconds after which the count starts again if it has not reached `cap`. */
  windowSeconds: number
  /** Seconds of the first lock; it doubles with each further lock in a row. */
  lockSeconds: number
  /** Seconds of the longest lock. */
  maxLockSeconds: number
  /** After this many attempts in a row without success the key is locked for `forgetSeconds`. */
  limit: number
  /** Seconds without an attempt after which the key's history is forgotten; at least the longest lock. */
  forgetSeconds: number
  /**
   * Attempts that the end of a window gives back (default: all). A smaller number spreads the attempts over time: at first
   * `cap` at once, then `refill` in each window; `lockSeconds` and `maxLockSeconds` must equal `windowSeconds`.
   */
  refill?: number
}

/** One attempt to count against a rate limit. */
export interface Charge {
  key: RateLimitKey
  policy: RateLimitPolicy
}

/** One attempt to count against the rate limit of an IP address. */
export interface IpAddressCharge extends Charge {
  /** The rate limit of the block of addresses around it, which is counted as well (default: none). */
  block?: Charge | null
}

/**
 * The keys of an attempt: the account and, if known, the IP address. An attempt is allowed only if all can be
 * counted. If callers race for the last attempt of a key, the other keys of a refused caller may stay counted: a count
 * can be too high, never too low.
 */
export interface RateLimitCharges {
  account: Charge | null
  ipAddress: IpAddressCharge | null
}

/**
 * The keys that a success gives attempts back to: all attempts of the account, and one of the IP address and of its
 * block (which unlocks an IP address that this attempt locked). Inside a caller's transaction this takes effect with the
 * commit.
 */
export interface RateLimitRefund {
  account: RateLimitKey | null
  ipAddress: RateLimitKey | null
  /** Default: none. */
  block?: RateLimitKey | null
}

export type ChargeOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }

/** The refusal of a rate limit. Nothing was done. */
export type ChargeRefusal = Extract<ChargeOutcome, { ok: false }>

/** The outcome of counting a mail: `allowed` is false if the email's limit is exceeded. */
export type MailChargeOutcome = { readonly ok: true; readonly allowed: boolean } | ChargeRefusal

/** The state of a key. `failures` counts the failed attempts of the current window. */
export type RateLimitStatus =
  | { readonly state: 'open'; readonly failures: number }
  | { readonly state: 'locked'; readonly failures: number; readonly lockedUntil: Date }

/**
 * Counts attempts. Every method runs outside the caller's transaction: a rollback would give the
 * attempt back, and the counter's row must never stay locked for long.
 */
export interface RateLimitRepository {
  /** Counts one attempt for each key. Refuses it without counting while a key is locked. */
  charge(charges: RateLimitCharges): Promise<ChargeOutcome>
  /**
   * Counts a mail. Refuses it if the IP address's limit is exceeded. If the email's limit is exceeded, `ok` is still
   * true and `allowed` is false, so that the response to the client need not reveal it.
   */
  chargeMail(charges: MailCharges): Promise<MailChargeOutcome>
  /** Resets the count of the account, and gives one attempt back to the IP address and to its block. */
  refund(refund: RateLimitRefund): Promise<void>
  /**
   * Gives one attempt back to each of the keys, for what was counted but not done, such as mail that was not delivered; a
   * key that occurs several times gets as many back. One statement; takes at most 10,000 keys.
   */
  giveBack(keys: readonly RateLimitKey[]): Promise<void>
  /** Resets the count and the lock of a key. Returns true if it was locked. */
  unlock(key: RateLimitKey): Promise<boolean>
  status(key: RateLimitKey): Promise<RateLimitStatus>
}
