import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { afterAll } from 'vitest'
import type { ConnectOptions } from '../../index.js'
import { PostgresStorage } from '../../index.js'
import type { RetryLog } from '../retry-log.test.support.js'
import { createRetryLog } from '../retry-log.test.support.js'

/** A storage that many callers use at the same moment. */
export interface RaceStorage extends RetryLog {
  readonly database: TestDatabase
  readonly storage: PostgresStorage
}

/** Opens one over a database of the calling file's own (by default a new one); it is closed with the file. */
export async function openRaceStorage(
  given?: TestDatabase,
  options: ConnectOptions = {},
): Promise<RaceStorage> {
  const database = given ?? (await testDatabase())
  const retries = createRetryLog()
  // 16 for writes, and the two that are reserved for reads.
  const storage = await PostgresStorage.connect(database.url, {
    ...options,
    maxConnections: 18,
    log: retries.log,
  })
  afterAll(() => storage.close())
  return { database, storage, ...retries }
}
