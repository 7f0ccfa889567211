import { keyIdForm } from '../crypto/key-ring.js'
import type { Argon2Cost } from './formats/argon2.js'
import { isArgon2Cost } from './formats/argon2.js'
import { decodeBase64 } from './formats/format.js'

/** The cost of one of our hashes, the lengths of its parts, and the key of its pepper. */
export interface Argon2Form extends Argon2Cost {
  /** The id of the key of the pepper; null for a hash without pepper. */
  readonly keyId: string | null
}

/** Longer than any valid hash. */
const maxFormLength = 256

const number = '(0|[1-9][0-9]{0,6})'
/** The 1 to 32 bytes of a key's id in base64, since the PHC alphabet of values lacks some of its characters. */
const keyId = '(?:,keyid=([A-Za-z0-9+/]{2,43}))?'
const base64 = '([A-Za-z0-9+/]{11,86})'
const form = new RegExp(
  `^\\$argon2id\\$v=19\\$m=${number},t=${number},p=${number}${keyId}\\$${base64}\\$${base64}$`,
)

/**
 * Parses a PHC string strictly: Argon2id, version 19, the three parameters in order and optionally `keyid`, canonical
 * base64 without padding, everything within `argon2Ceilings`. Returns null for any other text.
 * @see RFC 9106, and the PHC string format
 */
export function parseArgon2(text: string): Argon2Form | null {
  if (text.length > maxFormLength) return null
  const [, m, t, p, key, salt = '', output = ''] = form.exec(text) ?? []
  const keyId = key === undefined ? null : Buffer.from(key, 'base64').toString()
  if (keyId !== null && !(keyIdForm.test(keyId) && encodeBase64(Buffer.from(keyId)) === key))
    return null
  const parsed = {
    memoryKib: Number(m),
    passes: Number(t),
    lanes: Number(p),
    saltBytes: decodeBase64(salt)?.length ?? 0,
    outputBytes: decodeBase64(output)?.length ?? 0,
    keyId,
  }
  return isArgon2Cost(parsed) ? parsed : null
}

/** Encodes base64 as PHC does: the standard alphabet without padding. */
export const encodeBase64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** Adds the id of the pepper's key to a PHC string. */
export const withKeyId = (text: string, keyId: string): string =>
  text.replace(/(,p=\d+)\$/, `$1,keyid=${encodeBase64(Buffer.from(keyId))}$`)

/** Removes `keyid` from a PHC string, since the binding does not support it. */
export const withoutKeyId = (text: string): string => text.replace(/,keyid=[^$]*/, '')
