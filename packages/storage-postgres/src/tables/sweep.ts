import type { SweepCounts } from 'torii-core'
import type { Database, Statement } from '../sql/db.js'
import { many, nameStatements, statementTime as now, one } from '../sql/db.js'

/**
 * When a row of `t` is of no use to anybody, per table. Every reader judges that by itself: sweeping only
 * frees the space.
 */
const useless = (schema: string) => {
  const ended = `exists (
          select 1 from ${schema}.users u where u.id = t.user_id and u.session_epoch > t.epoch)`
  const disowned = `exists (
          select 1 from ${schema}.users u where u.id = t.user_id and u.owner_epoch > t.owner_epoch)`
  return {
    sessions: `t.expires_at <= ${now} or ${ended}`,
    magic_links: `t.expires_at <= ${now}`,
    verification_tokens: `t.expires_at <= ${now} or ${ended}`,
    oauth_states: `t.expires_at <= ${now}`,
    passkey_challenges: `t.expires_at <= ${now}`,
    rate_limits: `t.forget_at <= ${now}`,
    passwords: disowned,
    oauth_accounts: disowned,
    passkeys: disowned,
  }
}

/** Rows that are used once: after a restore from a backup, used ones are back. */
const usedOnce = ['magic_links', 'verification_tokens', 'oauth_states', 'passkey_challenges']

/**
 * Deletes what is useless (or everything, with `$3`) in a range of pages. Rows that others hold are
 * skipped, and a row that is touched meanwhile is not deleted: its new version is outside the snapshot.
 */
const deleteRange = (schema: string, table: string, condition: string): string => `
      delete from ${schema}.${table} d
      where d.ctid = any (array(
        select t.ctid from ${schema}.${table} t
        where t.ctid >= $1::tid and t.ctid < $2::tid and ($3::boolean or ${condition})
        for update of t skip locked))
      returning 1 as one`

/** Found by the tests of all statements. @public */
export const statements = (schema: string) => {
  const ranges = Object.entries(useless(schema)).map(
    ([table, condition]) => [table, deleteRange(schema, table, condition)] as const,
  )
  return nameStatements('sweep', {
    size: `
      select (pg_catalog.pg_relation_size($1::text::regclass)
        / pg_catalog.current_setting('block_size')::bigint)::int as pages,
        pg_catalog.current_setting('server_version_num')::int >= 140000 as can_scan_ranges`,
    raiseEpochs: `
      update ${schema}.users u set session_epoch = u.session_epoch + 1
      where u.id in (
        select t.id from ${schema}.users t where t.id > $1::uuid order by t.id limit $2::int)
      returning u.id`,
    ...Object.fromEntries(ranges),
    // An audit trail may hold years: here the index leads to what is expired, in batches.
    audit_events: `
      delete from ${schema}.audit_events d
      where d.ctid = any (array(
        select t.ctid from ${schema}.audit_events t where t.expires_at <= ${now}
        order by t.expires_at limit $1::int
        for update of t skip locked))
      returning 1 as one`,
  })
}

/** Pages per statement: some thousand sessions, a few milliseconds of work. */
const pagesPerRange = 200
/** Without a scan of page ranges (PostgreSQL 12 and 13) every range reads the whole table: few of them. */
const rangesWithoutScan = 8

interface Size {
  pages: number
  can_scan_ranges: boolean
}

async function deleteInRanges(
  db: Database,
  schema: string,
  table: string,
  everything: boolean,
): Promise<number> {
  const sql: Readonly<Record<string, Statement>> & ReturnType<typeof statements> =
    statements(schema)
  const { pages, can_scan_ranges } = await one(
    db,
    sql.size,
    [`${schema}.${table}`],
    (row: Size) => row,
  )
  const step = can_scan_ranges
    ? pagesPerRange
    : Math.max(pagesPerRange, Math.ceil(pages / rangesWithoutScan))
  const range = sql[table]
  if (range === undefined) throw new Error(`no statement sweeps ${table}`)
  let deleted = 0
  for (let from = 0; from < pages; from += step) {
    const values = [`(${from},0)`, `(${from + step},0)`, everything]
    deleted += (await many(db, range, values, () => 1)).length
  }
  return deleted
}

/**
 * Deletes what is expired or ended, in many short statements. Any number of processes may sweep beside any
 * load; it needs no index, which would make every touch of a session write it.
 */
export async function sweep(db: Database, schema: string): Promise<SweepCounts> {
  const deleted: Record<string, number> = {}
  for (const table of Object.keys(useless(schema)))
    deleted[table] = await deleteInRanges(db, schema, table, false)
  return { deleted: { ...deleted, audit_events: await deleteEvents(db, schema) } }
}

/** Events deleted by one statement. */
const eventsPerStatement = 1000

async function deleteEvents(db: Database, schema: string): Promise<number> {
  const { audit_events: batch } = statements(schema)
  let deleted = 0
  for (;;) {
    const { length } = await many(db, batch, [eventsPerStatement], () => 1)
    deleted += length
    if (length < eventsPerStatement) return deleted
  }
}

/** Users whose epoch is raised by one statement. */
const usersPerStatement = 1000

/** Ends every session and uses up every one-use row of every user. How many users there were. */
export async function revokeAllSessionsAndTokens(db: Database, schema: string): Promise<number> {
  for (const table of usedOnce) await deleteInRanges(db, schema, table, true)
  const { raiseEpochs } = statements(schema)
  let last = '00000000-0000-0000-0000-000000000000'
  let users = 0
  for (;;) {
    const ids = await many(
      db,
      raiseEpochs,
      [last, usersPerStatement],
      (row: { id: string }) => row.id,
    )
    users += ids.length
    if (ids.length < usersPerStatement) return users
    last = ids.reduce((greatest, id) => (id > greatest ? id : greatest))
  }
}
