import { readBase64, timeOrNull } from './field-values.js'

/** Why a second factor, or a part of it, does not come along. */
export type FactorReason =
  | 'factor_unreadable'
  | 'factor_unsupported'
  | 'factor_without_keys'
  | 'recovery_code_invalid'

/** What a file says about the second factor of an account. */
export interface CheckedFactor {
  /** The authenticator application, which torii-auth reads; null where it cannot be read; undefined for none. */
  readonly totp: object | null | undefined
  /** The time step of the last code that was accepted elsewhere. */
  readonly lastStep: number
  readonly createdAt: string | null
  readonly lastUsedAt: string | null
  /** As they were shown to the user. */
  readonly recoveryCodes: readonly string[]
  /** Of an export, in base64. */
  readonly recoveryCodeHashes: readonly string[]
  /** From when on the application asks for a second factor. */
  readonly requiredAt: string | null
}

/** Other systems show 8 to 16 at a time. */
const maxRecoveryCodes = 100
const hashBytes = 32

/**
 * Checks the fields `totp`, `recoveryCodes`, `recoveryCodeHashes` and `secondFactorRequiredAt`. A factor that makes no sense is one
 * that cannot be read, and none is no factor: an account that has one must not lose it by a slip of the export.
 */
export function checkFactor(
  fields: Readonly<Record<string, unknown>>,
  leaveOut: (reason: FactorReason) => void,
): CheckedFactor {
  const { totp } = fields
  const hasFactor = totp !== undefined && totp !== null
  const given: Record<string, unknown> = { ...Object(totp) }
  const { lastStep = null } = given
  const isReadable =
    typeof totp === 'object' &&
    !Array.isArray(totp) &&
    (lastStep === null || (Number.isSafeInteger(lastStep) && Number(lastStep) >= 0))
  const codes = readCodes(fields, hasFactor, leaveOut)
  return {
    totp: hasFactor ? (isReadable ? totp : null) : undefined,
    lastStep: isReadable ? Number(lastStep) : 0,
    createdAt: timeOrNull(given.createdAt),
    lastUsedAt: timeOrNull(given.lastUsedAt),
    ...codes,
    requiredAt: timeOrNull(fields.secondFactorRequiredAt),
  }
}

/** Codes belong to a factor: without one they are left out, as are lists that are none or too long. */
function readCodes(
  { recoveryCodes, recoveryCodeHashes }: Readonly<Record<string, unknown>>,
  hasFactor: boolean,
  leaveOut: (reason: FactorReason) => void,
): Pick<CheckedFactor, 'recoveryCodes' | 'recoveryCodeHashes'> {
  const none = { recoveryCodes: [], recoveryCodeHashes: [] }
  const [codes, hashes] = [recoveryCodes ?? [], recoveryCodeHashes ?? []]
  if (Array.isArray(codes) && Array.isArray(hashes)) {
    const count = codes.length + hashes.length
    if (count === 0) return none
    const isRead = codes.every(isText) && hashes.every(isHash)
    if (hasFactor && isRead && count <= maxRecoveryCodes)
      return { recoveryCodes: codes, recoveryCodeHashes: hashes }
  }
  leaveOut('recovery_code_invalid')
  return none
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isHash = (value: unknown): value is string =>
  isText(value) && readBase64(value, hashBytes)?.length === hashBytes
