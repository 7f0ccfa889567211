import { canonicalEmail, checkMetadata, checkName, checkPicture, isStorable } from 'torii-core'
import type { SourceRecord } from './source-record.js'

/** What is left out of an account that is imported, or why it is not. One word each, counted in the report. */
export type Reason =
  | 'line_invalid'
  | 'field_unknown'
  | 'id_invalid'
  | 'id_taken'
  | 'id_repeated'
  | 'verification_unknown'
  | 'email_invalid'
  | 'email_taken'
  | 'name_invalid'
  | 'picture_invalid'
  | 'metadata_invalid'
  | 'created_at_invalid'
  | 'disabled_invalid'
  | 'password_hash_unsupported'
  | 'password_hash_weak'
  | 'oauth_account_invalid'
  | 'oauth_account_taken'
  | 'tokens_without_keys'

/** An account whose fields the tables can hold. */
export interface CheckedRecord {
  readonly line: number
  readonly sourceId: string
  readonly email: string | null
  readonly emailKey: string | null
  /** The file has an address, which may be no address at all. */
  readonly hasAddress: boolean
  /** True, false, or since when. */
  readonly verified: boolean | string
  readonly name: string | null
  readonly picture: string | null
  /** JSON. */
  readonly metadata: string
  readonly createdAt: string | null
  readonly disabled: boolean
  readonly passwordHash: string | null
  readonly oauthAccounts: readonly CheckedAccount[]
  readonly leftOut: readonly Reason[]
}

export interface CheckedAccount {
  readonly provider: string
  readonly subject: string
  readonly label: string | null
  /** Tokens in clear text, to encrypt. */
  readonly tokens: object | null
  /** Tokens that an export of this system wrote, in base64. */
  readonly encryptedTokens: string | null
}

const knownFields = [
  'id',
  'email',
  'emailVerified',
  'name',
  'picture',
  'metadata',
  'createdAt',
  'disabled',
  'passwordHash',
  'oauthAccounts',
  // Of the sources; not stored yet.
  'passkeys',
  'totp',
  'recoveryCodes',
  'sessions',
]

/** Whether addresses count as verified where the file does not say; null: such an account is skipped. */
export type DefaultVerification = boolean | null

/** Checks an account of a file. Returns the reason why it cannot be imported, or the account and what it loses. */
export function checkRecord(
  { line, fields }: SourceRecord,
  otherwise: DefaultVerification,
): CheckedRecord | Reason {
  if (fields === null) return 'line_invalid'
  if (Object.keys(fields).some((name) => !knownFields.includes(name))) return 'field_unknown'
  const sourceId = typeof fields.id === 'number' ? String(fields.id) : fields.id
  if (!isText(sourceId, 255)) return 'id_invalid'
  const leftOut: Reason[] = []
  /** Null, with the reason, for a value that cannot be stored. */
  const read = <Value>(value: unknown, check: (value: unknown) => Value, reason: Reason) => {
    if (value === undefined || value === null) return null
    try {
      return check(value)
    } catch {
      leftOut.push(reason)
      return null
    }
  }
  const hasAddress = fields.email !== undefined && fields.email !== null && fields.email !== ''
  const emailKey = hasAddress ? canonicalEmail(fields.email) : null
  if (hasAddress && emailKey === null) leftOut.push('email_invalid')
  const verified = emailKey === null ? false : (readVerified(fields.emailVerified) ?? otherwise)
  if (verified === null) return 'verification_unknown'
  return {
    line,
    sourceId,
    email: emailKey === null ? null : String(fields.email),
    emailKey,
    hasAddress,
    verified,
    name: read(fields.name, checkName, 'name_invalid'),
    picture: read(fields.picture, checkPicture, 'picture_invalid'),
    metadata: read(fields.metadata, checkMetadata, 'metadata_invalid') ?? '{}',
    createdAt: read(fields.createdAt, requireTime, 'created_at_invalid'),
    disabled: read(fields.disabled, requireBoolean, 'disabled_invalid') ?? false,
    passwordHash: read(fields.passwordHash, requireHash, 'password_hash_unsupported'),
    oauthAccounts: readAccounts(fields.oauthAccounts, leftOut),
    leftOut,
  }
}

const isText = (value: unknown, bytes: number): value is string =>
  typeof value === 'string' &&
  value !== '' &&
  isStorable(value) &&
  Buffer.byteLength(value) <= bytes

const invalid = () => new Error('invalid')

/** Also what csv files have for it. */
const booleans = new Map<unknown, boolean>([
  ...['true', 't', '1', 'yes', true, 1].map((text) => [text, true] as const),
  ...['false', 'f', '0', 'no', '', false, 0].map((text) => [text, false] as const),
])

function requireBoolean(value: unknown): boolean {
  const found = booleans.get(typeof value === 'string' ? value.toLowerCase() : value)
  if (found === undefined) throw invalid()
  return found
}

/** An ISO 8601 time, or the form of PostgreSQL with a space; years that the tables hold. */
function requireTime(value: unknown): string {
  const isTime = typeof value === 'string' && /^\d{4}-\d\d-\d\d([T ].*)?$/.test(value)
  const time = isTime ? new Date(value) : null
  if (time === null || Number.isNaN(time.getTime())) throw invalid()
  return time.toISOString()
}

function requireHash(value: unknown): string {
  if (!isText(value, 512)) throw invalid()
  return value
}

/** Null where the file does not say. */
function readVerified(value: unknown): boolean | string | null {
  if (value === undefined || value === null) return null
  try {
    return requireBoolean(value)
  } catch {
    try {
      return requireTime(value)
    } catch {
      return null
    }
  }
}

function readAccounts(value: unknown, leftOut: Reason[]): CheckedAccount[] {
  if (value === undefined || value === null) return []
  const found = (Array.isArray(value) ? value : [null]).map((each: unknown) => {
    const { provider, subject, label = null, tokens = null, encryptedTokens = null } = Object(each)
    const isAccount = isText(provider, 64) && isText(subject, 255)
    const isLabel = label === null || isText(label, 254)
    const isTokens = tokens === null || typeof tokens === 'object'
    const isEncrypted =
      encryptedTokens === null ||
      (isText(encryptedTokens, 87_384) && /^[A-Za-z0-9+/]+={0,2}$/.test(encryptedTokens))
    if (isAccount && isLabel && isTokens && isEncrypted)
      return { provider, subject, label, tokens, encryptedTokens }
    leftOut.push('oauth_account_invalid')
    return null
  })
  return found.filter((account) => account !== null)
}
