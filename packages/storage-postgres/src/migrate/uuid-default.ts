import type { Connection } from '../driver/driver.js'
import { sqlStateOf } from '../driver/error-classes.js'

const builtIn = 'default pg_catalog.gen_random_uuid()'

/**
 * The default of id columns, for rows inserted by hand (our own statements always bring their ids):
 * built in since PostgreSQL 13; on 12 from the extension uuid-ossp, which is installed into `schema`
 * where that is permitted; empty where there is neither. For use inside a transaction.
 */
export async function provideUuidDefault(connection: Connection, schema: string): Promise<string> {
  if (await hasBuiltIn(connection)) return builtIn
  const installed = await findExtension(connection)
  if (installed !== null) return installed
  await attempt(connection, installStatement(schema))
  return (await findExtension(connection)) ?? ''
}

/** The same for a script to be printed: the default, and the statement that installs what it needs. */
export async function planUuidDefault(connection: Connection, schema: string) {
  if (await hasBuiltIn(connection)) return { install: [], uuidDefault: builtIn }
  const installed = await findExtension(connection)
  if (installed !== null) return { install: [], uuidDefault: installed }
  if (!(await mayInstall(connection))) return { install: [], uuidDefault: '' }
  return { install: [installStatement(schema)], uuidDefault: defaultFrom(schema) }
}

async function hasBuiltIn(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query(
    "select pg_catalog.current_setting('server_version_num')::int as version",
  )
  return (rows[0] as { version: number }).version >= 130_000
}

const installStatement = (schema: string) =>
  `create extension if not exists "uuid-ossp" with schema ${schema}`
const defaultFrom = (schema: string) => `default ${schema}.uuid_generate_v4()`

async function findExtension(connection: Connection): Promise<string | null> {
  const { rows } = await connection.query(`
    select pg_catalog.quote_ident(n.nspname) as schema
    from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'uuid-ossp'`)
  const found = rows[0] as { schema: string } | undefined
  return found === undefined ? null : defaultFrom(found.schema)
}

/** Drops the extension if it was installed into `schema` and nothing else uses it. */
export async function dropOwnExtension(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query(
    `select 1 from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
     where e.extname = 'uuid-ossp' and n.nspname = $1::name`,
    [schema.slice(1, -1)],
  )
  if (rows.length > 0) await attempt(connection, 'drop extension "uuid-ossp"')
}

/** On 12 only a superuser may install an extension that is not trusted. */
async function mayInstall(connection: Connection): Promise<boolean> {
  const { rows } = await connection.query(`
    select 1 from pg_catalog.pg_available_extensions e, pg_catalog.pg_roles r
    where e.name = 'uuid-ossp' and r.rolname = current_user and r.rolsuper`)
  return rows.length > 0
}

/** A savepoint keeps a refusal (no right, no such extension, in use) from ending the transaction. */
async function attempt(connection: Connection, statement: string): Promise<void> {
  await connection.query('savepoint attempt')
  try {
    await connection.query(statement)
    await connection.query('release savepoint attempt')
  } catch (error) {
    if (sqlStateOf(error) === null) throw error
    await connection.query('rollback to savepoint attempt')
  }
}
