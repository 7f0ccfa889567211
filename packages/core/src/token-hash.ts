import type { Brand } from './brand.js'
import { InvalidInputError } from './errors.js'

/**
 * SHA-256 of a secret of at least 128 random bits, separated by purpose. The storage receives only the hash, so a
 * stolen database contains nothing that signs in.
 * @see OWASP ASVS 5.0, 6.5.2
 */
export type TokenHash = Brand<Uint8Array, 'TokenHash'>

/** SHA-256 of the account or IP address whose attempts are counted, separated by purpose. */
export type RateLimitKey = Brand<Uint8Array, 'RateLimitKey'>

/** Marks 32 bytes as a token hash. @throws InvalidInputError when they are not 32 bytes. */
export const tokenHash = (digest: Uint8Array): TokenHash =>
  digest32(digest, 'secretHash') as TokenHash

/** Marks 32 bytes as a rate limit key. @throws InvalidInputError when they are not 32 bytes. */
export const rateLimitKey = (digest: Uint8Array): RateLimitKey =>
  digest32(digest, 'key') as RateLimitKey

function digest32(digest: Uint8Array, field: string): Uint8Array {
  if (!(digest instanceof Uint8Array) || digest.length !== 32)
    throw new InvalidInputError(field, 'must be the 32 bytes of a SHA-256 digest')
  return digest
}
