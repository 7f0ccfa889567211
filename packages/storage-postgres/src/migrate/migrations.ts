import { ToriiError } from 'torii-core'
import type { StorageLog } from '../base/log.js'
import type { Connection, Driver, Work } from '../driver/driver.js'
import { classifyStatementError } from '../driver/error-classes.js'
import { toToriiError } from '../driver/storage-errors.js'
import type { Migration } from './migration.js'
import { nameOf, toStepError } from './migration-errors.js'
import type { MigrationHistory, MigrationName, MigrationStatus } from './migration-history.js'
import { compareHistory, readApplied, refuseDrift } from './migration-history.js'
import { idleWithoutSnapshot, withoutOthers } from './migration-lock.js'
import { historyStatements, printStep, stepStatements } from './migration-sql.js'
import { requireSurroundings } from './surroundings.js'
import { planUuidDefault, provideUuidDefault } from './uuid-default.js'

/** The migrations to apply to a schema, and the settings to apply them with. */
export interface MigrationPlan {
  readonly driver: Driver
  /** Quoted name. */
  readonly schema: string
  readonly migrations: readonly Migration[]
  /** Seconds a step may wait for a table lock before it gives up (others queue behind a waiting step). */
  readonly lockTimeoutSeconds: number
  readonly log: StorageLog
}

export interface MigrationResult {
  readonly schema: string
  readonly version: number
  /** The steps that this call applied; another process may have applied others at the same time. */
  readonly applied: readonly MigrationName[]
}

/** A long step has no deadline; the lock timeout limits how long it blocks other statements. */
const stepAnswerMs = 24 * 3600 * 1000

/**
 * Applies the pending migrations, each in a transaction together with its history row. Any number of processes may
 * call this at once: a lock lets one process apply a step, and the others then skip it.
 */
export async function migrate(plan: MigrationPlan): Promise<MigrationResult> {
  const applied: MigrationName[] = []
  for (;;) {
    const status = await readStatus(plan)
    refuseDrift(status)
    const next = plan.migrations.find(({ id }) => id === status.pending[0]?.id)
    if (next === undefined) return { schema: status.schema, version: status.version, applied }
    if (await applyStep(plan, next)) {
      applied.push({ id: next.id, name: next.name })
      plan.log({ level: 'info', event: 'migration_applied', operation: `${next.id} ${next.name}` })
    }
  }
}

export async function readStatus(plan: MigrationPlan): Promise<MigrationStatus> {
  const { driver, schema, migrations } = plan
  const { applied } = await driver.connected((connection) => readHistory(connection, schema))
  return compareHistory(nameOfSchema(schema), migrations, applied)
}

/** The SQL of what is pending, as `psql` would run it. */
export async function printPlan(plan: MigrationPlan): Promise<string> {
  const { driver, schema, migrations } = plan
  return driver.connected(async (connection) => {
    const { applied, schemaExists } = await readHistory(connection, schema)
    const status = compareHistory(nameOfSchema(schema), migrations, applied)
    refuseDrift(status)
    const { install, uuidDefault } = await planUuidDefault(connection, schema)
    return migrations
      .filter(({ id }) => id > status.version)
      .map((migration) => {
        const history = applied.length === 0 && migration.id === status.pending[0]?.id
        const extension = migration.sql.includes(':uuid_default') ? install : []
        const first = [...(history ? historyStatements(schema, schemaExists) : []), ...extension]
        return printStep(migration, { schema, first, uuidDefault })
      })
      .join('\n')
  })
}

const nameOfSchema = (quoted: string): string => quoted.slice(1, -1)

async function readHistory(connection: Connection, schema: string): Promise<MigrationHistory> {
  await requireSurroundings(connection, schema)
  try {
    return await readApplied(connection, nameOfSchema(schema))
  } catch (error) {
    throw toToriiError(error, classifyStatementError(error), 'read the migration history')
  }
}

/** True if this call applied the step, false if another process had done it meanwhile. */
async function applyStep(plan: MigrationPlan, migration: Migration): Promise<boolean> {
  const work = async (connection: Connection) => {
    try {
      return await applyOnce(plan, connection, migration)
    } catch (error) {
      throw toStepError(error, migration, plan.lockTimeoutSeconds)
    }
  }
  return withoutOthers(plan, work, { answerMs: stepAnswerMs })
}

async function applyOnce(plan: MigrationPlan, connection: Connection, migration: Migration) {
  const { schema, lockTimeoutSeconds } = plan
  await connection.query('set local statement_timeout = 0')
  await connection.query(`set local lock_timeout = '${lockTimeoutSeconds}s'`)
  const { applied, schemaExists } = await readApplied(connection, nameOfSchema(schema))
  if (applied.some(({ id }) => id === migration.id)) return false
  if (applied.length === 0) await runAll(connection, historyStatements(schema, schemaExists))
  if (migration.transactional) await runInTransaction(plan, connection, migration)
  else await runConcurrently(plan, connection, migration)
  await connection.query(
    `insert into ${schema}.torii_migrations (id, name, checksum) values ($1::int, $2::text, $3::text)`,
    [migration.id, migration.name, migration.checksum],
  )
  return true
}

async function runAll(connection: Connection, texts: readonly string[]): Promise<void> {
  for (const text of texts) await connection.query(text)
}

async function runInTransaction(plan: MigrationPlan, connection: Connection, migration: Migration) {
  const needsDefault = migration.sql.includes(':uuid_default')
  const uuidDefault = needsDefault ? await provideUuidDefault(connection, plan.schema) : ''
  await runAll(connection, stepStatements(migration, plan.schema, uuidDefault))
}

/**
 * A step that cannot be in a transaction runs on a second connection while the first one keeps other
 * deployers out. Killed half-way, it is run again from its beginning: its statements skip what is
 * done, and an index that was left invalid is dropped first, which `if not exists` would take for done.
 */
async function runConcurrently(plan: MigrationPlan, locked: Connection, migration: Migration) {
  const { driver, schema, lockTimeoutSeconds } = plan
  const texts = stepStatements(migration, schema, '')
  // The single-connection engine has no readers to spare, so the index is built in the ordinary way.
  if (!driver.manyConnections)
    return runAll(
      locked,
      texts.map((text) => text.replace(/\bindex concurrently\b/, 'index')),
    )
  const work = async (connection: Connection) => {
    for (const text of texts) {
      await dropInvalidIndex(connection, nameOfSchema(schema), text)
      await connection.query(text)
    }
  }
  await idleWithoutSnapshot(locked)
  await driver
    .connected((connection) => withoutTimeLimit(connection, lockTimeoutSeconds, work), {
      answerMs: stepAnswerMs,
    })
    .catch((error: unknown) => explainSecondConnection(error, migration))
}

/** Runs `work` without the time limit of the connection, which goes back to a pool afterwards. */
async function withoutTimeLimit(
  connection: Connection,
  lockTimeoutSeconds: number,
  work: Work<void>,
) {
  await connection.query('set statement_timeout = 0')
  await connection.query(`set lock_timeout = '${lockTimeoutSeconds}s'`)
  try {
    await work(connection)
  } finally {
    // A connection on which this fails is lost and thrown away; the error of `work` is the one to throw.
    await runAll(connection, ['reset statement_timeout', 'reset lock_timeout']).catch(
      () => undefined,
    )
  }
}

function explainSecondConnection(error: unknown, migration: Migration): never {
  if (!(error instanceof ToriiError) || error.code !== 'ERR_UNAVAILABLE') throw error
  throw new ToriiError(
    'ERR_MIGRATION_FAILED',
    `${nameOf(migration)} needs a second connection and got none: the first one holds the lock of the migration. Nothing was changed. Give the pool at least two connections and migrate again`,
    { cause: error.cause },
  )
}

async function dropInvalidIndex(
  connection: Connection,
  schema: string,
  text: string,
): Promise<void> {
  const name = /\bindex concurrently if not exists (\w+)/.exec(text)?.[1]
  if (name === undefined) return
  const { rows } = await connection.query(
    `select 1 from pg_catalog.pg_index i
     join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1::name and c.relname = $2::name and not i.indisvalid`,
    [schema, name],
  )
  if (rows.length > 0) await connection.query(`drop index concurrently "${schema}".${name}`)
}
