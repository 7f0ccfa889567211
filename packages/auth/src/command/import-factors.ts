import { randomBytes } from 'node:crypto'
import type { UserId } from 'torii-core'
import { encryptedTotpSecret, totpStepSeconds } from 'torii-core'
import type { KeyRing } from '../crypto/key-ring.js'
import { decodeBase32 } from '../one-time-codes/base32.js'
import { totpDigits } from '../one-time-codes/totp.js'
import { hashImportedCode } from '../services/second-factors/stored-recovery-code.js'
import { encryptSecret, readSecret } from '../services/second-factors/stored-secret.js'
import { isMap, readCbor } from '../webauthn/cbor.js'
import { isUsableKey } from '../webauthn/credential-key.js'

/** Why an authenticator application of another system cannot be used here. */
export type FactorProblem = 'factor_unreadable' | 'factor_unsupported' | 'factor_without_keys'

/** What is stored of an authenticator application. */
export interface ImportedFactor {
  /**
   * The encrypted secret, in base64. With a problem it is one that no application has, so that recovery codes can belong to it;
   * null without keys.
   */
  readonly secret: string | null
  readonly problem: FactorProblem | null
}

/** Whether a text in base64 is a public key with which a passkey can sign in: one COSE key, and nothing after it. */
export function isPasskeyKey(key: Uint8Array): boolean {
  const read = readCbor(key)
  return read !== null && read.end === key.length && isMap(read.value) && isUsableKey(read.value)
}

/**
 * 80 bits, as many applications generate, although RFC 4226 section 4 (R6) asks for 128: a code shows less of it than a guess
 * costs. The block of HMAC-SHA-1 is 64 bytes; more are only hashed first.
 */
const secretBytes = { min: 10, max: 128 } as const

/**
 * Reads the authenticator application of an account and encrypts its secret for the user: `{secret}` in base 32 with `algorithm`,
 * `digits` and `period`, or `{encryptedSecret}` of an export under the same keys. Never throws, and no secret is in what it returns.
 */
export function importFactor(keys: KeyRing, userId: UserId, totp: unknown): ImportedFactor {
  const problem = (reason: FactorProblem): ImportedFactor => ({
    secret: keys.isEmpty ? null : toBase64(encryptSecret(keys, randomBytes(20), userId)),
    problem: reason,
  })
  const given: Record<string, unknown> = { ...Object(totp) }
  const { encryptedSecret } = given
  if (keys.isEmpty) return problem('factor_without_keys')
  if (!isAbsent(encryptedSecret))
    return isOurs(keys, userId, encryptedSecret)
      ? { secret: encryptedSecret, problem: null }
      : problem('factor_unreadable')
  const secret =
    isText(given.secret) && given.secret.length <= 512 ? decodeBase32(given.secret) : null
  if (secret === null || secret.length === 0) return problem('factor_unreadable')
  const isLong = secret.length >= secretBytes.min && secret.length <= secretBytes.max
  if (!isLong || !isSupported(given)) return problem('factor_unsupported')
  return { secret: toBase64(encryptSecret(keys, secret, userId)), problem: null }
}

/** What {@link matchingStep} computes. Absent: the default of RFC 6238 and of every application. */
const isSupported = ({ algorithm, digits, period }: Record<string, unknown>): boolean =>
  (isAbsent(algorithm) || (isText(algorithm) && /^(hmac)?-?sha-?1$/i.test(algorithm))) &&
  isNumber(digits, totpDigits) &&
  isNumber(period, totpStepSeconds)

const isAbsent = (value: unknown): boolean => value === undefined || value === null
const isText = (value: unknown): value is string => typeof value === 'string'
/** Other systems also write numbers as text. */
const isNumber = (value: unknown, expected: number): boolean =>
  isAbsent(value) || value === expected || value === String(expected)

function isOurs(keys: KeyRing, userId: UserId, value: unknown): value is string {
  if (!isText(value) || !/^[A-Za-z0-9+/]{1,684}={0,2}$/.test(value)) return false
  return readSecret(keys, encryptedTotpSecret(Buffer.from(value, 'base64')), userId) !== null
}

/** Returns the hash of a recovery code, in base64; null without keys and for a code that is none or too easy to guess. */
export function importRecoveryCode(keys: KeyRing, userId: UserId, code: string): string | null {
  const hash = keys.isEmpty ? null : hashImportedCode(keys, userId, code)
  return hash === null ? null : toBase64(hash)
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
