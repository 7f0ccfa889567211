import { randomInt } from 'node:crypto'
import type { EmailKey, TokenHash } from 'torii-core'
import { tokenHash } from 'torii-core'
import type { KeyRing } from '../../crypto/key-ring.js'

/** Ten tries an hour against 10^8 codes. @see OWASP ASVS 5.0, 6.6.3 */
const digits = 8

/** A fresh code: each of the 10^8 as likely as any other. */
export const newCode = (): string => String(randomInt(10 ** digits)).padStart(digits, '0')

/**
 * The code in what a person typed: spaces and hyphens between the digits are their own. Everything else is
 * the empty text, which is no code and is hashed all the same.
 */
export function readCode(typed: string): string {
  const code = typed.length > 64 ? '' : typed.replace(/[\s-]/g, '')
  return /^[0-9]{8}$/.test(code) ? code : ''
}

/** Bound to its address: the same digits mailed to somebody else are another code. */
const partsOf = (email: EmailKey, code: string): readonly string[] => ['magic-link', email, code]

/** What the database keeps of a code. @throws InvalidOptionsError without keys */
export const hashCode = (keys: KeyRing, email: EmailKey, code: string): TokenHash =>
  tokenHash(keys.hmac('codes', partsOf(email, code)))

/**
 * What it may have kept, under each of the application's keys: a code mailed before a rotation is good after it.
 * @throws InvalidOptionsError without keys
 */
export const codeCandidates = (
  keys: KeyRing,
  email: EmailKey,
  code: string,
): readonly TokenHash[] => keys.hmacCandidates('codes', partsOf(email, code)).map(tokenHash)
