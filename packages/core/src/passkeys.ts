import type { PasskeyId, UserId } from './ids.js'
import type { MethodRemoval, UsableMethods } from './oauth-accounts.js'
import type { PasskeyCeremony } from './passkey-challenges.js'
import type { SecondFactorRequired } from './pending-sign-ins.js'
import type { Json } from './profile.js'
import type { ChargeRefusal, IpAddressCharge, RateLimitRefund } from './rate-limits.js'
import type {
  CountedActor,
  Epochs,
  NewSession,
  Session,
  SessionActor,
  SessionKey,
  SessionLevel,
} from './sessions.js'
import type { TokenHash } from './token-hash.js'
import type { User } from './users.js'

/** A passkey, with the fields that its owner may see. */
export interface Passkey {
  readonly id: PasskeyId
  readonly name: string
  readonly createdAt: Date
  readonly lastUsedAt: Date | null
  /** Whether it may leave its device (a synced passkey), and whether it is backed up now. */
  readonly backupEligible: boolean
  readonly backedUp: boolean
  /** The model of authenticator, as a UUID. */
  readonly aaguid: string
  readonly transports: readonly string[]
}

/** The credential of a verified registration. @see WebAuthn Level 3, section 4, credential record */
export interface NewPasskey {
  id: PasskeyId
  /** 1 to 1,023 bytes. */
  credentialId: Uint8Array
  /** COSE key, at most 2,048 bytes. */
  publicKey: Uint8Array
  /** 0 to 2^32 - 1. */
  signCount: number
  /**
   * The user handle in the authenticator (`user.id` of WebAuthn), at most 64 bytes; the same for all passkeys of a
   * user. Null where it is not known, as of a passkey from a system that did not keep it: the first use stores it.
   */
  userHandle: Uint8Array | null
  userVerified: boolean
  backupEligible: boolean
  backedUp: boolean
  aaguid: string
  transports: readonly string[]
  /** 1 to 100 characters. */
  name: string
}

/** A credential that signs its user in. */
export interface AcceptedCredential {
  readonly credentialId: Uint8Array
  /** Null while it is not known. */
  readonly userHandle: Uint8Array | null
}

/** The stored credential that an assertion is verified against. */
export interface PasskeyCredential {
  readonly id: PasskeyId
  readonly userId: UserId
  readonly credentialId: Uint8Array
  readonly publicKey: Uint8Array
  readonly signCount: number
  /** Null until a use stores it. */
  readonly userHandle: Uint8Array | null
  readonly backupEligible: boolean
  readonly transports: readonly string[]
  readonly epochs: Epochs
}

/** The authenticator's state in a verified assertion. */
export interface PasskeyUse {
  credentialId: Uint8Array
  userId: UserId
  /**
   * The count in the assertion. Accepted when above the stored one, when both are 0, or when the passkey was registered
   * as backup eligible: then each of its devices may count for itself.
   */
  signCount: number
  backedUp: boolean
  /**
   * The user handle in the assertion, where it has one (default: null). It is stored where none is known, and must be the stored
   * one otherwise: of two first uses with different handles one succeeds.
   */
  userHandle?: Uint8Array | null
  epochs: Epochs
}

export type PasskeyAddition =
  | { readonly ok: true; readonly passkey: Passkey }
  /** This credential is registered already, to this or another user. */
  | { readonly ok: false; readonly reason: 'already_exists' }
  /** The user has the maximum number of passkeys. */
  | { readonly ok: false; readonly reason: 'too_many' }
  /** The acting session has ended. */
  | { readonly ok: false; readonly reason: 'stale' }

export type PasskeySignInOutcome<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata>; readonly session: Session }
  /** Only for a session of level 1: the assertion had no user verification. */
  | SecondFactorRequired
  /** The counter of a single-device passkey did not rise: it may have been copied. Nothing was changed. */
  | { readonly ok: false; readonly reason: 'counter_regression' }
  /**
   * Between look-up and sign-in, the passkey was deleted or got another user handle, the sessions were ended, or the account
   * was disabled or deleted.
   */
  | { readonly ok: false; readonly reason: 'stale' }

export type PasskeyReauthentication =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly reason: 'counter_regression' }
  /** Since the look-up, the passkey was deleted, the session ended, or the account was disabled or deleted. */
  | { readonly ok: false; readonly reason: 'stale' }

/** Stores passkeys. One credential belongs to one user, in the whole database. */
export interface PasskeyRepository<Metadata extends object = Record<string, Json>> {
  /** Adds a credential for the user of the acting session, up to `max` of them. */
  add(actor: SessionActor, passkey: NewPasskey, options: { max: number }): Promise<PasskeyAddition>
  list(userId: UserId): Promise<readonly Passkey[]>
  /** Returns the credentials of a user for the ceremony options: to exclude at registration, to allow at sign-in. */
  credentials(userId: UserId): Promise<readonly PasskeyCredential[]>
  /**
   * Returns the credentials with which the user of the acting session signs in, the oldest first; null if the session has
   * ended. An authenticator may forget all others, so nothing is returned for an account that is disabled meanwhile.
   */
  accepted(actor: SessionActor): Promise<readonly AcceptedCredential[] | null>
  /** Whether a credential with this id is stored, whoever has it and whether or not it signs in. */
  isStored(credentialId: Uint8Array): Promise<boolean>
  /** Returns the credentials of the account with this email. Empty if there is none. */
  credentialsByEmail(email: string): Promise<readonly PasskeyCredential[]>
  /**
   * Uses the challenge and returns the credential, in one statement. Every response uses its challenge. Returns null
   * unless the challenge is live, belongs to this ceremony, and is for any user or for the user of this credential.
   * Such a failure is counted against `charge`; beyond the limit nothing is used.
   */
  findForSignIn(input: {
    challengeHash: TokenHash
    ceremony: Extract<PasskeyCeremony, 'authenticate' | 'reauthenticate'>
    credentialId: Uint8Array
    charge?: IpAddressCharge | null
  }): Promise<PasskeyCredential | ChargeRefusal | null>
  /**
   * Advances the counter and opens the session, in one commit. Of two responses with the same count, one succeeds, unless
   * the passkey is backup eligible.
   */
  signIn(
    use: PasskeyUse,
    options: { session: NewSession; refund?: RateLimitRefund },
  ): Promise<PasskeySignInOutcome<Metadata>>
  /** Advances the counter and records the re-authentication on a live session of the same user, in one commit. */
  reauthenticate(
    use: PasskeyUse,
    options: {
      key: SessionKey
      newSecretHash: TokenHash
      /** 2 for an assertion with user verification: raises the level of the session, and its time (default: 1). */
      level?: SessionLevel
      refund?: RateLimitRefund
    },
  ): Promise<PasskeyReauthentication>
  /** Renames a passkey of the acting user: null if the session has ended or the passkey is not theirs. */
  rename(actor: CountedActor, id: PasskeyId, name: string): Promise<Passkey | null>
  /** Deletes a passkey. Refuses to remove the only sign-in method. */
  delete(actor: SessionActor, id: PasskeyId, usable: UsableMethods): Promise<MethodRemoval>
}
