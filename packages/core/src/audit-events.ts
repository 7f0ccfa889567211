import type { Brand } from './brand.js'
import type { AuditEventId, SessionId, UserId } from './ids.js'
import type { Json } from './profile.js'

/** An event to record. Holds ids and codes; never a password, a token, a hash or an email. */
export interface NewAuditEvent {
  /** From `newAuditEventId()`. */
  id: AuditEventId
  /** What happened, as a word such as `signed_in`: lower-case letters, digits and `_`, at most 64 bytes. */
  type: string
  /** Whose account it concerns, or null when none is known. */
  userId: UserId | null
  sessionId: SessionId | null
  /** Canonical text of the IP address, or null; at most 64 bytes. */
  ip: string | null
  /** At most 1,024 bytes. */
  userAgent: string | null
  /** What else there is to say: a JSON object of at most 4 KiB. */
  detail: Readonly<Record<string, Json>>
  /** Seconds after which the sweep deletes it. */
  retentionSeconds: number
}

/** An event as it was kept. `at` is the database's time of the commit's statement. */
export interface AuditEvent extends Omit<NewAuditEvent, 'retentionSeconds'> {
  readonly at: Date
}

/** The end of a page of events; pass it as `after` to get the next page. */
export type AuditCursor = Brand<string, 'AuditCursor'>

export interface AuditQuery {
  /** Only events of this user. */
  userId?: UserId
  /** 1 to 200 (default: 50). */
  limit?: number
  after?: AuditCursor
}

export interface AuditPage {
  /** Newest first. */
  readonly events: readonly AuditEvent[]
  /** Null when there is nothing after this page. */
  readonly next: AuditCursor | null
}

/** What to count: the last so many stretches of time, of which the last one is still running. */
export interface AuditCountQuery {
  /** Only events of these types; 1 to 32 of them. Absent: of every type. */
  types?: readonly string[]
  /** 1 to 1,000. */
  stretches: number
  /** Length of each. They begin at its multiples since 1970, UTC: 3,600 makes hours, 86,400 days. */
  stretchSeconds: number
  /** Reads at most so many events of the period, the newest: 1 to 1,000,000 (default: 250,000). */
  limit?: number
}

/** How many events of each type fell into one stretch of time. */
export interface AuditStretch {
  readonly from: Date
  /** By type; what did not happen is left out. */
  readonly counts: Readonly<Record<string, number>>
  /** False where the limit ended the reading: events of this stretch may be missing. */
  readonly complete: boolean
}

/** Stores the audit trail. Rows never change, and are deleted by retention only. They outlive their user. */
export interface AuditEventRepository {
  /** Records the events; inside a transaction they commit and roll back with it. At most 100 at once. */
  record(events: readonly NewAuditEvent[]): Promise<void>
  list(query?: AuditQuery): Promise<AuditPage>
  /** Counts by stretch of time, oldest first; stretches without events are there too. */
  count(query: AuditCountQuery): Promise<readonly AuditStretch[]>
}
