import type { UserId } from 'torii-core'
import type { KeyRing } from '../crypto/key-ring.js'
import { encryptTokens } from '../oauth-client/provider-tokens.js'
import { createPasswordHashing } from '../password-hashing/hashing.js'
import { importedPasswordMark } from '../password-hashing/imported-password.js'
import { readPasswordHash, wrapWeakHash } from '../password-hashing/taking-in.js'
import type { ResolvedOptions } from '../services/options/options.js'
import type { ImportedFactor } from './import-factors.js'
import { importFactor, importRecoveryCode, isPasskeyKey } from './import-factors.js'

/** What an import needs of this package: its rules for stored hashes, and its keys. */
export interface ImportServices {
  /** Whether a text signs in as it is, only inside Argon2id, or not at all. */
  readPasswordHash(text: string): 'accepted' | 'weak' | 'unsupported'
  /** Returns a weak hash inside Argon2id; as many at once as there are cores. */
  wrapWeakHash(text: string): Promise<string>
  /** Returns the mark of an account whose password the old system verifies. */
  importedPasswordMark(email: string): string
  /** Returns tokens encrypted, in base64; null without keys and for what are no tokens. */
  encryptTokens(account: { provider: string; subject: string }, tokens: object): string | null
  /** Whether these bytes are a COSE key with which a passkey can sign in. */
  isPasskeyKey(key: Uint8Array): boolean
  /** Reads the authenticator application of a user and encrypts its secret. Never throws, and shows no secret. */
  importFactor(userId: UserId, totp: unknown): ImportedFactor
  /** Returns the hash of a recovery code, in base64; null without keys and for one that is none or too easy to guess. */
  importRecoveryCode(userId: UserId, code: string): string | null
}

/** An import waits for the hashes of a batch at a time. */
const maxWaiting = 100_000

export function createImportServices(options: ResolvedOptions): ImportServices {
  const { password } = options
  const hashing = createPasswordHashing({
    ...options,
    password: { ...password, hashing: { ...password.hashing, maxWaiting } },
  })
  const hasher = hashing.hasherFor({ reserved: true, ipAddress: null, account: null })
  return {
    readPasswordHash,
    wrapWeakHash: (text) => wrapWeakHash(hasher, text),
    importedPasswordMark,
    encryptTokens: (account, tokens) => encryptGiven(options.keys, account, tokens),
    isPasskeyKey,
    importFactor: (userId, totp) => importFactor(options.keys, userId, totp),
    importRecoveryCode: (userId, code) => importRecoveryCode(options.keys, userId, code),
  }
}

const textOrNull = (value: unknown): value is string | null => value === null || isText(value)
const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

function encryptGiven(
  keys: KeyRing,
  account: { provider: string; subject: string },
  tokens: object,
): string | null {
  const given: Record<string, unknown> = { ...tokens }
  const { accessToken, refreshToken = null, scope = null, expiresAt = null } = given
  const time = isText(expiresAt) ? Date.parse(expiresAt) : null
  if (keys.isEmpty || !isText(accessToken) || !textOrNull(refreshToken) || !textOrNull(scope))
    return null
  if (expiresAt !== null && !Number.isFinite(time)) return null
  const granted = { accessToken, refreshToken, scope, expiresAt: time }
  return Buffer.from(encryptTokens(keys, granted, account)).toString('base64')
}
