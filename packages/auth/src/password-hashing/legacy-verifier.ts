/**
 * Verifies imported hashes of another form. The first sign-in with the right password rehashes it with Argon2id. New
 * passwords are never hashed in this form.
 */
export interface LegacyVerifier {
  /** Returns whether the stored text has this form at an acceptable cost. Computes no hash. */
  accepts(stored: string): boolean
  /** Verifies the password, which is in NFC. */
  verify(password: string, stored: string): Promise<boolean>
}

/** The function `compare` of the packages `bcrypt` and `bcryptjs`. */
export type BcryptCompare = (password: string, stored: string) => Promise<boolean>

/** Modular crypt format: version, cost, 22 characters of salt and 31 of output. */
const bcryptForm = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/

/** Each step doubles the work; 14 takes about a second, and exceeds all recommendations. */
const bcryptCosts = Object.freeze({ min: 4, max: 14 })

/** bcrypt ignores the rest of a password. */
const bcryptMaxBytes = 72

/**
 * Creates a verifier of bcrypt hashes: `createBcryptVerifier(bcrypt.compare)`. It refuses passwords over 72 bytes, which
 * bcrypt truncates, and passwords with NUL. Users with such a password must reset it.
 * @see CVE-2025-22228
 */
export function createBcryptVerifier(compare: BcryptCompare): LegacyVerifier {
  return {
    accepts(stored) {
      const cost = Number(bcryptForm.exec(stored)?.[1])
      return cost >= bcryptCosts.min && cost <= bcryptCosts.max
    },
    async verify(password, stored) {
      const exact = Buffer.byteLength(password) <= bcryptMaxBytes && !password.includes('\0')
      // Computed in every case, so that the time reveals nothing about the stored password.
      return (await compare(password, stored)) && exact
    },
  }
}
