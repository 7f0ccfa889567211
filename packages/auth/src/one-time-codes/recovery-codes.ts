import { randomBytes } from 'node:crypto'
import type { TokenHash } from 'torii-core'
import { recoveryCodeCount, tokenHash } from 'torii-core'
import { hash } from '../base/hash.js'

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
export function readRecoveryCode(typed: string): string {
  const code =
    typed.length > maxTypedLength
      ? ''
      : typed.toUpperCase().replace(/[\s-]/g, '').replace(/[IL]/g, '1').replaceAll('O', '0')
  return /^[0-9A-Z]+$/.test(code) ? code : ''
}

const maxTypedLength = 64

/** Whether Torii could have generated a code that was read. */
export const isOwnCode = (code: string): boolean =>
  code.length === length && [...code].every((character) => alphabet.includes(character))

/** Hashes a recovery code that Torii has generated for the database: SHA-256, separated by purpose. */
export const hashRecoveryCode = (code: string): TokenHash => hashOwn(readRecoveryCode(code))

const hashOwn = (code: string): TokenHash =>
  tokenHash(hash('sha256', `torii:recovery-code:${isOwnCode(code) ? code : ''}`, 'buffer'))
