import assert from 'node:assert/strict'
import { catalogue, type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { quietLog } from '../base/log.js'
import { openDriver } from '../driver/connect.js'
import { PostgresStorage } from '../index.js'
import { migrations } from './migrations.generated.js'
import { migrate } from './migrations.js'

const schemas = ['torii', 'auth_of_shop_2'] as const
const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers) await close()
})

async function open(database: TestDatabase, schema: string): Promise<PostgresStorage> {
  const storage = await PostgresStorage.connect(database.url, { schema })
  closers.push(() => storage.close())
  return storage
}

/** Runs a script as psql does: statement by statement as it is written, in one session. */
async function runByHand(database: TestDatabase, script: string): Promise<void> {
  const client = await database.connect()
  await client.query(script)
  await client.end()
}

describe('the printed SQL, run by hand,', () => {
  const migrated = new Map<string, string>()
  beforeAll(async () => {
    for (const schema of schemas) {
      const database = await testDatabase({ empty: true })
      await (await open(database, schema)).migrate()
      migrated.set(schema, await catalogue(database.query, schema))
    }
  })

  for (const schema of schemas)
    test(`makes the same tables as migrate() in schema ${schema}, and nothing is pending`, async () => {
      const database = await testDatabase({ empty: true })
      const storage = await open(database, schema)
      const script = await storage.migrationPlan()
      assert.deepEqual((await storage.migrationStatus()).version, 0, 'printing changes nothing')
      await runByHand(database, script)
      assert.equal(await catalogue(database.query, schema), migrated.get(schema))
      const { pending, drift, version } = await storage.migrationStatus()
      assert.deepEqual(
        { pending, drift, version },
        { pending: [], drift: [], version: migrations.length },
      )
      assert.equal(await storage.migrationPlan(), '')
      assert.deepEqual((await storage.migrate()).applied, [])
    })

  test('goes on from an older step, in a schema that was there', async () => {
    const database = await testDatabase({ empty: true })
    await database.query('create schema torii')
    const driver = await openDriver(database.url, {})
    closers.push(() => driver.close())
    const log = quietLog(undefined)
    await migrate({
      driver,
      schema: '"torii"',
      migrations: migrations.slice(0, 1),
      lockTimeoutSeconds: 3,
      log,
    })
    const storage = await open(database, 'torii')
    const script = await storage.migrationPlan()
    assert.doesNotMatch(script, /create schema|torii_migrations \(\n|-- 1 /)
    await runByHand(database, script)
    assert.equal(await catalogue(database.query, 'torii'), migrated.get('torii'))
    assert.deepEqual((await storage.migrationStatus()).pending, [])
  })

  test('does not ask for the right to create a schema that is there', async () => {
    const database = await testDatabase({ empty: true })
    await database.query('create schema torii')
    assert.doesNotMatch(await (await open(database, 'torii')).migrationPlan(), /create schema/)
  })
})
