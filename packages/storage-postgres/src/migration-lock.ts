import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { ToriiError } from 'torii-core'
import type { Connection } from './driver.js'

/** How long one deployer waits for another that is changing the same schema. */
const longestWaitMs = 600_000
const pauseMs = 50

/**
 * Keeps other deployers out of the schema until the transaction of `connection` ends.
 *
 * It asks again and again instead of waiting in the server: a statement that waits holds a snapshot,
 * and an index that the other deployer builds concurrently would wait for that snapshot, for ever.
 * @throws ToriiError `ERR_MIGRATION_FAILED` after ten minutes
 */
export async function keepOthersOut(connection: Connection, schema: string): Promise<void> {
  const key = lockKey(schema)
  for (let waitedMs = 0; waitedMs < longestWaitMs; waitedMs += pauseMs) {
    const { rows } = await connection.query(
      'select pg_catalog.pg_try_advisory_xact_lock($1::bigint) as taken',
      [key],
    )
    if ((rows[0] as { taken: boolean }).taken) return
    await idleWithoutSnapshot(connection)
    await sleep(pauseMs)
  }
  throw new ToriiError(
    'ERR_MIGRATION_FAILED',
    `another process has been changing schema ${schema} for ${longestWaitMs / 60_000} minutes; nothing was done. Run this again when it is through, or end that process`,
  )
}

/**
 * Lets the transaction stay open while somebody else works. The answer of a query with values keeps its
 * snapshot until the next statement; this statement has none.
 */
export async function idleWithoutSnapshot(connection: Connection): Promise<void> {
  await connection.query('set local idle_in_transaction_session_timeout = 0')
}

/** One lock per schema, as the 64-bit number that PostgreSQL wants. */
const lockKey = (schema: string): string =>
  createHash('sha256').update(`torii:migrations:${schema}`).digest().readBigInt64BE().toString()
