import type { KeyObject } from 'node:crypto'
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { base64urlLength, decodeBase64url, encodeBase64url } from '../base/base64url.js'
import type { KeyPurpose, KeyRing } from './key-ring.js'
import { lengthPrefixed, maxKeyIdBytes } from './key-ring.js'

/** The purposes of values that a client keeps for a short time. A value of one is not valid for another. */
export type StatePurpose = Extract<
  KeyPurpose,
  'oauth-states' | 'oauth-redirects' | 'id-token-nonces'
>

/** What a value belongs to. It can be decrypted only with the same parts; they are not part of the value. */
export type StateBinding = readonly (string | Uint8Array)[]

/** The first byte of the format. Increment it with every change of the format. */
const version = 1
/**
 * Selects the key of one value. Strangers can request any number of values, and a key may encrypt only 2^32 of them
 * with random nonces, so each value has a separate key. With the nonce, a value has 256 random bits.
 * @see NIST SP 800-38D section 8.3
 */
const saltBytes = 20
const nonceBytes = 12
/** The full tag: Node accepts shorter ones, which are easier to forge. @see NIST SP 800-38D appendix C */
const tagBytes = 16
const overhead = 2 + saltBytes + nonceBytes + tagBytes

/** The largest content; a cookie of a browser has room for 4,096 characters. */
export const maxContentBytes = 2800
const maxBytes = overhead + maxKeyIdBytes + maxContentBytes

/** The number of characters of a value with so many bytes of content, under the longest key id. */
export const longestStateLength = (contentBytes: number): number =>
  base64urlLength(overhead + maxKeyIdBytes + contentBytes)

/**
 * Encrypts a value for a client: base64url of the version (1), the length of the key id, the key id, a salt of 20 bytes,
 * a nonce of 12, the ciphertext and a tag of 16. AES-256-GCM under a key that HMAC-SHA-256 derives from the current key
 * and the salt; the purpose, the version, the key id and the binding are authenticated.
 * @throws InvalidOptionsError without keys
 * @see NIST SP 800-38D; OWASP ASVS 5.0, 11.3.2 to 11.3.4
 */
export function encryptState(
  ring: KeyRing,
  purpose: StatePurpose,
  content: Uint8Array,
  binding: StateBinding,
): string {
  if (content.length > maxContentBytes)
    throw new RangeError(`the content of a state must have at most ${maxContentBytes} bytes`)
  const { keyId, key } = ring.writing(purpose)
  const random = randomBytes(saltBytes + nonceBytes)
  const cipher = createCipheriv(
    'aes-256-gcm',
    keyOf(key, random.subarray(0, saltBytes)),
    random.subarray(saltBytes),
    { authTagLength: tagBytes },
  )
  cipher.setAAD(authenticated(purpose, keyId, binding))
  const ciphertext = [cipher.update(content), cipher.final()]
  const header = Buffer.from([version, keyId.length, ...Buffer.from(keyId)])
  return encodeBase64url(Buffer.concat([header, random, ...ciphertext, cipher.getAuthTag()]))
}

/**
 * Decrypts a value of {@link encryptState}. Null for any other value, for another purpose or binding, and without its
 * key: the result does not reveal which. Never throws because of the value.
 * @throws InvalidOptionsError without keys
 */
export function decryptState(
  ring: KeyRing,
  purpose: StatePurpose,
  text: unknown,
  binding: StateBinding,
): Buffer | null {
  const bytes = decodeState(text)
  if (bytes === null) return null
  const saltAt = 2 + (bytes[1] ?? 0)
  const keyId = bytes.toString('latin1', 2, saltAt)
  const key = ring.reading(purpose, keyId)
  if (key === null) return null
  const nonceAt = saltAt + saltBytes
  const textAt = nonceAt + nonceBytes
  const tagAt = bytes.length - tagBytes
  const decipher = createDecipheriv(
    'aes-256-gcm',
    keyOf(key, bytes.subarray(saltAt, nonceAt)),
    bytes.subarray(nonceAt, textAt),
    { authTagLength: tagBytes },
  )
  decipher.setAAD(authenticated(purpose, keyId, binding))
  decipher.setAuthTag(bytes.subarray(tagAt))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(textAt, tagAt)), decipher.final()])
  } catch {
    return null
  }
}

/** The bytes of a value that has the format; whether it is genuine, only {@link decryptState} says. */
export function decodeState(text: unknown): Buffer | null {
  const bytes = decodeBase64url(text, maxBytes)
  if (bytes === null || bytes[0] !== version) return null
  const keyIdBytes = bytes[1] ?? 0
  const isLongEnough = bytes.length >= overhead + keyIdBytes
  return keyIdBytes > 0 && keyIdBytes <= maxKeyIdBytes && isLongEnough ? bytes : null
}

const keyOf = (key: KeyObject, salt: Uint8Array): Buffer =>
  createHmac('sha256', key)
    .update(lengthPrefixed(['torii:state-key:1', salt]))
    .digest()

const authenticated = (purpose: StatePurpose, keyId: string, binding: StateBinding): Buffer =>
  lengthPrefixed([purpose, Uint8Array.of(version), keyId, ...binding])
