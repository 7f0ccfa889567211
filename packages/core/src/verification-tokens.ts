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

/** A token to mail to the email of an account. */
export interface NewVerification {
  purpose: 'verify_email' | 'reset_password'
  email: string
  secretHash: TokenHash
  lifetimeSeconds: number
  /** Null for a token that the application itself requests. */
  charges: MailCharges | null
}

/** The outcome of an issue. `userId` belongs into the token; it is null exactly when nothing is to be sent. */
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
  /** The email that the token was mailed to. */
  readonly email: string
  /** The hash that a password given with the token is compared with; null where there is none. */
  readonly passwordHash: PasswordHash | null
  readonly epochs: Epochs
}

/** What the holder of a mailed token proves besides the mailbox. */
export type MailboxHolder =
  /** The account's own password was given with the token: everything stays, and a session opens. */
  | { readonly kind: 'password'; readonly verified: PasswordHash; readonly session: NewSession }
  /** Another password was given: everything from before ends, this becomes the password. */
  | {
      readonly kind: 'new_password'
      readonly passwordHash: PasswordHash
      readonly session: NewSession
    }
  /** A live session of the same account acts: everything stays. */
  | { readonly kind: 'session'; readonly actor: SessionActor }
  /** Nothing besides the mailbox: everything from before ends, and a password is set by reset. */
  | { readonly kind: 'mailbox_only' }

export type EmailVerification<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata>; readonly session: Session | null }
  /** Unknown, used, expired, of another purpose, or the account is verified already. */
  | { readonly ok: false; readonly reason: 'invalid_token' }

export type PasswordReset =
  | { readonly ok: true; readonly email: string; readonly sessionsEnded: number }
  | { readonly ok: false; readonly reason: 'invalid_token' }

/** An email change that a signed-in user requests. */
export interface NewEmailChange {
  actor: SessionActor
  email: string
  secretHash: TokenHash
  lifetimeSeconds: number
  /** Null for a token that the application itself requests. */
  charges: MailCharges | null
}

export type EmailChangeRequest =
  | MailDecision
  /** The acting session has ended. */
  | { readonly ok: false; readonly reason: 'stale' }

export type EmailChange<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      /** The email before, which gets a notice; null if there was none. */
      readonly formerEmail: string | null
      readonly sessionsEnded: number
    }
  | { readonly ok: false; readonly reason: 'invalid_token' }
  /** Another account has the new email by now. The token is used up. */
  | { readonly ok: false; readonly reason: 'email_taken' }

/** Stores tokens that are mailed to verify an email or to set a password. */
export interface VerificationTokenRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Counts against the rate limits, and stores the token in place of the user's former one of this purpose. Unknown
   * emails and accounts that cannot use it (disabled; verified already, for `verify_email`) are counted alike and
   * get no mail. A token that is issued while the sessions of the user are being ended may be invalid already.
   */
  issue(verification: NewVerification): Promise<VerificationDecision>
  /** Reads a live token without using it up, so that a password can be hashed before. Null: no such token. */
  find(purpose: VerificationPurpose, key: VerificationKey): Promise<Verification | null>
  /**
   * Uses the token up and verifies the email. Only for an account that is still unverified. A holder whose
   * proof fails (another password, an ended session) leaves the token valid.
   */
  verifyEmail(key: VerificationKey, holder: MailboxHolder): Promise<EmailVerification<Metadata>>
  /**
   * Uses the token up, sets the password, verifies the email, ends every session and every other
   * token, and, if the email was unverified, removes every other sign-in method from before.
   */
  resetPassword(
    key: VerificationKey,
    reset: { hash: PasswordHash; refund?: RateLimitRefund },
  ): Promise<PasswordReset>
  /** Stores a token for a new email, which stays free until the change; counts as `issue` does. */
  issueEmailChange(change: NewEmailChange): Promise<EmailChangeRequest>
  /**
   * Uses the token up and moves the account to the new email, verified; deletes the magic links of
   * both emails, keeps the acting session and ends the others. For an acting session that has ended it returns
   * `invalid_token` and leaves the token valid.
   */
  changeEmail(actor: SessionActor, secretHash: TokenHash): Promise<EmailChange<Metadata>>
}
