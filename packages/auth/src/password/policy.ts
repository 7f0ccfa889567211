import type { NormalizedPassword } from './text.js'
import { normalizePassword, passwordLimits } from './text.js'

/** Why a new password is refused: a code for the program, a sentence for the person. */
export interface PasswordProblem {
  readonly reason: 'too_short' | 'too_long' | 'malformed' | 'guessable'
  readonly message: string
}

export type PasswordJudgement =
  | { readonly ok: true; readonly password: NormalizedPassword }
  | { readonly ok: false; readonly problem: PasswordProblem }

/** What was submitted with the password, which somebody guessing would try first. */
export interface PasswordContext {
  readonly email: string
  readonly name: string | null
  /** Host of the base URL. */
  readonly host: string
}

/**
 * Judges a new password from the submitted values alone, so the answer says nothing about accounts:
 * its length, and whether it is one of the first guesses. No rules of composition, never applied
 * when signing in.
 * @see NIST SP 800-63B-4 section 3.1.1.2; OWASP ASVS 5.0, 6.2.1, 6.2.5, 6.2.11
 */
export function judgePassword(
  text: string,
  context: PasswordContext,
  policy: { minLength: number },
): PasswordJudgement {
  const read = normalizePassword(text)
  if (!read.ok) return refused(read.reason, policy)
  // PostgreSQL, C strings and some clients end a text at NUL: nobody types one, so it is refused early.
  if (read.password.includes('\0')) return refused('malformed', policy)
  if (read.codePoints > passwordLimits.codePoints) return refused('too_long', policy)
  if (read.codePoints < policy.minLength) return refused('too_short', policy)
  if (isGuessable(fold(read.password), context)) return refused('guessable', policy)
  return { ok: true, password: read.password }
}

function refused(
  reason: PasswordProblem['reason'],
  policy: { minLength: number },
): PasswordJudgement {
  return { ok: false, problem: { reason, message: sentence(reason, policy.minLength) } }
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
    default:
      return reason satisfies never
  }
}

function isGuessable(folded: string, context: PasswordContext): boolean {
  return (
    repeatsEvery(folded, 1) ||
    repeatsEvery(folded, 2) ||
    isSequence(folded) ||
    isContext(folded, context)
  )
}

/** For comparing only: what looks the same is the same, and spaces do not count. */
const fold = (text: string): string => text.normalize('NFKC').toLowerCase().replace(/\s/g, '')

/** True when the text is its first `period` characters over and over. */
function repeatsEvery(text: string, period: number): boolean {
  const characters = Array.from(text)
  return characters.every((character, at) => at < period || character === characters[at - period])
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

/** True when the password is one of the words that belong to this person and place, repeated or with digits around. */
function isContext(folded: string, { email, name, host }: PasswordContext): boolean {
  const at = email.lastIndexOf('@')
  const words = [email, email.slice(0, at), email.slice(at + 1), name ?? '', host]
  return words.some((word) => isDecorated(folded, fold(word)))
}

function isDecorated(text: string, word: string): boolean {
  if (word === '') return false
  let found = false
  let at = 0
  while (at < text.length) {
    if (text.startsWith(word, at)) {
      found = true
      at += word.length
    } else if (/\d/.test(text.charAt(at))) at += 1
    else return false
  }
  return found
}
