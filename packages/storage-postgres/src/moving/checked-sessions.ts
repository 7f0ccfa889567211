import type { SessionLevel, TokenHash } from 'torii-core'
import { tokenHash } from 'torii-core'

/** A session of the other system, as the file describes it. */
export interface CheckedSession {
  readonly key: TokenHash
  readonly authenticatedAt: Date
  readonly expiresAt: Date
  /** Null where the file does not say. */
  readonly lastUsedAt: Date | null
  readonly level: SessionLevel
  readonly userAgent: string | null
}

/** Which sessions of a file stay. */
export interface SessionTerms {
  readonly now: Date
  /** Days after which the imported sessions end, at the latest; 0 takes none. */
  readonly days: number
}

/** A session that was not used for so many days does not stay: its user signs in again. */
const maxUnusedDays = 7
const dayMs = 86_400_000

/** The sessions of a field that a file has; `onInvalid` is called for each that cannot be read. */
export function checkSessions(value: unknown, onInvalid: () => void): CheckedSession[] {
  if (value === undefined || value === null) return []
  const found = (Array.isArray(value) ? value : [null]).map((each: unknown) => {
    const session = checkSession(Object(each))
    if (session === null) onInvalid()
    return session
  })
  return found.filter((session) => session !== null)
}

function checkSession(given: Readonly<Record<string, unknown>>): CheckedSession | null {
  const { key, createdAt, userAgent = null, level = 1 } = given
  const times = [given.authenticatedAt ?? createdAt, given.expiresAt].map(timeOf)
  const [authenticatedAt, expiresAt] = times
  const lastUsedAt = given.lastUsedAt == null ? null : timeOf(given.lastUsedAt)
  if (typeof key !== 'string' || !/^[0-9a-f]{64}$/i.test(key)) return null
  if (authenticatedAt == null || expiresAt == null || lastUsedAt === undefined) return null
  if (level !== 1 && level !== 2) return null
  return {
    key: tokenHash(Buffer.from(key, 'hex')),
    authenticatedAt,
    expiresAt,
    lastUsedAt,
    level,
    userAgent: typeof userAgent === 'string' ? shortened(userAgent) : null,
  }
}

/** A time of the years that the table holds; undefined for anything else. */
function timeOf(value: unknown): Date | undefined {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d[T ]/.test(value)) return undefined
  const time = new Date(value)
  return time.getTime() >= 0 && time.getTime() < Date.UTC(9999, 0) ? time : undefined
}

const maxUserAgentBytes = 1024

/** What a request has as its user agent is cut in the same way. */
const shortened = (text: string): string | null =>
  Buffer.byteLength(text) <= maxUserAgentBytes && !text.includes('\0') ? text : null

/** The session that stays, with its end; null for one that does not. */
export function keptSession(session: CheckedSession, { now, days }: SessionTerms) {
  const expiresAt = new Date(Math.min(session.expiresAt.getTime(), now.getTime() + days * dayMs))
  const unusedMs = now.getTime() - (session.lastUsedAt ?? now).getTime()
  const isKept = expiresAt > now && unusedMs <= maxUnusedDays * dayMs
  return isKept ? { ...session, expiresAt } : null
}
