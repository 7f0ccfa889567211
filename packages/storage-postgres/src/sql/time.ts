import type { Sql, SqlPart, ValuesOfParts } from './parameter.js'
import { sql } from './parameter.js'

/** SQL for a time as seconds since 1970, of the type float8, to calculate with. */
export const seconds = (column: string): string => `pg_catalog.date_part('epoch', ${column})`

/**
 * SQL for a time as whole milliseconds since 1970, to return. The same for every DateStyle, TimeZone and
 * extra_float_digits of the session, and with every date parser that the application gave its driver.
 */
export const milliseconds = (column: string): string =>
  `pg_catalog.int8(${seconds(column)} * 1000::float8)`

/** The time that {@link milliseconds} selected. Some drivers return it as a text. */
export const toDate = (epochMilliseconds: number | string): Date =>
  new Date(Number(epochMilliseconds))

/** The time that {@link milliseconds} selected, of a column that may be null. */
export const toDateOrNull = (epochMilliseconds: number | string | null): Date | null =>
  epochMilliseconds === null ? null : toDate(epochMilliseconds)

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
