import assert from 'node:assert/strict'
import { newUserId } from 'torii-core'
import { catalogue, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { quietLog } from '../base/log.js'
import { openDriver } from '../driver/connect.js'
import type { Driver } from '../driver/driver.js'
import { PostgresStorage } from '../index.js'
import type { Migration } from './migration.js'
import { migrations } from './migrations.generated.js'
import { type MigrationResult, migrate, printPlan, readStatus } from './migrations.js'

const indexStep: Migration = {
  id: migrations.length + 1,
  name: 'index_of_names',
  checksum: '3'.repeat(64),
  transactional: false,
  sql: `create index concurrently if not exists users_name on :schema.users (name);
create unique index concurrently if not exists users_picture on :schema.users (picture);`,
}

// One engine for all tests, which go on from one another: a start takes seconds.
describe('migrations on the embedded engine', () => {
  let driver: Driver
  beforeAll(async () => {
    driver = await openDriver('pglite:', {})
  })
  afterAll(() => driver.close())

  const plan = (list: readonly Migration[], schema = '"torii"') => ({
    driver,
    schema,
    migrations: list,
    lockTimeoutSeconds: 3,
    log: quietLog(undefined),
  })
  const migrateTo = (list: readonly Migration[]): Promise<MigrationResult> => migrate(plan(list))
  const query = (text: string, values: readonly unknown[] = []) =>
    driver.connected((connection) => connection.query(text, values))

  test('a filled database of the first step keeps its rows', async () => {
    assert.equal((await migrateTo(migrations.slice(0, 1))).version, 1)
    for (const name of ['first', 'second'])
      await query('insert into torii.users (id, name) values ($1, $2)', [newUserId(), name])
    const { rows } = await query('select * from torii.users order by id')
    assert.equal(rows.length, 2)
    assert.equal((await migrateTo(migrations)).applied.length, migrations.length - 1)
    const after = await query('select * from torii.users order by id')
    assert.deepEqual(
      after.rows,
      rows.map((row) =>
        Object.assign({ second_factor_epoch: null, second_factor_required_at: null }, row),
      ),
    )
    assert.deepEqual((await migrateTo(migrations)).applied, [])
    const storage = new PostgresStorage(driver)
    assert.deepEqual(await storage.schemaProblems(), [])
  })

  test('the tables are those of PostgreSQL', async () => {
    const database = await testDatabase()
    assert.equal(
      withoutUuidDefault(await catalogue(query, 'torii')),
      withoutUuidDefault(await catalogue(database.query, 'torii')),
    )
  })

  test('ten callers at once apply each step once', async () => {
    const schema = '"crowd"'
    const results = await Promise.all(
      Array.from({ length: 10 }, () => migrate(plan(migrations, schema))),
    )
    assert.deepEqual(
      results.flatMap(({ applied }) => applied).map(({ id }) => id),
      migrations.map(({ id }) => id),
    )
    assert.equal(await catalogue(query, 'crowd'), await catalogue(query, 'torii'))
  })

  test('the printed SQL makes the same tables', async () => {
    const script = await printPlan(plan(migrations, '"by_hand"'))
    const texts = script.split(/;\n/).filter((text) => text.trim() !== '')
    await driver.connected(async (connection) => {
      for (const text of texts) await connection.query(text)
    })
    assert.equal(await catalogue(query, 'by_hand'), await catalogue(query, 'torii'))
    assert.deepEqual((await readStatus(plan(migrations, '"by_hand"'))).pending, [])
  })

  test('a step that would build an index concurrently leaves nothing when it fails, and works afterwards', async () => {
    const before = await catalogue(query, 'torii')
    await query(`update torii.users set picture = 'https://example.com/same'`)
    await assert.rejects(migrateTo([...migrations, indexStep]), { code: 'ERR_MIGRATION_FAILED' })
    assert.equal(await catalogue(query, 'torii'), before)
    await query('update torii.users set picture = null')
    assert.deepEqual((await migrateTo([...migrations, indexStep])).applied, [
      { id: indexStep.id, name: indexStep.name },
    ])
    assert.match(await catalogue(query, 'torii'), /CREATE INDEX users_name ON torii\.users/)
  })

  test('a changed step is refused', async () => {
    const [first, ...rest] = migrations
    assert.ok(first !== undefined)
    const changed = [{ ...first, checksum: '4'.repeat(64) }, ...rest]
    await assert.rejects(migrateTo([...changed, indexStep]), { code: 'ERR_MIGRATION_DRIFT' })
  })
})

/** On PostgreSQL 12 the default comes from an extension, or is left out. */
const withoutUuidDefault = (text: string) =>
  text.replace(/ default (?:gen_random_uuid|[\w."]*uuid_generate_v4)\(\)/g, '')
