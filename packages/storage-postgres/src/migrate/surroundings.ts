import { ToriiError } from 'torii-core'
import type { Connection, Driver } from '../driver/driver.js'
import { classifyStatementError } from '../driver/error-classes.js'
import { toToriiError } from '../driver/storage-errors.js'
import { historyTable, tableNames } from './table-names.js'

/** The oldest server that is tested. */
export const oldestServer = 120_000

/** What a server and a database are like, as far as Torii needs it to be so. */
export interface Surroundings {
  readonly version: number
  readonly encoding: string
  readonly role: string
  /** The tables whose rows row-level security can hide from this role. */
  readonly restricted: readonly string[]
}

interface Problem {
  readonly code: 'ERR_UNAVAILABLE' | 'ERR_PERMISSION'
  readonly problem: string
}

/** Holds of a policy `p` that hides and refuses no row. */
const letsAllThrough = `coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), 'true') = 'true'
  and coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), 'true') = 'true'`

const concernsRole = `exists (
  select 1 from pg_catalog.unnest(p.polroles) as r (oid)
  where r.oid = 0::oid or pg_catalog.pg_has_role(r.oid, 'usage'))`

/**
 * Row-level security restricts a role unless a permissive policy for all commands lets every row through and no
 * restrictive one hides any.
 */
const query = `
  select pg_catalog.current_setting('server_version_num')::int as version,
    pg_catalog.current_setting('server_encoding') as encoding,
    current_user::text as role,
    array(
      select c.relname::text
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1::name and c.relname = any ($2::name[]) and c.relkind in ('r', 'p')
        and pg_catalog.row_security_active(c.oid)
        and (
          not exists (
            select 1 from pg_catalog.pg_policy p
            where p.polrelid = c.oid and p.polpermissive and p.polcmd = '*'
              and ${concernsRole} and ${letsAllThrough}
          ) or exists (
            select 1 from pg_catalog.pg_policy p
            where p.polrelid = c.oid and not p.polpermissive and ${concernsRole} and not (${letsAllThrough})
          )
        )
      order by c.relname
    ) as restricted`

/** Asks the server. `schema` is the quoted name. */
export async function readSurroundings(
  connection: Connection,
  schema: string,
): Promise<Surroundings> {
  const names = [...tableNames, historyTable]
  const { rows } = await connection.query(query, [schema.slice(1, -1), names])
  return rows[0] as Surroundings
}

/** What is wrong with the surroundings, the reason that prevents the most first, each with what to do. */
export function describeProblems(
  { version, encoding, role, restricted }: Surroundings,
  schema: string,
): Problem[] {
  const problems: Problem[] = []
  if (version < oldestServer)
    problems.push({
      code: 'ERR_UNAVAILABLE',
      problem: `PostgreSQL 12 or newer is needed, this server is ${Math.trunc(version / 10_000)}`,
    })
  if (encoding !== 'UTF8')
    problems.push({
      code: 'ERR_UNAVAILABLE',
      problem: `the database has the encoding ${encoding} and Torii needs UTF8: create a database with "create database NAME encoding 'UTF8' template template0" and use that one`,
    })
  for (const name of restricted) {
    const table = `${schema.slice(1, -1)}.${name}`
    problems.push({
      code: 'ERR_PERMISSION',
      problem: `row-level security restricts the role ${role} on ${table}: as the owner, run "alter table ${table} disable row level security", or create a policy for this role with using (true)`,
    })
  }
  return problems
}

/** @throws ToriiError `ERR_UNAVAILABLE`, `ERR_PERMISSION` for the first problem */
export async function requireSurroundings(connection: Connection, schema: string): Promise<void> {
  let found: Surroundings
  try {
    found = await readSurroundings(connection, schema)
  } catch (error) {
    throw toToriiError(error, classifyStatementError(error), 'check the database')
  }
  const [first] = describeProblems(found, schema)
  if (first !== undefined) throw new ToriiError(first.code, `${first.problem}. Nothing was done`)
}

/** Checks the surroundings of a driver that was just opened, and closes it where they do not fit. */
export async function requireSurroundingsOf(driver: Driver, schema: string): Promise<void> {
  try {
    await driver.connected((connection) => requireSurroundings(connection, schema))
  } catch (error) {
    await driver.close()
    throw error
  }
}
