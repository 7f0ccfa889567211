import { createHash } from 'node:crypto'
import { base64urlOf, isLater, textOf, timeOf } from './values.js'

/** A passkey as a record carries it. Times are ISO 8601, bytes base64url without padding. */
export interface CarriedPasskey {
  readonly credentialId: string
  /** COSE. */
  readonly publicKey: string
  readonly userHandle?: string
  readonly signCount?: number
  readonly userVerified?: boolean
  readonly backupEligible?: boolean
  readonly backedUp?: boolean
  readonly aaguid?: string
  readonly transports?: readonly string[]
  readonly name?: string
  readonly createdAt?: unknown
  readonly lastUsedAt?: unknown
}

/** The secret of an authenticator application. */
export interface CarriedTotp {
  /** Base32. */
  readonly secret: string
  readonly algorithm: 'SHA1' | 'SHA256' | 'SHA512'
  readonly digits: number
  readonly period: number
}

export interface CarriedSession {
  /** SHA-256 of the token, in hexadecimal digits: the token itself never leaves the source. */
  readonly key: string
  readonly createdAt: unknown
  readonly authenticatedAt: unknown
  readonly expiresAt: unknown
  readonly lastUsedAt: unknown
  readonly userAgent: string | null
}

/** What a user has besides a profile, a password and provider accounts. */
export interface Carried {
  readonly passkeys?: readonly CarriedPasskey[]
  /** `unreadable`: the user has a factor that cannot be read. */
  readonly totp?: CarriedTotp | 'unreadable' | null
  /** As they are typed. */
  readonly recoveryCodes?: readonly string[]
  readonly sessions?: readonly CarriedSession[]
}

/** The fields of a record for these. What a user does not have is absent. Every source yields them by this function alone. */
export function carriedFields({
  passkeys = [],
  totp = null,
  recoveryCodes = [],
  sessions = [],
}: Carried): Record<string, unknown> {
  return {
    ...(passkeys.length === 0 ? {} : { passkeys }),
    ...(totp === null ? {} : { totp }),
    ...(recoveryCodes.length === 0 ? {} : { recoveryCodes }),
    ...(sessions.length === 0 ? {} : { sessions }),
  }
}

/** The defaults of a source that says of its sessions only when they end. */
export interface SessionDefaults {
  /** Days from the last extension to the end. */
  readonly lifeDays: number
  /** Days before the end in which a session that is used is extended: one that is not was used before them. */
  readonly extendedDays: number
  /** Whether a token of 64 hexadecimal digits is the SHA-256 of the cookie, as Lucia's guide has it. */
  readonly mayBeHashed?: true
}

/**
 * A session whose token a source keeps as it is; none without a token. With `defaults`, the session is as old as it can be, and was last used
 * when it can have been at the latest.
 */
export function sessionOf(
  row: Readonly<Record<string, unknown>>,
  defaults: SessionDefaults | null = null,
): CarriedSession[] {
  const token = textOf(row.token)
  if (token === null) return []
  const expiresAt = timeOf(row.expiresAt)
  const before = (days: number | undefined) =>
    days === undefined ? null : daysBefore(expiresAt, days)
  const createdAt = timeOf(row.createdAt) ?? before(defaults?.lifeDays)
  const latestUse = before(defaults?.extendedDays)
  const isHashed = defaults?.mayBeHashed === true && /^[0-9a-f]{64}$/.test(token)
  const isOver = latestUse !== null && !isLater(latestUse)
  return [
    {
      key: isHashed ? token : createHash('sha256').update(token).digest('hex'),
      createdAt,
      authenticatedAt: createdAt,
      expiresAt,
      lastUsedAt: timeOf(row.lastUsedAt) ?? (isOver ? latestUse : null),
      userAgent: textOf(row.userAgent),
    },
  ]
}

function daysBefore(time: unknown, days: number): string | null {
  const at = typeof time === 'string' ? Date.parse(time) : Number.NaN
  return Number.isNaN(at) ? null : new Date(at - days * 86_400_000).toISOString()
}

/** A passkey of the columns that libraries over SimpleWebAuthn have; none without a key. */
export function passkeyOf(row: Readonly<Record<string, unknown>>): CarriedPasskey[] {
  const [credentialId, publicKey] = [base64urlOf(row.credentialId), base64urlOf(row.publicKey)]
  if (credentialId === null || publicKey === null || !isCose(publicKey)) return []
  const [deviceType, name] = [textOf(row.deviceType), textOf(row.name)]
  const transports = textOf(row.transports)?.split(',').filter(Boolean)
  const [aaguid, signCount] = [textOf(row.aaguid), Number(row.signCount ?? Number.NaN)]
  return [
    {
      credentialId,
      publicKey,
      ...(Number.isSafeInteger(signCount) ? { signCount } : {}),
      ...(deviceType === null ? {} : { backupEligible: deviceType === 'multiDevice' }),
      ...(typeof row.backedUp === 'boolean' ? { backedUp: row.backedUp } : {}),
      ...(aaguid === null ? {} : { aaguid }),
      ...(transports === undefined ? {} : { transports }),
      ...(name === null ? {} : { name }),
      ...(row.createdAt == null ? {} : { createdAt: timeOf(row.createdAt) }),
      ...(row.lastUsedAt == null ? {} : { lastUsedAt: timeOf(row.lastUsedAt) }),
    },
  ]
}

/** Whether bytes begin as a COSE key does: a map of CBOR with some entries. */
function isCose(key: string): boolean {
  const [first = 0] = Buffer.from(key, 'base64url')
  return first > 0xa0 && first <= 0xb7
}

/** A secret in base32, of the parameters that every authenticator application knows. */
export const standardTotp = (secret: string): CarriedTotp => ({
  secret,
  algorithm: 'SHA1',
  digits: 6,
  period: 30,
})

/** Whether a text is a secret in base32, and not one that was encrypted. */
export const isBase32 = (text: string): boolean => /^[A-Za-z2-7]{16,256}=*$/.test(text)
