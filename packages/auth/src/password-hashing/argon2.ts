import { keyIdForm } from '../crypto/key-ring.js'

/** What an Argon2id hash costs and how long its parts are. */
export interface Argon2Form {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
  readonly saltBytes: number
  readonly outputBytes: number
  /** Id of the application key that the password was peppered under; null for a plain hash. */
  readonly keyId: string | null
}

/**
 * The most that a stored hash may make this process do. A row in the database must not be able to
 * take the memory or the minutes of the machine that reads it.
 *
 * - `memoryKib` 256 MiB: libsodium's MODERATE; the second choice of RFC 9106 and the defaults of PHP
 *   and node-argon2 (64 MiB) lie far below. Its SENSITIVE (1 GiB) is left out: one hash per core of
 *   that size is an outage.
 * - `passes` 16 and `lanes` 16: beyond everything recommended anywhere (RFC 9106: 3 and 4).
 * - `work` memory times passes, 1 GiB: about half a second, 27 times the default; lets MODERATE through.
 * - Salt 8 to 64 bytes, output 16 to 64 bytes: the least that RFC 9106 section 3.1 takes or recommends.
 */
export const argon2Ceilings = Object.freeze({
  memoryKib: 262_144,
  passes: 16,
  lanes: 16,
  workKib: 1_048_576,
})

/** 32 bytes of output (the ceiling is 64) make 43 characters; no part of a sound hash is longer than this. */
const maxFormLength = 256

const number = '(0|[1-9][0-9]{0,6})'
/** The 1 to 32 bytes of a key's id, which PHC's own alphabet of values could not spell. */
const keyId = '(?:,keyid=([A-Za-z0-9+/]{2,43}))?'
const base64 = '([A-Za-z0-9+/]{11,86})'
const form = new RegExp(
  `^\\$argon2id\\$v=19\\$m=${number},t=${number},p=${number}${keyId}\\$${base64}\\$${base64}$`,
)

/**
 * Reads a PHC string strictly: Argon2id, version 19, the three parameters in their order and perhaps
 * `keyid`, canonical base64 without padding, everything within {@link argon2Ceilings}. Anything else is null, before
 * any of it is computed.
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

/** Bytes that the text stands for, or -1 when it is not their one canonical spelling. */
function decodedLength(text: string): number {
  const bytes = Buffer.from(text, 'base64')
  return encodeBase64(bytes) === text ? bytes.length : -1
}

/** PHC's base64: the standard alphabet without padding. */
export const encodeBase64 = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** The same PHC string, saying under which key the password was peppered. */
export const withKeyId = (text: string, keyId: string): string =>
  text.replace(/(,p=\d+)\$/, `$1,keyid=${encodeBase64(Buffer.from(keyId))}$`)

/** The same PHC string as the binding reads it, which knows no `keyid`. */
export const withoutKeyId = (text: string): string => text.replace(/,keyid=[^$]*/, '')
