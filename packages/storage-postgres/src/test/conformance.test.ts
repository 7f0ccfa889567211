import assert from 'node:assert/strict'
import pg from 'pg'
import type { ConformanceCase, ConformanceStorage } from 'torii-conformance'
import { conformance } from 'torii-conformance'
import { elapse, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { oneForEachStatement } from './conformance-cases.test.support.js'

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

describe('conformance over a pool of our own', () => {
  const sentBy = new Map<ConformanceCase, ReadonlySet<string>>()
  let storage: ConformanceStorage
  beforeAll(async () => {
    const { url } = await testDatabase()
    storage = withElapse(await PostgresStorage.connect(url), url)
  })

  for (const promise of conformance)
    test(promise.name, async () => {
      sentBy.set(promise, await statementsOf(() => promise.run(storage)))
    })

  test('the cases that stand for every statement send every statement', () => {
    const sent = (cases: readonly ConformanceCase[]) =>
      [...new Set(cases.flatMap((promise) => [...(sentBy.get(promise) ?? [])]))].sort()
    assert.ok(sent(conformance).length >= 80)
    assert.deepEqual(sent(oneForEachStatement), sent(conformance))
  })
})

describe("conformance over the application's pool, unprepared, another schema", () => {
  const schema = 'auth_of_shop_2'
  let storage: ConformanceStorage
  beforeAll(async () => {
    const { url } = await testDatabase({ empty: true })
    const pool = new pg.Pool({ connectionString: url, max: 4 })
    closers.push(() => pool.end())
    const other = new PostgresStorage(pool, { schema, prepare: false })
    await other.migrate()
    storage = withElapse(other, url, schema)
  })

  for (const promise of oneForEachStatement) test(promise.name, () => promise.run(storage))
})

/** The prepared names of the statements that any connection of this process sends meanwhile. */
async function statementsOf(work: () => Promise<void>): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  const { query } = pg.Client.prototype
  pg.Client.prototype.query = function (this: pg.Client, ...given: [query: { name?: unknown }]) {
    const [{ name }] = given
    if (typeof name === 'string') names.add(name)
    return Reflect.apply(query, this, given)
  } as typeof query // hands on whatever it is given
  try {
    await work()
  } finally {
    pg.Client.prototype.query = query
  }
  return names
}
