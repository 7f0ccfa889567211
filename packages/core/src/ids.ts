import { randomFillSync } from 'node:crypto'
import type { Brand } from './brand.js'

/** A UUID in canonical lower-case text, created by Torii (version 7) or by hand in SQL (any version). */
export type UserId = Brand<string, 'UserId'>
/** A UUID in canonical lower-case text; identifies a session in lists and logs. It does not authenticate. */
export type SessionId = Brand<string, 'SessionId'>

/** Identifies a linked account of a provider. */
export type OAuthAccountId = Brand<string, 'OAuthAccountId'>
/** Identifies an event of the audit trail. */
export type AuditEventId = Brand<string, 'AuditEventId'>
/** Identifies a passkey. Not the credential id, which the authenticator generates. */
export type PasskeyId = Brand<string, 'PasskeyId'>

/** Identifies a browser that a user trusts, in lists. It does not authenticate. */
export type TrustedBrowserId = Brand<string, 'TrustedBrowserId'>

/** Generates an id for a user (UUID version 7: ids sort by their time of creation). */
export const newUserId = (): UserId => uuidv7() as UserId

/** Generates an id for a session (UUID version 7). */
export const newSessionId = (): SessionId => uuidv7() as SessionId

/** Generates an id for a linked account (UUID version 7). */
export const newOAuthAccountId = (): OAuthAccountId => uuidv7() as OAuthAccountId

/** Generates an id for an event of the audit trail (UUID version 7). */
export const newAuditEventId = (): AuditEventId => uuidv7() as AuditEventId

/** Generates an id for a passkey (UUID version 7). */
export const newPasskeyId = (): PasskeyId => uuidv7() as PasskeyId

/** Generates an id for a trusted browser (UUID version 7). */
export const newTrustedBrowserId = (): TrustedBrowserId => uuidv7() as TrustedBrowserId

/** Returns the id if `value` is the text of a UUID (any case), else null. */
export const parseUserId = (value: unknown): UserId | null => parseUuid(value) as UserId | null

/** Returns the id if `value` is the text of a UUID (any case), else null. */
export const parseSessionId = (value: unknown): SessionId | null =>
  parseUuid(value) as SessionId | null

/** Returns the id if `value` is the text of a UUID (any case), else null. */
export const parseOAuthAccountId = (value: unknown): OAuthAccountId | null =>
  parseUuid(value) as OAuthAccountId | null

/** Returns the id if `value` is the text of a UUID (any case), else null. */
export const parsePasskeyId = (value: unknown): PasskeyId | null =>
  parseUuid(value) as PasskeyId | null

/** Returns the id if `value` is the text of a UUID (any case), else null. */
export const parseTrustedBrowserId = (value: unknown): TrustedBrowserId | null =>
  parseUuid(value) as TrustedBrowserId | null

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

function parseUuid(value: unknown): string | null {
  return typeof value === 'string' && uuidForm.test(value) ? value.toLowerCase() : null
}

const pool = Buffer.allocUnsafe(16 * 256)
let used = pool.length

/** RFC 9562 section 5.7: 48 bits of Unix milliseconds, version, variant, 74 random bits. */
function uuidv7(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const bytes = pool.subarray(used, used + 16)
  used += 16
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
