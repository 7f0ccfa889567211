import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { types } from 'node:util'
import { InvalidInputError, ToriiError } from 'torii-core'
import type { KeyRing } from './key-ring.js'
import { lengthPrefixed, maxKeyIdBytes } from './key-ring.js'

/** What a provider gave for one account: access token, refresh token, scopes, when they end. */
export type TokenRecord = Readonly<Record<string, string | number | null>>

/**
 * Where a sealed value stands. It opens nowhere else. The user is not part of it: a callback does not
 * know yet whose account it is, and (provider, subject) is unique in the table.
 */
export interface CiphertextPlace {
  readonly table: string
  readonly column: string
  readonly provider: string
  readonly subject: string
}

/** The first byte of the format; goes up with anything that changes below. */
const version = 1
/**
 * 96 random bits per value. With random nonces a key may seal 2^32 values: at a thousand a second that
 * is seven weeks, at one a second 136 years. Rotate the key long before.
 * @see NIST SP 800-38D sections 8.2.2 and 8.3
 */
const nonceBytes = 12
/** The whole tag: Node would take shorter ones, which are easier to forge. @see NIST SP 800-38D appendix C */
const tagBytes = 16

/** The most a column has to hold. */
export const maxCiphertextBytes = 65_536
/** What fits under the longest key id, so that a rotation never meets a value that became too large. */
export const maxTokensBytes = maxCiphertextBytes - 2 - maxKeyIdBytes - nonceBytes - tagBytes

/**
 * Seals the tokens for one place: version byte (1), length of the key id in one byte, key id, nonce of 12
 * bytes, ciphertext, tag of 16 bytes. AES-256-GCM under the writing key; the place, the key id and the version are
 * authenticated with it. Two seals of one value have nothing in common.
 * @throws InvalidOptionsError when the application has no keys
 * @throws InvalidInputError when a value is no string, finite number or null, or the JSON of all is too large
 * @see NIST SP 800-38D; OWASP ASVS 5.0, 11.3.2 to 11.3.4
 */
export function encrypt(ring: KeyRing, tokens: TokenRecord, place: CiphertextPlace): Uint8Array {
  const text = Buffer.from(toJson(tokens))
  if (text.length > maxTokensBytes)
    throw new InvalidInputError('tokens', `must have at most ${maxTokensBytes} bytes as JSON`)
  const { keyId, key } = ring.writing('provider-tokens')
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(authenticated(keyId, place))
  const ciphertext = [cipher.update(text), cipher.final()]
  return Buffer.concat([header(keyId), nonce, ...ciphertext, cipher.getAuthTag()])
}

/**
 * The tokens that {@link seal} was given for this place. Whatever is wrong (another place, a changed bit, a
 * key that the ring does not have, not a sealed value at all) is the same error without detail.
 * @throws InvalidOptionsError when the application has no keys
 * @throws ToriiError ERR_DECRYPTION
 * @see OWASP ASVS 5.0, 11.2.5
 */
export function decrypt(ring: KeyRing, encrypted: Uint8Array, place: CiphertextPlace): TokenRecord {
  const parts = split(encrypted)
  const text = parts === null ? null : decryptParts(ring, parts, place)
  if (text === null)
    throw new ToriiError(
      'ERR_DECRYPTION',
      'stored provider tokens cannot be read: they were changed or moved, or option keys lacks the key they were sealed under',
    )
  // Authentic, so it is what seal wrote.
  return JSON.parse(text) as TokenRecord
}

/**
 * True unless the value is in today's format under the writing key; never throws for what it is given.
 *
 * A rotation without downtime. Add the new key at the end of `keys` and deploy everywhere: now every
 * process can read it. Move it to the front and deploy again: now it writes. Then, in batches by primary
 * key, take the rows for which this is true, {@link open} and {@link seal} each, and replace it by
 * compare-and-swap on the old bytes; a lost swap means that somebody else wrote the row, who wrote it
 * under the new key, so it is not repeated. When no row is left the old key can go. Both keys' values
 * differ from the second byte on, so SQL can pick the rows without sending any ciphertext.
 * @throws InvalidOptionsError when the application has no keys
 */
export function needsReencryption(ring: KeyRing, encrypted: Uint8Array): boolean {
  const today = ciphertextHeader(ring)
  return !types.isUint8Array(encrypted) || !today.equals(encrypted.subarray(0, today.length))
}

function toJson(tokens: TokenRecord): string {
  const entries = Object.entries(tokens)
  for (const [, value] of entries)
    if (typeof value !== 'string' && value !== null && !Number.isFinite(value))
      throw new InvalidInputError('tokens', 'must hold strings, finite numbers and null only')
  // The copy has no toJSON of its own to answer something else.
  return JSON.stringify(Object.fromEntries(entries))
}

/** What every value sealed today begins with. @throws InvalidOptionsError when the application has no keys */
export const ciphertextHeader = (ring: KeyRing): Buffer =>
  header(ring.writing('provider-tokens').keyId)

/** Key ids are ASCII. */
const header = (keyId: string): Buffer =>
  Buffer.from([version, keyId.length, ...Buffer.from(keyId)])

const authenticated = (
  keyId: string,
  { table, column, provider, subject }: CiphertextPlace,
): Buffer => lengthPrefixed([table, column, provider, subject, keyId, Uint8Array.of(version)])

interface Parts {
  readonly keyId: string
  readonly nonce: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

/** The parts of something that has the form of a sealed value, or null. Takes any value. */
function split(encrypted: unknown): Parts | null {
  if (
    !types.isUint8Array(encrypted) ||
    encrypted.length > maxCiphertextBytes ||
    encrypted[0] !== version
  )
    return null
  const bytes = Buffer.from(encrypted)
  const nonceAt = 2 + (bytes[1] ?? 0)
  const textAt = nonceAt + nonceBytes
  const tagAt = bytes.length - tagBytes
  if (tagAt < textAt) return null
  return {
    keyId: bytes.toString('latin1', 2, nonceAt),
    nonce: bytes.subarray(nonceAt, textAt),
    ciphertext: bytes.subarray(textAt, tagAt),
    tag: bytes.subarray(tagAt),
  }
}

function decryptParts(ring: KeyRing, parts: Parts, place: CiphertextPlace): string | null {
  const key = ring.reading('provider-tokens', parts.keyId)
  if (key === null) return null
  const decipher = createDecipheriv('aes-256-gcm', key, parts.nonce, { authTagLength: tagBytes })
  try {
    decipher.setAAD(authenticated(parts.keyId, place))
    decipher.setAuthTag(parts.tag)
    const text = decipher.update(parts.ciphertext)
    // Throws when the tag does not match; nothing of the text leaves before.
    return Buffer.concat([text, decipher.final()]).toString()
  } catch {
    return null
  }
}
