import type { RepeatedSweepOptions, SweepCounts, SweepOptions } from 'torii-core'
import { InvalidInputError, ToriiError } from 'torii-core'
import type { Database } from '../sql/database.js'
import { repeat } from '../sql/lost-reply.js'
import { parameter, sql } from '../sql/parameter.js'
import { many, one } from '../sql/rows.js'
import { read, write } from '../sql/statement.js'
import { statementTime as now } from '../sql/time.js'
import { globalEpoch } from './fragments/global-epoch.js'
import { hasSecondFactor } from './fragments/second-factor.js'
import { checkInteger, checkObject, checkSeconds, maxSeconds } from './input/input.js'
import { deleteUnverifiedUsers, sweepAccountStatements } from './sweep-accounts.js'
import { acquireSweepLease, sweepLeaseStatements } from './sweep-lease.js'

/**
 * When a row of `t` can no longer be used, per table. Every reader decides that by itself: sweeping only frees the
 * space.
 */
const unusable = (schema: string) => {
  const ended = `exists (
          select 1 from ${schema}.users u where u.id = t.user_id and u.session_epoch > t.epoch)`
  const disowned = `exists (
          select 1 from ${schema}.users u where u.id = t.user_id and u.owner_epoch > t.owner_epoch)`
  const withoutFactor = `exists (
          select 1 from ${schema}.users u where u.id = t.user_id and not (${hasSecondFactor}))`
  const revoked = `t.global_epoch < ${globalEpoch(schema)}`
  return {
    sessions: `t.expires_at <= ${now} or ${ended}`,
    magic_links: `t.expires_at <= ${now} or ${revoked}`,
    verification_tokens: `t.expires_at <= ${now} or ${revoked} or (t.used_by is null and t.purpose <> 'undo_second_factor' and ${ended})`,
    used_oauth_states: `t.expires_at <= ${now}`,
    passkey_challenges: `t.expires_at <= ${now} or ${revoked}`,
    pending_sign_ins: `t.expires_at <= ${now} or exists (
          select 1 from ${schema}.users u where u.id = t.user_id and u.session_epoch > t.session_epoch)`,
    imported_sessions: `t.expires_at <= ${now}`,
    trusted_browsers: `t.expires_at <= ${now} or exists (
          select 1 from ${schema}.users u where u.id = t.user_id and u.session_epoch > t.session_epoch)`,
    totp_enrollments: `t.expires_at <= ${now}`,
    rate_limits: `t.forget_at <= ${now}`,
    passwords: disowned,
    oauth_accounts: disowned,
    passkeys: disowned,
    totp_factors: withoutFactor,
    recovery_codes: `not exists (
          select 1 from ${schema}.totp_factors f
          where f.user_id = t.user_id and f.recovery_generation = t.generation)`,
  }
}

type SweptTable = keyof ReturnType<typeof unusable>

/** In the order in which they are swept. */
const sweptTables = (schema: string) => Object.keys(unusable(schema)) as SweptTable[]

/** Where a range of pages begins, and where the next one does. */
const fromPage = parameter('fromPage', 'tid')<string>()
const toPage = parameter('toPage', 'tid')<string>()
const afterUser = parameter('afterUser', 'uuid')<string>()
const limit = parameter('limit', 'int')<number>()

/** What was deleted stays deleted, and only the count is smaller. */
const swept = repeat('the count of what was still there')

/**
 * Deletes what can no longer be used in a range of pages. Rows that other transactions have locked
 * are skipped, and a row that is touched meanwhile is not deleted: its new version is outside the snapshot.
 */
const deleteRange = (schema: string, name: SweptTable, condition: string) =>
  write(
    `sweep.${name}`,
    sql`
      delete from ${schema}.${name} d
      where d.ctid = any (array(
        select t.ctid from ${schema}.${name} t
        where t.ctid >= ${fromPage} and t.ctid < ${toPage} and (${condition})
        for update of t skip locked))
      returning 1 as one`,
    { schema, onLostReply: swept },
  )

/**
 * Reads the size of a table. A row that the snapshot sees lies in a page that was there before, so a table that has rows and
 * no page keeps them elsewhere: it is partitioned, or distributed over other servers.
 */
const readSize = (schema: string, name: SizedTable) =>
  read(
    `sweep.size.${name}`,
    sql`
      select (pg_catalog.pg_relation_size('${schema}.${name}'::regclass)
        / pg_catalog.current_setting('block_size')::bigint)::int as pages,
        pg_catalog.current_setting('server_version_num')::int >= 140000 as can_scan_ranges,
        (select true from ${schema}.${name} limit 1) is not null as has_rows`,
  )

type Ranges = Readonly<Record<SweptTable, ReturnType<typeof deleteRange>>>
type SizedTable = SweptTable | 'users'
type Sizes = Readonly<Record<`sizeOf_${SizedTable}`, ReturnType<typeof readSize>>>

/** Statements for every table of {@link unusable}: what deletes its rows, and what reads its size. */
function ranges(schema: string): Ranges & Sizes {
  const tables = Object.entries(unusable(schema)) as [SweptTable, string][]
  const named = tables.map(([name, condition]) => [name, deleteRange(schema, name, condition)])
  const names: SizedTable[] = [...sweptTables(schema), 'users']
  const sizes = names.map((name) => [`sizeOf_${name}`, readSize(schema, name)])
  // The entries of `unusable` have exactly these keys.
  return Object.fromEntries([...named, ...sizes]) as Ranges & Sizes
}

export const sweepStatements = (schema: string) => ({
  raiseGlobalEpoch: write(
    'sweep.raiseGlobalEpoch',
    sql`update ${schema}.global_epoch g set epoch = g.epoch + 1 where g.only_row returning g.epoch`,
    { schema, onLostReply: repeat('the epoch goes up once more') },
  ),
  raiseEpochs: write(
    'sweep.raiseEpochs',
    sql`
      update ${schema}.users u set session_epoch = u.session_epoch + 1
      where u.id in (
        select t.id from ${schema}.users t where t.id > ${afterUser} order by t.id limit ${limit})
      returning u.id`,
    { schema, onLostReply: repeat('the same users; their epochs go up once more') },
  ),
  ...ranges(schema),
  ...sweepAccountStatements(schema),
  ...sweepLeaseStatements(schema),
  // An audit trail may hold years: here the index leads to what is expired, in batches.
  audit_events: write(
    'sweep.audit_events',
    sql`
      delete from ${schema}.audit_events d
      where d.ctid = any (array(
        select t.ctid from ${schema}.audit_events t where t.expires_at <= ${now}
        order by t.expires_at limit ${limit}
        for update of t skip locked))
      returning 1 as one`,
    { schema, onLostReply: swept },
  ),
})

/** Pages per statement: some thousand sessions, a few milliseconds of work. */
const pagesPerRange = 200
/** Without a scan of page ranges (PostgreSQL 12 and 13) every range reads the whole table: few of them. */
const rangesWithoutScan = 8
/** Events deleted by one statement. */
const eventsPerStatement = 1000
/** Users whose epoch is raised by one statement. */
const usersPerStatement = 1000

/** Asked before each statement of a sweep. */
type MayContinue = () => Promise<boolean>
const always: MayContinue = async () => true

/** A day: no verification link should die with its account. */
const leastUnverifiedSeconds = 86_400

const unverifiedSecondsOf = ({ unverifiedAccountSeconds = null }: SweepOptions): number | null =>
  unverifiedAccountSeconds === null
    ? null
    : checkInteger(
        unverifiedAccountSeconds,
        'unverifiedAccountSeconds',
        leastUnverifiedSeconds,
        maxSeconds,
      )

/** Told after each range of a table: the part of the table that is done, from 0 to 1. */
type AfterRange = (share: number) => void

function progressOf({ onProgress }: SweepOptions): (table: string, share: number) => void {
  if (onProgress === undefined) return () => undefined
  if (typeof onProgress !== 'function')
    throw new InvalidInputError('onProgress', 'must be a function')
  return (name, share) => onProgress({ table: name, share })
}

interface Size {
  pages: number
  can_scan_ranges: boolean
  has_rows: boolean
}

/** A sweep that finds nothing there must not look like one that is complete. */
const keptElsewhere = (name: string) =>
  new ToriiError(
    'ERR_STORAGE',
    `the table ${name} cannot be swept: it is partitioned or distributed, and its rows lie in other tables. Make it a plain table, or delete its expired rows yourself`,
  )

/** `schema` is an already quoted identifier. */
export function createSweeper(
  db: Database,
  statements: ReturnType<typeof sweepStatements>,
  schema: string,
) {
  /** Calls `work` for each range of pages of a table, until it is told to end. */
  async function inRanges(
    name: SizedTable,
    mayContinue: MayContinue,
    work: (pages: { fromPage: string; toPage: string }) => Promise<number>,
    afterRange: AfterRange,
  ): Promise<number> {
    const statement = statements[`sizeOf_${name}`]
    const { pages, can_scan_ranges, has_rows } = await one(db, statement, {}, (row: Size) => row)
    if (pages === 0 && has_rows) throw keptElsewhere(name)
    const step = can_scan_ranges
      ? pagesPerRange
      : Math.max(pagesPerRange, Math.ceil(pages / rangesWithoutScan))
    let deleted = 0
    for (let from = 0; from < pages && (await mayContinue()); from += step) {
      deleted += await work({ fromPage: `(${from},0)`, toPage: `(${from + step},0)` })
      afterRange(Math.min(1, (from + step) / pages))
    }
    return deleted
  }

  const deleteInRanges = (name: SweptTable, mayContinue: MayContinue, afterRange: AfterRange) =>
    inRanges(
      name,
      mayContinue,
      async (pages) => (await many(db, statements[name], pages, () => 1)).length,
      afterRange,
    )

  async function deleteEvents(mayContinue: MayContinue): Promise<number> {
    let deleted = 0
    while (await mayContinue()) {
      const values = { limit: eventsPerStatement }
      const { length } = await many(db, statements.audit_events, values, () => 1)
      deleted += length
      if (length < eventsPerStatement) break
    }
    return deleted
  }

  async function sweepTables(
    { unverified, report }: { unverified: number | null; report: ReturnType<typeof progressOf> },
    mayContinue: MayContinue,
  ): Promise<SweepCounts> {
    const deleted: Record<string, number> = {}
    const names = sweptTables(schema)
    // The audit trail, and the accounts where they are swept.
    const whole = names.length + (unverified === null ? 1 : 2)
    for (const [index, name] of names.entries())
      deleted[name] = await deleteInRanges(name, mayContinue, (share) =>
        report(name, (index + share) / whole),
      )
    deleted.audit_events = await deleteEvents(mayContinue)
    report('audit_events', (names.length + 1) / whole)
    // Last, when what no longer counts for an account is gone.
    if (unverified !== null)
      deleted.users = await inRanges(
        'users',
        mayContinue,
        (pages) => deleteUnverifiedUsers(db, statements, pages, unverified),
        (share) => report('users', (names.length + 1 + share) / whole),
      )
    return { deleted }
  }

  return {
    /**
     * Deletes what is expired or ended, in many short statements. Any number of processes may sweep under any load;
     * it needs no index, which would make every touch of a session write it.
     */
    async sweep(options: SweepOptions = {}): Promise<SweepCounts> {
      const given = checkObject(options, 'options')
      const unverified = unverifiedSecondsOf(given)
      return sweepTables({ unverified, report: progressOf(given) }, always)
    },

    /** Sweeps if it is time and no other process does. */
    async sweepIfDue(options: RepeatedSweepOptions): Promise<SweepCounts | null> {
      const given = checkObject(options, 'options')
      const unverified = unverifiedSecondsOf(given)
      const report = progressOf(given)
      const every = checkSeconds(given.everySeconds, 'everySeconds')
      const lease = await acquireSweepLease(db, statements, every, given.signal)
      if (lease === null) return null
      let isComplete = false
      try {
        const counts = await sweepTables({ unverified, report }, lease.mayContinue)
        isComplete = await lease.mayContinue()
        return counts
      } finally {
        await lease.release(isComplete)
      }
    },

    /**
     * Ends every session, link, token, challenge and OAuth flow. Their rows stay until they are swept: each carries an
     * epoch that no longer counts. Returns how many users there were.
     */
    async revokeAllSessionsAndTokens(): Promise<number> {
      await one(db, statements.raiseGlobalEpoch, {}, () => null)
      let last = '00000000-0000-0000-0000-000000000000'
      let users = 0
      for (;;) {
        const values = { afterUser: last, limit: usersPerStatement }
        const ids = await many(db, statements.raiseEpochs, values, (row: { id: string }) => row.id)
        users += ids.length
        if (ids.length < usersPerStatement) return users
        last = ids.reduce((greatest, id) => (id > greatest ? id : greatest))
      }
    },
  }
}
