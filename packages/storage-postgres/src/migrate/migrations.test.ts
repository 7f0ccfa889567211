import assert from 'node:assert/strict'
import { newSessionId, newUserId } from 'torii-core'
import { catalogue, type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { quietLog } from '../base/log.js'
import { openDriver } from '../driver/connect.js'
import type { Driver } from '../driver/driver.js'
import { PostgresStorage } from '../index.js'
import type { Migration } from './migration.js'
import { migrations } from './migrations.generated.js'
import { type MigrationResult, migrate } from './migrations.js'

const everyStep = migrations.map(({ id, name }) => ({ id, name }))
const latest = everyStep.length
const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers) await close()
})

async function open(database: TestDatabase): Promise<PostgresStorage> {
  const storage = await PostgresStorage.connect(database.url, { maxConnections: 2 })
  closers.push(() => storage.close())
  return storage
}

const migrateTo = (driver: Driver, list: readonly Migration[]): Promise<MigrationResult> =>
  migrate({
    driver,
    schema: '"torii"',
    migrations: list,
    lockTimeoutSeconds: 3,
    log: quietLog(undefined),
  })

/** Every row of every table, the history left out; columns that are null are left out too, as a step may add some. */
async function allRows(database: TestDatabase): Promise<Record<string, unknown[]>> {
  const rows: Record<string, unknown[]> = {}
  for (const table of ['users', 'user_emails', 'passwords', 'sessions'])
    rows[table] = (
      await database.query(
        `select pg_catalog.jsonb_strip_nulls(pg_catalog.to_jsonb(t)) as row from torii.${table} t order by 1`,
      )
    ).rows
  return rows
}

/** Twenty people in the tables of the first step; every second one has a password and two sessions. */
async function fill({ query }: TestDatabase): Promise<void> {
  for (let index = 0; index < 20; index += 1) {
    const id = newUserId()
    const email = `person-${index}@example.com`
    await query(
      'insert into torii.users (id, email, email_key, metadata) values ($1, $2, $2, $3::jsonb)',
      [id, email, { index }],
    )
    await query('insert into torii.user_emails (email_key, user_id) values ($1, $2)', [email, id])
    if (index % 2 === 0) continue
    await query('insert into torii.passwords (user_id, hash, owner_epoch) values ($1, $2, 0)', [
      id,
      `$argon2id$v=19$${index}`,
    ])
    for (const sessionId of [newSessionId(), newSessionId()])
      await query(
        `insert into torii.sessions
           (user_id, id, secret_hash, epoch, methods, ip, user_agent, expires_at, absolute_expires_at)
         values ($1, $2, $3, 0, '{password}', '192.0.2.1', 'it''s', now() + interval '1 hour', now() + interval '1 day')`,
        [id, sessionId, Buffer.alloc(32, index)],
      )
  }
}

describe('migrate', () => {
  let fresh: string
  beforeAll(async () => {
    const database = await testDatabase({ empty: true })
    await (await open(database)).migrate()
    fresh = await catalogue(database.query, 'torii')
  })

  test('an empty database gets every step once; a second call applies nothing', async () => {
    const storage = await open(await testDatabase({ empty: true }))
    const before = await storage.migrationStatus()
    assert.deepEqual(before, { schema: 'torii', version: 0, latest, pending: everyStep, drift: [] })
    const first = await storage.migrate()
    assert.deepEqual(first, { schema: 'torii', version: latest, applied: everyStep })
    assert.deepEqual(await storage.migrate(), { schema: 'torii', version: latest, applied: [] })
    const status = await storage.migrationStatus()
    assert.deepEqual(status, { schema: 'torii', version: latest, latest, pending: [], drift: [] })
    assert.deepEqual(await storage.schemaProblems(), [])
  })

  test('a filled database of the first step is brought forward without touching a row', async () => {
    const database = await testDatabase({ empty: true })
    const driver = await openDriver(database.url, {})
    closers.push(() => driver.close())
    const first = await migrateTo(driver, migrations.slice(0, 1))
    assert.deepEqual(first, { schema: 'torii', version: 1, applied: everyStep.slice(0, 1) })
    await fill(database)
    const rows = await allRows(database)
    assert.equal(rows.sessions?.length, 20)
    const storage = await open(database)
    assert.deepEqual((await storage.migrate()).applied, everyStep.slice(1))
    assert.deepEqual(await allRows(database), rows)
    assert.equal(await catalogue(database.query, 'torii'), fresh)
  })

  test('a schema that a database administrator has made for the role is enough', async () => {
    const database = await testDatabase({ empty: true })
    const role = `owner_of_${database.name}`
    await database.query(`create role ${role} login password 'made for this'`)
    await database.query(`create schema torii authorization ${role}`)
    const url = new URL(database.url)
    url.username = role
    url.password = 'made for this'
    const storage = await PostgresStorage.connect(url.href)
    try {
      assert.deepEqual((await storage.migrate()).applied, everyStep)
    } finally {
      await storage.close()
      await database.query(`drop owned by ${role} cascade`)
      await database.query(`drop role ${role}`)
    }
  })

  for (let round = 1; round <= 5; round += 1)
    test(`R6.2 ten deployers at once apply each step once and all succeed, round ${round}`, async () => {
      const database = await testDatabase({ empty: true })
      const deployers = await Promise.all(Array.from({ length: 10 }, () => open(database)))
      const results = await Promise.all(deployers.map((storage) => storage.migrate()))
      for (const { version } of results) assert.equal(version, latest)
      const applied = results.flatMap((result) => result.applied).sort((a, b) => a.id - b.id)
      assert.deepEqual(applied, everyStep)
      const { rows } = await database.query(
        'select id, name from torii.torii_migrations order by id',
      )
      assert.deepEqual(rows, everyStep)
      assert.equal(await catalogue(database.query, 'torii'), fresh)
      await Promise.all(deployers.map((storage) => storage.close()))
    })

  test('ten deployers of two schemas at once do not disturb each other', async () => {
    const database = await testDatabase({ empty: true })
    const names = Array.from({ length: 10 }, (_, index) => (index % 2 ? 'shop' : 'blog'))
    const connected = names.map((schema) =>
      PostgresStorage.connect(database.url, { schema, maxConnections: 2 }),
    )
    const deployers = await Promise.all(connected)
    const results = await Promise.all(deployers.map((storage) => storage.migrate()))
    for (const schema of ['blog', 'shop']) {
      const mine = results.filter((result) => result.schema === schema)
      assert.deepEqual(
        mine.flatMap(({ applied }) => applied).sort((a, b) => a.id - b.id),
        everyStep,
      )
    }
    await Promise.all(deployers.map((storage) => storage.close()))
  })

  test('a log hook hears of each step, by name', async () => {
    const database = await testDatabase({ empty: true })
    const heard: unknown[] = []
    const storage = await PostgresStorage.connect(database.url, {
      log: (event) => heard.push(event),
    })
    await storage.migrate()
    await storage.close()
    assert.deepEqual(
      heard,
      everyStep.map(({ id, name }) => ({
        level: 'info',
        event: 'migration_applied',
        operation: `${id} ${name}`,
      })),
    )
  })
})
