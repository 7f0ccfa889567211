import type { Sql, SqlPart, ValuesOfParts } from './parameter.js'
import { sql } from './parameter.js'

/**
 * SQL for a time as seconds since 1970. Every driver returns it as a number, for every DateStyle of the
 * session and with every date parser that the application gave its driver.
 */
export const seconds = (column: string): string => `pg_catalog.date_part('epoch', ${column})`

/** The time that {@link seconds} selected. */
export const toDate = (epochSeconds: number): Date => new Date(Math.round(epochSeconds * 1000))

/** The time that {@link seconds} selected, of a column that may be null. */
export const toDateOrNull = (epochSeconds: number | null): Date | null =>
  epochSeconds === null ? null : toDate(epochSeconds)

/**
 * SQL for the time at which this statement began: the one clock that decides. Unlike `now()` it does not stand
 * still in a transaction.
 */
export const statementTime = 'pg_catalog.statement_timestamp()'

/** SQL for the time of this statement plus an amount of seconds, which must be of the type float8. */
export const secondsFromNow = <const Amount extends SqlPart>(
  amount: Amount,
): Sql<ValuesOfParts<[Amount]>> =>
  sql`pg_catalog.statement_timestamp() + pg_catalog.make_interval(secs => ${amount})`

/** SQL for the time of this statement minus an amount of seconds, which must be of the type float8. */
export const secondsAgo = <const Amount extends SqlPart>(
  amount: Amount,
): Sql<ValuesOfParts<[Amount]>> =>
  sql`pg_catalog.statement_timestamp() - pg_catalog.make_interval(secs => ${amount})`
