import assert from 'node:assert/strict'
import type pg from 'pg'
import type { ConformanceStorage } from 'torii-conformance'
import type { TransactionRepositories } from 'torii-core'
import type { PostgresStorage } from '../index.js'

/** A client that is asked for nothing: only the names of the methods over it are read. */
export const idleClient = { query: async () => ({ rows: [] }) }

type Repository = keyof TransactionRepositories

/**
 * Every call that a transaction offers, in a transaction of the application's, which must still be sound
 * after it; what it does not offer (whatever charges), outside.
 */
export function inTransactions(
  storage: PostgresStorage & ConformanceStorage,
  pool: pg.Pool,
): ConformanceStorage {
  const { query: _, ...repositories } = storage.withClient(idleClient)
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
