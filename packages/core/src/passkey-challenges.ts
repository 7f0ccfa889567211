import type { UserId } from './ids.js'
import type { PasskeyCredential } from './passkeys.js'
import type { Charge } from './rate-limits.js'
import type { SessionActor } from './sessions.js'
import type { TokenHash } from './token-hash.js'

/** What a challenge was made for; it is good for nothing else. */
export type PasskeyCeremony = 'register' | 'authenticate' | 'reauthenticate'

/** Whose a challenge is. */
export type ChallengeHolder =
  /** Whoever answers it: a discoverable sign-in. */
  | { readonly kind: 'anyone' }
  /** Only this user: a sign-in by address. */
  | { readonly kind: 'user'; readonly userId: UserId }
  /** Only the user of this session, as its validation saw it: registering, proving again. */
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
  /** `credentials` is empty for an address without passkeys, which is answered with made-up ones. */
  | { readonly ok: true; readonly credentials: readonly PasskeyCredential[] }
  | Extract<ChallengeStart, { ok: false }>

/** Challenges of passkey ceremonies. Any answer uses a challenge up, right or wrong. */
export interface PasskeyChallengeRepository {
  store(challenge: NewPasskeyChallenge): Promise<ChallengeStart>
  /**
   * Stores a challenge of signing in by address, and finds what its account may answer with: one statement,
   * alike for addresses that no account has. Such a challenge can be answered by nobody.
   */
  storeForEmail(
    challenge: Omit<NewPasskeyChallenge, 'ceremony' | 'holder'>,
    email: string,
  ): Promise<ChallengeForEmail>
  /**
   * Uses up a challenge of registering or proving again. False unless it is live, of this ceremony and
   * of this session; it is gone all the same.
   */
  consume(input: {
    challengeHash: TokenHash
    ceremony: Extract<PasskeyCeremony, 'register' | 'reauthenticate'>
    actor: SessionActor
  }): Promise<boolean>
}
