import type { StatementRunner } from './database.js'
import type { Exactly, StatementOf } from './statement.js'

/** Runs a statement that returns exactly one row. */
export async function one<Values, Given extends Values, Row, Result>(
  db: StatementRunner,
  statement: StatementOf<Values>,
  values: Exactly<Values, Given>,
  map: (row: Row) => Result,
): Promise<Result> {
  const rows = await db.run(statement, statement.values(values))
  if (rows.length !== 1) throw new Error(`${statement.name}: expected one row, got ${rows.length}`)
  return map(rows[0] as Row)
}

/** Runs a statement that returns one row or none. */
export async function maybeOne<Values, Given extends Values, Row, Result>(
  db: StatementRunner,
  statement: StatementOf<Values>,
  values: Exactly<Values, Given>,
  map: (row: Row) => Result,
): Promise<Result | null> {
  const rows = await db.run(statement, statement.values(values))
  if (rows.length > 1)
    throw new Error(`${statement.name}: expected at most one row, got ${rows.length}`)
  return rows.length === 0 ? null : map(rows[0] as Row)
}

/** Runs a statement that returns any number of rows. */
export async function many<Values, Given extends Values, Row, Result>(
  db: StatementRunner,
  statement: StatementOf<Values>,
  values: Exactly<Values, Given>,
  map: (row: Row) => Result,
): Promise<Result[]> {
  const rows = await db.run(statement, statement.values(values))
  return rows.map((row) => map(row as Row))
}

/** Whether a statement returned a row. */
export async function exists<Values, Given extends Values>(
  db: StatementRunner,
  statement: StatementOf<Values>,
  values: Exactly<Values, Given>,
): Promise<boolean> {
  return (await db.run(statement, statement.values(values))).length > 0
}
