import type { UserId } from 'torii-core'
import type { CheckedFactor, FactorReason } from './checked-factors.js'
import type { CheckedPasskey } from './checked-passkeys.js'
import { importedPasskeyId } from './imported-id.js'

/** What an import asks torii-auth about passkeys and second factors. */
export interface FactorServices {
  /** Whether these bytes are a COSE key with which a passkey can sign in. */
  isPasskeyKey(key: Uint8Array): boolean
  /**
   * Reads the authenticator application of a user and encrypts its secret, in base64. With a problem the secret is one that no
   * application has; null without keys.
   */
  importFactor(
    userId: UserId,
    totp: unknown,
  ): {
    readonly secret: string | null
    readonly problem: Exclude<FactorReason, 'recovery_code_invalid'> | null
  }
  /** Returns the hash of a recovery code, in base64; null for one that is none or too easy to guess, and without keys. */
  importRecoveryCode(userId: UserId, code: string): string | null
}

/** A second factor that is ready to be written. */
export interface ReadyFactor {
  /** Whether the user has a second factor: every sign-in waits for it, also where nothing but recovery codes can answer. */
  readonly inForce: boolean
  /** Whether the user is asked to enroll one, from now on. */
  readonly enrolls: boolean
  /** From when on the application asks for one. */
  readonly requiredAt: string | null
  /** Encrypted, in base64; null: there is no authenticator application. */
  readonly secret: string | null
  readonly lastStep: number
  readonly createdAt: string | null
  readonly lastUsedAt: string | null
  /** In base64. */
  readonly codeHashes: readonly string[]
}

/**
 * Computes what is stored of a second factor. One that cannot be read stays due: its user signs in by a passkey or a recovery code,
 * or an administrator resets it; with `enrollLost` the user enrolls another one at the next sign-in.
 */
export function readyFactor(
  services: FactorServices,
  enrollLost: boolean,
  userId: UserId,
  { totp, requiredAt, ...checked }: CheckedFactor,
  leaveOut: (reason: FactorReason) => void,
): ReadyFactor {
  const { lastStep, createdAt, lastUsedAt, recoveryCodes, recoveryCodeHashes } = checked
  const times = { lastStep, createdAt, lastUsedAt }
  const none = {
    secret: null,
    codeHashes: [],
    enrolls: false,
    inForce: false,
    requiredAt,
    ...times,
  }
  if (totp === undefined) return none
  const { secret, problem } = services.importFactor(userId, totp)
  if (problem !== null) leaveOut(problem)
  if (problem !== null && enrollLost) return { ...none, enrolls: true }
  const inForce = { ...none, inForce: true }
  if (secret === null) return inForce
  const hashes = recoveryCodes.map((code) => services.importRecoveryCode(userId, code))
  for (const hash of hashes) if (hash === null) leaveOut('recovery_code_invalid')
  const known = [...hashes.filter((hash) => hash !== null), ...recoveryCodeHashes]
  // Recovery codes belong to an application: to one that no one has, where it cannot be read.
  if (problem !== null && known.length === 0) return inForce
  return { ...inForce, secret, codeHashes: [...new Set(known)] }
}

/** The row of a factor in the input of a batch. */
export const toFactorColumns = (factor: ReadyFactor) => ({
  factor_in_force: factor.inForce,
  factor_enrolls: factor.enrolls,
  factor_required_at: factor.requiredAt,
  factor_secret: factor.secret,
  factor_last_step: factor.lastStep,
  factor_created_at: factor.createdAt,
  factor_last_used_at: factor.lastUsedAt,
  factor_codes: factor.codeHashes,
})

/** The types of {@link toFactorColumns}. */
export const factorColumns = `factor_in_force boolean, factor_enrolls boolean, factor_required_at timestamptz,
      factor_secret text, factor_last_step bigint, factor_created_at timestamptz, factor_last_used_at timestamptz,
      factor_codes jsonb`

/** The rows of passkeys in the input of a batch. */
export const toPasskeyRows = (passkeys: readonly CheckedPasskey[], ord: number) =>
  passkeys.map((passkey) => ({
    ord,
    id: importedPasskeyId(passkey.credentialId),
    credential_id: passkey.credentialId.toString('base64'),
    public_key: passkey.publicKey.toString('base64'),
    user_handle: passkey.userHandle?.toString('base64') ?? null,
    sign_count: passkey.signCount,
    user_verified: passkey.userVerified,
    backup_eligible: passkey.backupEligible,
    backed_up: passkey.backedUp,
    aaguid: passkey.aaguid,
    transports: passkey.transports,
    name: passkey.name,
    created_at: passkey.createdAt,
    last_used_at: passkey.lastUsedAt,
  }))

/** The types of {@link toPasskeyRows}. */
export const passkeyRowColumns = `ord int, id uuid, credential_id text, public_key text, user_handle text, sign_count bigint,
      user_verified boolean, backup_eligible boolean, backed_up boolean, aaguid uuid, transports jsonb, name text,
      created_at timestamptz, last_used_at timestamptz`
