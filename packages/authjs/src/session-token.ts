import { createHash, randomBytes } from 'node:crypto'
import type { SessionKey, UserId } from 'torii-core'
import { newSessionId, parseSessionId, parseUserId, tokenHash } from 'torii-core'

// The form of torii-auth's session tokens, so that its `sessions.validate()` accepts the cookie of Auth.js too.

const prefix = 'torii_s_'
const secretBytes = 32
const idBytes = 16
const tokenForm = /^torii_s_[A-Za-z0-9_-]{86}$/

/** A new session token and the key that the storage gets instead of it. */
export interface NewSessionToken {
  readonly token: string
  readonly key: SessionKey
}

/** Generates the token of a new session: user id, session id and 256 random bits. */
export function newSessionToken(userId: UserId): NewSessionToken {
  const id = newSessionId()
  const secret = randomBytes(secretBytes)
  const ids = Buffer.from((userId + id).replaceAll('-', ''), 'hex')
  return {
    token: prefix + Buffer.concat([ids, secret]).toString('base64url'),
    key: { userId, id, secretHash: hashSecret(secret) },
  }
}

/** Parses a session token; returns null for any value that {@link newSessionToken} does not write. Never throws. */
export function parseSessionToken(token: unknown): SessionKey | null {
  if (typeof token !== 'string' || !tokenForm.test(token)) return null
  const bytes = Buffer.from(token.slice(prefix.length), 'base64url')
  // Node ignores the unused bits of the last character, so two texts could be one token.
  if (prefix + bytes.toString('base64url') !== token) return null
  const userId = parseUserId(uuidAt(bytes, 0))
  const id = parseSessionId(uuidAt(bytes, idBytes))
  if (userId === null || id === null) return null
  return { userId, id, secretHash: hashSecret(bytes.subarray(2 * idBytes)) }
}

const hashSecret = (secret: Uint8Array) =>
  tokenHash(createHash('sha256').update('torii:session:').update(secret).digest())

const uuidAt = (bytes: Buffer, at: number): string =>
  bytes
    .toString('hex', at, at + idBytes)
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
