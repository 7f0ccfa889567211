import type { UserId } from './ids.js'
import type { MailCharges, MailDecision, UsedForm, UsedLink } from './magic-links.js'
import type { PendingSignIn } from './pending-sign-ins.js'
import type { Json } from './profile.js'
import type {
  ChargeRefusal,
  IpAddressCharge,
  RateLimitCharges,
  RateLimitRefund,
} from './rate-limits.js'
import type { PasswordHash } from './secret.js'
import type { Epochs, NewSession, Session, SessionActor } from './sessions.js'
import type { TokenHash } from './token-hash.js'
import type { User } from './users.js'

/**
 * The purpose of a mailed token. A user has at most {@link maxLiveLinks} live tokens per purpose. A request ends none of
 * them; using one ends them all.
 */
export type VerificationPurpose =
  | 'verify_email'
  | 'reset_password'
  | 'change_email'
  | 'undo_second_factor'

/** Seconds for which the owner can undo that a second factor was turned on, and what was added since. */
export const undoSeconds = 604_800

/** A token to mail to the email of an account. */
export interface NewVerification {
  purpose: 'verify_email' | 'reset_password'
  email: string
  secretHash: TokenHash
  lifetimeSeconds: number
  /** Null for a token that the application itself requests. */
  charges: MailCharges | null
}

/** The result of `issue`. `userId` is a part of the token to mail. It is null exactly if no mail is to be sent. */
export type VerificationDecision =
  | { readonly ok: true; readonly to: string; readonly userId: UserId }
  | { readonly ok: true; readonly to: null; readonly userId: null }
  | Extract<MailDecision, { ok: false }>

/** The parts of a mailed token; the secret as a hash. */
export interface VerificationKey {
  userId: UserId
  secretHash: TokenHash
}

/** The content of a live token, which reading does not use. */
export interface Verification {
  readonly userId: UserId
  /** The email that the token was mailed to. */
  readonly email: string
  /** The hash to verify a password against that is sent with the token; null if there is none. */
  readonly passwordHash: PasswordHash | null
  readonly epochs: Epochs
}

/** A counted look-up: `verification` is null if there is no live token. */
export type VerificationLookup =
  | { readonly ok: true; readonly verification: Verification | null }
  | ChargeRefusal

/** The proof that a user gives in addition to a mailed token: a password, a session, or neither. */
export type MailboxHolder =
  /** The account's password: all credentials stay, and a session is opened. */
  | { readonly kind: 'password'; readonly verified: PasswordHash; readonly session: NewSession }
  /** Another password: all credentials from before are removed, and it becomes the password. */
  | {
      readonly kind: 'new_password'
      readonly passwordHash: PasswordHash
      readonly session: NewSession
    }
  /** A live session of the same account: all credentials stay. */
  | { readonly kind: 'session'; readonly actor: SessionActor }
  /** Neither: all credentials from before are removed. The user then sets a password by reset. */
  | { readonly kind: 'mailbox_only' }

export type EmailVerification<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: Session | null
      /** Where a second factor is due, in place of a session that was asked for. */
      readonly pending: PendingSignIn | null
    }
  /** Unknown, used, expired, of another purpose, or the account is verified already. */
  | { readonly ok: false; readonly reason: 'invalid_token' }
  | ChargeRefusal

export type PasswordReset =
  | { readonly ok: true; readonly email: string; readonly sessionsEnded: number }
  | { readonly ok: false; readonly reason: 'invalid_token' }

/** What an undo removed. */
export type SecondFactorUndo<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      /** The numbers of what was removed. All are 0 where the same form has used the token just before. */
      readonly removed: {
        /** 1 if the second factor was removed with its recovery codes. */
        readonly factors: number
        readonly passkeys: number
        readonly oauthAccounts: number
      }
      readonly sessionsEnded: number
      /** The same form of the same browser has used the token within the last minute. */
      readonly repeated: boolean
    }
  | { readonly ok: false; readonly reason: 'invalid_token' }
  | ChargeRefusal

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
      /** The previous email, to which a notice is sent; null if there was none. */
      readonly formerEmail: string | null
      readonly sessionsEnded: number
    }
  | { readonly ok: false; readonly reason: 'invalid_token' }
  /** Another account uses the new email by now. The token is no longer valid. */
  | { readonly ok: false; readonly reason: 'email_taken' }

/** Stores tokens that are mailed to verify an email or to set a password. */
export interface VerificationTokenRepository<Metadata extends object = Record<string, Json>> {
  /**
   * Counts the request against the rate limits and stores the token. Unknown emails, accounts that cannot use it
   * (disabled; verified already, for `verify_email`) and accounts that have {@link maxLiveLinks} live tokens of this
   * purpose are counted the same but get no mail. Without charges the oldest live token is then replaced. A token that is
   * issued while the sessions of the user are being ended may be invalid already.
   */
  issue(verification: NewVerification): Promise<VerificationDecision>
  /** Reads a live token without using it, so that its page can show the email. Returns null if there is none. */
  find(purpose: VerificationPurpose, key: VerificationKey): Promise<Verification | null>
  /**
   * Reads what this form of this browser did with the token within the last 60 seconds. Returns null for every other
   * form, for a disabled user, and once a session that it opened has ended.
   */
  findUsed(
    purpose: VerificationPurpose,
    key: VerificationKey,
    form: UsedForm,
  ): Promise<UsedLink<Metadata> | null>
  /**
   * Counts an attempt to use a token with a password and, if it is allowed, reads the live token, in one statement. So a
   * password is hashed only for a valid token, and only as often as the rate limit allows.
   */
  findCounted(
    purpose: VerificationPurpose,
    key: VerificationKey,
    charges: RateLimitCharges | null,
  ): Promise<VerificationLookup>
  /**
   * Uses the token and verifies the email. Only for an unverified account. If the proof of `holder` fails (a changed
   * password, an ended session), the token stays valid. A failure is counted against `ipAddress`; beyond the limit
   * nothing is used (default: none). `usedBy` is as in {@link MailboxProof}.
   */
  verifyEmail(
    key: VerificationKey,
    holder: MailboxHolder,
    ipAddress?: IpAddressCharge | null,
    usedBy?: TokenHash | null,
  ): Promise<EmailVerification<Metadata>>
  /**
   * Uses the token, sets the password, verifies the email, ends every session and every other token, and, if the
   * email was unverified or `removeOtherSignInMethods` is set, removes every other sign-in method from before: passkeys
   * and OAuth accounts. The second factor of a verified account stays. `usedBy` is as in {@link MailboxProof}.
   */
  resetPassword(
    key: VerificationKey,
    reset: {
      hash: PasswordHash
      refund?: RateLimitRefund
      removeOtherSignInMethods?: boolean
      usedBy?: TokenHash | null
    },
  ): Promise<PasswordReset>
  /**
   * Uses a token that `secondFactors.confirmTotp` stored: removes the second factor, passkeys and OAuth accounts that were added
   * since the second factor was turned on, at most {@link undoSeconds} ago, and the password, and ends every session. What was
   * there before stays. The email is verified after it; if it was unverified, every credential is removed. The token
   * survives ended sessions and changed passwords, which the one who turned the factor on could cause. A failure is
   * counted against `ipAddress`; beyond the limit nothing is used.
   */
  undoSecondFactor(
    key: VerificationKey,
    use: { ipAddress: IpAddressCharge | null; usedBy: TokenHash | null },
  ): Promise<SecondFactorUndo<Metadata>>
  /** Stores a token for a new email, and counts it as `issue` does. The new email is not reserved until the change. */
  issueEmailChange(change: NewEmailChange): Promise<EmailChangeRequest>
  /**
   * Uses the token and changes the account's email, which is then verified. Deletes the magic links of both emails
   * and ends every session except the acting one. If the acting session has ended, it returns `invalid_token`, and
   * the token stays valid. `usedBy` is as in {@link MailboxProof}.
   */
  changeEmail(
    actor: SessionActor,
    secretHash: TokenHash,
    usedBy?: TokenHash | null,
  ): Promise<EmailChange<Metadata>>
}
