import assert from 'node:assert/strict'
import pg from 'pg'
import type { ConformanceStorage } from 'torii-conformance'
import { ToriiError } from 'torii-core'
import {
  elapse,
  findPgBouncer,
  type PgBouncer,
  startPgBouncer,
  type TestDatabase,
  testDatabase,
} from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { migrations } from '../migrate/migrations.generated.js'
import { throughPooler } from '../test/conformance-cases.test.support.js'
import type { Person } from '../test/races/people.test.support.js'
import { freshSecretHash, isLive, signUp } from '../test/races/people.test.support.js'
import type { ObservedPool } from './batching/batching.test.support.js'
import { observe } from './batching/batching.test.support.js'

const found = findPgBouncer()

test('PgBouncer is installed', { skip: found === null }, () => {
  assert.match(found?.version ?? '', /^\d+\.\d+/)
})

/** Connections of PgBouncer to the server; the storage has many more to PgBouncer. */
const poolSize = 3
const clients = 20
/** Connections of clients but this one; autovacuum works in the database when it likes. */
const ofOthers = `datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`
/** People whose sessions are validated at once. */
const crowd = 300

async function assertAsksForPrepareFalse(call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(error instanceof ToriiError, String(error))
    assert.equal(error.code, 'ERR_POOLER')
    assert.match(
      error.message,
      /^a connection pooler does not keep .*: connect with the option prepare: false$/,
    )
    return true
  })
}

const whenInstalled = found === null ? () => undefined : describe

whenInstalled('PgBouncer in transaction mode', () => {
  let database: TestDatabase
  let bouncer: PgBouncer
  let storage: PostgresStorage
  let conforming: ConformanceStorage

  beforeAll(async () => {
    database = await testDatabase({ empty: true })
    bouncer = await startPgBouncer(database.url, poolSize)
    storage = await PostgresStorage.connect(bouncer.url, {
      prepare: false,
      maxConnections: clients,
    })
    conforming = Object.assign(storage, {
      elapse: (seconds: number) =>
        elapse((text, values) => database.query(text, values), 'torii', seconds),
    })
  })
  afterAll(async () => {
    await storage.close()
    await bouncer.stop()
  })

  /** The settings that a new client of PgBouncer gets on each of the server's connections. */
  async function settingsOfNewClients(): Promise<Set<string>> {
    // PgBouncer hands on the name of a client, and leaves the last one to clients that have none.
    const named = { connectionString: bouncer.url, application_name: 'another client' }
    const all = Array.from({ length: poolSize }, () => new pg.Client(named))
    await Promise.all(all.map((client) => client.connect()))
    await Promise.all(all.map((client) => client.query('begin')))
    const answers = await Promise.all(
      all.map((client) =>
        client.query(
          `select pg_backend_pid() as process,
             (select json_object_agg(name, setting order by name) from pg_settings
              where source = 'session' or name = 'search_path')::text as settings,
             (select count(*)::int from pg_prepared_statements) as prepared`,
        ),
      ),
    )
    await Promise.all(all.map((client) => client.query('rollback')))
    await Promise.all(all.map((client) => client.end()))
    assert.equal(new Set(answers.map(({ rows }) => rows[0]?.process)).size, poolSize)
    for (const { rows } of answers) assert.equal(rows[0]?.prepared, 0)
    return new Set(answers.map(({ rows }) => rows[0]?.settings as string))
  }

  let settingsBefore: Set<string>
  test('has pools of three, and tells new clients what the server says', async () => {
    settingsBefore = await settingsOfNewClients()
    assert.equal(settingsBefore.size, 1)
  })

  test('R6.2 lets ten deployers migrate at once', async () => {
    const deployers = await Promise.all(
      Array.from({ length: 10 }, () => PostgresStorage.connect(bouncer.url, { prepare: false })),
    )
    const results = await Promise.all(deployers.map((each) => each.migrate()))
    assert.equal(results.flatMap(({ applied }) => applied).length, migrations.length)
    await Promise.all(deployers.map((each) => each.close()))
    assert.deepEqual(await storage.schemaProblems(), [])
  })

  test('is seen by the health check', async () => {
    const health = await storage.healthCheck()
    assert.ok(health.connected)
    assert.equal(health.pooler, 'present')
  })

  for (const promise of throughPooler) test(promise.name, () => promise.run(conforming))

  describe('validations that come at the same time', () => {
    let people: Person[]
    let pool: pg.Pool
    let observed: ObservedPool
    beforeAll(async () => {
      pool = new pg.Pool({ connectionString: bouncer.url, max: clients })
      observed = observe(pool)
      people = await Promise.all(Array.from({ length: crowd }, () => signUp(storage)))
    })
    afterAll(() => pool.end())

    /** Everybody at once, and as many who bring a wrong secret; each must get their own answer. */
    async function validateAll(over: PostgresStorage): Promise<void> {
      const strangers = people.map(({ key }) => ({ ...key, secretHash: freshSecretHash() }))
      const keys = [...people.map(({ key }) => key), ...strangers]
      const found = await Promise.all(
        keys.map((key) => over.sessions.validate(key, { touchSeconds: 60 })),
      )
      assert.deepEqual(
        found.map((valid) => valid?.session.id ?? null),
        [...people.map(({ key }) => key.id), ...strangers.map(() => null)],
      )
    }

    test('share statements, and each gets their own answer', async () => {
      const over = new PostgresStorage(observed, { prepare: false })
      await validateAll(over)
      const batches = observed.sent.filter((text) => text.includes('unnest'))
      assert.ok(
        batches.length >= 1 && observed.sent.length <= crowd / 8,
        String(observed.sent.length),
      )
    })

    test('from many processes: a batch keeps nothing on a connection that another one gets', async () => {
      const processes = await Promise.all(
        Array.from({ length: 5 }, () => PostgresStorage.connect(bouncer.url, { prepare: false })),
      )
      await Promise.all([...processes, ...processes].map(validateAll))
      await Promise.all(processes.map((each) => each.close()))
    })

    test('a session that is ended is refused by the next batch', async () => {
      const [ended, ...others] = people
      assert.ok(ended !== undefined)
      assert.equal(await storage.sessions.end(ended.key), true)
      people = others
      await validateAll(storage)
      const again = [ended, ended, ...others].map(({ key }) => isLive(storage, key))
      assert.deepEqual(await Promise.all(again), [false, false, ...others.map(() => true)])
    })

    test('by batchValidation: false one statement each, the same answers', async () => {
      const from = observed.sent.length
      await validateAll(new PostgresStorage(observed, { prepare: false, batchValidation: false }))
      assert.equal(observed.sent.length - from, people.length * 2)
    })
  })

  test('serves twenty clients at a time', async () => {
    const calls = Array.from({ length: 500 }, () => storage.users.list({ limit: 1 }))
    assert.equal((await Promise.all(calls)).length, 500)
    const { rows } = await database.query(
      `select count(*)::int as n from pg_stat_activity where ${ofOthers}`,
    )
    assert.deepEqual(rows, [{ n: poolSize }])
  })

  test('is left without a setting, an advisory lock or an open transaction', async () => {
    assert.deepEqual(await settingsOfNewClients(), settingsBefore)
    // Other files lock in other databases of the same server.
    const locks = await database.query(
      `select 1 from pg_locks where locktype = 'advisory'
         and database = (select oid from pg_database where datname = current_database())`,
    )
    assert.deepEqual(locks.rows, [])
    const open = await database.query(
      `select state from pg_stat_activity where ${ofOthers} and state <> 'idle'`,
    )
    assert.deepEqual(open.rows, [])
  })

  test('with prepare: true is refused with what to do', () =>
    assertAsksForPrepareFalse(PostgresStorage.connect(bouncer.url)))

  test("with prepare: true over the application's own pool too, and hangs no one", async () => {
    const pool = new pg.Pool({ connectionString: bouncer.url, max: clients })
    const prepared = new PostgresStorage(pool)
    const calls = Array.from({ length: 200 }, () => prepared.users.list({ limit: 1 }))
    const failed = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected')
    assert.ok(failed.length > 0)
    for (const call of calls) {
      const error: unknown = await call.then(
        () => null,
        (reason: unknown) => reason,
      )
      if (error !== null) await assertAsksForPrepareFalse(Promise.reject(error))
    }
    await pool.end()
  })
})
