import { hash, randomBytes } from 'node:crypto'
import type { SessionId, SessionKey, TokenHash, UserId } from 'torii-core'
import { SessionToken, tokenHash } from 'torii-core'

/** Lets secret scanners find a leaked token, and a person see what it is. */
const prefix = 'torii_s_'

/** 256 random bits, where 128 are asked for. @see OWASP ASVS 5.0, 7.2.3 */
const secretBytes = 32
const idBytes = 16
const tokenBytes = 2 * idBytes + secretBytes
/** base64url without padding. */
const tokenLength = prefix.length + Math.ceil((tokenBytes * 4) / 3)

/** The hash of any other secret of Torii starts with another word, so none can stand in for this one. */
const purpose = Buffer.from('torii:session:')

/** What is hashed: the purpose, then the secret. Filled and hashed without a pause, so one is enough. */
const hashed = Buffer.concat([purpose, Buffer.alloc(secretBytes)])

/** The secret half of a fresh session. */
export const newSessionSecret = (): Buffer => randomBytes(secretBytes)

/** What the database keeps of the secret: SHA-256 of `torii:session:` and its bytes. */
export function hashSessionSecret(secret: Buffer): TokenHash {
  secret.copy(hashed, purpose.length)
  // As text and back: asking Node for a buffer costs three times as much, on every request.
  return tokenHash(Buffer.from(hash('sha256', hashed, 'binary'), 'binary'))
}

/** The token of a session: `torii_s_` and the base64url of user id, session id and secret (94 characters). */
export function formatSessionToken(userId: UserId, id: SessionId, secret: Buffer): SessionToken {
  const ids = Buffer.from((userId + id).replaceAll('-', ''), 'hex')
  return new SessionToken(prefix + Buffer.concat([ids, secret]).toString('base64url'))
}

/**
 * The key in a token, or null for everything that {@link formatSessionToken} would not have written:
 * one session has exactly one token text. Takes any value and never throws.
 */
export function parseSessionToken(text: unknown): SessionKey | null {
  if (typeof text !== 'string' || text.length !== tokenLength || !text.startsWith(prefix))
    return null
  const encoded = text.slice(prefix.length)
  const bytes = Buffer.from(encoded, 'base64url')
  // The decoder skips what it does not know and ignores unused bits: only the round trip is proof.
  if (bytes.length !== tokenBytes || bytes.toString('base64url') !== encoded) return null
  const hex = bytes.toString('hex', 0, 2 * idBytes)
  return {
    // Sixteen bytes in lower-case hex with hyphens are the canonical text of a UUID.
    userId: uuidText(hex, 0) as UserId,
    id: uuidText(hex, 32) as SessionId,
    secretHash: hashSessionSecret(bytes.subarray(2 * idBytes)),
  }
}

function uuidText(hex: string, at: number): string {
  return `${hex.slice(at, at + 8)}-${hex.slice(at + 8, at + 12)}-${hex.slice(at + 12, at + 16)}-${hex.slice(at + 16, at + 20)}-${hex.slice(at + 20, at + 32)}`
}
