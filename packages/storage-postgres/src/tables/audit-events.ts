import type {
  AuditCountQuery,
  AuditCursor,
  AuditEvent,
  AuditEventId,
  AuditEventRepository,
  AuditPage,
  AuditQuery,
  AuditStretch,
  Json,
  NewAuditEvent,
  SessionId,
  UserId,
} from 'torii-core'
import type { Database } from '../sql/db.js'
import {
  many,
  nameStatements,
  statementTime as now,
  seconds,
  secondsFromNow,
  toDate,
} from '../sql/db.js'
import { checkAuditQuery, checkCountQuery, checkEvents } from './input/audit-input.js'

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
    // Reads the newest events of the period and no more than the limit, whatever is asked of them: rows that
    // are not counted cost the same. The stretch of the oldest row read is cut when there was one row too many.
    count: `
      with clock as (
        select pg_catalog.floor(${seconds(now)} / $3::float8)::bigint as running
      ), recent as (
        select a.type, a.at, a.expires_at from ${schema}.audit_events a
        where a.at >= pg_catalog.to_timestamp(
          ((select k.running from clock k) - $2::int + 1)::float8 * $3::float8)
        order by a.at desc, a.id desc limit $4::int + 1
      ), counted as (
        select pg_catalog.floor(${seconds('r.at')} / $3::float8)::bigint as stretch, r.type,
          pg_catalog.count(*) as read,
          pg_catalog.count(*) filter (where r.expires_at > ${now}) as kept
        from recent r group by 1, 2
      ), reading as (
        select case when pg_catalog.sum(c.read)::int8 > $4::int then pg_catalog.min(c.stretch) end as cut
        from counted c
      ), every as (
        select k.running - $2::int + place as stretch
        from clock k cross join pg_catalog.generate_series(1, $2::int) as place
      )
      select e.stretch::float8 * $3::float8 as "from", coalesce(e.stretch > r.cut, true) as complete,
        c.type, c.kept::int as count
      from every e cross join reading r
      left join counted c on c.stretch = e.stretch and c.kept > 0
        and ($1::text[] is null or c.type = any ($1::text[]))
      order by 1, 3`,
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
    async count(query: AuditCountQuery) {
      const { types, stretches, stretchSeconds, limit } = checkCountQuery(query)
      const values = [types, stretches, stretchSeconds, limit]
      return toStretches(await many(db, sql.count, values, (row: CountRow) => row))
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

interface CountRow {
  from: number
  complete: boolean
  /** Null, like the count, where nothing happened. */
  type: string | null
  count: number | null
}

/** Rows of one stretch follow each other. */
function toStretches(rows: readonly CountRow[]): AuditStretch[] {
  const stretches = new Map<number, { complete: boolean; counts: [string, number][] }>()
  for (const { from, complete, type, count } of rows) {
    const stretch = stretches.get(from) ?? { complete, counts: [] }
    if (type !== null && count !== null) stretch.counts.push([type, count])
    stretches.set(from, stretch)
  }
  return Array.from(stretches, ([from, { complete, counts }]) => ({
    from: toDate(from),
    counts: Object.fromEntries(counts),
    complete,
  }))
}
