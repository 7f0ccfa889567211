import type { Brand } from './brand.js'
import type { AuditEventId, SessionId, UserId } from './ids.js'
import type { Json } from './profile.js'

/** An event to record. Holds ids and codes; never a password, a token, a hash or an email. */
export interface NewAuditEvent {
  /** From `newAuditEventId()`. */
  id: AuditEventId
  /** The type of the event, such as `signed_in`: lower-case letters, digits and `_`, at most 64 bytes. */
  type: string
  /** The account that the event concerns, or null if none is known. */
  userId: UserId | null
  sessionId: SessionId | null
  /** Canonical text of the IP address, or null; at most 64 bytes. */
  ip: string | null
  /** At most 1,024 bytes. */
  userAgent: string | null
  /** Details of the event: a JSON object of at most 4 KiB. */
  detail: Readonly<Record<string, Json>>
  /** Seconds after which the sweep deletes it. */
  retentionSeconds: number
}

/** A recorded event. `at` is the time of the recording statement, by the database's clock. */
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

/**
 * Selects the events to count, and the time intervals to count them in. The last interval includes the current time.
 */
export interface AuditCountQuery {
  /** Only events of these types; 1 to 32 of them. Absent: of every type. */
  types?: readonly string[]
  /** The number of intervals, 1 to 1,000. */
  intervals: number
  /**
   * The length of an interval. Intervals start at multiples of it since 1970, UTC: 3,600 counts per hour, 86,400 per
   * day.
   */
  intervalSeconds: number
  /** The maximum number of events to read, the newest first: 1 to 1,000,000 (default: 250,000). */
  limit?: number
}

/** The number of events per type in one time interval. */
export interface AuditInterval {
  readonly from: Date
  /** The number of events by type. A type without events is absent. */
  readonly counts: Readonly<Record<string, number>>
  /** False if `limit` was reached before every event of this interval was read: the counts may be too low. */
  readonly complete: boolean
}

/**
 * Stores the audit trail. Events never change. Only the sweep deletes them, after `retentionSeconds`; deleting a user
 * does not.
 */
export interface AuditEventRepository {
  /** Records the events; inside a transaction they commit and roll back with it. At most 100 at once. */
  record(events: readonly NewAuditEvent[]): Promise<void>
  list(query?: AuditQuery): Promise<AuditPage>
  /** Counts events per time interval, the oldest first. Intervals without events are included. */
  count(query: AuditCountQuery): Promise<readonly AuditInterval[]>
}
