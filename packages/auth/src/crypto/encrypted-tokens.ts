import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { types } from 'node:util'
import { InvalidInputError, ToriiError } from 'torii-core'
import type { KeyRing } from './key-ring.js'
import { lengthPrefixed, maxKeyIdBytes } from './key-ring.js'

/** The tokens of one provider account: access token, refresh token, scopes and expiry. */
export type TokenRecord = Readonly<Record<string, string | number | null>>

/**
 * The place of a ciphertext. It can be decrypted in no other place. The user is not part of it: a callback does not know
 * yet whose account it is, and (provider, subject) is unique in the table.
 */
export interface CiphertextPlace {
  readonly table: string
  readonly column: string
  readonly provider: string
  readonly subject: string
}

/** The first byte of the format. Increment it with every change of the format. */
const version = 1
/**
 * 96 random bits per value. With random nonces a key may encrypt 2^32 values: at a thousand per second that takes seven
 * weeks, at one per second 136 years. Rotate the key long before.
 * @see NIST SP 800-38D sections 8.2.2 and 8.3
 */
const nonceBytes = 12
/** The full tag: Node accepts shorter ones, which are easier to forge. @see NIST SP 800-38D appendix C */
const tagBytes = 16

/** The size of the column. */
export const maxCiphertextBytes = 65_536
/** The size that fits with the longest key id, so that no value becomes too large by a key rotation. */
export const maxTokensBytes = maxCiphertextBytes - 2 - maxKeyIdBytes - nonceBytes - tagBytes

/**
 * Encrypts tokens for one place: version byte (1), length of the key id in one byte, key id, nonce of 12 bytes,
 * ciphertext, tag of 16 bytes. AES-256-GCM under the current key; the place, the key id and the version are
 * authenticated. Two ciphertexts of one value have nothing in common.
 * @throws InvalidOptionsError without keys
 * @throws InvalidInputError if a value is not a string, finite number or null, or the JSON is too large
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
 * Decrypts the tokens of this place. Another place, a changed bit, an unknown key or a malformed value: one error without
 * details.
 * @throws InvalidOptionsError without keys
 * @throws ToriiError ERR_DECRYPTION
 * @see OWASP ASVS 5.0, 11.2.5
 */
export function decrypt(ring: KeyRing, encrypted: Uint8Array, place: CiphertextPlace): TokenRecord {
  const parts = split(encrypted)
  const text = parts === null ? null : decryptParts(ring, parts, place)
  if (text === null)
    throw new ToriiError(
      'ERR_DECRYPTION',
      'stored provider tokens cannot be decrypted: they were changed or moved, or the option keys lacks the key that encrypted them',
    )
  // Authentic, so encrypt() wrote it.
  return JSON.parse(text) as TokenRecord
}

/**
 * True unless the value has the current format under the current key. Never throws because of the value.
 *
 * To rotate keys without downtime: add the new key at the end of `keys` and deploy everywhere, so that every process can
 * decrypt with it. Move it to the front and deploy again, so that it encrypts. Then, in batches by primary key, decrypt
 * and encrypt each row for which this is true, and replace it by compare-and-swap on the old bytes. If the swap is lost,
 * another process has written the row under the new key, so it is not repeated. When no row is left, remove the old key.
 * The values of two keys differ from the second byte on, so SQL can select the rows without sending ciphertexts.
 * @throws InvalidOptionsError without keys
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
  // The copy has no toJSON() that could return something else.
  return JSON.stringify(Object.fromEntries(entries))
}

/** Returns the prefix of every value under the current key. @throws InvalidOptionsError without keys */
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

/** Splits a ciphertext into its parts, or returns null for any other value. */
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
    // Throws if the tag does not match, before any of the text is used.
    return Buffer.concat([text, decipher.final()]).toString()
  } catch {
    return null
  }
}
