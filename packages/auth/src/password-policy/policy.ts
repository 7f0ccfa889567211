import type { CommonPasswords } from './common-passwords.js'
import { fold, isDecorated, repeatsEvery } from './folding.js'
import type { NormalizedPassword } from './text.js'
import { normalizePassword, passwordLimits } from './text.js'

/** Why a new password is refused: a code for the program, a sentence for the person. */
export interface PasswordProblem {
  readonly reason: 'too_short' | 'too_long' | 'malformed' | 'guessable' | 'common' | 'breached'
  readonly message: string
}

export type PasswordValidation =
  | { readonly ok: true; readonly password: NormalizedPassword }
  | { readonly ok: false; readonly problem: PasswordProblem }

/** What was submitted with the password, which somebody guessing would try first. */
export interface PasswordContext {
  readonly email: string
  readonly name: string | null
  /** Host of the base URL. */
  readonly host: string
}

/** What a new password is held against. */
export interface PasswordPolicy {
  readonly minLength: number
  readonly common: CommonPasswords
}

/**
 * Judges a new password from the submitted values alone, so the answer says nothing about accounts:
 * its length, and whether it is one of the first guesses. No rules of composition, never applied
 * when signing in.
 * @see NIST SP 800-63B-4 section 3.1.1.2; OWASP ASVS 5.0, 6.2.1, 6.2.4, 6.2.5, 6.2.11
 */
export function checkPassword(
  text: string,
  context: PasswordContext,
  { minLength, common }: PasswordPolicy,
): PasswordValidation {
  const read = normalizePassword(text)
  if (!read.ok) return refusal(read.reason, minLength)
  // PostgreSQL, C strings and some clients end a text at NUL: nobody types one, so it is refused early.
  if (read.password.includes('\0')) return refusal('malformed', minLength)
  if (read.codePoints > passwordLimits.codePoints) return refusal('too_long', minLength)
  if (read.codePoints < minLength) return refusal('too_short', minLength)
  const folded = fold(read.password)
  if (isGuessable(folded, context)) return refusal('guessable', minLength)
  if (common.has(folded) || common.hasDecorated(folded)) return refusal('common', minLength)
  return { ok: true, password: read.password }
}

/** A refusal with its sentence. */
export function refusal(
  reason: PasswordProblem['reason'],
  minLength: number,
): Extract<PasswordValidation, { ok: false }> {
  return { ok: false, problem: { reason, message: sentence(reason, minLength) } }
}

function sentence(reason: PasswordProblem['reason'], minLength: number): string {
  switch (reason) {
    case 'too_short':
      return `Use at least ${minLength} characters. A few words together are easy to remember.`
    case 'too_long':
      return `Use at most ${passwordLimits.codePoints} characters.`
    case 'malformed':
      return 'The password contains characters that cannot be stored. Type it again.'
    case 'guessable':
      return 'This password is easy to guess: it repeats itself, counts, or is made of your name or address.'
    case 'common':
      return 'This password is one of the first that are tried. Use a few words that nobody would put together.'
    case 'breached':
      return 'This password has appeared in a data breach, so others know it. Use another one.'
    default:
      return reason satisfies never
  }
}

function isGuessable(folded: string, context: PasswordContext): boolean {
  return repeatsItself(folded) || isSequence(folded) || isContext(folded, context)
}

/** True for a pair of characters over and over, and for any piece said three times or more. */
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

/** A piece of an alphabet, said once or over and over, forwards or backwards. */
function isSequence(text: string): boolean {
  return alphabets.some((alphabet) => {
    const forwards = alphabet.repeat(Math.ceil(text.length / alphabet.length) + 1)
    return forwards.includes(text) || Array.from(forwards).reverse().join('').includes(text)
  })
}

/** A shorter piece of a name would refuse what has little to do with it. */
const minPieceLength = 4

/** True when the password is made of one word that belongs to this person or place. */
function isContext(folded: string, { email, name, host }: PasswordContext): boolean {
  const at = email.lastIndexOf('@')
  const whole = [email, email.slice(0, at), email.slice(at + 1), name ?? '', host]
  const pieces = whole.flatMap((word) => word.split(/[^\p{L}\p{N}]+/u))
  const words = [...whole, ...pieces.filter((piece) => piece.length >= minPieceLength)]
  return words.some((word) => isDecorated(folded, fold(word)))
}
