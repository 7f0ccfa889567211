import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { SessionId, TokenHash } from 'torii-core'
import { invalidValue, tokenHash } from 'torii-core'
import { decodeBase64urlExact, encodeBase64url } from '../../base/base64url.js'
import { formatUuid } from '../../base/uuid.js'
import { lengthPrefixed } from '../../crypto/key-ring.js'
import type { SessionSecrets } from '../../crypto/session-token.js'
import type { LinkPurpose, LinkToken } from './link-token.js'

/** 256 random bits, which only one browser holds. */
const nonceBytes = 32
const idBytes = 16
const secretBytes = 32

/** Generates the nonce of a browser that opens the page of a link. */
export const newLandingNonce = (): string => encodeBase64url(randomBytes(nonceBytes))

/** Whether a cookie or a field of a form holds a nonce. */
export const isLandingNonce = (value: unknown): value is string =>
  decodeBase64urlExact(value, nonceBytes) !== null

/** @throws InvalidInputError for anything but a nonce or null */
export function readLandingNonce(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (!isLandingNonce(value)) throw invalidValue('nonce', 'must be the nonce of a landing page')
  return value
}

/**
 * Identifies the form that a browser posts, by its nonce and its fields. The database keeps it with the used link, so that
 * the same form, sent twice, sees the same success. The nonce is the key, so a stolen database tells nothing of the fields.
 */
export const hashOfForm = (
  nonce: string,
  purpose: LinkPurpose,
  fields: readonly string[],
): TokenHash =>
  tokenHash(
    createHmac('sha256', nonce)
      .update(lengthPrefixed(['torii:landing-form', purpose, ...fields]))
      .digest(),
  )

/**
 * Derives the id and the secret of the session that a form opens from the secret of its link and the nonce of its browser:
 * both answers of a form that is sent twice set the same cookie, and no one else can compute it. @see RFC 5869
 */
export function sessionOfForm(nonce: string, token: string | LinkToken): SessionSecrets {
  const text = typeof token === 'string' ? token : token.reveal()
  const info = 'torii:landing-session:1'
  const bytes = Buffer.from(hkdfSync('sha256', text, nonce, info, idBytes + secretBytes))
  // A UUID of version 8, which is neither random nor of a time. @see RFC 9562 section 5.8
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return {
    id: formatUuid(bytes.toString('hex', 0, idBytes)) as SessionId,
    secret: bytes.subarray(idBytes),
  }
}
