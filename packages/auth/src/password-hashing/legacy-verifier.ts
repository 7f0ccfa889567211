/**
 * Verifies hashes of another form that were imported as they were: with the password that is right, the first
 * sign-in makes them Argon2id. New passwords never get such a hash.
 */
export interface LegacyVerifier {
  /** True for a stored text of this form whose cost may be computed. Computes nothing itself. */
  accepts(stored: string): boolean
  /** Whether the password, in NFC, is the one that was stored. */
  verify(password: string, stored: string): Promise<boolean>
}

/** `compare` of the packages `bcrypt` and `bcryptjs`. */
export type BcryptCompare = (password: string, stored: string) => Promise<boolean>

/** Modular crypt form: version, cost, 22 characters of salt and 31 of output. */
const bcryptForm = /^\$2[aby]\$(\d{2})\$[./A-Za-z0-9]{53}$/

/** Each step doubles the work; 14 is about a second, and more than is recommended anywhere. */
const bcryptCosts = Object.freeze({ min: 4, max: 14 })

/** What bcrypt reads of a password. */
const bcryptMaxBytes = 72

/**
 * Verifies bcrypt hashes by the `compare` that you give: `createBcryptVerifier(bcrypt.compare)`. Exact: bcrypt
 * itself reads 72 bytes and takes every continuation of them for the same password, so a longer one is no
 * match here, and neither is one with NUL. Who had a longer one sets a new one by reset.
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
      // Computed all the same, so that the time says nothing about the length of what was stored.
      return (await compare(password, stored)) && exact
    },
  }
}
