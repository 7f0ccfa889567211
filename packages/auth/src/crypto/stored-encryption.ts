import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { types } from 'node:util'
import type { KeyPurpose, KeyRing } from './key-ring.js'
import { lengthPrefixed, maxKeyIdBytes } from './key-ring.js'

/** The purposes of values that the database keeps. A value of one is not valid for another. */
export type StoredPurpose = Extract<KeyPurpose, 'provider-tokens' | 'totp-secrets'>

/** Where a value is stored: table, column and what names the row. It can be decrypted in no other place. */
export type StoredPlace = readonly string[]

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

/** How much longer a value is than its content, under the longest key id. */
export const maxStoredOverhead = 2 + maxKeyIdBytes + nonceBytes + tagBytes

/**
 * Encrypts a value for one place: version byte (1), length of the key id in one byte, key id, nonce of 12 bytes,
 * ciphertext, tag of 16 bytes. AES-256-GCM under the current key; the place, the key id and the version are
 * authenticated. Two ciphertexts of one value have nothing in common.
 * @throws InvalidOptionsError without keys
 * @see NIST SP 800-38D; OWASP ASVS 5.0, 11.3.2 to 11.3.4
 */
export function encryptStored(
  ring: KeyRing,
  purpose: StoredPurpose,
  content: Uint8Array,
  place: StoredPlace,
): Uint8Array {
  const { keyId, key } = ring.writing(purpose)
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(authenticated(keyId, place))
  const ciphertext = [cipher.update(content), cipher.final()]
  return Buffer.concat([header(keyId), nonce, ...ciphertext, cipher.getAuthTag()])
}

/**
 * Decrypts the value of this place. Null for another place, a changed bit, an unknown key and a malformed value.
 * @throws InvalidOptionsError without keys
 * @see OWASP ASVS 5.0, 11.2.5
 */
export function decryptStored(
  ring: KeyRing,
  purpose: StoredPurpose,
  encrypted: Uint8Array,
  place: StoredPlace,
): Buffer | null {
  const parts = split(encrypted)
  return parts === null ? null : decryptParts(ring, purpose, parts, place)
}

/** Returns the prefix of every value under the current key. @throws InvalidOptionsError without keys */
export const storedHeader = (ring: KeyRing, purpose: StoredPurpose): Buffer =>
  header(ring.writing(purpose).keyId)

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
export function needsReencryption(
  ring: KeyRing,
  purpose: StoredPurpose,
  encrypted: Uint8Array,
): boolean {
  const today = storedHeader(ring, purpose)
  return !types.isUint8Array(encrypted) || !today.equals(encrypted.subarray(0, today.length))
}

/** Key ids are ASCII. */
const header = (keyId: string): Buffer =>
  Buffer.from([version, keyId.length, ...Buffer.from(keyId)])

const authenticated = (keyId: string, place: StoredPlace): Buffer =>
  lengthPrefixed([...place, keyId, Uint8Array.of(version)])

interface Parts {
  readonly keyId: string
  readonly nonce: Buffer
  readonly ciphertext: Buffer
  readonly tag: Buffer
}

/** Splits a ciphertext into its parts, or returns null for any other value. */
function split(encrypted: unknown): Parts | null {
  if (!types.isUint8Array(encrypted) || encrypted[0] !== version) return null
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

function decryptParts(
  ring: KeyRing,
  purpose: StoredPurpose,
  parts: Parts,
  place: StoredPlace,
): Buffer | null {
  const key = ring.reading(purpose, parts.keyId)
  if (key === null) return null
  const decipher = createDecipheriv('aes-256-gcm', key, parts.nonce, { authTagLength: tagBytes })
  try {
    decipher.setAAD(authenticated(parts.keyId, place))
    decipher.setAuthTag(parts.tag)
    const text = decipher.update(parts.ciphertext)
    // Throws if the tag does not match, before any of the text is used.
    return Buffer.concat([text, decipher.final()])
  } catch {
    return null
  }
}
