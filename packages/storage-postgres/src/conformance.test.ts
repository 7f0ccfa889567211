import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import type { TransactionRepositories } from 'torii-core'
import type { ConformanceNeed, ConformanceStorage } from 'torii-core/conformance'
import { conformance } from 'torii-core/conformance'
import { elapse, testDatabase } from 'torii-testing'
import { PostgresStorage } from './index.js'

/** One way to reach a database, and what of the suite means nothing on it. */
interface Engine {
  readonly name: string
  readonly lacks: readonly ConformanceNeed[]
  open(): Promise<ConformanceStorage>
}

const closers: (() => Promise<unknown>)[] = []
after(async () => {
  for (const close of closers) await close()
})

/** The storage with a clock that can be moved, closed at the end of the file. */
function withElapse(storage: PostgresStorage, url: string, schema = 'torii') {
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  closers.push(
    () => storage.close(),
    () => pool.end(),
  )
  return Object.assign(storage, {
    elapse: (seconds: number) =>
      elapse((text, values) => pool.query(text, values), schema, seconds),
  })
}

const engines: readonly Engine[] = [
  {
    name: 'a pool of our own',
    lacks: [],
    async open() {
      const { url } = await testDatabase()
      return withElapse(await PostgresStorage.connect(url), url)
    },
  },
  {
    name: "the application's pool, unprepared, another schema",
    lacks: [],
    async open() {
      const { url } = await testDatabase({ empty: true })
      const pool = new pg.Pool({ connectionString: url, max: 4 })
      closers.push(() => pool.end())
      const storage = new PostgresStorage(pool, { schema: 'auth_of_shop_2', prepare: false })
      await storage.migrate()
      return withElapse(storage, url, 'auth_of_shop_2')
    },
  },
  {
    name: 'a transaction that the application opened',
    lacks: ['transaction'],
    async open() {
      const { url } = await testDatabase()
      const storage = await PostgresStorage.connect(url)
      const pool = new pg.Pool({ connectionString: url, max: 10 })
      closers.push(() => pool.end())
      return inTransactions(withElapse(storage, url), pool)
    },
  },
]

type Repository = keyof TransactionRepositories

/**
 * Every call that a transaction offers, in a transaction of the application's, which must still be sound
 * after it; what it does not offer (whatever charges), outside.
 */
function inTransactions(
  storage: PostgresStorage & ConformanceStorage,
  pool: pg.Pool,
): ConformanceStorage {
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

for (const engine of engines) {
  describe(`conformance over ${engine.name}`, () => {
    let storage: ConformanceStorage
    before(async () => {
      storage = await engine.open()
    })
    for (const promise of conformance.filter(
      ({ needs }) => !needs.some((need) => engine.lacks.includes(need)),
    ))
      test(promise.name, () => promise.run(storage))
  })
}
