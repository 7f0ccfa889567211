import type { Brand } from 'torii-core'
import { countCodePoints } from 'torii-core'

/** A password as it is hashed: well-formed Unicode in NFC, of a bounded size. */
export type NormalizedPassword = Brand<string, 'NormalizedPassword'>

/** Stands for a text that can be nobody's password, where the work of verifying one is done all the same. */
export const noPassword = '' as NormalizedPassword

/** Sizes of a password. None is ever truncated: longer ones are refused. */
export const passwordLimits = Object.freeze({
  /** NIST SP 800-63B-4 section 3.1.1.2 asks for at least 64. */
  codePoints: 256,
  /** What 256 code points can take in UTF-8. Bounds the hash's own input. @see OWASP ASVS 5.0, 6.2.9 */
  bytes: 1024,
})

/** Decomposed text is up to three times longer than NFC; beyond this nothing is even normalised. */
const maxRawLength = 4 * passwordLimits.bytes

export type PasswordText =
  | { readonly ok: true; readonly password: NormalizedPassword; readonly codePoints: number }
  | { readonly ok: false; readonly reason: 'too_long' | 'malformed' }

/**
 * The password as it is hashed. Both spellings of an accented letter are the same password (NFC).
 * Refuses lone surrogates, which UTF-8 cannot hold (two different ones would be the same bytes).
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
    codePoints: countCodePoints(password),
  }
}
