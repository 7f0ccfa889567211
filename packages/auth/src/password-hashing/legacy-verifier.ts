/**
 * Verifies imported hashes of a form that is not built in. The first sign-in with the right password rehashes it with
 * Argon2id. New passwords are never hashed in this form.
 */
export interface LegacyVerifier {
  /** Returns whether the stored text has this form at an acceptable cost. Computes no hash. */
  accepts(stored: string): boolean
  /** Verifies the password in NFC; if it was typed otherwise and this fails, verifies the typed text too. */
  verify(password: string, stored: string): Promise<boolean>
}
