import type { PasskeyId, UserId } from './ids.js'
import type { MethodRemoval } from './oauth-accounts.js'
import type { PasskeyCeremony } from './passkey-challenges.js'
import type { Json } from './profile.js'
import type { RateLimitRefund } from './rate-limits.js'
import type { Epochs, NewSession, Session, SessionActor, SessionKey } from './sessions.js'
import type { TokenHash } from './token-hash.js'
import type { User } from './users.js'

/** A passkey as its owner may see it. */
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

/** A credential that a ceremony has just proved. @see WebAuthn Level 3, section 4, credential record */
export interface NewPasskey {
  id: PasskeyId
  /** 1 to 1,023 bytes. */
  credentialId: Uint8Array
  /** COSE key, at most 2,048 bytes. */
  publicKey: Uint8Array
  /** 0 to 2^32 - 1. */
  signCount: number
  /** What the authenticator calls the user, at most 64 bytes; the same for all passkeys of a user. */
  userHandle: Uint8Array
  userVerified: boolean
  backupEligible: boolean
  backedUp: boolean
  aaguid: string
  transports: readonly string[]
  /** 1 to 100 characters. */
  name: string
}

/** What an assertion is verified against. */
export interface PasskeyCredential {
  readonly id: PasskeyId
  readonly userId: UserId
  readonly credentialId: Uint8Array
  readonly publicKey: Uint8Array
  readonly signCount: number
  readonly userHandle: Uint8Array
  readonly backupEligible: boolean
  readonly transports: readonly string[]
  readonly epochs: Epochs
}

/** What a verified assertion said of the authenticator. */
export interface PasskeyUse {
  credentialId: Uint8Array
  userId: UserId
  /** The count in the assertion. Accepted when above the stored one, or when both are 0. */
  signCount: number
  backedUp: boolean
  epochs: Epochs
}

export type PasskeyAddition =
  | { readonly ok: true; readonly passkey: Passkey }
  /** This credential is registered already, to this or another user. */
  | { readonly ok: false; readonly reason: 'already_exists' }
  /** The user has as many as are allowed. */
  | { readonly ok: false; readonly reason: 'too_many' }
  /** The acting session has ended. */
  | { readonly ok: false; readonly reason: 'stale' }

export type PasskeySignInOutcome<Metadata extends object = Record<string, Json>> =
  | { readonly ok: true; readonly user: User<Metadata>; readonly session: Session }
  /** The counter did not rise: the passkey may have been copied. Nothing was changed. */
  | { readonly ok: false; readonly reason: 'counter_regression' }
  /** The passkey, the sessions or the account were ended between look-up and sign-in. */
  | { readonly ok: false; readonly reason: 'stale' }

export type PasskeyReauthentication =
  | { readonly ok: true; readonly session: Session }
  | { readonly ok: false; readonly reason: 'counter_regression' }
  /** The passkey, the session or the account has ended meanwhile. */
  | { readonly ok: false; readonly reason: 'stale' }

/** Stores passkeys. One credential belongs to one user, in the whole database. */
export interface PasskeyRepository<Metadata extends object = Record<string, Json>> {
  /** Adds a credential for the user of the acting session, up to `max` of them. */
  add(actor: SessionActor, passkey: NewPasskey, options: { max: number }): Promise<PasskeyAddition>
  list(userId: UserId): Promise<readonly Passkey[]>
  /** What to offer to an authenticator of this user: to leave out at registration, to allow at sign-in. */
  credentials(userId: UserId): Promise<readonly PasskeyCredential[]>
  /** The same for an email, in one look-up; empty when unknown. */
  credentialsByEmail(email: string): Promise<readonly PasskeyCredential[]>
  /**
   * Uses the challenge up and finds the credential, in one statement: any response uses the challenge up.
   * Null unless the challenge is live and of this ceremony, and open to any user or bound to this one.
   */
  findForSignIn(input: {
    challengeHash: TokenHash
    ceremony: Extract<PasskeyCeremony, 'authenticate' | 'reauthenticate'>
    credentialId: Uint8Array
  }): Promise<PasskeyCredential | null>
  /** Advances the counter and opens the session, in one commit; of two uses of one count one succeeds. */
  signIn(
    use: PasskeyUse,
    options: { session: NewSession; refund?: RateLimitRefund },
  ): Promise<PasskeySignInOutcome<Metadata>>
  /** Advances the counter and records the re-authentication on a live session of the same user, in one commit. */
  reauthenticate(
    use: PasskeyUse,
    options: { key: SessionKey; newSecretHash: TokenHash; refund?: RateLimitRefund },
  ): Promise<PasskeyReauthentication>
  /** Renames a passkey of the acting user: null if the session has ended or the passkey is not theirs. */
  rename(actor: SessionActor, id: PasskeyId, name: string): Promise<Passkey | null>
  /** Deletes a passkey; never the only sign-in method. */
  delete(
    actor: SessionActor,
    id: PasskeyId,
    options: { mailSignIn: boolean },
  ): Promise<MethodRemoval>
}
