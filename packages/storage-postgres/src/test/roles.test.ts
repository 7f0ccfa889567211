import assert from 'node:assert/strict'
import pg from 'pg'
import type { ConformanceStorage } from 'torii-conformance'
import { ToriiError } from 'torii-core'
import { catalogue, elapse, type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { migrations } from '../migrate/migrations.generated.js'
import { oneForEachStatement } from './conformance-cases.test.support.js'

const password = 'of a test only'
const closers: (() => Promise<unknown>)[] = []
let database: TestDatabase

/** Roles belong to the whole server, so each file has names of its own and takes them away again. */
async function makeRole(name: string): Promise<string> {
  const quoted = `"${name.replaceAll('"', '""')}"`
  await database.query(`create role ${quoted} login password '${password}'`)
  closers.push(async () => {
    await database.query(`drop owned by ${quoted}`)
    await database.query(`drop role ${quoted}`)
  })
  return quoted
}

async function openAs(role: string, schema = 'torii'): Promise<PostgresStorage> {
  const pool = new pg.Pool({ ...connectionAs(role), max: 10 })
  closers.unshift(() => pool.end())
  return new PostgresStorage(pool, { schema })
}

function connectionAs(role: string): pg.ClientConfig {
  const url = new URL(database.url)
  return {
    host: url.hostname,
    port: Number(url.port),
    database: database.name,
    user: role,
    password,
  }
}

async function assertRefused(
  operation: Promise<unknown>,
  code: string,
  says: RegExp,
): Promise<void> {
  await assert.rejects(operation, (error) => {
    assert.ok(error instanceof ToriiError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, says)
    return true
  })
}

beforeAll(async () => {
  database = await testDatabase()
  // What a careful administrator does; on PostgreSQL 15 and later `public` is closed from the start.
  await database.query(`revoke temporary on database ${database.name} from public`)
  await database.query('revoke create on schema public from public')
})
afterAll(async () => {
  for (const close of closers) await close()
})

describe('a role that migrate({ grantTo }) lets run the application', () => {
  let conforming: ConformanceStorage
  let client: pg.Client
  let role: string

  beforeAll(async () => {
    role = `app_${database.name}`
    await makeRole(role)
    const owner = await PostgresStorage.connect(database.url)
    assert.deepEqual((await owner.migrate({ grantTo: role })).applied, [])
    await owner.close()
    const storage = await openAs(role)
    conforming = Object.assign(storage, {
      elapse: (seconds: number) =>
        elapse((text, values) => database.query(text, values), 'torii', seconds),
    })
    client = new pg.Client(connectionAs(role))
    await client.connect()
    closers.unshift(() => client.end())
  })

  for (const promise of oneForEachStatement) test(promise.name, () => promise.run(conforming))

  test('T9.103 migrates when nothing is pending, and does nothing', async () => {
    const before = await catalogue(database.query, 'torii')
    const storage = await openAs(role)
    assert.deepEqual(await storage.migrate(), {
      schema: 'torii',
      version: migrations.length,
      applied: [],
    })
    assert.deepEqual((await storage.migrationStatus()).pending, [])
    assert.deepEqual(await storage.schemaProblems(), [])
    assert.equal(await catalogue(database.query, 'torii'), before)
  })

  test('is told what to do when something is pending', async () => {
    await database.query('delete from torii.torii_migrations where id = $1', [migrations.length])
    const storage = await openAs(role)
    await assertRefused(
      storage.migrate(),
      'ERR_PERMISSION',
      /^migration \d+ \(\w+\) is pending and this database role may not change the schema: run "npx torii-storage-postgres migrate --grant-to ROLE" as the schema's owner/,
    )
    const last = migrations.at(-1)
    await database.query(
      'insert into torii.torii_migrations (id, name, checksum) values ($1, $2, $3)',
      [last?.id, last?.name, last?.checksum],
    )
  })

  test('is told what to do where there are no tables yet', async () => {
    const storage = await openAs(role, 'nothing_here')
    await assertRefused(
      storage.migrate(),
      'ERR_PERMISSION',
      /^migration 1 \(accounts\) is pending and /,
    )
    await assertRefused(
      storage.users.list(),
      'ERR_SCHEMA_OUTDATED',
      /run "npx torii-storage-postgres migrate"/,
    )
  })

  test('may not drop the data, nor grant its rights on', async () => {
    const storage = await openAs(role)
    await assertRefused(storage.dropAllData('torii'), 'ERR_PERMISSION', /./)
    const other = `other_${database.name}`
    await makeRole(other)
    await assertRefused(
      storage.migrate({ grantTo: other }),
      'ERR_PERMISSION',
      /may not grant rights .* as their owner$/,
    )
  })

  const forbidden = [
    'create table torii.mine (a int)',
    'create table public.mine (a int)',
    'create temporary table mine (a int)',
    'create function torii.mine() returns int language sql as $$ select 1 $$',
    'create schema mine',
    'drop schema torii cascade',
    'create index on torii.users (name)',
    'drop index torii.user_emails_user_id',
    'set role postgres',
    `copy (select 1) to program 'true'`,
    `insert into torii.torii_migrations (id, name, checksum) values (99, 'x', repeat('0', 64))`,
    `update torii.torii_migrations set name = 'x'`,
    'delete from torii.torii_migrations',
  ]
  for (const statement of forbidden)
    test(`T9.102 may not: ${statement}`, async () => {
      await assert.rejects(client.query(statement), { code: '42501' })
    })

  test('T9.102 may read and write the rows of every table, and do nothing else to any', async () => {
    const { rows } = await database.query<{ name: string }>(
      `select tablename::text as name from pg_tables where schemaname = 'torii'`,
    )
    const tables = rows.map(({ name }) => name).filter((name) => name !== 'torii_migrations')
    assert.ok(tables.length >= 5)
    for (const table of tables)
      for (const right of ['select', 'insert', 'update', 'delete'])
        assert.deepEqual(
          (
            await client.query('select has_table_privilege($1, $2) as may', [
              `torii.${table}`,
              right,
            ])
          ).rows,
          [{ may: true }],
        )
    for (const table of [...tables, 'torii_migrations'])
      for (const statement of [
        `alter table torii.${table} add column mine int`,
        `drop table torii.${table} cascade`,
        `truncate torii.${table} cascade`,
        `create trigger mine before update on torii.${table}
          for each row execute function suppress_redundant_updates_trigger()`,
      ])
        await assert.rejects(client.query(statement), { code: '42501' }, statement)
  })
})

describe('the name of a role', () => {
  const odd = [
    'Web App',
    'quote"d',
    'semi; drop schema torii cascade; --',
    "it's",
    'select',
    'ünï🙂',
  ]
  for (const name of odd)
    test(`${JSON.stringify(name)} is quoted`, async () => {
      const role = `${name} ${database.name}`.slice(0, 50)
      await makeRole(role)
      const owner = await PostgresStorage.connect(database.url)
      await owner.migrate({ grantTo: role })
      await owner.close()
      assert.ok(Array.isArray((await (await openAs(role)).users.list()).users))
    })

  test('that no one or everybody has is refused by name of the option', async () => {
    const owner = await PostgresStorage.connect(database.url)
    for (const name of ['nobody_of_this_name', 'public', '', 'a\0b', 'x'.repeat(64)])
      await assertRefused(
        owner.migrate({ grantTo: name }),
        'ERR_INVALID_INPUT',
        /^grantTo must be /,
      )
    await owner.close()
  })

  test('is granted by ten deployers at once', async () => {
    const role = `crowd_${database.name}`
    await makeRole(role)
    const options = { maxConnections: 2, schema: 'crowd' }
    const deployers = await Promise.all(
      Array.from({ length: 10 }, () => PostgresStorage.connect(database.url, options)),
    )
    const results = await Promise.all(deployers.map((each) => each.migrate({ grantTo: role })))
    assert.equal(results.flatMap(({ applied }) => applied).length, migrations.length)
    // Nothing is pending any more, so that all of them grant at the same moment.
    for (let round = 0; round < 5; round += 1)
      await Promise.all(deployers.map((each) => each.migrate({ grantTo: role })))
    await Promise.all(deployers.map((each) => each.close()))
    assert.deepEqual((await (await openAs(role, 'crowd')).users.list()).users, [])
  })
})
