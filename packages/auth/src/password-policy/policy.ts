import { englishTexts } from '../texts/english.js'
import { fill } from '../texts/fill.js'
import type { PasswordTexts, Texts } from '../texts/texts.js'
import type { CommonPasswords } from './common-passwords.js'
import { fold, isDecorated, repeatsEvery } from './folding.js'
import type { NormalizedPassword } from './text.js'
import { normalizePassword, passwordLimits } from './text.js'

/** Why a new password is refused: a reason for programs and a message for the user. */
export interface PasswordProblem {
  readonly reason: 'too_short' | 'too_long' | 'malformed' | 'guessable' | 'common' | 'breached'
  readonly message: string
}

export type PasswordValidation =
  | { readonly ok: true; readonly password: NormalizedPassword }
  | { readonly ok: false; readonly problem: PasswordProblem }

/** The values that were submitted with the password. An attacker would try them first. */
export interface PasswordContext {
  readonly email: string
  readonly name: string | null
  /** Host of the base URL. */
  readonly host: string
}

/** The rules for new passwords. */
export interface PasswordPolicy {
  readonly minLength: number
  readonly common: CommonPasswords
}

/**
 * Validates a new password: its length, and whether it is easy to guess. Uses only the submitted values, so the result
 * reveals nothing about accounts. There are no composition rules. Never used for signing in.
 * @see NIST SP 800-63B-4 section 3.1.1.2; OWASP ASVS 5.0, 6.2.1, 6.2.4, 6.2.5, 6.2.11
 */
export function checkPassword(
  text: string,
  context: PasswordContext,
  { minLength, common }: PasswordPolicy,
): PasswordValidation {
  const read = normalizePassword(text)
  if (!read.ok) return refusal(read.reason, minLength)
  // PostgreSQL, C strings and some clients end a text at NUL, and users cannot type it.
  if (read.password.includes('\0')) return refusal('malformed', minLength)
  if (read.codePoints > passwordLimits.codePoints) return refusal('too_long', minLength)
  if (read.codePoints < minLength) return refusal('too_short', minLength)
  const folded = fold(read.password)
  if (isGuessable(folded, context)) return refusal('guessable', minLength)
  if (common.has(folded) || common.hasDecorated(folded)) return refusal('common', minLength)
  return { ok: true, password: read.password }
}

/** Returns the refusal for a reason, with its message. */
export function refusal(
  reason: PasswordProblem['reason'],
  minLength: number,
): Extract<PasswordValidation, { ok: false }> {
  return { ok: false, problem: { reason, message: passwordTexts(englishTexts, minLength)[reason] } }
}

/** The texts about new passwords, with the limits of the policy. */
export function passwordTexts({ passwords }: Texts, minLength: number): PasswordTexts {
  const withLimit = (text: string, limit: number) => fill(text, { limit: String(limit) })
  return {
    ...passwords,
    too_short: withLimit(passwords.too_short, minLength),
    too_long: withLimit(passwords.too_long, passwordLimits.codePoints),
  }
}

function isGuessable(folded: string, context: PasswordContext): boolean {
  return repeatsItself(folded) || isSequence(folded) || isContext(folded, context)
}

/** True if one or two characters repeat, or any part occurs three times or more. */
function repeatsItself(folded: string): boolean {
  const longest = Math.max(2, Math.floor(folded.length / 3))
  return Array.from({ length: longest }, (_, at) => at + 1).some((period) =>
    repeatsEvery(folded, period),
  )
}

const alphabets = [
  '0123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'abcdefghijklmnopqrstuvwxyz0123456789',
  'qwertyuiopasdfghjklzxcvbnm',
]

/** True if the text is a part of an alphabet, once or repeated, forwards or backwards. */
function isSequence(text: string): boolean {
  return alphabets.some((alphabet) => {
    const forwards = alphabet.repeat(Math.ceil(text.length / alphabet.length) + 1)
    return forwards.includes(text) || Array.from(forwards).reverse().join('').includes(text)
  })
}

/** Shorter parts of a name would refuse unrelated passwords. */
const minPieceLength = 4

/** True if the password consists of one word of the user's data or of the host. */
function isContext(folded: string, { email, name, host }: PasswordContext): boolean {
  const at = email.lastIndexOf('@')
  const whole = [email, email.slice(0, at), email.slice(at + 1), name ?? '', host]
  const pieces = whole.flatMap((word) => word.split(/[^\p{L}\p{N}]+/u))
  const words = [...whole, ...pieces.filter((piece) => piece.length >= minPieceLength)]
  return words.some((word) => isDecorated(folded, fold(word)))
}
