import type { UserId } from './ids.js'
import type { PendingSignIn, SecondFactorRequired } from './pending-sign-ins.js'
import type { Json } from './profile.js'
import type { Charge, ChargeRefusal, IpAddressCharge, RateLimitRefund } from './rate-limits.js'
import type { NewSession, Session } from './sessions.js'
import type { TokenHash } from './token-hash.js'
import type { User } from './users.js'

/** The rate limits that a request for a mail counts against: per email and per IP address. */
export interface MailCharges {
  /** If it is exceeded, no mail is sent, and the response does not reveal that. */
  address: Charge
  /** If it is exceeded, the request is refused for every email. Null for an unknown IP address. */
  ipAddress: IpAddressCharge | null
}

/** The result of a request for a mail. The response to the client may reveal a refusal, and nothing else. */
export type MailDecision =
  /** `to` is the recipient (in the stored spelling if an account has the email), or null if no mail is to be sent. */
  | { readonly ok: true; readonly to: string | null }
  | { readonly ok: false; readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }

/** A magic link to store and to mail. */
export interface NewMagicLink {
  email: string
  tokenHash: TokenHash
  /** HMAC of the code that can be typed instead of opening the link, or null without a code. */
  codeHash: TokenHash | null
  lifetimeSeconds: number
  /** Null for a link that the application itself requests. */
  charges: MailCharges | null
}

/** The session to open, and the account to create if necessary, for a user who has proved ownership of a mailbox. */
export interface MailboxProof {
  /** The session to open for the user with this email. */
  session: NewSession
  /** The id of the user to create for an unknown email, or null to create none. */
  newUserId: UserId | null
  /** The rate limit that `consume` counts a failure against; beyond the limit nothing is used (default: none). */
  ipAddress?: IpAddressCharge | null
  /**
   * The form of a page that uses the link, as an HMAC under a secret of its browser. `consume` then keeps the used link
   * for 60 seconds, in which `findUsed` answers the same form (default: null, nothing remembers the use).
   */
  usedBy?: TokenHash | null
}

/** A landing page's form that has used a link, and the session that it opened, or null if it opened none. */
export interface UsedForm {
  readonly usedBy: TokenHash
  readonly session: Pick<NewSession, 'id' | 'secretHash'> | null
}

/** The result of a form's first submission, for a form that was sent twice. */
export interface UsedLink<Metadata extends object = Record<string, Json>> {
  readonly user: User<Metadata>
  /** The live session that the form opened; null where it opened none. */
  readonly session: Session | null
  /** The live pending sign-in that it opened instead, where a second factor was due. */
  readonly pending: PendingSignIn | null
}

/** What a form that was sent twice has done: opened a session, or a pending sign-in. */
export type UsedSignIn<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata>; readonly session: Session }
  | SecondFactorRequired

export type MailboxSignIn<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: Session
      /** True when the email was unknown and this created the account. */
      readonly created: boolean
      /**
       * True if this verified the email for the first time: credentials from before (password, sessions, OAuth
       * accounts, passkeys) no longer count.
       */
      readonly tookOver: boolean
    }
  /**
   * The link or code is unknown, used, expired, of a disabled user, or from before the user's sessions were ended (by a
   * password change, for example). The result does not reveal which.
   */
  | { readonly ok: false; readonly reason: 'invalid_token' }
  /** The link or code is used up like by a sign-in. */
  | SecondFactorRequired
  | ChargeRefusal

/** The number of wrong codes after which a code is invalid. @see OWASP ASVS 5.0, 6.6.3 */
export const maxCodeTries = 5

/** The number of live links per email, and of live tokens per user and purpose. */
export const maxLiveLinks = 4

/**
 * Stores magic links. One email has at most {@link maxLiveLinks} live links. A request ends none of them, so a stranger's
 * request cannot end the owner's link; signing in by one ends them all.
 */
export interface MagicLinkRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Counts the request against the rate limits and stores the link with the session epoch of the email's user, or null
   * if no account has the email. Works the same for known and unknown emails. If the email's limit is exceeded, or it
   * has {@link maxLiveLinks} live links, nothing is stored and no mail is to be sent. Without charges the oldest live
   * link is then replaced. Of requests at the same time, at least one is stored.
   */
  issue(link: NewMagicLink): Promise<MailDecision>
  /**
   * Reads a live link without using it, so that its page can show the email. Returns null if there is no such link.
   * The result does not reveal whether an account has the email.
   */
  find(tokenHash: TokenHash): Promise<{ readonly email: string; readonly expiresAt: Date } | null>
  /**
   * Uses the link: finds or creates the verified user of its email, removes unverified credentials of an unverified
   * account, opens the session and ends every other link of the email, in one commit. Of concurrent callers, one
   * succeeds. A link signs in only while the user is in the epoch in which it was mailed; one that was mailed when no
   * account had the email signs in only a new or an unverified user. A link that does not sign in ends none.
   */
  consume(tokenHash: TokenHash, proof: MailboxProof): Promise<MailboxSignIn<Metadata>>
  /**
   * Reads what `consume` did for this form of this browser within the last 60 seconds: a browser sends a form twice on a
   * double click. Returns null for every other form, and once the session has ended.
   */
  findUsed(
    tokenHash: TokenHash,
    form: UsedForm & { readonly session: NonNullable<UsedForm['session']> },
  ): Promise<UsedSignIn<Metadata> | null>
  /**
   * Does the same as `consume` for a typed code. The caller has counted the attempt against the rate limits; a
   * success gives `refund` back. The codes of all live links of the email share their tries: after {@link maxCodeTries}
   * wrong ones every code is refused until the oldest of these links has expired, but the links stay valid.
   */
  consumeCode(
    input: {
      email: string
      /** The code's HMAC under each key of the application, 1 to 16: the code is right if any of them matches. */
      codeHashes: readonly TokenHash[]
      refund?: RateLimitRefund
    },
    proof: MailboxProof,
  ): Promise<MailboxSignIn<Metadata>>
}
