import { createHash } from 'node:crypto'
import type { ArrayElement } from '../driver/batching/binary-array.js'
import type { Write } from '../driver/lost-reply.js'

/** A statement as written in a table's file. */
export interface Statement {
  /** `table.operation`, for messages and for the name it is prepared under. */
  readonly name: string
  readonly text: string
  /** A statement that only reads may be sent again when its answer was lost. */
  readonly reads: boolean
  /** Name for the server's prepared statement: changes with the text, so it also tells schemas apart. */
  readonly preparedName: string
  /** How concurrent callers of this one can be answered by one statement, where that can be. */
  readonly batch?: BatchForm
}

/** A statement that answers many calls of another one. */
export interface BatchForm {
  /** Takes an array per parameter; each row names the call that it answers, from 1, as `i`. */
  readonly statement: Statement
  /** The types of the elements, in the order of the parameters. */
  readonly elements: readonly ArrayElement[]
  /** It leaves out rows that somebody holds: a call without an answer is sent again, alone. */
  readonly skipsHeld?: true
}

/** Runs statements: over a pool, over one transaction, over the embedded engine. */
export interface StatementRunner {
  run(statement: Statement, values: unknown[]): Promise<unknown[]>
}

/** What a repository runs on. */
export interface Database extends StatementRunner {
  /**
   * Runs a statement that refers to a user without locking it first; null when the user was deleted
   * meanwhile. Inside a caller's transaction that does not abort it.
   */
  runUnlessUserGone(statement: Statement, values: unknown[]): Promise<unknown[] | null>
  /**
   * Runs a write of which something of our own tells whether it was committed: {@link settle}. Inside a
   * caller's transaction it simply runs: a connection that is lost takes the transaction along.
   */
  settle<Result>(write: Write<Result>, reread: () => Promise<Result | null>): Promise<Result>
  /** Runs statements that belong together as one commit, or as one savepoint of the caller's transaction. */
  atomic<Result>(work: (db: StatementRunner) => Promise<Result>): Promise<Result>
}

type Texts = Record<string, string>

/** Names the statements of one table: `{ find: 'select …' }` becomes `{ find: { name: 'users.find', … } }`. */
export function nameStatements<T extends Texts>(
  table: string,
  texts: T,
): { readonly [Name in keyof T]: Statement } {
  const named = Object.entries(texts).map(([operation, text]) => {
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 12)
    const name = `${table}.${operation}`
    const reads = !/\b(insert into|update|delete from)\b/.test(text)
    return [operation, { name, text, reads, preparedName: `torii.${name}.${digest}` }]
  })
  // Object.entries keeps the keys of T; the compiler only sees strings.
  return Object.fromEntries(named) as { readonly [Name in keyof T]: Statement }
}

/** Runs a statement that answers with exactly one row. */
export async function one<Row, Result>(
  db: StatementRunner,
  statement: Statement,
  values: unknown[],
  map: (row: Row) => Result,
): Promise<Result> {
  const rows = await db.run(statement, values)
  if (rows.length !== 1) throw new Error(`${statement.name}: expected one row, got ${rows.length}`)
  return map(rows[0] as Row)
}

/** Runs a statement that answers with one row or none. */
export async function maybeOne<Row, Result>(
  db: StatementRunner,
  statement: Statement,
  values: unknown[],
  map: (row: Row) => Result,
): Promise<Result | null> {
  const rows = await db.run(statement, values)
  if (rows.length > 1)
    throw new Error(`${statement.name}: expected at most one row, got ${rows.length}`)
  return rows.length === 0 ? null : map(rows[0] as Row)
}

/** Runs a statement that answers with any number of rows. */
export async function many<Row, Result>(
  db: StatementRunner,
  statement: Statement,
  values: unknown[],
  map: (row: Row) => Result,
): Promise<Result[]> {
  const rows = await db.run(statement, values)
  return rows.map((row) => map(row as Row))
}

/**
 * SQL for a time as seconds since 1970, which every driver hands over as a number, whatever the
 * DateStyle of the session or the date parsers that the application gave its driver.
 */
export const seconds = (column: string): string => `pg_catalog.date_part('epoch', ${column})`

/** The time that {@link seconds} selected. */
export const toDate = (epochSeconds: number): Date => new Date(Math.round(epochSeconds * 1000))

/** The same for a column that may be null. */
export const toDateOrNull = (epochSeconds: number | null): Date | null =>
  epochSeconds === null ? null : toDate(epochSeconds)

/** SQL for the time this statement began: the one clock that decides. Not frozen in a transaction as now() is. */
export const statementTime = 'pg_catalog.statement_timestamp()'

/** SQL for the time of this statement plus so many seconds. */
export const secondsFromNow = (amount: string): string =>
  `pg_catalog.statement_timestamp() + pg_catalog.make_interval(secs => ${amount}::float8)`
