import type { TokenHash, UserId } from 'torii-core'
import { tokenHash } from 'torii-core'
import type { KeyRing } from '../../crypto/key-ring.js'
import {
  hashRecoveryCode,
  isOwnCode,
  readRecoveryCode,
} from '../../one-time-codes/recovery-codes.js'

/**
 * Returns the hashes by which a typed code may be stored. Codes of other systems have fewer bits, which the hash alone would not
 * hide: they are HMACs under a key of the application, for one user, and the key may be any of `keys`.
 */
export function recoveryCodeHashes(
  keys: KeyRing,
  userId: UserId,
  typed: string,
): readonly TokenHash[] {
  const code = readRecoveryCode(typed)
  if (code === '' || isOwnCode(code) || keys.isEmpty) return [hashRecoveryCode(code)]
  return keys.hmacCandidates('recovery-codes', [userId, code]).map(tokenHash)
}

/**
 * The bits that a code of another system must have, by its length and whether it has letters: 8 characters, or 13 digits. Ten
 * codes of 40 bits and 100 guesses, after which the account's codes are locked: one chance in a thousand million.
 */
const minImportedBits = 40
/** The letters without I, L and O, and the digits. */
const bitsOf = (code: string): number => code.length * Math.log2(/^[0-9]+$/.test(code) ? 10 : 33)

/** Hashes a recovery code of another system for the database; null for one that is no code, or too easy to guess. */
export function hashImportedCode(keys: KeyRing, userId: UserId, given: string): TokenHash | null {
  if (bitsOf(readRecoveryCode(given)) < minImportedBits) return null
  return recoveryCodeHashes(keys, userId, given)[0] ?? null
}
