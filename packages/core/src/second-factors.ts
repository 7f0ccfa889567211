import type { Brand } from './brand.js'
import { InvalidInputError } from './errors.js'
import type { TrustedBrowserId, UserId } from './ids.js'
import type { NewPasskey, Passkey, PasskeyCredential, PasskeyUse } from './passkeys.js'
import type { PendingKey, PendingSignIn } from './pending-sign-ins.js'
import type { Json } from './profile.js'
import type {
  ChargeRefusal,
  IpAddressCharge,
  RateLimitCharges,
  RateLimitRefund,
} from './rate-limits.js'
import type { PasswordHash } from './secret.js'
import type { SecondFactorPolicy, Session, SessionActor, SessionKey } from './sessions.js'
import type { TokenHash } from './token-hash.js'
import type { NewTrustedBrowser, TrustedBrowser } from './trusted-browsers.js'
import type { User } from './users.js'

/** The secret of an authenticator application, encrypted by torii-auth. A storage never receives the plaintext. */
export type EncryptedTotpSecret = Brand<Uint8Array, 'EncryptedTotpSecret'>

const maxSecretBytes = 512

/** Marks bytes as encrypted. @throws InvalidInputError when they are not 1 to 512 bytes. */
export function encryptedTotpSecret(bytes: Uint8Array): EncryptedTotpSecret {
  if (!(bytes instanceof Uint8Array) || bytes.length < 1 || bytes.length > maxSecretBytes)
    throw new InvalidInputError('secret', `must be 1 to ${maxSecretBytes} bytes`)
  return bytes as EncryptedTotpSecret
}

/** The seconds of a time step of a TOTP code. @see RFC 6238, 4.1 */
export const totpStepSeconds = 30

/** What a code of an authenticator application is compared with. */
export interface TotpCredential {
  readonly userId: UserId
  readonly secret: EncryptedTotpSecret
  /** A code counts only for a later time step. */
  readonly lastStep: number
  /** The time step at this moment, by the database's clock. */
  readonly step: number
}

/** The second factors of a user, without secrets. */
export interface SecondFactors {
  /** From when on `secondFactors.setRequired` asks one of the user; null if it does not. */
  readonly requiredAt: Date | null
  /** The authenticator application; null if the user has none. */
  readonly totp: { readonly createdAt: Date; readonly lastUsedAt: Date | null } | null
  readonly recoveryCodes: {
    /** How many are unused. */
    readonly remaining: number
    /** Which set of recovery codes; a new set names the one that it replaces. */
    readonly generation: number
  }
}

/** A session to open by a pending sign-in, which knows everything else of it. */
export interface SessionOfPending {
  /** A new id: that of the pending sign-in names no session. */
  id: Session['id']
  secretHash: TokenHash
}

/** The outcome of a second factor. */
export type SecondFactorSignIn<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: Session
      /** The recovery codes that are left. */
      readonly remaining: number
    }
  /** The pending sign-in is unknown, used, expired, or its user's sessions were ended. */
  | { readonly ok: false; readonly reason: 'invalid_token' }
  /** The code is wrong, or was used before. */
  | { readonly ok: false; readonly reason: 'invalid_code'; readonly triesLeft: number }
  | ChargeRefusal

/** The outcome of a sign-in by the enrollment of a second factor. */
export type EnrollmentSignIn<Metadata extends object = Record<string, Json>> =
  | {
      readonly ok: true
      readonly user: User<Metadata>
      readonly session: Session
      /** The user's other sessions that ended. */
      readonly sessionsEnded: number
    }
  /** The pending sign-in is unknown, used or expired, its user has a second factor, or the enrollment is not the one that was read. */
  | { readonly ok: false; readonly reason: 'invalid_token' }

/** What a pending sign-in finds to compare a code with; the try is counted. */
export type PendingLookup =
  | {
      readonly ok: true
      /** Null if the user has no authenticator application. */
      readonly credential: TotpCredential | null
      /** The tries that are left after this one. */
      readonly triesLeft: number
    }
  | { readonly ok: false; readonly reason: 'invalid_token' }
  | ChargeRefusal

/** What a pending sign-in finds to verify a password with; the try is counted. */
export type PendingPasswordLookup =
  | {
      readonly ok: true
      /** Null if the user has no password, or the first factor was not possession alone. */
      readonly hash: PasswordHash | null
      /** The tries that are left after this one. */
      readonly triesLeft: number
    }
  | { readonly ok: false; readonly reason: 'invalid_token' }
  | ChargeRefusal

/** What a pending sign-in finds to verify a passkey with; the try is counted. */
export type PendingPasskeyLookup =
  | {
      readonly ok: true
      /** Null unless the challenge and the passkey are those of this pending sign-in. */
      readonly credential: PasskeyCredential | null
      /** The tries that are left after this one. */
      readonly triesLeft: number
    }
  | { readonly ok: false; readonly reason: 'invalid_token' }
  | ChargeRefusal

/** The outcome of a passkey as the second factor. */
export type PasskeyFactorSignIn<Metadata extends object = Record<string, Json>> =
  | Exclude<SecondFactorSignIn<Metadata>, ChargeRefusal>
  /** The counter of a single-device passkey did not rise: it may have been copied. */
  | { readonly ok: false; readonly reason: 'counter_regression'; readonly triesLeft: number }

/** What a live session finds to compare a code with. */
export type TotpLookup =
  | { readonly ok: true; readonly credential: TotpCredential | null }
  | ChargeRefusal

/** The secret that is being enrolled, to compare a code with; the try is counted. */
export interface TotpEnrollment {
  readonly secret: EncryptedTotpSecret
  /** The time step at this moment, by the database's clock. */
  readonly step: number
  /** The tries that are left after this one. */
  readonly triesLeft: number
}

/** A change of the second factors by a session. It ends every other session, and this one gets a new secret. */
export type SecondFactorChange =
  | { readonly ok: true; readonly session: Session; readonly sessionsEnded: number }
  /** The acting session has ended, or the enrollment is not the one that was read. */
  | { readonly ok: false; readonly reason: 'stale' }
  | { readonly ok: false; readonly reason: 'not_found' }
  /** The user needs a second factor, and would have none. */
  | { readonly ok: false; readonly reason: 'factor_required' }

/** A live pending sign-in on which the user enrolls, with what the enrollment needs. */
export interface EnrollingSignIn {
  readonly email: string | null
  readonly name: string | null
  /** True if the mailbox need not be proved: the sign-in itself or a code has proved it, or the user has no email address. */
  readonly mailboxProved: boolean
}

/** What became of a secret for a user who enrolls on a pending sign-in. */
export type EnrollmentStart =
  | { readonly ok: true }
  /** The pending sign-in is unknown, used, expired, its tries are spent, or its user has a second factor. */
  | { readonly ok: false; readonly reason: 'invalid_token' }
  /** The mailed code is wrong or expired, or none was given. */
  | { readonly ok: false; readonly reason: 'invalid_code'; readonly triesLeft: number }

/** Whether the challenge of a passkey that is enrolled on a pending sign-in was used by this response. */
export type PasskeyStartUse =
  | { readonly ok: true }
  /** The pending sign-in is unknown, used or expired, or the challenge is not its last one, or was used. */
  | { readonly ok: false; readonly reason: 'invalid_token' }
  | ChargeRefusal

/** The outcome of a sign-in by the enrollment of a passkey. */
export type PasskeyEnrollment<Metadata extends object = Record<string, Json>> =
  | (Extract<EnrollmentSignIn<Metadata>, { ok: true }> & { readonly passkey: Passkey })
  /** The pending sign-in is unknown, used or expired, or its user has a second factor. */
  | { readonly ok: false; readonly reason: 'invalid_token' }
  /** This credential is registered already, to this or another user. */
  | { readonly ok: false; readonly reason: 'already_exists' }

/** The outcome of an enrollment. */
export type TotpConfirmation =
  | (Extract<SecondFactorChange, { ok: true }> & {
      /** The email to mail the token of `undo` to; null if the user had a second factor, or no email. */
      readonly undoTo: string | null
    })
  | Extract<SecondFactorChange, { ok: false }>

/** A new set of recovery codes. */
export type RecoveryCodesReplaced =
  | { readonly ok: true; readonly generation: number }
  /** The acting session has ended, or another set was made meanwhile. */
  | { readonly ok: false; readonly reason: 'stale' }

/** The number of recovery codes in a set. */
export const recoveryCodeCount = 10

/**
 * Stores second factors, and ends pending sign-ins by them. Whether one is due is read from the user's own row, which the
 * statement of every sign-in locks, so no sign-in that waits for an enrollment opens a session without it. Locks are taken in
 * one order: user, pending sign-in, trusted browser, factor, session, rate limits.
 */
export interface SecondFactorRepository<Metadata extends object = Record<string, Json>> {
  /** Returns the second factors of a user, for display. */
  find(userId: UserId): Promise<SecondFactors>
  /** Returns a live pending sign-in, for display. Counts nothing. */
  findPending(key: PendingKey): Promise<(PendingSignIn & { readonly triesLeft: number }) | null>
  /** Ends a pending sign-in. False if it is not live. */
  endPending(key: PendingKey): Promise<boolean>
  /** Stores a secret that is not a factor yet, for 10 minutes, in place of the former one. False if the session has ended. */
  startTotp(actor: SessionActor, secret: EncryptedTotpSecret): Promise<boolean>
  /**
   * Counts a try, at most five, and returns the secret that the acting session enrolls. Null without one, and once its tries
   * are spent.
   */
  findEnrollment(actor: SessionActor): Promise<TotpEnrollment | null>
  /**
   * Makes the enrolled secret the factor of the user, with these recovery codes, in place of the former ones. The code of
   * `step` counts as used. Every other session and every pending sign-in of the user ends; the acting session gets the
   * new secret and level 2. Of two callers, one succeeds.
   */
  confirmTotp(
    actor: SessionActor,
    confirmation: {
      secret: EncryptedTotpSecret
      step: number
      newSecretHash: TokenHash
      recoveryCodes: readonly TokenHash[]
      /**
       * The token by which the owner of the mailbox undoes it, if this is the first second factor (default: null). It goes back
       * to the time of a former one that is still live: see `verificationTokens.undoSecondFactor`.
       */
      undo?: { secretHash: TokenHash; lifetimeSeconds: number } | null
    },
  ): Promise<TotpConfirmation>
  /**
   * Removes the factor, its recovery codes and the trusted browsers; the sessions like {@link confirmTotp}. Refused where `policy`
   * asks a second factor of the user, who has no passkey (default: optional).
   */
  removeTotp(
    actor: SessionActor,
    newSecretHash: TokenHash,
    policy?: SecondFactorPolicy,
  ): Promise<SecondFactorChange>
  /** Replaces the recovery codes of this generation. */
  replaceRecoveryCodes(
    actor: SessionActor,
    replacement: { generation: number; recoveryCodes: readonly TokenHash[] },
  ): Promise<RecoveryCodesReplaced>
  /**
   * Removes the authenticator application of a user with its recovery codes and their trusted browsers, for an administrator, and ends
   * their sessions; with `passkeys` (default: false) every passkey too. Returns the user, or null if there was nothing to remove.
   */
  reset(userId: UserId, options?: { passkeys?: boolean }): Promise<User<Metadata> | null>
  /**
   * Asks a second factor of a user by the policy `per-user`, `graceSeconds` from now on, or no more; of whom it is asked already,
   * the earlier time stays. Asking ends every session and every pending sign-in of the user. Returns the user, or null if there is none.
   */
  setRequired(
    userId: UserId,
    required: { graceSeconds: number } | null,
  ): Promise<User<Metadata> | null>
  /**
   * Returns a pending sign-in on which its user enrolls. Null for any other key, which is counted against `ipAddress`; beyond that
   * limit nothing is read.
   */
  findEnrolling(input: {
    key: PendingKey
    ipAddress: IpAddressCharge | null
  }): Promise<EnrollingSignIn | ChargeRefusal | null>
  /**
   * Stores the code that is mailed to the user of such a pending sign-in, in place of the former one. False if it is not live.
   */
  setEmailCode(key: PendingKey, codeHash: TokenHash): Promise<boolean>
  /**
   * Stores a secret that the user of such a pending sign-in enrolls, as {@link startTotp} does. Where the mailbox is not proved,
   * the mailed code must be among `emailCodeHashes`; a wrong one counts as a try of the pending sign-in.
   */
  startTotpForSignIn(input: {
    key: PendingKey
    secret: EncryptedTotpSecret
    /** Null: the user has given no code. */
    emailCodeHashes: readonly TokenHash[] | null
  }): Promise<EnrollmentStart>
  /**
   * Counts a try of that enrollment, at most five, and returns its secret. Null without one, which is counted against
   * `ipAddress`.
   */
  findEnrollmentForSignIn(input: {
    key: PendingKey
    ipAddress: IpAddressCharge | null
  }): Promise<TotpEnrollment | ChargeRefusal | null>
  /**
   * Makes the enrolled secret the factor of the user, as {@link confirmTotp} does, and opens the session of the pending
   * sign-in at level 2: both or none. Every other session of the user ends.
   */
  confirmTotpForSignIn(input: {
    key: PendingKey
    confirmation: { secret: EncryptedTotpSecret; step: number; recoveryCodes: readonly TokenHash[] }
    session: SessionOfPending
  }): Promise<EnrollmentSignIn<Metadata>>
  /**
   * Keeps the challenge of a passkey that the user of such a pending sign-in enrolls, in place of the former one. The mailbox is
   * proved as for {@link startTotpForSignIn}.
   */
  startPasskeyForSignIn(input: {
    key: PendingKey
    challengeHash: TokenHash
    /** Null: the user has given no code. */
    emailCodeHashes: readonly TokenHash[] | null
  }): Promise<EnrollmentStart>
  /** Uses that challenge: every response does. Any other key or challenge is counted against `ipAddress`, beyond whose limit nothing is used. */
  usePasskeyStart(input: {
    key: PendingKey
    challengeHash: TokenHash
    ipAddress: IpAddressCharge | null
  }): Promise<PasskeyStartUse>
  /**
   * Adds a verified passkey for the user and opens the session of the pending sign-in at level 2: both or none. Every other session
   * of the user ends.
   */
  addPasskeyForSignIn(input: {
    key: PendingKey
    passkey: NewPasskey
    session: SessionOfPending
  }): Promise<PasskeyEnrollment<Metadata>>
  /**
   * Counts a try with a live pending sign-in against its five and against `charges.account`, and returns what to compare the
   * code with. A key without a live pending sign-in is counted against `charges.ipAddress` alone. Beyond a limit
   * nothing is read.
   */
  findForSignIn(input: { key: PendingKey; charges: RateLimitCharges }): Promise<PendingLookup>
  /**
   * Opens the session of a pending sign-in by the code of `step`, ends the pending sign-in and counts the code as used, in
   * one commit or not at all. Of any number of callers with one code, one succeeds. With `trust` (default: null) it also makes its
   * browser a trusted one, until the sessions of the user are ended.
   */
  signIn(input: {
    key: PendingKey
    step: number
    session: SessionOfPending
    refund: RateLimitRefund
    trust?: NewTrustedBrowser | null
  }): Promise<SecondFactorSignIn<Metadata>>
  /**
   * Does the same by a recovery code, which is used up. A wrong code counts like a try of {@link findForSignIn}. One statement.
   * The session ends after `maxSeconds` at the latest (default: null, as the sign-in asked). `codeHashes` are those of one code,
   * at most 32: a code of another system is stored under a key of the application, which may be any that is in use.
   */
  useRecoveryCode(input: {
    key: PendingKey
    codeHashes: readonly TokenHash[]
    session: SessionOfPending
    /** Null in a transaction of the application: nothing is counted but the tries of the pending sign-in. */
    charges: RateLimitCharges | null
    maxSeconds?: number | null
  }): Promise<SecondFactorSignIn<Metadata>>
  /**
   * Uses the challenge of a pending sign-in and counts a try with it, and returns the passkey to verify the answer with. Every
   * answer uses its challenge. No account is counted, because a passkey cannot be guessed; a failure is counted
   * against `charge`, beyond whose limit nothing is used.
   */
  findPasskey(input: {
    key: PendingKey
    challengeHash: TokenHash
    credentialId: Uint8Array
    charge: IpAddressCharge | null
  }): Promise<PendingPasskeyLookup>
  /**
   * Opens the session of a pending sign-in by a verified passkey, at level 2, ends the pending sign-in and advances the counter
   * of the passkey, in one commit or not at all. It needs no other second factor. `invalid_code`: the passkey was deleted
   * meanwhile. The passkey is locked first, as everywhere. `trust` as of {@link signIn}.
   */
  signInByPasskey(input: {
    key: PendingKey
    use: PasskeyUse
    session: SessionOfPending
    trust?: NewTrustedBrowser | null
  }): Promise<PasskeyFactorSignIn<Metadata>>
  /**
   * Counts a try of a password as {@link findForSignIn} counts a code, and returns the hash to verify it with. A password is taken
   * only after possession: a passkey without user verification.
   */
  findPassword(input: {
    key: PendingKey
    charges: RateLimitCharges
  }): Promise<PendingPasswordLookup>
  /**
   * Opens the session of a pending sign-in by the password that was verified, at level 2, and ends the pending sign-in, in one commit
   * or not at all. A password that was changed or removed meanwhile has ended the pending sign-in.
   */
  signInByPassword(input: {
    key: PendingKey
    session: SessionOfPending
    refund: RateLimitRefund
  }): Promise<Exclude<SecondFactorSignIn<Metadata>, ChargeRefusal>>
  /** Counts a code that is sent in a live session, and returns what to compare it with. */
  findForSession(input: { userId: UserId; charges: RateLimitCharges }): Promise<TotpLookup>
  /**
   * Records the code of `step` on a live session: `authenticatedAt`, level 2 and its time, and a new secret. Null if the
   * session has ended or the code was used before.
   */
  reauthenticate(
    key: SessionKey,
    proof: { step: number; newSecretHash: TokenHash; refund: RateLimitRefund },
  ): Promise<Session | null>
  /**
   * Does the same by a recovery code, which is used up; `remaining` are left. Null if the session has ended or the code is
   * wrong, which is counted. `codeHashes` as of {@link useRecoveryCode}.
   */
  reauthenticateByRecoveryCode(
    key: SessionKey,
    proof: {
      codeHashes: readonly TokenHash[]
      newSecretHash: TokenHash
      charges: RateLimitCharges | null
    },
  ): Promise<{ readonly session: Session; readonly remaining: number } | ChargeRefusal | null>
  /** Lists the trusted browsers of a user that are live, at most 100, the last trusted one first. */
  listTrustedBrowsers(userId: UserId): Promise<readonly TrustedBrowser[]>
  /**
   * Removes one trusted browser of the acting session's user, or all of them where `id` is null. Returns how many of them were
   * live; 0 if the session has ended.
   */
  removeTrustedBrowsers(actor: SessionActor, id: TrustedBrowserId | null): Promise<number>
  /** Lists encrypted secrets in the order of their users, to encrypt them with a new key. */
  listSecrets(query: {
    limit: number
    after?: UserId
  }): Promise<readonly { readonly userId: UserId; readonly secret: EncryptedTotpSecret }[]>
  /** Replaces a secret by the same one under another key. False if it is not the stored one any more. */
  replaceSecret(input: {
    userId: UserId
    former: EncryptedTotpSecret
    secret: EncryptedTotpSecret
  }): Promise<boolean>
}
