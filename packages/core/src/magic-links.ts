import type { UserId } from './ids.js'
import type { Json } from './profile.js'
import type { Charge, RateLimitRefund } from './rate-limits.js'
import type { NewSession, Session } from './sessions.js'
import type { TokenHash } from './token-hash.js'
import type { User } from './users.js'

/** What a request for a mail costs: one of the address's allowance, and one of the network's. */
export interface MailCharges {
  /** Beyond it nothing is sent, and nobody is told. */
  address: Charge
  /** Beyond it the request is refused, whatever the address. */
  ipAddress: Charge | null
}

/** What became of a request for a mail. Whoever asked is told only of a refusal. */
export type MailDecision =
  /** `to` is the address to write to (the stored one, where there is one), or null to send nothing. */
  | { readonly ok: true; readonly to: string | null }
  | { readonly ok: false; readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }

/** A link to mail. */
export interface NewMagicLink {
  email: string
  tokenHash: TokenHash
  /** HMAC of the code that may be typed instead of opening the link, or null for none. */
  codeHash: TokenHash | null
  lifetimeSeconds: number
  /** Null for a link that the server itself asked for. */
  charges: MailCharges | null
}

/** A person who proved to own a mailbox, and what is to be made of it. */
export interface MailboxProof {
  /** Opened for the user who has, or gets, the address. */
  session: NewSession
  /** The id of the user to make for an unknown address, or null to make none. */
  newUserId: UserId | null
}

export type MailboxSignIn<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: Session
      /** True when the address was unknown and this made the account. */
      readonly created: boolean
      /**
       * True when this was the first proof of the address: whatever way in somebody had made before
       * (password, sessions, OAuth accounts, passkeys) no longer counts.
       */
      readonly tookOver: boolean
    }
  /** Unknown, used, expired, of a disabled user: one answer for all. */
  | { readonly ok: false; readonly reason: 'invalid_token' }

/** Wrong codes that end a code. @see OWASP ASVS 5.0, 6.6.3 */
export const maxCodeTries = 5

/** Links that sign in who opens them. One address has one live link: issuing replaces it. */
export interface MagicLinkRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Charges, and stores the link in place of the address's former one: known and unknown addresses
   * alike. Beyond the address's allowance the former link stays and nothing is to be sent.
   */
  issue(link: NewMagicLink): Promise<MailDecision>
  /**
   * Reads a live link without using it up, so that its page can say whom it signs in. Null: no such link.
   * It says nothing of whether an account has the address.
   */
  find(tokenHash: TokenHash): Promise<{ readonly email: string } | null>
  /**
   * Uses the link up, finds or makes the verified user of its address, ends what a pre-hijacker left
   * on an unverified account, and opens the session: one commit, one winner.
   */
  consume(tokenHash: TokenHash, proof: MailboxProof): Promise<MailboxSignIn<Metadata>>
  /**
   * The same by the typed code, which the caller has charged. A wrong code is counted on the link, and
   * {@link maxCodeTries} of them end the code while the link itself stays good. Success gives `refund` back.
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
