import assert from 'node:assert/strict'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { ConformanceStorage } from 'torii-conformance'
import { newUserId } from 'torii-core'
import { elapse, type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { oneForEachStatement } from '../test/conformance-cases.test.support.js'
import { everyStatement } from '../test/every-statement.test.support.js'
import { inTransactions } from '../test/in-transactions.test.support.js'
import { freshEmail, signUp } from '../test/races/people.test.support.js'
import { resultParsers, resultTypes } from './result-types.js'

/** The types that `pg` knows by name, and the arrays of texts and of uuids. */
const oids: number[] = [...Object.values(pg.types.builtins), 1009, 2951]

const changed = 'changed by a parser of the application'
/** A client whose own parsers change everything. */
const types: pg.CustomTypesConfig = { getTypeParser: () => () => changed }

/** The parsers of `pg` before a test changes them. */
const parsers = new Map(oids.map((oid) => [oid, pg.types.getTypeParser(oid)]))
/** The cases about statements of the application, which its own parsers do change. */
const ofApplication = /^transaction\.(?:query|the application's)/
const cases = oneForEachStatement.filter(({ name }) => !ofApplication.test(name))

let database: TestDatabase
/** Moves the clock, and reads its results as if nothing was changed. */
let clock: pg.Client
const closers: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  database = await testDatabase()
  const getTypeParser = (oid: number) => parsers.get(oid) ?? String
  clock = new pg.Client({ connectionString: database.url, types: { getTypeParser } })
  await clock.connect()
  closers.push(() => clock.end())
})
afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

const conforming = (storage: PostgresStorage): PostgresStorage & ConformanceStorage =>
  Object.assign(storage, {
    elapse: (seconds: number) =>
      elapse((text, values) => clock.query(text, values), 'torii', seconds),
  })

function openPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ connectionString: database.url, max: 10, ...config })
  closers.push(() => pool.end())
  return pool
}

async function openOwn(): Promise<PostgresStorage> {
  const storage = await PostgresStorage.connect(database.url)
  closers.push(() => storage.close())
  return storage
}

/** Each way in which an application changes how its driver reads values, and the storage over that driver. */
const drivers: Record<string, () => Promise<ConformanceStorage>> = {
  "a pool of our own, with the process's parsers": async () => conforming(await openOwn()),
  "the application's pool with parsers of its own, unprepared": async () =>
    conforming(new PostgresStorage(openPool({ types }), { prepare: false })),
  'withClient() over a client with parsers of its own': async () =>
    inTransactions(conforming(await openOwn()), openPool({ types })),
}

for (const [name, open] of Object.entries(drivers))
  describe(`parsers of the application change no result: ${name}`, () => {
    let storage: ConformanceStorage
    beforeAll(async () => {
      storage = await open()
      for (const oid of oids) pg.types.setTypeParser(oid, () => changed)
    })
    afterAll(() => {
      for (const [oid, parse] of parsers) pg.types.setTypeParser(oid, parse)
    })

    for (const promise of cases) test(promise.name, () => promise.run(storage))
  })

test('parsers of the application read the results of its own statements', async () => {
  const storage = new PostgresStorage(openPool({ types }))
  const asked = await storage.transaction((tx) => tx.query('select 1 as n'))
  assert.deepEqual(asked.rows, [{ n: changed }])
  assert.deepEqual(await storage.schemaProblems(), [])
  const health = await storage.healthCheck()
  assert.ok(health.connected)
  assert.equal(health.readOnly, false)
  assert.deepEqual((await storage.migrate()).applied, [])
})

test('parsers of the application change no result: withClient() over PGlite', async () => {
  const parsers = Object.fromEntries(oids.map((oid) => [oid, () => changed]))
  const engine = await PGlite.create({ parsers })
  closers.push(() => engine.close())
  const storage = await openOwn()
  await engine.exec(await pglitePlan())
  await engine.transaction(async (tx) => {
    const { users, query } = storage.withClient(tx)
    const person = { id: newUserId(), email: freshEmail(), metadata: { kept: [1, true, null] } }
    const registered = await users.register(person)
    assert.ok(registered.ok)
    const found = await users.find(person.id)
    assert.deepEqual(found, registered.user)
    assert.deepEqual(found?.metadata, { kept: [1, true, null] })
    assert.deepEqual((await query('select 1 as n')).rows, [{ n: changed }])
  })
})

/** The SQL of every migration for PGlite: the plan for a server of PostgreSQL 12 installs an extension that PGlite lacks. */
async function pglitePlan(): Promise<string> {
  const storage = await PostgresStorage.connect('pglite:')
  closers.push(() => storage.close())
  return storage.migrationPlan()
}

describe('binary results, which pg decodes as text and so loses bytes of', () => {
  test('are refused of a pool', () => {
    assert.throws(
      () => new PostgresStorage(openPool(Object.assign({ max: 1 }, { binary: true }))),
      { code: 'ERR_INVALID_OPTIONS', message: /^option pool: must not have the option binary/ },
    )
  })

  test('are not asked for by our own pool when they are the default of the process', async () => {
    Object.assign(pg.defaults, { binary: true })
    try {
      const storage = await openOwn()
      const person = await signUp(storage)
      assert.equal((await storage.users.find(person.id))?.email, person.email)
    } finally {
      Object.assign(pg.defaults, { binary: false })
    }
  })
})

describe('the readers', () => {
  const values: readonly [type: string, sql: string, expected: unknown][] = [
    ['bool', `true`, true],
    ['bool', `false`, false],
    ['bytea', String.raw`'\x00015cff27'::bytea`, Buffer.from([0, 1, 0x5c, 0xff, 0x27])],
    ['bytea', `''::bytea`, Buffer.alloc(0)],
    ['name', `'a name'::name`, 'a name'],
    ['int8', `1764450000123::int8`, 1764450000123],
    ['int4', `-2147483648`, -2147483648],
    ['text', `'h\u00f6 \u{1f512}'::text`, 'h\u00f6 \u{1f512}'],
    ['json', `'{"a":[1.5,null]}'::json`, { a: [1.5, null] }],
    ['jsonb', `'{"a":[1.5,null]}'::jsonb`, { a: [1.5, null] }],
    ['float8', `1764450000.123456::float8`, 1764450000.123456],
    [
      'uuid',
      `'018f0000-0000-7000-8000-00000000000a'::uuid`,
      '018f0000-0000-7000-8000-00000000000a',
    ],
    [
      'text[]',
      String.raw`array['a', 'b,c', 'd"e', 'f\g', '', 'NULL', null, '{h}', ' i ']`,
      ['a', 'b,c', 'd"e', 'f\\g', '', 'NULL', null, '{h}', ' i '],
    ],
    ['text[]', `array[]::text[]`, []],
  ]
  for (const [type, sql, expected] of values)
    for (const form of ['hex', 'escape'])
      test(`read ${type} ${sql}, bytea_output ${form}`, async () => {
        const client = await database.connect()
        await client.query(`set bytea_output = ${form}`)
        const { rows } = await client.query({ text: `select ${sql} as value`, types: resultTypes })
        assert.deepEqual(rows, [{ value: expected }])
        await client.end()
      })

  test('cover every type that a statement returns', async () => {
    const client = await database.connect()
    const returned = new Map<number, string>()
    for (const { name, text, parameters } of everyStatement()) {
      const nulls = parameters.map(() => null)
      for (const oid of await typesOfColumns(client, text, nulls)) returned.set(oid, name)
    }
    assert.ok(returned.size >= 9, String(returned.size))
    for (const [oid, name] of returned)
      assert.ok(oid in resultParsers, `${name} returns a value of the type ${oid}`)
  })
})

/** PostgreSQL describes the rows before it runs a statement, so a statement that refuses the values is described too. */
async function typesOfColumns(
  client: pg.Client,
  text: string,
  values: unknown[],
): Promise<number[]> {
  const query = new pg.Query({ text, values })
  const ended = new Promise((resolve) => query.on('end', resolve).on('error', resolve))
  client.query(query)
  await ended
  const result: unknown = Reflect.get(query, '_result')
  assert.ok(typeof result === 'object' && result !== null)
  const fields = Reflect.get(result, 'fields') as pg.FieldDef[]
  return fields.map(({ dataTypeID }) => dataTypeID)
}
