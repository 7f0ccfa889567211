import { InvalidInputError, ToriiError } from 'torii-core'
import { readHosts } from '../../driver/host-list.js'
import { readSettings } from '../../driver/primary.js'
import type { SourceRecord } from '../source-record.js'
import type { OpenSource, Source, SourceOption, SourceSettings } from './source.js'
import type { CatalogColumn, KnownSource, Tables } from './tables.js'
import { createTables } from './tables.js'

/** How the accounts of a database are read. */
export interface DatabasePlan {
  /** One row for each account, in a fixed order. */
  readonly sql: string
  /** False if no column tells which addresses are verified. */
  readonly saysVerified: boolean
  /** The fields of one row, in the form of jsonl. */
  fieldsOf(row: Row): Record<string, unknown>
}

/** A row as JSON has it: times are texts, ids are texts where the statement says so. */
export type Row = Readonly<Record<string, unknown>>

export interface DatabaseSource extends KnownSource {
  readonly help: string
  /** Where the tables are if the command line does not say. */
  readonly schema: string
  readonly options?: readonly SourceOption[]
  /** @throws InvalidInputError for a table or column that is missing */
  plan(tables: Tables, settings: SourceSettings): DatabasePlan
}

/** A source that is read over a connection of its own, in read-only transactions. */
export const databaseSource = (own: DatabaseSource): Source => ({
  name: own.name,
  takes: 'database',
  help: own.help,
  options: ['from-schema', ...(own.options ?? [])],
  open: (settings) => openDatabase(own, settings),
})

async function openDatabase(own: DatabaseSource, settings: SourceSettings): Promise<OpenSource> {
  const schema = settings.schema ?? own.schema
  const connect = await connector(settings.from)
  const client = await connect()
  try {
    const columns = await ask<CatalogColumn>(client, { text: catalog, values: [schema] })
    const { saysVerified, ...plan } = own.plan(createTables(columns, schema, own), settings)
    return { saysVerified, read: () => readAll(connect, plan) }
  } finally {
    await client.end()
  }
}

/** From the catalog itself: what the role may not read must be an error, not a column that is missing. */
const catalog = `
  select c.relname as table, a.attname as column, pg_catalog.format_type(a.atttypid, null) as type
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = $1::text
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
  order by c.relname, a.attnum`

/** What is used of a connection of `pg`. */
interface Client {
  query(query: Statement): Promise<{ rows: unknown[] }>
  end(): Promise<void>
}
interface Statement {
  readonly text: string
  readonly values?: unknown[]
}

/** Rows that are in memory at a time. */
const fetched = 500

/**
 * Statements before the reading: one snapshot; no limits of time but for locks, since the other database may be slow; times in UTC; functions of
 * PostgreSQL alone; an error where row-level security would hide accounts.
 */
const begin = `
  begin isolation level repeatable read read only;
  set local statement_timeout = 0;
  set local idle_in_transaction_session_timeout = 0;
  set local lock_timeout = '30s';
  set local timezone = 'UTC';
  set local search_path = pg_catalog;
  set local row_security = off;
  set local cursor_tuple_fraction = 1`

async function* readAll(
  connect: () => Promise<Client>,
  { sql, fieldsOf }: Omit<DatabasePlan, 'saysVerified'>,
): AsyncGenerator<SourceRecord> {
  const client = await connect()
  try {
    await ask(client, { text: begin })
    await ask(client, {
      text: `declare accounts no scroll cursor for select pg_catalog.row_to_json(r) as account from (${sql}) r`,
    })
    let line = 0
    for (;;) {
      const rows = await ask<{ account: Row }>(client, { text: `fetch ${fetched} from accounts` })
      for (const { account } of rows) {
        line += 1
        yield { line, fields: fieldsOf(account) }
      }
      if (rows.length < fetched) return
    }
  } finally {
    // A connection that is gone cannot be closed.
    await client.end().catch(() => undefined)
  }
}

async function ask<Found>(client: Client, statement: Statement): Promise<Found[]> {
  try {
    const { rows } = await client.query(statement)
    // The statements of this file select these columns.
    return rows as Found[]
  } catch (error) {
    throw sourceError(error, 'a statement in the database of --from failed')
  }
}

/** The message of the server follows. It holds no password. */
function sourceError(error: unknown, what: string): ToriiError {
  const isLost = !/^[0-9A-Z]{5}$/.test(String(Reflect.get(Object(error), 'code')))
  return new ToriiError(
    isLost ? 'ERR_UNAVAILABLE' : 'ERR_STORAGE',
    `${what}; what was imported so far stays, and the same command continues`,
    { cause: error },
  )
}

/** @throws InvalidInputError for a malformed URL, of which no part is repeated */
async function connector(url: string): Promise<() => Promise<Client>> {
  const settings = settingsOf(url)
  // Loaded only here, so that the embedded engine does without pg.
  const { default: pg } = await import('pg')
  return async () => {
    const client = new pg.Client({
      ...settings,
      application_name: 'torii import',
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: 15_000,
    })
    // Without a listener a connection that breaks ends the process; the next statement fails.
    client.on('error', () => undefined)
    try {
      await client.connect()
    } catch (error) {
      throw sourceError(error, 'the database of --from cannot be opened')
    }
    return client
  }
}

function settingsOf(url: string) {
  try {
    const [host, ...others] = readHosts(url)
    if (host !== undefined && others.length === 0) return readSettings(host)
  } catch {
    // Said below.
  }
  throw new InvalidInputError(
    'from',
    'must be postgresql://user:password@host/database with one host, the password percent-encoded, or the name of an environment variable that holds it',
  )
}
