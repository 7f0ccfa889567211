import type { Migration } from './migration.js'

/** The statements that make the schema, unless it is there, and the table of history. */
export function historyStatements(schema: string, schemaExists: boolean): string[] {
  // PostgreSQL asks for the right to create schemas even where `if not exists` has nothing to do.
  const create = schemaExists ? [] : [`create schema if not exists ${schema}`]
  return [...create, historyTable(schema)]
}

const historyTable = (
  schema: string,
): string => `create table if not exists ${schema}.torii_migrations (
  id int primary key check (id > 0),
  name text not null check (pg_catalog.octet_length(name) <= 100),
  checksum text not null check (pg_catalog.octet_length(checksum) = 64),
  applied_at timestamptz not null default pg_catalog.now() check (pg_catalog.isfinite(applied_at))
)`

/** The statements of a step. */
export const stepStatements = (
  migration: Migration,
  schema: string,
  uuidDefault: string,
): string[] =>
  statementsOf(migration.sql.replace(/:schema\b/g, schema).replace(/:uuid_default\b/g, uuidDefault))

/** Statements end with a semicolon at the end of a line; comments on lines of their own are left out. */
function statementsOf(sql: string): string[] {
  const withoutComments = sql.replace(/^\s*--.*$/gm, '')
  return withoutComments
    .split(/;[ \t]*$/m)
    .map((text) => text.trim())
    .filter((text) => text !== '')
}

/** A step with its row of history as a script, `first` being what must stand before it. */
export function printStep(
  migration: Migration,
  { schema, first, uuidDefault }: { schema: string; first: readonly string[]; uuidDefault: string },
): string {
  const { id, name, checksum, transactional } = migration
  const lines = [
    ...(transactional ? ['begin'] : []),
    ...first,
    ...stepStatements(migration, schema, uuidDefault),
    `insert into ${schema}.torii_migrations (id, name, checksum) values (${id}, '${name}', '${checksum}')`,
    ...(transactional ? ['commit'] : []),
  ]
  return [`-- ${id} ${name}`, ...lines.map((line) => `${line};`), ''].join('\n')
}
