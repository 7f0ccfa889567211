import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ToriiError } from 'torii-core'
import type { Connection, ConnectionOptions, Driver, Work } from '../driver/driver.js'
import { classifyStatementError } from '../driver/error-classes.js'
import { toToriiError } from '../driver/storage-errors.js'

/** How long a migration waits for another process that is changing the same schema. */
const longestWaitMs = 600_000
const pauseMs = 50

/**
 * Runs `work` in a transaction that keeps other deployers out of the schema until it ends.
 *
 * It asks again and again, each time in a transaction of its own, instead of waiting in one: an index
 * that another deployer builds concurrently would wait for that transaction, for ever.
 * @throws ToriiError `ERR_MIGRATION_FAILED` after ten minutes
 */
export async function withoutOthers<Result>(
  { driver, schema }: { driver: Driver; schema: string },
  work: Work<Result>,
  options?: ConnectionOptions,
): Promise<Result> {
  const key = lockKey(schema)
  for (let waitedMs = 0; waitedMs < longestWaitMs; waitedMs += pauseMs) {
    const alone = await driver.transaction(
      async (connection) =>
        (await takeLock(connection, key)) ? { result: await work(connection) } : null,
      options,
    )
    if (alone !== null) return alone.result
    await sleep(pauseMs)
  }
  throw new ToriiError(
    'ERR_MIGRATION_FAILED',
    `another process has been changing schema ${schema} for ${longestWaitMs / 60_000} minutes; nothing was done. Migrate again when that process has finished, or end it`,
  )
}

/** True if no other process has the lock; it ends with the transaction. */
async function takeLock(connection: Connection, key: string): Promise<boolean> {
  try {
    const { rows } = await connection.query(
      'select pg_catalog.pg_try_advisory_xact_lock($1::bigint) as taken',
      [key],
    )
    return (rows[0] as { taken: boolean }).taken
  } catch (error) {
    throw toToriiError(error, classifyStatementError(error), 'keep other deployers out')
  }
}

/**
 * Lets the transaction stay open while another connection works. The answer of a query with values keeps its
 * snapshot until the next statement; this statement has none.
 */
export async function idleWithoutSnapshot(connection: Connection): Promise<void> {
  await connection.query('set local idle_in_transaction_session_timeout = 0')
}

/** One lock per schema, as the 64-bit number that PostgreSQL wants. */
const lockKey = (schema: string): string =>
  createHash('sha256').update(`torii:migrations:${schema}`).digest().readBigInt64BE().toString()
