import { verify } from '@node-rs/argon2'
import type { HashFormat } from './format.js'
import { decodeBase64, wholeHash } from './format.js'

/** The cost of an Argon2 hash and the lengths of its parts. */
export interface Argon2Cost {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
  readonly saltBytes: number
  readonly outputBytes: number
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

/** Whether a stored hash of this cost is computed. */
export function isArgon2Cost(cost: Argon2Cost): boolean {
  const { memoryKib, passes, lanes, saltBytes, outputBytes } = cost
  const { memoryKib: maxMemory, passes: maxPasses, lanes: maxLanes, workKib } = argon2Ceilings
  if (!(passes >= 1 && passes <= maxPasses && lanes >= 1 && lanes <= maxLanes)) return false
  // RFC 9106 section 3.1: at least eight blocks of 1 KiB per lane.
  if (!(memoryKib >= 8 * lanes && memoryKib <= maxMemory && memoryKib * passes <= workKib))
    return false
  return saltBytes >= 8 && saltBytes <= 64 && outputBytes >= 16 && outputBytes <= 64
}

const number = '(0|[1-9][0-9]{0,6})'
const base64 = '([A-Za-z0-9+/]{11,86})'
const form = new RegExp(
  `^\\$(argon2(?:i|d|id))\\$(?:v=(16|19)\\$)?(m=${number},t=${number},p=${number}\\$${base64}\\$${base64})$`,
)

/** Argon2i, Argon2d and Argon2id as PHC strings. One without a version is of version 16, the only one when it was written. */
export const argon2: HashFormat = (text) => {
  const [, kind, version = '16', rest, m, t, p, salt = '', output = ''] = form.exec(text) ?? []
  const cost = {
    memoryKib: Number(m),
    passes: Number(t),
    lanes: Number(p),
    saltBytes: decodeBase64(salt)?.length ?? 0,
    outputBytes: decodeBase64(output)?.length ?? 0,
  }
  if (!isArgon2Cost(cost)) return null
  return wholeHash((password) => verify(`$${kind}$v=${version}$${rest}`, password))
}
