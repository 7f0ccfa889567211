import pg from 'pg'
import type { ConformanceStorage } from 'torii-conformance'
import { conformance } from 'torii-conformance'
import { elapse, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'

/** One way to reach a database. */
interface Engine {
  readonly name: string
  open(): Promise<ConformanceStorage>
}

const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
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
    async open() {
      const { url } = await testDatabase()
      return withElapse(await PostgresStorage.connect(url), url)
    },
  },
  {
    name: "the application's pool, unprepared, another schema",
    async open() {
      const { url } = await testDatabase({ empty: true })
      const pool = new pg.Pool({ connectionString: url, max: 4 })
      closers.push(() => pool.end())
      const storage = new PostgresStorage(pool, { schema: 'auth_of_shop_2', prepare: false })
      await storage.migrate()
      return withElapse(storage, url, 'auth_of_shop_2')
    },
  },
]

for (const engine of engines) {
  describe(`conformance over ${engine.name}`, () => {
    let storage: ConformanceStorage
    beforeAll(async () => {
      storage = await engine.open()
    })
    for (const promise of conformance) test(promise.name, () => promise.run(storage))
  })
}
