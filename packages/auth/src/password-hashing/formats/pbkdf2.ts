import { pbkdf2 as compute } from 'node:crypto'
import { promisify } from 'node:util'
import type { ForeignHash, HashFormat } from './format.js'
import { decodeBase64, equalBytes, wholeHash, wholeNumber } from './format.js'

const pbkdf2 = promisify(compute)

/** Bytes of the digests that sources use. */
const digestBytes = Object.freeze({ sha1: 20, sha256: 32, sha512: 64 })
export type Pbkdf2Digest = keyof typeof digestBytes

/**
 * - `iterations` 1,000: what RFC 8018 section 4.2 calls the least. A hash of fewer is as weak as a salted SHA.
 * - `work`, iterations times blocks of output, 3,000,000: about a second; Django's default of 2026 is 1,200,000, and
 *   Keycloak writes two blocks.
 */
const limits = Object.freeze({ iterations: 1000, work: 3_000_000 })

/** A PBKDF2 hash with HMAC. Returns null outside the limits. */
export function pbkdf2Hash(
  digest: Pbkdf2Digest,
  iterations: number,
  salt: Buffer | null,
  output: Buffer | null,
): ForeignHash | null {
  if (salt === null || output === null || salt.length > 128) return null
  if (output.length < 16 || output.length > 64) return null
  const work = iterations * Math.ceil(output.length / digestBytes[digest])
  if (!(iterations >= limits.iterations && work <= limits.work)) return null
  return wholeHash(async (password) =>
    equalBytes(await pbkdf2(password, salt, iterations, output.length, digest), output),
  )
}

const form = new RegExp(
  `^\\$pbkdf2-(sha1|sha256|sha512)\\$i=${wholeNumber},l=([0-9]{2})\\$([A-Za-z0-9+/=]+)\\$([A-Za-z0-9+/=]+)$`,
)

/** PBKDF2 as Kratos stores it: `$pbkdf2-sha256$i=100000,l=32$salt$hash`. Keycloak's hashes are imported in this form. */
export const pbkdf2Phc: HashFormat = (text) => {
  const [, digest, iterations, length, salt = '', output = ''] = form.exec(text) ?? []
  const bytes = decodeBase64(output)
  if (digest === undefined || bytes?.length !== Number(length)) return null
  return pbkdf2Hash(digest as Pbkdf2Digest, Number(iterations), decodeBase64(salt), bytes)
}
