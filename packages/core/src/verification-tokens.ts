import type { UserId } from './ids.js'
import type { MailCharges, MailDecision } from './magic-links.js'
import type { Json } from './profile.js'
import type { RateLimitRefund } from './rate-limits.js'
import type { PasswordHash } from './secret.js'
import type { Epochs, NewSession, Session, SessionActor } from './sessions.js'
import type { TokenHash } from './token-hash.js'
import type { User } from './users.js'

/** What a mailed token is for. One user has one live token per purpose: issuing replaces it. */
export type VerificationPurpose = 'verify_email' | 'reset_password' | 'change_email'

/** A token to mail to the address of an account. */
export interface NewVerification {
  purpose: 'verify_email' | 'reset_password'
  email: string
  secretHash: TokenHash
  lifetimeSeconds: number
  /** Null for a token that the server itself asked for. */
  charges: MailCharges | null
}

/** What became of it. `userId` belongs into the token; it is null exactly when nothing is to be sent. */
export type VerificationDecision =
  | { readonly ok: true; readonly to: string; readonly userId: UserId }
  | { readonly ok: true; readonly to: null; readonly userId: null }
  | Extract<MailDecision, { ok: false }>

/** A token as its holder presents it. */
export interface VerificationKey {
  userId: UserId
  secretHash: TokenHash
}

/** What a live token says, without using it up. */
export interface Verification {
  readonly userId: UserId
  /** The address that the token was mailed to. */
  readonly email: string
  /** The hash that a password given with the token is compared with; null where there is none. */
  readonly passwordHash: PasswordHash | null
  readonly epochs: Epochs
}

/** How the account's password stands to a proof of its mailbox. */
export type MailboxHolder =
  /** The account's own password was given with the token: everything stays, and a session opens. */
  | { readonly kind: 'password'; readonly verified: PasswordHash; readonly session: NewSession }
  /** Another password was given: everything from before ends, this becomes the password. */
  | {
      readonly kind: 'new_password'
      readonly passwordHash: PasswordHash
      readonly session: NewSession
    }
  /** A live session of the same account asks: everything stays. */
  | { readonly kind: 'session'; readonly actor: SessionActor }
  /** Neither: everything from before ends, a password is set by reset. */
  | { readonly kind: 'nobody' }

export type EmailVerification<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata>; readonly session: Session | null }
  /** Unknown, used, expired, of another purpose, or the account is verified already. */
  | { readonly ok: false; readonly reason: 'invalid_token' }

export type PasswordReset =
  | { readonly ok: true; readonly email: string; readonly sessionsEnded: number }
  | { readonly ok: false; readonly reason: 'invalid_token' }

/** A change of address that a signed-in user asks for. */
export interface NewEmailChange {
  actor: SessionActor
  email: string
  secretHash: TokenHash
  lifetimeSeconds: number
  /** Null for a token that the server itself asked for. */
  charges: MailCharges | null
}

export type EmailChangeRequest =
  | MailDecision
  /** The asking session has ended meanwhile. */
  | { readonly ok: false; readonly reason: 'stale' }

export type EmailChange<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      /** The address before, which is told; null if there was none. */
      readonly formerEmail: string | null
      readonly sessionsEnded: number
    }
  | { readonly ok: false; readonly reason: 'invalid_token' }
  /** Another account has taken the new address meanwhile. The token is used up. */
  | { readonly ok: false; readonly reason: 'email_taken' }

/** Tokens mailed to prove an address or to set a password. */
export interface VerificationTokenRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Charges, and stores the token in place of the user's former one of this purpose. Unknown addresses
   * and accounts that cannot use it (disabled; verified already, for `verify_email`) are charged alike
   * and get nothing sent. One that is issued while everything is being ended may be dead on arrival.
   */
  issue(verification: NewVerification): Promise<VerificationDecision>
  /** Reads a live token without using it up, so that a password can be hashed before. Null: no such token. */
  find(purpose: VerificationPurpose, key: VerificationKey): Promise<Verification | null>
  /**
   * Uses the token up and verifies the address. Only for an account that is still unverified. A holder whose
   * claim does not hold (another password, an ended session) leaves the token good.
   */
  verifyEmail(key: VerificationKey, holder: MailboxHolder): Promise<EmailVerification<Metadata>>
  /**
   * Uses the token up, sets the password, verifies the address, ends every session and every other
   * token, and, if the address was unverified, every other way in made before.
   */
  resetPassword(
    key: VerificationKey,
    reset: { hash: PasswordHash; refund?: RateLimitRefund },
  ): Promise<PasswordReset>
  /** Stores a token for a new address, which stays unclaimed until the change; charges as `issue` does. */
  issueEmailChange(change: NewEmailChange): Promise<EmailChangeRequest>
  /**
   * Uses the token up and moves the account to the new address, verified; deletes the magic links of
   * both addresses, keeps the asking session and ends the others. An ended asking session is answered
   * `invalid_token` and leaves the token good.
   */
  changeEmail(actor: SessionActor, secretHash: TokenHash): Promise<EmailChange<Metadata>>
}
