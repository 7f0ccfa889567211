import { randomBytes } from 'node:crypto'
import type { SessionId, TokenHash } from 'torii-core'
import { tokenHash } from 'torii-core'
import { decodeBase64urlExact } from '../../base/base64url.js'
import { hash } from '../../base/hash.js'
import { lengthPrefixed } from '../../crypto/key-ring.js'

/** 256 random bits; 128 are required. @see WebAuthn Level 3, section 13.4.3 */
const idBytes = 32

/** The purpose of a challenge. A response to one is not valid for another. */
export type ChallengeUse =
  | {
      /** `upgrade`: in the background, after a sign-in by password. */
      readonly kind: 'register' | 'upgrade'
      readonly sessionId: SessionId
      readonly userHandle: Uint8Array
    }
  /** For any user with a discoverable passkey. */
  | { readonly kind: 'discoverable' }
  /** For the passkeys of one email address. */
  | { readonly kind: 'address' }
  | { readonly kind: 'reauthenticate'; readonly sessionId: SessionId }
  /** For the second factor of this pending sign-in. */
  | { readonly kind: 'second_factor'; readonly pendingId: SessionId }
  /** For a passkey that is enrolled on this pending sign-in. */
  | {
      readonly kind: 'enroll'
      readonly pendingId: SessionId
      readonly userHandle: Uint8Array
    }

/** Generates the id of a ceremony for the page. The challenge itself is derived from it. */
export const newChallengeId = (): Buffer => randomBytes(idBytes)

/** Parses a challenge id; returns null for any other value. Never throws. */
export const parseChallengeId = (value: unknown): Buffer | null =>
  decodeBase64urlExact(value, idBytes)

/** Looked up for a malformed id, which is counted like an unknown one. No challenge has it. */
export const malformedId = new Uint8Array(0)

/** Hashes a challenge id for the database: SHA-256 of `torii:passkey-challenge:` and the id. */
export const hashChallengeId = (id: Uint8Array): TokenHash =>
  tokenHash(hash('sha256', Buffer.concat([Buffer.from('torii:passkey-challenge:'), id]), 'buffer'))

/**
 * Derives the challenge that the authenticator signs, in base64url: SHA-256 of the id and of everything that the
 * ceremony is bound to. The response itself therefore proves which session started it, whether an email address was
 * given, and which user handle the authenticator received, so none of that is stored.
 */
export const challengeOf = (id: Uint8Array, use: ChallengeUse): string =>
  hash(
    'sha256',
    lengthPrefixed(['torii:passkey-ceremony', use.kind, ...boundTo(use), id]),
    'base64url',
  )

function boundTo(use: ChallengeUse): readonly (string | Uint8Array)[] {
  switch (use.kind) {
    case 'register':
    case 'upgrade':
      return [use.sessionId, use.userHandle]
    case 'reauthenticate':
      return [use.sessionId]
    case 'second_factor':
      return [use.pendingId]
    case 'enroll':
      return [use.pendingId, use.userHandle]
    case 'discoverable':
    case 'address':
      return []
    default:
      return use satisfies never
  }
}
