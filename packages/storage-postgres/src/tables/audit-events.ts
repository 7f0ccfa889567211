import type {
  AuditCountQuery,
  AuditCursor,
  AuditEvent,
  AuditEventId,
  AuditEventRepository,
  AuditInterval,
  AuditPage,
  AuditQuery,
  Json,
  NewAuditEvent,
  SessionId,
  UserId,
} from 'torii-core'
import type { Database } from '../sql/database.js'
import { repeat } from '../sql/lost-reply.js'
import { nullable, parameter, sql } from '../sql/parameter.js'
import { many } from '../sql/rows.js'
import { read, write } from '../sql/statement.js'
import { milliseconds, statementTime as now, seconds, secondsFromNow, toDate } from '../sql/time.js'
import { userId } from './fragments/parameters.js'
import { checkAuditQuery, checkCountQuery, checkEvents } from './input/audit-input.js'

/** One array per column of the events to record. */
const columns = {
  id: parameter('ids', 'uuid[]')<readonly string[]>(),
  type: parameter('types', 'text[]')<readonly string[]>(),
  userId: parameter('userIds', 'uuid[]')<readonly (UserId | null)[]>(),
  sessionId: parameter('sessionIds', 'uuid[]')<readonly (SessionId | null)[]>(),
  ip: parameter('ips', 'text[]')<readonly (string | null)[]>(),
  userAgent: parameter('userAgents', 'text[]')<readonly (string | null)[]>(),
  detail: parameter('details', 'text[]')<readonly string[]>(),
  retentionSeconds: parameter('retentionSeconds', 'int[]')<readonly number[]>(),
}
/** Where the previous page ended; null begins with the newest event. */
const beforeMicros = nullable('beforeMicros', 'float8')<number>()
const beforeId = nullable('beforeId', 'uuid')<string>()
const limit = parameter('limit', 'int')<number>()
/** Null counts every type. */
const types = nullable('types', 'text[]')<readonly string[]>()
const intervals = parameter('intervals', 'int')<number>()
const intervalSeconds = parameter('intervalSeconds', 'float8')<number>()

const eventColumns = `
  a.id, a.type, a.user_id, a.session_id, a.ip, a.user_agent, a.detail, ${milliseconds('a.at')} as at,
  (${seconds('a.at')} * 1000000::float8)::bigint::text as at_micros`

/** The events after the end of the previous page, or all. */
const beforeCursor = sql`(a.at, a.id) < (
        coalesce(pg_catalog.to_timestamp(${beforeMicros} / 1000000::float8), 'infinity'::timestamptz),
        coalesce(${beforeId}, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))`

export const auditEventStatements = (schema: string) => ({
  // An event that is kept already stays as it is, so a repetition adds nothing.
  record: write(
    'audit_events.record',
    sql`
      with given (id, type, user_id, session_id, ip, user_agent, detail, retention_seconds) as (
        select * from rows from (
          pg_catalog.unnest(${columns.id}), pg_catalog.unnest(${columns.type}), pg_catalog.unnest(${columns.userId}),
          pg_catalog.unnest(${columns.sessionId}), pg_catalog.unnest(${columns.ip}), pg_catalog.unnest(${columns.userAgent}),
          pg_catalog.unnest(${columns.detail}), pg_catalog.unnest(${columns.retentionSeconds}))
      )
      insert into ${schema}.audit_events
        (id, type, user_id, session_id, ip, user_agent, detail, at, expires_at)
      select g.id, g.type, g.user_id, g.session_id, g.ip, g.user_agent, g.detail::jsonb, ${now},
        ${secondsFromNow('g.retention_seconds::float8')}
      from given g
      on conflict (id) do nothing`,
    { schema, onLostReply: repeat('the same events, kept once') },
  ),
  list: read(
    'audit_events.list',
    sql`
      select ${eventColumns} from ${schema}.audit_events a
      where ${beforeCursor} and a.expires_at > ${now}
      order by a.at desc, a.id desc limit ${limit}`,
  ),
  listOfUser: read(
    'audit_events.listOfUser',
    sql`
      select ${eventColumns} from ${schema}.audit_events a
      where a.user_id = ${userId} and ${beforeCursor} and a.expires_at > ${now}
      order by a.at desc, a.id desc limit ${limit}`,
  ),
  // Reads the newest events of the period and no more than the limit: rows that are not
  // counted cost the same. The interval of the oldest row read is cut when there was one row too many.
  count: read(
    'audit_events.count',
    sql`
      with clock as (
        select pg_catalog.floor(${seconds(now)} / ${intervalSeconds})::bigint as running
      ), recent as (
        select a.type, a.at, a.expires_at from ${schema}.audit_events a
        where a.at >= pg_catalog.to_timestamp(
          ((select k.running from clock k) - ${intervals} + 1)::float8 * ${intervalSeconds})
        order by a.at desc, a.id desc limit ${limit} + 1
      ), counted as (
        select pg_catalog.floor(${seconds('r.at')} / ${intervalSeconds})::bigint as period, r.type,
          pg_catalog.count(*) as read,
          pg_catalog.count(*) filter (where r.expires_at > ${now}) as kept
        from recent r group by 1, 2
      ), reading as (
        select case when pg_catalog.sum(c.read)::int8 > ${limit} then pg_catalog.min(c.period) end as cut
        from counted c
      ), every as (
        select k.running - ${intervals} + place as period
        from clock k cross join pg_catalog.generate_series(1, ${intervals}) as place
      )
      select (e.period::float8 * ${intervalSeconds} * 1000::float8)::bigint as "from", coalesce(e.period > r.cut, true) as complete,
        c.type, c.kept::int as count
      from every e cross join reading r
      left join counted c on c.period = e.period and c.kept > 0
        and (${types} is null or c.type = any (${types}))
      order by 1, 3`,
  ),
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

export function createAuditEventRepository(
  db: Database,
  statements: ReturnType<typeof auditEventStatements>,
): AuditEventRepository {
  return {
    async record(events: readonly NewAuditEvent[]) {
      const checked = checkEvents(events)
      if (checked.length > 0) await many(db, statements.record, columnsOf(checked), () => true)
    },
    async list(query: AuditQuery = {}): Promise<AuditPage> {
      const { userId: user, limit: most, after } = checkAuditQuery(query)
      // One row more than the page holds shows whether there is a next page.
      const values = {
        beforeMicros: after?.micros ?? null,
        beforeId: after?.id ?? null,
        limit: most + 1,
      }
      const toRow = (row: EventRow) => row
      const rows = await (user === null
        ? many(db, statements.list, values, toRow)
        : many(db, statements.listOfUser, { ...values, userId: user }, toRow))
      const page = rows.slice(0, most)
      const last = rows.length > most ? page.at(-1) : undefined
      return { events: page.map(toEvent), next: last === undefined ? null : cursorAt(last) }
    },
    async count(query: AuditCountQuery) {
      const rows = await many(db, statements.count, checkCountQuery(query), (row: CountRow) => row)
      return toIntervals(rows)
    },
  }
}

const columnsOf = (events: ReturnType<typeof checkEvents>) => ({
  ids: events.map(({ id }) => id),
  types: events.map(({ type }) => type),
  userIds: events.map((event) => event.userId),
  sessionIds: events.map(({ sessionId }) => sessionId),
  ips: events.map(({ ip }) => ip),
  userAgents: events.map(({ userAgent }) => userAgent),
  details: events.map(({ detail }) => detail),
  retentionSeconds: events.map(({ retentionSeconds }) => retentionSeconds),
})

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

/** Rows of one interval follow each other. */
function toIntervals(rows: readonly CountRow[]): AuditInterval[] {
  const found = new Map<number, { complete: boolean; counts: [string, number][] }>()
  for (const { from, complete, type, count } of rows) {
    const interval = found.get(from) ?? { complete, counts: [] }
    if (type !== null && count !== null) interval.counts.push([type, count])
    found.set(from, interval)
  }
  return Array.from(found, ([from, { complete, counts }]) => ({
    from: toDate(from),
    counts: Object.fromEntries(counts),
    complete,
  }))
}
