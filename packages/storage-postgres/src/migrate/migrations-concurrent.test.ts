import assert from 'node:assert/strict'
import pg from 'pg'
import { ToriiError } from 'torii-core'
import { catalogue, type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import { quietLog } from '../base/log.js'
import { openDriver } from '../driver/connect.js'
import type { ConnectionOptions, Driver, Work } from '../driver/driver.js'
import { createPgDriver } from '../driver/pg-driver.js'
import type { Migration } from './migration.js'
import { migrations } from './migrations.generated.js'
import { type MigrationPlan, type MigrationResult, migrate } from './migrations.js'

const step: Migration = {
  id: migrations.length + 1,
  name: 'index_of_names',
  checksum: '2'.repeat(64),
  transactional: false,
  sql: `-- Two of them, so that one can be done and the other not.
create index concurrently if not exists users_name on :schema.users (name);
create index concurrently if not exists users_picture on :schema.users (picture);`,
}
const uniqueStep: Migration = {
  ...step,
  sql: 'create unique index concurrently if not exists users_name on :schema.users (name);',
}

describe('a step outside of a transaction', () => {
  let database: TestDatabase
  let driver: Driver
  beforeAll(async () => {
    database = await testDatabase()
    driver = await openDriver(database.url, {})
    await database.query(`insert into torii.users (id, name)
      select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'name ' || n
      from generate_series(1, 5000) n`)
  })
  afterAll(() => driver.close())
  beforeEach(async () => {
    await database.query(
      'drop index if exists torii.users_name; drop index if exists torii.users_picture',
    )
    await database.query('delete from torii.torii_migrations where id = $1', [step.id])
  })

  const migrateBy = (by: Partial<MigrationPlan> = {}, last = step): Promise<MigrationResult> =>
    migrate({
      driver,
      schema: '"torii"',
      migrations: [...migrations, last],
      lockTimeoutSeconds: 60,
      log: quietLog(undefined),
      ...by,
    })

  const refusalOf = async (operation: Promise<unknown>): Promise<ToriiError> => {
    const error = await operation.then(
      () => assert.fail('was not refused'),
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof ToriiError, String(error))
    return error
  }

  /** The index's number, which a rebuilt one changes, and whether it may be used; null without an index. */
  async function stateOf(index: string): Promise<{ oid: number; valid: boolean } | null> {
    const { rows } = await database.query<{ oid: number; valid: boolean }>(
      `select indexrelid::int as oid, indisvalid and indisready as valid from pg_index
       where indexrelid = to_regclass($1)`,
      [`torii.${index}`],
    )
    return rows[0] ?? null
  }

  async function assertDone(): Promise<void> {
    for (const index of ['users_name', 'users_picture'])
      assert.equal((await stateOf(index))?.valid, true)
    const { rows } = await database.query('select name from torii.torii_migrations where id = $1', [
      step.id,
    ])
    assert.deepEqual(rows, [{ name: step.name }])
    assert.doesNotMatch(await catalogue(database.query, 'torii'), /invalid/)
  }

  const sessionsThat = async (condition: string): Promise<number> => {
    const { rows } = await database.query<{ count: number }>(
      `select count(*)::int from pg_stat_activity where datname = current_database() and ${condition}`,
    )
    return rows[0]?.count ?? 0
  }

  test('is done once and leaves its two connections as it found them', async () => {
    const both = await openDriver(database.url, { maxConnections: 2 })
    const settings = () =>
      both.connected((first) =>
        both.connected((second) =>
          Promise.all(
            [first, second].map((connection) =>
              connection.query(
                "select pg_backend_pid(), array_agg(name || setting order by name) from pg_settings where name like '%timeout'",
              ),
            ),
          ),
        ),
      )
    const rows = async () =>
      new Set((await settings()).map(({ rows: [row] }) => JSON.stringify(row)))
    const found = await rows()
    assert.equal(found.size, 2)
    const applied = [{ id: step.id, name: step.name }]
    assert.deepEqual((await migrateBy({ driver: both })).applied, applied)
    await assertDone()
    const indexed = await stateOf('users_name')
    assert.deepEqual((await migrateBy({ driver: both })).applied, [])
    assert.deepEqual(await stateOf('users_name'), indexed)
    assert.deepEqual(await rows(), found)
    await both.close()
  })

  test('skips what a deployer killed half-way has done, and does the rest', async () => {
    await database.query('create index users_name on torii.users (name)')
    const done = await stateOf('users_name')
    await migrateBy()
    await assertDone()
    assert.deepEqual(await stateOf('users_name'), done)
  })

  test('drops and rebuilds an index that was left invalid', async () => {
    await database.query('create index users_name on torii.users (name)')
    await database.query(
      `update pg_index set indisvalid = false where indexrelid = 'torii.users_name'::regclass`,
    )
    const left = await stateOf('users_name')
    assert.equal(left?.valid, false)
    await migrateBy()
    await assertDone()
    assert.notEqual((await stateOf('users_name'))?.oid, left?.oid)
  })

  test('drops and rebuilds what a cancelled build has left', async () => {
    const writer = await database.connect()
    await writer.query('begin')
    await writer.query('update torii.users set name = name where false')
    const cancelled = refusalOf(migrateBy())
    const waits = `query like 'create index concurrently%' and wait_event_type = 'Lock'`
    await waitUntil(async () => (await sessionsThat(waits)) === 1)
    await database.query(`select pg_cancel_backend(pid) from pg_stat_activity where ${waits}`)
    assert.equal((await cancelled).code, 'ERR_STATEMENT_ENDED')
    await writer.query('rollback')
    assert.equal((await stateOf('users_name'))?.valid, false)
    await migrateBy()
    await assertDone()
  })

  test('that fails by what is in the table says so, and succeeds once that is put right', async () => {
    await database.query(`update torii.users set name = 'name 2' where name = 'name 1'`)
    const error = await refusalOf(migrateBy({}, uniqueStep))
    assert.equal(error.code, 'ERR_MIGRATION_FAILED')
    assert.match(
      error.message,
      /\(index_of_names\) failed \(23505\); it goes on from where it stopped when run again/,
    )
    assert.equal((await stateOf('users_name'))?.valid, false)
    await database.query(
      `update torii.users set name = 'name 1' where id = '00000000-0000-7000-8000-000000000001'`,
    )
    await migrateBy({}, uniqueStep)
    assert.equal((await stateOf('users_name'))?.valid, true)
  })

  test('gives up when it cannot have its lock, says so, and can be run again', async () => {
    const holder = await database.connect()
    await holder.query('begin; lock table torii.users in access exclusive mode')
    const error = await refusalOf(migrateBy({ lockTimeoutSeconds: 0.2 }))
    assert.equal(error.code, 'ERR_MIGRATION_FAILED')
    assert.match(
      error.message,
      /waited 0\.2 s for a lock .* it goes on from where it stopped when run again/,
    )
    await holder.query('rollback')
    await migrateBy()
    await assertDone()
  })

  test('is done by one of five deployers at once; those who wait do not stand in its way', async () => {
    const writer = await database.connect()
    await writer.query('begin')
    await writer.query('update torii.users set name = name where false')
    const drivers = await Promise.all(
      Array.from({ length: 5 }, () => openDriver(database.url, { maxConnections: 2 })),
    )
    const turns = drivers.map(() => 0)
    const counting = drivers.map((each, index) => ({
      ...each,
      transaction: <Result>(work: Work<Result>, options?: ConnectionOptions) => {
        turns[index] = (turns[index] ?? 0) + 1
        return each.transaction(work, options)
      },
    }))
    const results = Promise.all(counting.map((each) => migrateBy({ driver: each })))
    // The one that got in has begun one transaction, the others begin one after the other.
    await waitUntil(async () => turns.filter((count) => count > 2).length === 4)
    await waitUntil(
      async () => (await sessionsThat(`query like 'create index concurrently%'`)) === 1,
    )
    await writer.query('commit')
    assert.deepEqual(
      (await results).flatMap(({ applied }) => applied),
      [{ id: step.id, name: step.name }],
    )
    await assertDone()
    await Promise.all(drivers.map((each) => each.close()))
  })

  test('says that it needs a second connection when the pool has but one', async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 1 })
    const limits = { acquireMs: 500, callMs: 10_000 }
    const single = createPgDriver(pool, {
      schema: 'torii',
      prepare: true,
      ...limits,
      log: quietLog(undefined),
    })
    const error = await refusalOf(migrateBy({ driver: single }))
    await pool.end()
    assert.equal(error.code, 'ERR_MIGRATION_FAILED')
    assert.match(
      error.message,
      /needs a second connection and got none: .* Give the pool at least two connections/,
    )
  })
})

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}
