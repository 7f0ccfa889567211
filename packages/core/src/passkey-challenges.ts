import type { UserId } from './ids.js'
import type { PasskeyCredential } from './passkeys.js'
import type { Charge } from './rate-limits.js'
import type { SessionActor } from './sessions.js'
import type { TokenHash } from './token-hash.js'

/** The ceremony that a challenge was created for; it is valid for no other. */
export type PasskeyCeremony = 'register' | 'authenticate' | 'reauthenticate'

/** Who may answer a challenge. */
export type ChallengeHolder =
  /** Any user: a discoverable sign-in. */
  | { readonly kind: 'anyone' }
  /** Only this user: a sign-in by email. */
  | { readonly kind: 'user'; readonly userId: UserId }
  /** Only the user of this session, as its validation saw it: registration, re-authentication. */
  | { readonly kind: 'session'; readonly actor: SessionActor }

/** A challenge that is handed out. @see WebAuthn Level 3, section 13.4.3 */
export interface NewPasskeyChallenge {
  challengeHash: TokenHash
  ceremony: PasskeyCeremony
  holder: ChallengeHolder
  lifetimeSeconds: number
  ipAddress: Charge | null
}

export type ChallengeStart =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }

export type ChallengeForEmail =
  /** `credentials` is empty for an email without passkeys; the response then holds decoys. */
  | { readonly ok: true; readonly credentials: readonly PasskeyCredential[] }
  | Extract<ChallengeStart, { ok: false }>

/** Challenges of passkey ceremonies. Any answer uses a challenge up, right or wrong. */
export interface PasskeyChallengeRepository {
  store(challenge: NewPasskeyChallenge): Promise<ChallengeStart>
  /**
   * Stores a challenge of a sign-in by email, and finds the credentials of its account: one statement, alike for
   * emails that no account has. No credential can answer such a challenge.
   */
  storeForEmail(
    challenge: Omit<NewPasskeyChallenge, 'ceremony' | 'holder'>,
    email: string,
  ): Promise<ChallengeForEmail>
  /**
   * Uses up a challenge of a registration or a re-authentication. False unless it is live, of this ceremony and
   * of this session; it is used up in any case.
   */
  consume(input: {
    challengeHash: TokenHash
    ceremony: Extract<PasskeyCeremony, 'register' | 'reauthenticate'>
    actor: SessionActor
  }): Promise<boolean>
}
