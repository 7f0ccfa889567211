import assert from 'node:assert/strict'
import { ToriiError } from 'torii-core'
import { catalogue, type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { quietLog } from '../base/log.js'
import { openDriver } from '../driver/connect.js'
import type { Driver } from '../driver/driver.js'
import { PostgresStorage } from '../index.js'
import type { Migration } from './migration.js'
import { migrations } from './migrations.generated.js'
import { type MigrationPlan, migrate } from './migrations.js'

let database: TestDatabase
let driver: Driver
beforeAll(async () => {
  database = await testDatabase()
  driver = await openDriver(database.url, {})
})
afterAll(() => driver.close())

/** The refusal of `act`, which holds no password and nothing of the URL. */
async function refusalOf(operation: Promise<unknown>): Promise<ToriiError> {
  const error = await operation.then(
    () => assert.fail('was not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ToriiError, String(error))
  const shown = `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`
  assert.ok(!shown.includes(new URL(database.url).password))
  return error
}

describe('a history that is not this version’s is refused', () => {
  const drifts = [
    {
      title: 'a changed checksum',
      change: `update torii_migrations set checksum = repeat('0', 64) where id = 1`,
      code: 'ERR_MIGRATION_DRIFT',
      drift: { id: 1, name: 'accounts', problem: 'changed' },
      says: /^migration 1 \(accounts\) of schema \w+ is changed: .* delete a development database with "npx torii-storage-postgres down --drop-all-data \w+" and migrate again$/,
    },
    {
      title: 'a changed name',
      change: `update torii_migrations set name = 'people' where id = 1`,
      code: 'ERR_MIGRATION_DRIFT',
      drift: { id: 1, name: 'people', problem: 'changed' },
      says: /^migration 1 \(people\) of schema \w+ is changed: /,
    },
    {
      title: 'a missing step',
      change: 'delete from torii_migrations where id = 1',
      code: 'ERR_MIGRATION_DRIFT',
      drift: { id: 1, name: 'accounts', problem: 'missing' },
      says: /^migration 1 \(accounts\) of schema \w+ is missing: /,
    },
    {
      title: 'a newer step',
      change: `insert into torii_migrations (id, name, checksum) values (900, 'later', repeat('0', 64))`,
      code: 'ERR_SCHEMA_NEWER',
      drift: { id: 900, name: 'later', problem: 'newer' },
      says: /^schema \w+ has migration 900 \(later\), which this version does not know: install the newer torii-storage-postgres that applied it$/,
    },
  ] as const

  for (const [index, { title, change, code, drift, says }] of drifts.entries())
    test(title, async () => {
      const schema = `drift_${index}`
      const storage = await PostgresStorage.connect(database.url, { schema })
      await storage.migrate()
      await database.query(change.replace('torii_migrations', `${schema}.torii_migrations`))
      const before = await catalogue(database.query, schema)
      const history = () => database.query(`select * from ${schema}.torii_migrations order by id`)
      const { rows } = await history()
      // Started one after the other: a refusal that no one waits for yet would end the run.
      for (const operation of [() => storage.migrate(), () => storage.migrationPlan()]) {
        const error = await refusalOf(operation())
        assert.equal(error.code, code)
        assert.match(error.message, says)
      }
      assert.deepEqual((await storage.migrationStatus()).drift, [drift])
      assert.deepEqual((await history()).rows, rows)
      assert.equal(await catalogue(database.query, schema), before)
      await storage.dropAllData(schema)
      assert.equal((await storage.migrate()).version, migrations.length)
      await storage.close()
    })
})

describe('a step that cannot have its lock', () => {
  const step: Migration = {
    id: migrations.length + 1,
    name: 'nicknames',
    checksum: '1'.repeat(64),
    transactional: true,
    sql: `create table :schema.nicknames (nickname text primary key);
alter table :schema.users add column nickname text references :schema.nicknames (nickname);`,
  }
  const plan = (list: readonly Migration[]): MigrationPlan => ({
    driver,
    schema: '"torii"',
    migrations: list,
    lockTimeoutSeconds: 0.2,
    log: quietLog(undefined),
  })

  const holders = [
    ['a transaction that locks the table', 'lock table torii.users in access exclusive mode'],
    ['an open reader', 'select 1 from torii.users limit 1'],
  ] as const

  for (const [who, statement] of holders)
    test(`because of ${who}: gives up, says so, leaves nothing, and works afterwards`, async () => {
      const before = await catalogue(database.query, 'torii')
      const holder = await database.connect()
      await holder.query('begin')
      await holder.query(statement)
      const error = await refusalOf(migrate(plan([...migrations, step])))
      assert.equal(error.code, 'ERR_MIGRATION_FAILED')
      assert.match(
        error.message,
        /^migration \d+ \(nicknames\) waited 0\.2 s for a lock that another transaction holds and gave up/,
      )
      await holder.query('commit')
      assert.equal(await catalogue(database.query, 'torii'), before)
      assert.deepEqual(
        (await database.query('select id from torii.torii_migrations')).rows,
        migrations.map(({ id }) => ({ id })),
      )
      assert.equal((await migrate(plan([...migrations, step]))).applied.length, 1)
      await database.query(
        `alter table torii.users drop column nickname; drop table torii.nicknames`,
      )
      await database.query('delete from torii.torii_migrations where id = $1', [step.id])
    })

  test('a step with an error in it says which, and leaves nothing', async () => {
    const before = await catalogue(database.query, 'torii')
    const broken = { ...step, sql: `${step.sql}\ninsert into :schema.nicknames values (1 / 0);` }
    const error = await refusalOf(migrate(plan([...migrations, broken])))
    assert.equal(error.code, 'ERR_MIGRATION_FAILED')
    assert.match(error.message, /^migration \d+ \(nicknames\) failed \(22012\)/)
    assert.equal(await catalogue(database.query, 'torii'), before)
  })

  test('a deployer waits for another one instead of giving up', async () => {
    const holder = await database.connect()
    await holder.query('begin; lock table torii.users in access exclusive mode')
    const patient = { ...plan([...migrations, step]), lockTimeoutSeconds: 60 }
    const both = Promise.all([migrate(patient), migrate(patient)])
    await waitUntil(async () => (await waiting()) === 1)
    await holder.query('commit')
    const results = await both
    assert.deepEqual(
      results.map(({ version }) => version),
      [step.id, step.id],
    )
    assert.equal(results.flatMap(({ applied }) => applied).length, 1)
  })

  const waiting = async () => {
    const { rows } = await database.query<{ count: number }>(
      `select count(*)::int from pg_locks where not granted and relation = 'torii.users'::regclass`,
    )
    return rows[0]?.count
  }
})

async function waitUntil(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
}
