import type { UserId } from './ids.js'
import type { PasskeyCredential } from './passkeys.js'
import type { PendingKey } from './pending-sign-ins.js'
import type { IpAddressCharge } from './rate-limits.js'
import type { SessionActor } from './sessions.js'
import type { TokenHash } from './token-hash.js'

/** The ceremony that a challenge was created for; it is valid for no other. */
export type PasskeyCeremony = 'register' | 'authenticate' | 'reauthenticate'

/** The users whose response to a challenge is accepted. */
export type ChallengeHolder =
  /** Any user: a discoverable sign-in. */
  | { readonly kind: 'anyone' }
  /** Only this user: a sign-in by email. */
  | { readonly kind: 'user'; readonly userId: UserId }
  /** Only the user of this session, with the epochs that its validation read: registration, re-authentication. */
  | { readonly kind: 'session'; readonly actor: SessionActor }

/** A new challenge to store. @see WebAuthn Level 3, section 13.4.3 */
export interface NewPasskeyChallenge {
  challengeHash: TokenHash
  ceremony: PasskeyCeremony
  holder: ChallengeHolder
  lifetimeSeconds: number
  ipAddress: IpAddressCharge | null
}

export type ChallengeStart =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }

export type ChallengeForEmail =
  /** `credentials` is empty for an email without passkeys; the response then holds decoys. */
  | { readonly ok: true; readonly credentials: readonly PasskeyCredential[] }
  | Extract<ChallengeStart, { ok: false }>

/** The passkeys of the user of a pending sign-in, of which each may answer. */
export type ChallengeForPending =
  | { readonly ok: true; readonly credentials: readonly PasskeyCredential[] }
  /** The pending sign-in is not live. */
  | { readonly ok: false; readonly reason: 'invalid_token' }
  /** It is live, and takes no passkey. */
  | { readonly ok: false; readonly reason: 'not_found' }
  | Extract<ChallengeStart, { ok: false }>

/** Stores the challenges of passkey ceremonies. Every response uses its challenge, valid or not. */
export interface PasskeyChallengeRepository {
  store(challenge: NewPasskeyChallenge): Promise<ChallengeStart>
  /**
   * Stores the challenge of a sign-in by email and returns the credentials of its account. One statement, the same
   * for an email without an account; no credential is valid for the challenge of such an email.
   */
  storeForEmail(
    challenge: Omit<NewPasskeyChallenge, 'ceremony' | 'holder'>,
    email: string,
  ): Promise<ChallengeForEmail>
  /**
   * Stores the challenge of a pending sign-in, which it alone can answer, and returns the passkeys of its user. The challenge
   * is of a ceremony of its own: `secondFactors.findPasskey` uses it. One statement.
   */
  storeForPending(
    challenge: Omit<NewPasskeyChallenge, 'ceremony' | 'holder'>,
    key: PendingKey,
  ): Promise<ChallengeForPending>
  /**
   * Uses the challenge of a registration or a re-authentication. Returns false if it is not live, or belongs to
   * another ceremony or session; the challenge is used in any case.
   */
  consume(input: {
    challengeHash: TokenHash
    ceremony: Extract<PasskeyCeremony, 'register' | 'reauthenticate'>
    actor: SessionActor
  }): Promise<boolean>
}
