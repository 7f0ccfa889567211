import { InvalidInputError, ToriiError } from 'torii-core'
import type { Connection } from '../driver/driver.js'
import { sqlStateOf } from '../driver/error-classes.js'
import { describeProblems, readSurroundings } from './surroundings.js'
import { historyTable, tableNames } from './table-names.js'
import { dropOwnExtension } from './uuid-default.js'

/**
 * Lets a role run the application: it reads and writes the rows of every table, reads the migration
 * history, and can change no table.
 * @throws InvalidInputError when there is no such role, or it is everybody (`public`)
 * @throws ToriiError `ERR_PERMISSION` when the caller does not own the tables
 */
export async function grantTo(connection: Connection, schema: string, role: string): Promise<void> {
  const grantee = quoteRole(role)
  const list = tableNames.map((table) => `${schema}.${table}`).join(', ')
  try {
    // Two grants on one table at once fail with "tuple concurrently updated"; this lets one go first.
    await connection.query(`lock table ${schema}.${historyTable} in share update exclusive mode`)
    await connection.query(`grant usage on schema ${schema} to ${grantee}`)
    await connection.query(`grant select, insert, update, delete on ${list} to ${grantee}`)
    await connection.query(`grant select on ${schema}.${historyTable} to ${grantee}`)
  } catch (error) {
    throw explainGrant(error)
  }
  if (!(await hasRights(connection, schema, role))) throw notTheOwner()
}

const notTheOwner = () =>
  new ToriiError(
    'ERR_PERMISSION',
    'this database role may not grant rights on the Torii tables: run "npx torii-storage-postgres migrate --grant-to ROLE" as their owner',
  )

function explainGrant(error: unknown): unknown {
  const state = sqlStateOf(error)
  if (state === '42501') return notTheOwner()
  return state === '42704' ? new InvalidInputError('grantTo', 'must be a role that exists') : error
}

/** PostgreSQL answers a grant by a role that is not the owner with a warning and does nothing. */
async function hasRights(connection: Connection, schema: string, role: string): Promise<boolean> {
  const { rows } = await connection.query(
    `select pg_catalog.bool_and(pg_catalog.has_table_privilege($1::name, t.name, p.name)) as granted
     from pg_catalog.unnest($2::text[]) as t (name), pg_catalog.unnest($3::text[]) as p (name)`,
    [
      role,
      tableNames.map((table) => `${schema}.${table}`),
      ['select', 'insert', 'update', 'delete'],
    ],
  )
  return (rows[0] as { granted: boolean }).granted
}

/**
 * Drops Torii's tables with all their data, and the schema when nothing else is in it. Foreign keys
 * that the application's tables have to them are dropped with them; those tables stay, and so does
 * the schema `public`, which was there before us.
 */
export async function dropTables(connection: Connection, schema: string): Promise<void> {
  // The history first: it waits for a deployer that is at work.
  for (const table of [historyTable, ...tableNames])
    await connection.query(`drop table if exists ${schema}.${table} cascade`)
  if (schema === '"public"') return
  await dropOwnExtension(connection, schema)
  if (await isEmpty(connection, schema)) await connection.query(`drop schema if exists ${schema}`)
}

/** Everything in a schema depends on it: tables, types, functions, extensions. */
async function isEmpty(connection: Connection, schema: string): Promise<boolean> {
  const { rows } = await connection.query(
    `select 1 from pg_catalog.pg_depend d join pg_catalog.pg_namespace n on n.oid = d.refobjid
     where d.refclassid = 'pg_catalog.pg_namespace'::regclass::oid and n.nspname = $1::name limit 1`,
    [schema.slice(1, -1)],
  )
  return rows.length === 0
}

/** @throws InvalidInputError for what cannot be the name of a role */
export function quoteRole(role: unknown): string {
  if (
    typeof role !== 'string' ||
    role === '' ||
    role.includes('\0') ||
    Buffer.byteLength(role) > 63
  )
    throw new InvalidInputError('grantTo', 'must be the name of a role, 1 to 63 bytes')
  // Quoted or not, this name means every role of the server.
  if (role === 'public') throw new InvalidInputError('grantTo', 'must be one role, not public')
  return `"${role.replaceAll('"', '""')}"`
}

/**
 * What is wrong although the history is complete: a missing table, an invalid index, an encoding or row-level security
 * with which the tables cannot be used.
 */
export async function findProblems(connection: Connection, schema: string): Promise<string[]> {
  const { rows } = await connection.query(
    `with here as (
       select c.oid, c.relname::text as name from pg_catalog.pg_class c
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace where n.nspname = $1::name
     )
     select t.name || ' is missing' as problem from pg_catalog.unnest($2::text[]) as t (name)
     where not exists (select 1 from here where here.name = t.name)
     union all
     select here.name || ' is an invalid index: drop it and migrate again'
     from here join pg_catalog.pg_index i on i.indexrelid = here.oid where not i.indisvalid`,
    [schema.slice(1, -1), [...tableNames, historyTable]],
  )
  const surroundings = describeProblems(await readSurroundings(connection, schema), schema)
  return [
    ...surroundings.map(({ problem }) => problem),
    ...rows.map((row) => (row as { problem: string }).problem),
  ]
}
