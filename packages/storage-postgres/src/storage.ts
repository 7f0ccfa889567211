import type {
  CallerTransaction,
  Json,
  RepeatedSweepOptions,
  Repositories,
  RepositoryProvider,
  StorageHealth,
  StorageTransaction,
  SweepCounts,
  SweepOptions,
} from 'torii-core'
import {
  diagnosticsChannels,
  InvalidInputError,
  InvalidOptionsError,
  markCore,
  requireNode,
  trace,
  traceMethods,
} from 'torii-core'
import { quietLog } from './base/log.js'
import type { ConnectOptions, PostgresStorageOptions } from './base/options.js'
import { refuseUnknown, resolveOptions } from './base/options.js'
import { quoteSchema } from './base/schema-name.js'
import type { Queryable } from './driver/application-client.js'
import { connectionOfApplication } from './driver/application-client.js'
import { withBatches } from './driver/batching/batching-driver.js'
import { closable, untilEnded } from './driver/closable-driver.js'
import { openDriver } from './driver/connect.js'
import { logOutcomeUnknown, overConnection, overDriver } from './driver/database.js'
import type { Connection, Driver } from './driver/driver.js'
import { classifyStatementError } from './driver/error-classes.js'
import { createPgDriver } from './driver/pg-driver.js'
import type { PgPool } from './driver/pg-pool.js'
import { closedPool, isClosedPool } from './driver/pg-pool.js'
import { toToriiError } from './driver/storage-errors.js'
import { tracedConnection, tracedDriver } from './driver/traced-driver.js'
import { checkHealth } from './migrate/health.js'
import type { MigrationStatus } from './migrate/migration-history.js'
import { migrations } from './migrate/migrations.generated.js'
import type { MigrationPlan, MigrationResult } from './migrate/migrations.js'
import { migrate, printPlan, readStatus } from './migrate/migrations.js'
import { isMissingTable } from './migrate/missing-tables.js'
import { dropTables, findProblems, grantTo, quoteRole } from './migrate/schema-admin.js'
import { requireSurroundingsOf } from './migrate/surroundings.js'
import type { Tables } from './tables/tables.js'
import { createTables } from './tables/tables.js'

export interface MigrateOptions {
  /** A role that runs the application: it may use the tables but not change them. */
  grantTo?: string
  /** Seconds a step waits for a table lock before it gives up (default: 3). */
  lockTimeoutSeconds?: number
}

/** Has every repository of the list as a member. */
const RepositoryHolder = class {
  constructor(repositories: object) {
    Object.assign(this, repositories)
  }
  // It has the members of the object that it was given.
} as new <Metadata extends object>(
  repositories: Repositories<Metadata>,
) => Repositories<Metadata>

/**
 * Torii's storage in PostgreSQL.
 *
 * @example
 * const storage = await PostgresStorage.connect('postgresql://user:password@localhost/app')
 * await storage.migrate()
 */
export class PostgresStorage<Metadata extends object = Record<string, Json>>
  extends RepositoryHolder<Metadata>
  implements RepositoryProvider<Metadata>
{
  readonly #driver: Driver
  readonly #tables: Tables<Metadata>
  readonly #sweeper: ReturnType<Tables<Metadata>['sweeper']>
  readonly #schema: string
  readonly #options: PostgresStorageOptions

  /**
   * Over the application's own pool, which stays the application's: {@link close} leaves it open.
   * @throws InvalidOptionsError
   */
  constructor(pool: PgPool | Driver, options: PostgresStorageOptions = {}) {
    requireNode()
    const { schema: name, batchValidation, acquireMs, callMs, log } = resolveOptions(options)
    const schema = quoteSchema(name)
    const given = tracedDriver(isDriver(pool) ? pool : driverOver(pool, options))
    const batches = batchValidation && given.manyConnections
    const driver = closable(batches ? withBatches(given, acquireMs) : given)
    const db = overDriver(driver, { callMs, log: quietLog(log) })
    const tables = createTables<Metadata>(schema)
    super(tracedRepositories(tables.repositories(db)))
    markCore(this)
    this.#driver = driver
    this.#tables = tables
    this.#sweeper = tables.sweeper(db)
    this.#schema = schema
    this.#options = options
  }

  /**
   * Over a pool of our own (`postgresql://…`, with one host or several: every connection leads to the
   * primary), or over the embedded engine for development
   * (`pglite:DIRECTORY`, `pglite:` in memory; needs `@electric-sql/pglite`).
   * @throws ToriiError `ERR_UNAVAILABLE`, `ERR_PERMISSION`, `ERR_DATABASE_LOCKED`, `ERR_INVALID_OPTIONS`
   */
  static async connect<Metadata extends object = Record<string, Json>>(
    url: string,
    options: ConnectOptions = {},
  ): Promise<PostgresStorage<Metadata>> {
    requireNode()
    if (isPool(url))
      throw new InvalidOptionsError(
        'url',
        'must be a text; for a pool use new PostgresStorage(pool)',
      )
    const schema = quoteSchema(resolveOptions(options).schema)
    const driver = await openDriver(url, options)
    await requireSurroundingsOf(driver, schema)
    return new PostgresStorage<Metadata>(driver, options)
  }

  /**
   * Brings the schema to this version, from any number of processes at once.
   * @throws ToriiError `ERR_MIGRATION_FAILED`, `ERR_MIGRATION_DRIFT`, `ERR_SCHEMA_NEWER`, `ERR_PERMISSION`
   */
  async migrate(options: MigrateOptions = {}): Promise<MigrationResult> {
    return traceCall('migrate', () => this.#migrate(options))
  }

  async #migrate(options: MigrateOptions): Promise<MigrationResult> {
    refuseUnknown(options, ['grantTo', 'lockTimeoutSeconds'])
    const { grantTo: role } = options
    // A name that cannot be one is refused before anything is migrated.
    if (role !== undefined) quoteRole(role)
    const result = await migrate(this.#plan(options))
    if (role !== undefined)
      await this.#driver.transaction((connection) =>
        withToriiErrors('grant', () => grantTo(connection, this.#schema, role)),
      )
    return result
  }

  /** What is applied, what is pending, and where the history differs from this version's. */
  async migrationStatus(): Promise<MigrationStatus> {
    return readStatus(this.#plan({}))
  }

  /** The SQL of what is pending, for other tools to run. Empty when nothing is. */
  async migrationPlan(): Promise<string> {
    return printPlan(this.#plan({}))
  }

  /** What is wrong with the tables although every migration is applied; empty when nothing is. */
  async schemaProblems(): Promise<string[]> {
    return this.#driver.connected((connection) =>
      withToriiErrors('validate', () => findProblems(connection, this.#schema)),
    )
  }

  /**
   * Drops every Torii table with its data, for development.
   * @param schema the schema's name once more, so that this is never called by accident
   */
  async dropAllData(schema: string): Promise<void> {
    if (quoteSchema(schema) !== this.#schema)
      throw new InvalidInputError('schema', 'must be the schema of this storage')
    await this.#driver.transaction((connection) =>
      withToriiErrors('drop all data', () => dropTables(connection, this.#schema)),
    )
  }

  /** @see RepositoryProvider.transaction */
  async transaction<Result>(
    work: (tx: StorageTransaction<Metadata>) => Promise<Result>,
  ): Promise<Result> {
    return traceCall('transaction', () => this.#transaction(work))
  }

  async #transaction<Result>(
    work: (tx: StorageTransaction<Metadata>) => Promise<Result>,
  ): Promise<Result> {
    if (typeof work !== 'function') throw new InvalidInputError('work', 'must be a function')
    const tasks: (() => unknown)[] = []
    const transaction = this.#driver.transaction(async (raw) => {
      const { connection, end, refuseEnded } = untilEnded(raw)
      const afterCommit = (task: () => unknown) => {
        refuseEnded()
        if (typeof task !== 'function') throw new InvalidInputError('task', 'must be a function')
        tasks.push(task)
      }
      try {
        const query = queryOver(connection, this.#schema)
        const repositories = tracedRepositories(
          this.#tables.transactionRepositories(overConnection(connection)),
        )
        return await work({ ...repositories, query, afterCommit })
      } finally {
        end()
      }
    })
    const result = await transaction.catch((error: unknown) => {
      logOutcomeUnknown(quietLog(this.#options.log), error)
      throw error
    })
    for (const task of tasks) callAndForget(task)
    return result
  }

  /**
   * The repositories over a client whose transaction the application has opened and will end. A
   * refusal (a returned value) never aborts that transaction. Attempts cannot be charged here.
   */
  withClient(client: Queryable): CallerTransaction<Metadata> {
    requireClient(client)
    const connection = connectionOfApplication(client)
    const repositories = tracedRepositories(
      this.#tables.transactionRepositories(overConnection(tracedConnection(connection))),
    )
    return { ...repositories, query: queryOver(connection, this.#schema) }
  }

  /** @see RepositoryProvider.healthCheck */
  async healthCheck(): Promise<StorageHealth> {
    const { schema, callMs } = resolveOptions(this.#options)
    return traceCall('healthCheck', () =>
      checkHealth(this.#driver, schema, performance.now() + callMs),
    )
  }

  /** @see RepositoryProvider.sweep */
  async sweep(options: SweepOptions = {}): Promise<SweepCounts> {
    return traceCall('sweep', () => this.#sweeper.sweep(options))
  }

  /** @see RepositoryProvider.sweepIfDue */
  async sweepIfDue(options: RepeatedSweepOptions): Promise<SweepCounts | null> {
    return traceCall('sweepIfDue', () => this.#sweeper.sweepIfDue(options))
  }

  /** @see RepositoryProvider.revokeAllSessionsAndTokens */
  async revokeAllSessionsAndTokens(): Promise<number> {
    return traceCall('revokeAllSessionsAndTokens', () => this.#sweeper.revokeAllSessionsAndTokens())
  }

  /** Waits for running calls, then closes what {@link connect} opened. */
  async close(): Promise<void> {
    await this.#driver.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #plan({ lockTimeoutSeconds = 3 }: MigrateOptions): MigrationPlan {
    if (
      typeof lockTimeoutSeconds !== 'number' ||
      !(lockTimeoutSeconds >= 0.1 && lockTimeoutSeconds <= 3600)
    )
      throw new InvalidOptionsError('lockTimeoutSeconds', 'must be a number from 0.1 to 3600')
    const log = quietLog(this.#options.log)
    return { driver: this.#driver, schema: this.#schema, migrations, lockTimeoutSeconds, log }
  }
}

/** Publishes a call of a method of the storage itself. */
const traceCall = <Result>(operation: string, work: () => Promise<Result>): Promise<Result> =>
  trace(diagnosticsChannels.storageOperation, () => ({ operation }), work)

/** The repositories, each of whose calls is published as `repository.method`. */
const tracedRepositories = <Own extends object>(repositories: Own): Own =>
  traceMethods(diagnosticsChannels.storageOperation, '', repositories)

/** What the task throws, at once or later, is dropped: the commit stands. */
function callAndForget(task: () => unknown): void {
  try {
    Promise.resolve(task()).catch(() => undefined)
  } catch {
    // As above.
  }
}

function driverOver(pool: PgPool, options: PostgresStorageOptions): Driver {
  const { schema, prepare, acquireMs, callMs, log } = resolveOptions(options)
  const own = { schema, prepare, acquireMs, callMs, log: quietLog(log) }
  return createPgDriver(requirePool(pool), own)
}

const has = (value: object, method: string) => typeof Reflect.get(value, method) === 'function'

const isPool = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && has(value, 'connect') && !has(value, 'release')

/** A statement on a pool runs on any of its connections, and so outside of the transaction. */
function requireClient(client: unknown): void {
  if (typeof client !== 'object' || client === null || !has(client, 'query'))
    throw new InvalidInputError('client', 'must be a client of pg with an open transaction')
  if (isPool(client) && !has(client, 'getTypeParser'))
    throw new InvalidInputError(
      'client',
      'must be one connection, not a pool: take one with pool.connect(), and begin a transaction on it',
    )
}

function requirePool(pool: PgPool): PgPool {
  if (typeof pool !== 'object' || pool === null || typeof pool.connect !== 'function')
    throw new InvalidOptionsError(
      'pool',
      'must be a Pool of pg; for a URL use PostgresStorage.connect(url)',
    )
  if (has(pool, 'getTypeParser'))
    throw new InvalidOptionsError('pool', 'must be a Pool of pg, not a Client: use new pg.Pool()')
  if (isClosedPool(pool)) throw new InvalidOptionsError('pool', closedPool)
  const settings: unknown = Reflect.get(pool, 'options')
  if (typeof settings === 'object' && settings !== null && Reflect.get(settings, 'binary') === true)
    throw new InvalidOptionsError(
      'pool',
      'must not have the option binary: pg loses bytes of binary results. Remove it from the options of the pool',
    )
  return pool
}

const isDriver = (source: PgPool | Driver): source is Driver =>
  typeof source === 'object' && source !== null && 'run' in source

/** The application's own statements. Their errors are those of the driver, unless Torii's tables are missing. */
const queryOver =
  (connection: Connection, schema: string) =>
  async (text: string, values: readonly unknown[] = []) => {
    try {
      const { rows } = await connection.queryOfApplication(text, values)
      // Every driver hands rows over as objects with a member per column.
      return { rows: rows as Record<string, unknown>[] }
    } catch (error) {
      throw isMissingTable(error, schema) ? toToriiError(error, 'schema', 'query') : error
    }
  }

/** Runs `work`; what the server refuses in it is thrown as a ToriiError. */
async function withToriiErrors<Result>(
  operation: string,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    throw toToriiError(error, classifyStatementError(error), operation)
  }
}
