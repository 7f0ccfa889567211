import { randomInt } from 'node:crypto'
import type { EmailKey, SessionId, TokenHash } from 'torii-core'
import { tokenHash } from 'torii-core'
import type { KeyRing } from './key-ring.js'

/** Ten attempts an hour against 10^8 codes. @see OWASP ASVS 5.0, 6.6.3 */
const digits = 8

/** Generates a code, uniformly among the 10^8. */
export const newCode = (): string => String(randomInt(10 ** digits)).padStart(digits, '0')

/**
 * Reads a typed code; spaces and hyphens between the digits are ignored. Any other text becomes the empty text, which
 * is hashed like a code and matches none.
 */
export function readCode(typed: string): string {
  const code = typed.length > 64 ? '' : typed.replace(/[\s-]/g, '')
  return /^[0-9]{8}$/.test(code) ? code : ''
}

/** What a mailed code is for: a sign-in by this email address, or the enrollment on this pending sign-in. */
export type CodeSubject =
  | { readonly purpose: 'magic-link'; readonly subject: EmailKey }
  | { readonly purpose: 'enrollment'; readonly subject: SessionId }

/** The subject is part of the hash, so the same digits for another one are another code. */
const partsOf = ({ purpose, subject }: CodeSubject, code: string): readonly string[] => [
  purpose,
  subject,
  code,
]

/** Hashes a code for the database. @throws InvalidOptionsError without keys */
export const hashCode = (keys: KeyRing, of: CodeSubject, code: string): TokenHash =>
  tokenHash(keys.hmac('codes', partsOf(of, code)))

/**
 * Hashes a typed code under each of the application's keys, so a code that was mailed before a key rotation is valid
 * after it.
 * @throws InvalidOptionsError without keys
 */
export const codeCandidates = (
  keys: KeyRing,
  of: CodeSubject,
  code: string,
): readonly TokenHash[] => keys.hmacCandidates('codes', partsOf(of, code)).map(tokenHash)
