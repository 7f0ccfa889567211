import { ToriiError } from 'torii-core'
import type { Connection } from '../driver/driver.js'
import type { Migration } from './migration.js'

export interface MigrationName {
  readonly id: number
  readonly name: string
}

/** Where the database's history differs from the one this version carries. */
export interface MigrationDrift extends MigrationName {
  /**
   * `changed`: applied with another text. `missing`: a later step is applied, this one is not.
   * `newer`: applied by a later version of Torii.
   */
  readonly problem: 'changed' | 'missing' | 'newer'
}

/** The state of a database's schema. */
export interface MigrationStatus {
  readonly schema: string
  /** The last step applied, 0 for none. */
  readonly version: number
  /** The last step this version of the library carries. */
  readonly latest: number
  readonly pending: readonly MigrationName[]
  readonly drift: readonly MigrationDrift[]
}

interface AppliedRow {
  id: number
  name: string
  checksum: string
}

/** What a database says of its past. */
export interface MigrationHistory {
  readonly schemaExists: boolean
  /** In order; nothing when the table does not exist yet. */
  readonly applied: readonly AppliedRow[]
}

/** Reads what was applied. `schema` is the plain name. */
export async function readApplied(
  connection: Connection,
  schema: string,
): Promise<MigrationHistory> {
  // Read from the tables of the catalogue: to_regclass() answers from a cache of the connection, which
  // may not have heard of what another deployer has just committed.
  const { rows } = await connection.query(
    `select c.oid is not null as has_table
     from pg_catalog.pg_namespace n
     left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = 'torii_migrations'
     where n.nspname = $1::name`,
    [schema],
  )
  const found = rows[0] as { has_table: boolean } | undefined
  if (found?.has_table !== true) return { schemaExists: found !== undefined, applied: [] }
  const applied = await connection.query(
    `select id, name, checksum from "${schema}".torii_migrations order by id`,
  )
  return { schemaExists: true, applied: applied.rows as AppliedRow[] }
}

export function compareHistory(
  schema: string,
  migrations: readonly Migration[],
  applied: readonly AppliedRow[],
): MigrationStatus {
  const version = applied.at(-1)?.id ?? 0
  const rowOf = new Map(applied.map((row) => [row.id, row]))
  const known = new Set(migrations.map(({ id }) => id))
  const drift: MigrationDrift[] = []
  for (const { id, name, checksum } of migrations) {
    const row = rowOf.get(id)
    if (row === undefined && id < version) drift.push({ id, name, problem: 'missing' })
    if (row !== undefined && (row.checksum !== checksum || row.name !== name))
      drift.push({ id, name: row.name, problem: 'changed' })
  }
  for (const { id, name } of applied) if (!known.has(id)) drift.push({ id, name, problem: 'newer' })
  return {
    schema,
    version,
    latest: migrations.at(-1)?.id ?? 0,
    pending: migrations.filter(({ id }) => id > version).map(({ id, name }) => ({ id, name })),
    drift,
  }
}

/** @throws ToriiError when the history is not one this version can go on from. */
export function refuseDrift({ schema, drift }: MigrationStatus): void {
  const newer = drift.find(({ problem }) => problem === 'newer')
  if (newer !== undefined)
    throw new ToriiError(
      'ERR_SCHEMA_NEWER',
      `schema ${schema} has migration ${newer.id} (${newer.name}), which this version does not know: install the newer torii-storage-postgres that applied it`,
    )
  const first = drift[0]
  if (first !== undefined)
    throw new ToriiError(
      'ERR_MIGRATION_DRIFT',
      `migration ${first.id} (${first.name}) of schema ${schema} is ${first.problem}: the database was made by other migrations than those of this version. Install the version that made it, or restore a backup; delete a development database with "npx torii-storage-postgres down --drop-all-data ${schema}" and migrate again`,
    )
}
