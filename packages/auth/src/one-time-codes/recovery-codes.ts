import { randomBytes } from 'node:crypto'
import type { TokenHash, UserId } from 'torii-core'
import { recoveryCodeCount, tokenHash } from 'torii-core'
import { hash } from '../base/hash.js'
import type { KeyRing } from '../crypto/key-ring.js'

/** Crockford's base 32: no letter that is read as a digit. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const groups = 5
const groupLength = 5
const length = groups * groupLength

/** Generates a set of recovery codes of 125 random bits each, such as `4F2K9-…`. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: recoveryCodeCount }, () => {
    // 256 is a multiple of 32, so every character is as likely.
    const characters = [...randomBytes(length)].map((byte) => alphabet[byte & 31])
    return Array.from({ length: groups }, (_, group) =>
      characters.slice(group * groupLength, (group + 1) * groupLength).join(''),
    ).join('-')
  })

/**
 * Reads a typed recovery code. Case, spaces and hyphens do not matter, and `I`, `L` and `O` are read as the digits that they look
 * like. Text that is no code becomes the empty text, which matches nothing.
 */
function readRecoveryCode(typed: string): string {
  const code =
    typed.length > maxTypedLength
      ? ''
      : typed.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replaceAll('O', '0')
  return /^[0-9A-Z]+$/.test(code) ? code : ''
}

const maxTypedLength = 64

/** Whether Torii could have generated it. */
const isOwn = (code: string): boolean =>
  code.length === length && [...code].every((character) => alphabet.includes(character))

/** Hashes a recovery code that Torii has generated for the database: SHA-256, separated by purpose. */
export const hashRecoveryCode = (code: string): TokenHash => hashOwn(readRecoveryCode(code))

const hashOwn = (code: string): TokenHash =>
  tokenHash(hash('sha256', `torii:recovery-code:${isOwn(code) ? code : ''}`, 'buffer'))

/**
 * Returns the hashes by which a typed code may be stored. Codes of other systems have fewer bits, which the hash alone would not
 * hide: they are HMACs under a key of the application, for one user, and the key may be any of `keys`.
 */
export function recoveryCodeHashes(
  keys: KeyRing,
  userId: UserId,
  typed: string,
): readonly TokenHash[] {
  const code = readRecoveryCode(typed)
  if (code === '' || isOwn(code) || keys.isEmpty) return [hashOwn(code)]
  return keys.hmacCandidates('recovery-codes', [userId, code]).map(tokenHash)
}

/**
 * The bits that a code of another system must have, by its length and whether it has letters: 8 characters, or 13 digits. Ten
 * codes of 40 bits and 100 guesses, after which the account's codes are locked: one chance in a thousand million.
 */
const minImportedBits = 40
/** The letters without I, L and O, and the digits. */
const bitsOf = (code: string): number => code.length * Math.log2(/^[0-9]+$/.test(code) ? 10 : 33)

/** Hashes a recovery code of another system for the database; null for one that is no code, or too easy to guess. */
export function hashImportedCode(keys: KeyRing, userId: UserId, given: string): TokenHash | null {
  if (bitsOf(readRecoveryCode(given)) < minImportedBits) return null
  return recoveryCodeHashes(keys, userId, given)[0] ?? null
}
