import type { Sql } from '../../sql/parameter.js'
import { sql } from '../../sql/parameter.js'

/** A table whose row of a mail may not exist yet. */
type EntryTable = 'magic_links' | 'verification_tokens'

/**
 * The CTE `entry_lock`, which waits until no other transaction works on one mail's row, also where there is no such row
 * yet that could be locked. Without it a caller whose snapshot does not see a row that was just stored would lock the
 * rate limits first and the row after them, and all others the reverse. `owner` is SQL for a text that names the row's
 * owner; a `from` may follow.
 */
export const entryLock = <Values>(
  schema: string,
  table: EntryTable,
  owner: Sql<Values>,
  from: string,
) =>
  sql`entry_lock as materialized (
        select pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('${schema}.${table} ' || ${owner}, 0)) as taken
        ${from}
      )`

/** Holds, and is looked at before the rows are locked, once {@link entryLock} has been taken. */
export const entryLockTaken = '(select pg_catalog.count(*) from entry_lock) >= 0'
