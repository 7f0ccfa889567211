import assert from 'node:assert/strict'
import pg from 'pg'
import type { ConformanceStorage } from 'torii-conformance'
import type { TransactionRepositories } from 'torii-core'
import { elapse, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { insideTransaction } from './conformance-cases.test.support.js'

let database: PostgresStorage
let pool: pg.Pool
let storage: ConformanceStorage
beforeAll(async () => {
  const { url, query } = await testDatabase()
  database = await PostgresStorage.connect(url)
  pool = new pg.Pool({ connectionString: url, max: 10 })
  const moving = { elapse: (seconds: number) => elapse(query, 'torii', seconds) }
  storage = inTransactions(Object.assign(database, moving))
})
afterAll(async () => {
  await database.close()
  await pool.end()
})

type Repository = keyof TransactionRepositories

/**
 * Every call that a transaction offers, in a transaction of the application's, which must still be sound
 * after it; what it does not offer (whatever charges), outside.
 */
function inTransactions(storage: PostgresStorage & ConformanceStorage): ConformanceStorage {
  const { query: _, ...repositories } = storage.withClient(pool)
  const offered = new Set(Object.keys(repositories))
  const over = (repository: Repository) =>
    new Proxy(storage[repository], {
      get:
        (outside, method) =>
        async (...values: unknown[]) => {
          const client = await pool.connect()
          try {
            await client.query('begin')
            const inside: unknown = Reflect.get(storage.withClient(client)[repository], method)
            const target: unknown = inside ?? Reflect.get(outside, method)
            assert.ok(typeof target === 'function')
            const result: unknown = await target.apply(null, values)
            await client.query('select 1')
            assert.equal((await client.query('commit')).command, 'COMMIT')
            return result
          } catch (error) {
            await client.query('rollback')
            throw error
          } finally {
            client.release()
          }
        },
    })
  return new Proxy(storage, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name)
      if (typeof name === 'string' && offered.has(name)) return over(name as Repository)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Asked for before there is a database: whether a transaction has the method. */
function offers(repository: string, method: string): boolean {
  const { query: _, ...repositories } = new PostgresStorage(new pg.Pool()).withClient(new pg.Pool())
  const offered: unknown = Reflect.get(repositories, repository)
  return typeof offered === 'object' && offered !== null && method in offered
}

describe('conformance over a transaction that the application opened', () => {
  for (const promise of insideTransaction(offers)) test(promise.name, () => promise.run(storage))
})
