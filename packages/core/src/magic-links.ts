import type { UserId } from './ids.js'
import type { Json } from './profile.js'
import type { Charge, RateLimitRefund } from './rate-limits.js'
import type { NewSession, Session } from './sessions.js'
import type { TokenHash } from './token-hash.js'
import type { User } from './users.js'

/** What a request for a mail counts against: the allowance of the email, and the one of the IP address. */
export interface MailCharges {
  /** Beyond it nothing is sent, and the response does not reveal it. */
  address: Charge
  /** Beyond it the request is refused, for every email. */
  ipAddress: Charge | null
}

/** The outcome of a request for a mail. Its response may reveal only a refusal. */
export type MailDecision =
  /** `to` is the email to write to (the stored one, where there is one), or null to send nothing. */
  | { readonly ok: true; readonly to: string | null }
  | { readonly ok: false; readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }

/** A link to mail. */
export interface NewMagicLink {
  email: string
  tokenHash: TokenHash
  /** HMAC of the code that can be typed instead of opening the link, or null for none. */
  codeHash: TokenHash | null
  lifetimeSeconds: number
  /** Null for a link that the application itself requests. */
  charges: MailCharges | null
}

/** What to do for a person who proved to own a mailbox. */
export interface MailboxProof {
  /** Opened for the user who has, or gets, the email. */
  session: NewSession
  /** The id of the user to create for an unknown email, or null to create none. */
  newUserId: UserId | null
}

export type MailboxSignIn<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: Session
      /** True when the email was unknown and this created the account. */
      readonly created: boolean
      /**
       * True when this was the first proof of the email: unverified credentials from before (password, sessions,
       * OAuth accounts, passkeys) no longer count.
       */
      readonly tookOver: boolean
    }
  /** Unknown, used, expired, or of a disabled user, without saying which. */
  | { readonly ok: false; readonly reason: 'invalid_token' }

/** Wrong codes that end a code. @see OWASP ASVS 5.0, 6.6.3 */
export const maxCodeTries = 5

/** Stores magic links. One email has one live link: issuing replaces it. */
export interface MagicLinkRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Counts against the rate limits, and stores the link in place of the email's former one, for known and unknown
   * emails alike. Beyond the email's allowance the former link stays and nothing is to be sent.
   */
  issue(link: NewMagicLink): Promise<MailDecision>
  /**
   * Reads a live link without using it up, so that its page can show the email. Null: no such link.
   * It does not reveal whether an account has the email.
   */
  find(tokenHash: TokenHash): Promise<{ readonly email: string } | null>
  /**
   * Uses the link up, finds or creates the verified user of its email, removes unverified credentials of an
   * unverified account, and opens the session: one commit, and one winner among concurrent callers.
   */
  consume(tokenHash: TokenHash, proof: MailboxProof): Promise<MailboxSignIn<Metadata>>
  /**
   * The same by the typed code, which the caller has counted against the rate limits. A wrong code is counted on the
   * link, and {@link maxCodeTries} of them end the code while the link itself stays valid. Success gives `refund` back.
   */
  consumeCode(
    input: {
      email: string
      /** The code's HMAC under each key of the application, 1 to 16: any of them is the code. */
      codeHashes: readonly TokenHash[]
      refund?: RateLimitRefund
    },
    proof: MailboxProof,
  ): Promise<MailboxSignIn<Metadata>>
}
