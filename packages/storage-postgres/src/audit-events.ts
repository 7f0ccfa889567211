import type {
  AuditCount,
  AuditCursor,
  AuditEvent,
  AuditEventId,
  AuditEventRepository,
  AuditPage,
  AuditQuery,
  Json,
  NewAuditEvent,
  SessionId,
  UserId,
} from 'torii-core'
import { checkAuditQuery, checkCountQuery, checkEvents } from './audit-input.js'
import type { Database } from './db.js'
import {
  many,
  nameStatements,
  statementTime as now,
  seconds,
  secondsFromNow,
  toDate,
} from './db.js'

const eventColumns = `
  a.id, a.type, a.user_id, a.session_id, a.ip, a.user_agent, a.detail, ${seconds('a.at')} as at,
  (${seconds('a.at')} * 1000000::float8)::bigint::text as at_micros`

/** What a page ends with (`$first` microseconds, `$first + 1` the id), or everything. */
const beforeCursor = (first: number): string => `(a.at, a.id) < (
        coalesce(pg_catalog.to_timestamp($${first}::float8 / 1000000::float8), 'infinity'::timestamptz),
        coalesce($${first + 1}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))`

/** Found by the tests of all statements. @public */
export const statements = (schema: string) =>
  nameStatements('audit_events', {
    // An event that is kept already stays as it is, so a repetition adds nothing.
    record: `
      with given (id, type, user_id, session_id, ip, user_agent, detail, retention_seconds) as (
        select * from rows from (
          pg_catalog.unnest($1::uuid[]), pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::uuid[]),
          pg_catalog.unnest($4::uuid[]), pg_catalog.unnest($5::text[]), pg_catalog.unnest($6::text[]),
          pg_catalog.unnest($7::text[]), pg_catalog.unnest($8::int[]))
      )
      insert into ${schema}.audit_events
        (id, type, user_id, session_id, ip, user_agent, detail, at, expires_at)
      select g.id, g.type, g.user_id, g.session_id, g.ip, g.user_agent, g.detail::jsonb, ${now},
        ${secondsFromNow('g.retention_seconds')}
      from given g
      on conflict (id) do nothing`,
    list: `
      select ${eventColumns} from ${schema}.audit_events a
      where ${beforeCursor(1)} and a.expires_at > ${now}
      order by a.at desc, a.id desc limit $3::int`,
    listOfUser: `
      select ${eventColumns} from ${schema}.audit_events a
      where a.user_id = $4::uuid and ${beforeCursor(1)} and a.expires_at > ${now}
      order by a.at desc, a.id desc limit $3::int`,
    count: `
      select a.type, pg_catalog.floor(${seconds('a.at')} / $2::float8) * $2::float8 as "from",
        pg_catalog.count(*)::int as count
      from ${schema}.audit_events a
      where a.at > ${now} - pg_catalog.make_interval(secs => $1::float8) and a.expires_at > ${now}
      group by 1, 2 order by 2, 1`,
  })

interface EventRow {
  id: AuditEventId
  type: string
  user_id: UserId | null
  session_id: SessionId | null
  ip: string | null
  user_agent: string | null
  detail: Record<string, Json>
  at: number
  at_micros: string
}

/** `schema` is an already quoted identifier. */
export function createAuditEventRepository(db: Database, schema: string): AuditEventRepository {
  const sql = statements(schema)
  return {
    async record(events: readonly NewAuditEvent[]) {
      const checked = checkEvents(events)
      if (checked.length > 0) await db.run(sql.record, columnsOf(checked))
    },
    async list(query: AuditQuery = {}): Promise<AuditPage> {
      const { userId, limit, after } = checkAuditQuery(query)
      // One row more than asked for tells whether there is a next page.
      const values = [after?.micros ?? null, after?.id ?? null, limit + 1]
      const rows = await (userId === null
        ? many(db, sql.list, values, (row: EventRow) => row)
        : many(db, sql.listOfUser, [...values, userId], (row: EventRow) => row))
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      return { events: page.map(toEvent), next: last === undefined ? null : cursorAt(last) }
    },
    async count(query: { sinceSeconds: number; bucketSeconds: number }) {
      const { sinceSeconds, bucketSeconds } = checkCountQuery(query)
      return many(db, sql.count, [sinceSeconds, bucketSeconds], toCount)
    },
  }
}

/** One array per column, in the order of the parameters. */
const columnsOf = (events: ReturnType<typeof checkEvents>): unknown[] => [
  events.map(({ id }) => id),
  events.map(({ type }) => type),
  events.map(({ userId }) => userId),
  events.map(({ sessionId }) => sessionId),
  events.map(({ ip }) => ip),
  events.map(({ userAgent }) => userAgent),
  events.map(({ detail }) => detail),
  events.map(({ retentionSeconds }) => retentionSeconds),
]

/** The time to the microsecond, since a Date would leave events out or give them twice. */
const cursorAt = ({ at_micros, id }: EventRow): AuditCursor => `${at_micros}_${id}` as AuditCursor

const toEvent = (row: EventRow): AuditEvent => ({
  id: row.id,
  type: row.type,
  userId: row.user_id,
  sessionId: row.session_id,
  ip: row.ip,
  userAgent: row.user_agent,
  detail: row.detail,
  at: toDate(row.at),
})

const toCount = (row: { type: string; from: number; count: number }): AuditCount => ({
  type: row.type,
  from: toDate(row.from),
  count: row.count,
})
