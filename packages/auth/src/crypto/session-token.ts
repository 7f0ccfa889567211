import { randomBytes } from 'node:crypto'
import type { PendingKey, SessionId, SessionKey, TokenHash, UserId } from 'torii-core'
import { PendingToken, SessionToken, tokenHash } from 'torii-core'
import { base64urlLength, decodeBase64urlExact, encodeBase64url } from '../base/base64url.js'
import { hash } from '../base/hash.js'
import { formatUuid } from '../base/uuid.js'

/** Lets secret scanners find a leaked token, and shows a reader what it is. */
const prefix = 'torii_s_'
/** Of the same length, so that both have the same form otherwise. */
const pendingPrefix = 'torii_p_'

/** 256 random bits; 128 are required. @see OWASP ASVS 5.0, 7.2.3 */
const secretBytes = 32
const idBytes = 16
const tokenBytes = 2 * idBytes + secretBytes
const tokenLength = prefix.length + base64urlLength(tokenBytes)

/** Separates the hashes of session secrets from all other hashes, so none can replace another. */
const purpose = Buffer.from('torii:session:')

/** The input of the hash: purpose, then secret. Filled and hashed synchronously, so one buffer is enough. */
const hashed = Buffer.concat([purpose, Buffer.alloc(secretBytes)])

/** The id and the secret of a new session. */
export interface SessionSecrets {
  readonly id: SessionId
  readonly secret: Buffer
}

/** Generates the secret of a new session. */
export const newSessionSecret = (): Buffer => randomBytes(secretBytes)

/** Hashes a session secret for the database: SHA-256 of `torii:session:` and its bytes. */
export function hashSessionSecret(secret: Buffer): TokenHash {
  secret.copy(hashed, purpose.length)
  // A binary string and back: a buffer from Node takes three times as long, and this runs on every request.
  return tokenHash(Buffer.from(hash('sha256', hashed, 'binary'), 'binary'))
}

/** Formats a session token: `torii_s_` and the base64url of user id, session id and secret (94 characters). */
export const formatSessionToken = (userId: UserId, id: SessionId, secret: Buffer): SessionToken =>
  new SessionToken(prefix + formatParts(userId, id, secret))

/**
 * Formats the token of the pending sign-in that was opened in place of this session: the same with `torii_p_`. A secret
 * belongs to a session or to a pending sign-in, never to both.
 */
export const formatPendingToken = (userId: UserId, id: SessionId, secret: Buffer): PendingToken =>
  new PendingToken(pendingPrefix + formatParts(userId, id, secret))

function formatParts(userId: UserId, id: SessionId, secret: Buffer): string {
  const ids = Buffer.from((userId + id).replaceAll('-', ''), 'hex')
  return encodeBase64url(Buffer.concat([ids, secret]))
}

/**
 * Parses a session token; returns null for any value that {@link formatSessionToken} does not write, so each session
 * has exactly one valid token. Never throws.
 */
export const parseSessionToken = (text: unknown): SessionKey | null => parseToken(text, prefix)

/** Parses the token of a pending sign-in; returns null for any other value. Never throws. */
export const parsePendingToken = (text: unknown): PendingKey | null =>
  parseToken(text, pendingPrefix)

function parseToken(text: unknown, expected: string): SessionKey | null {
  if (typeof text !== 'string' || text.length !== tokenLength || !text.startsWith(expected))
    return null
  const bytes = decodeBase64urlExact(text.slice(prefix.length), tokenBytes)
  if (bytes === null) return null
  const hex = bytes.toString('hex', 0, 2 * idBytes)
  return {
    // 16 bytes in lower-case hex with hyphens are the canonical text of a UUID.
    userId: formatUuid(hex, 0) as UserId,
    id: formatUuid(hex, 2 * idBytes) as SessionId,
    secretHash: hashSessionSecret(bytes.subarray(2 * idBytes)),
  }
}
