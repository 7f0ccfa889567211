import type { Statement } from './statement.js'
import { seconds } from './time.js'

/**
 * SQL that ends a write with an error where the database's clock has passed the parameter of the number `place`, in
 * seconds since 1970. It is put first in the list of a `with`, and nothing refers to it: such a part is executed
 * after everything else of the statement, the first of the list last of all (PostgreSQL 12 to 18, tested on each). So
 * the clock is read after every wait for a lock and after every other write.
 * @param schema an already quoted identifier
 */
const refuseLate = (schema: string, place: number): string =>
  `late as (insert into ${schema}.late_writes select where ${seconds('pg_catalog.clock_timestamp()')} > $${place}::float8)`

/** The text of a write, which the server refuses as a whole after the time that its last parameter names. */
export function withDeadline(text: string, schema: string, place: number): string {
  const late = refuseLate(schema, place)
  return /^\s*with\s/.test(text)
    ? text.replace(/^\s*with\s/, `with ${late}, `)
    : `with ${late} ${text}`
}

/** The constraint that refuses every row of the table `late_writes`. */
const refusal = 'late_writes_are_refused'

/** Whether the server refused a write because it came too late: nothing of it was done. */
export const isLate = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && Reflect.get(error, 'constraint') === refusal

/**
 * The values as they are sent: a write takes its deadline with it.
 * @param notAfter the write deadline, in seconds since 1970 by the database's clock (default: none, for a write that ends with the
 * transaction of its caller)
 */
export const valuesUntil = (
  { kind }: Statement,
  values: readonly unknown[],
  notAfter = Number.POSITIVE_INFINITY,
): unknown[] => (kind === 'write' ? [...values, notAfter] : [...values])
