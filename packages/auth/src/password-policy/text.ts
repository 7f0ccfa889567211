import type { Brand } from 'torii-core'
import { countCodePoints, invalidValue } from 'torii-core'

/** A password in the form that is hashed: well-formed Unicode in NFC, of a bounded size. */
export type NormalizedPassword = Brand<string, 'NormalizedPassword'>

/** Replaces a text that no account can have as its password, so that it is verified at the same cost. */
export const noPassword = '' as NormalizedPassword

/** The limits of a password. Longer passwords are refused, never truncated. */
export const passwordLimits = Object.freeze({
  /** NIST SP 800-63B-4 section 3.1.1.2 asks for at least 64. */
  codePoints: 256,
  /** The most that 256 code points take in UTF-8. Limits the input of the hash. @see OWASP ASVS 5.0, 6.2.9 */
  bytes: 1024,
})

/** Decomposed text is up to three times longer than NFC; longer text is not normalized at all. */
const maxRawLength = 4 * passwordLimits.bytes

/** A password that someone entered. */
export interface GivenPassword {
  readonly password: NormalizedPassword
  /** The text before normalization, which other systems have hashed. */
  readonly typed: string
}

export type PasswordText =
  | ({ readonly ok: true; readonly codePoints: number } & GivenPassword)
  | { readonly ok: false; readonly reason: 'too_long' | 'malformed' }

/**
 * Normalizes a password to the form that is hashed. Both spellings of an accented letter are the same password (NFC).
 * Refuses unpaired surrogates, which UTF-8 cannot encode: different ones would become the same bytes.
 * @see NIST SP 800-63B-4 section 3.1.1.2
 */
export function normalizePassword(text: string): PasswordText {
  if (text.length > maxRawLength) return { ok: false, reason: 'too_long' }
  if (/\p{Surrogate}/u.test(text)) return { ok: false, reason: 'malformed' }
  const password = text.normalize('NFC')
  if (Buffer.byteLength(password) > passwordLimits.bytes) return { ok: false, reason: 'too_long' }
  return {
    ok: true,
    password: password as NormalizedPassword,
    typed: text,
    codePoints: countCodePoints(password),
  }
}

/** Checks that a password is a string. @throws InvalidInputError */
export function requirePasswordText(value: unknown, field: string): string {
  if (typeof value !== 'string') throw invalidValue(field, 'must be a string')
  return value
}
