import { hash, randomBytes } from 'node:crypto'
import type { SessionId, TokenHash } from 'torii-core'
import { tokenHash } from 'torii-core'
import { lengthPrefixed } from '../../crypto/key-ring.js'

/** 256 random bits, where 128 are asked for. @see WebAuthn Level 3, section 13.4.3 */
const idBytes = 32
const idLength = Math.ceil((idBytes * 4) / 3)

/** What a challenge is for; an answer to one is none to another. */
export type ChallengeUse =
  | { readonly kind: 'register'; readonly sessionId: SessionId; readonly userHandle: Uint8Array }
  /** To whoever has a passkey, and to the passkeys of one address. */
  | { readonly kind: 'discoverable' }
  | { readonly kind: 'address' }
  | { readonly kind: 'reauthenticate'; readonly sessionId: SessionId }

/** What names a ceremony under way to the page; the challenge itself is another value, made from it. */
export const newChallengeId = (): Buffer => randomBytes(idBytes)

/** The id in the one spelling we write, or null. Takes any value and never throws. */
export function parseChallengeId(value: unknown): Buffer | null {
  if (typeof value !== 'string' || value.length !== idLength) return null
  const bytes = Buffer.from(value, 'base64url')
  return bytes.toString('base64url') === value ? bytes : null
}

/** What the database keeps: SHA-256 of `torii:passkey-challenge:` and the id. */
export const hashChallengeId = (id: Uint8Array): TokenHash =>
  tokenHash(hash('sha256', Buffer.concat([Buffer.from('torii:passkey-challenge:'), id]), 'buffer'))

/**
 * What the authenticator signs, in base64url: SHA-256 of the id and of everything the ceremony is bound to.
 * So the answer itself proves which session asked, whether an address was named, and which user handle
 * the authenticator was given, and none of it has to be stored.
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
      return [use.sessionId, use.userHandle]
    case 'reauthenticate':
      return [use.sessionId]
    case 'discoverable':
    case 'address':
      return []
    default:
      return use satisfies never
  }
}
