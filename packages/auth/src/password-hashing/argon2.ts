import { keyIdForm } from '../crypto/key-ring.js'

/** The cost of an Argon2id hash and the lengths of its parts. */
export interface Argon2Form {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
  readonly saltBytes: number
  readonly outputBytes: number
  /** The id of the key of the pepper; null for a hash without pepper. */
  readonly keyId: string | null
}

/**
 * The limits of the cost of a stored hash, so that a row in the database cannot exhaust the memory or the time of the
 * server that verifies it.
 *
 * - `memoryKib` 256 MiB: libsodium's MODERATE; the second choice of RFC 9106 and the defaults of PHP
 *   and node-argon2 (64 MiB) lie far below. Its SENSITIVE (1 GiB) exceeds the limit: one such hash
 *   per core would be an outage.
 * - `passes` 16 and `lanes` 16: above all recommendations (RFC 9106: 3 and 4).
 * - `work`, memory times passes, 1 GiB: about half a second, 27 times the default; allows MODERATE.
 * - Salt 8 to 64 bytes, output 16 to 64 bytes: the least that RFC 9106 section 3.1 accepts or recommends.
 */
export const argon2Ceilings = Object.freeze({
  memoryKib: 262_144,
  passes: 16,
  lanes: 16,
  workKib: 1_048_576,
})

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
 * base64 without padding, everything within {@link argon2Ceilings}. Returns null for any other text.
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
    saltBytes: decodedLength(salt),
    outputBytes: decodedLength(output),
    keyId,
  }
  return isComputable(parsed) ? parsed : null
}

function isComputable({ memoryKib, passes, lanes, saltBytes, outputBytes }: Argon2Form): boolean {
  const { memoryKib: maxMemory, passes: maxPasses, lanes: maxLanes, workKib } = argon2Ceilings
  if (!(passes >= 1 && passes <= maxPasses && lanes >= 1 && lanes <= maxLanes)) return false
  // RFC 9106 section 3.1: at least eight blocks of 1 KiB per lane.
  if (!(memoryKib >= 8 * lanes && memoryKib <= maxMemory && memoryKib * passes <= workKib))
    return false
  return saltBytes >= 8 && saltBytes <= 64 && outputBytes >= 16 && outputBytes <= 64
}

/** Returns the number of bytes in canonical base64, or -1 for any other spelling. */
function decodedLength(text: string): number {
  const bytes = Buffer.from(text, 'base64')
  return encodeBase64(bytes) === text ? bytes.length : -1
}

/** Encodes base64 as PHC does: the standard alphabet without padding. */
export const encodeBase64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** Adds the id of the pepper's key to a PHC string. */
export const withKeyId = (text: string, keyId: string): string =>
  text.replace(/(,p=\d+)\$/, `$1,keyid=${encodeBase64(Buffer.from(keyId))}$`)

/** Removes `keyid` from a PHC string, since the binding does not support it. */
export const withoutKeyId = (text: string): string => text.replace(/,keyid=[^$]*/, '')
