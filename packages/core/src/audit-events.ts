import type { Brand } from './brand.js'
import type { AuditEventId, SessionId, UserId } from './ids.js'
import type { Json } from './profile.js'

/** Something that happened, to keep. Holds ids and codes; never a password, a token, a hash or an address. */
export interface NewAuditEvent {
  /** From `newAuditEventId()`. */
  id: AuditEventId
  /** What happened, as a word such as `signed_in`: lower-case letters, digits and `_`, at most 64 bytes. */
  type: string
  /** Whose account it concerns, or null when none is known. */
  userId: UserId | null
  sessionId: SessionId | null
  /** Canonical text of the network address, or null; at most 64 bytes. */
  ip: string | null
  /** At most 1,024 bytes. */
  userAgent: string | null
  /** What else there is to say: a JSON object of at most 4 KiB. */
  detail: Readonly<Record<string, Json>>
  /** After so many seconds the sweep deletes it. */
  retentionSeconds: number
}

/** An event as it was kept. `at` is the database's time of the commit's statement. */
export interface AuditEvent extends Omit<NewAuditEvent, 'retentionSeconds'> {
  readonly at: Date
}

/** Where a page of events ends; hand it back as `after`. */
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

/** The audit trail. Nothing is ever changed in it; rows leave by retention only. They outlive their user. */
export interface AuditEventRepository {
  /** Keeps the events: inside a transaction they share its fate. At most 100 at once. */
  record(events: readonly NewAuditEvent[]): Promise<void>
  list(query?: AuditQuery): Promise<AuditPage>
  /** Counts by stretch of time, oldest first; stretches without events are there too. */
  count(query: AuditCountQuery): Promise<readonly AuditStretch[]>
}
