import pg from 'pg'
import type { ConformanceStorage } from 'torii-conformance'
import { elapse, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { insideTransaction } from './conformance-cases.test.support.js'
import { idleClient, inTransactions } from './in-transactions.test.support.js'

let database: PostgresStorage
let pool: pg.Pool
let storage: ConformanceStorage
beforeAll(async () => {
  const { url, query } = await testDatabase()
  database = await PostgresStorage.connect(url)
  pool = new pg.Pool({ connectionString: url, max: 10 })
  const moving = { elapse: (seconds: number) => elapse(query, 'torii', seconds) }
  storage = inTransactions(Object.assign(database, moving), pool)
})
afterAll(async () => {
  await database.close()
  await pool.end()
})

/** Asked for before there is a database: whether a transaction has the method. */
function offers(repository: string, method: string): boolean {
  const { query: _, ...repositories } = new PostgresStorage(new pg.Pool()).withClient(idleClient)
  const offered: unknown = Reflect.get(repositories, repository)
  return typeof offered === 'object' && offered !== null && method in offered
}

describe('conformance over a transaction that the application opened', () => {
  for (const promise of insideTransaction(offers)) test(promise.name, () => promise.run(storage))
})
