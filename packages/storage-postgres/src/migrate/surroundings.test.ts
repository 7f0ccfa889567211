import assert from 'node:assert/strict'
import pg from 'pg'
import { ToriiError } from 'torii-core'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { signUp } from '../test/races/people.test.support.js'
import { migrations } from './migrations.generated.js'

const password = 'of a test only'
const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

async function refusalOf(call: Promise<unknown>): Promise<ToriiError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ToriiError, String(error))
  return error
}

function openPool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  closers.push(() => pool.end())
  return pool
}

test('the text of every migration is printable ASCII', () => {
  for (const { name, sql } of migrations) assert.match(sql, /^[\n -~]+$/, name)
})

describe('a database of another encoding', () => {
  for (const encoding of ['LATIN1', 'SQL_ASCII'])
    test(`${encoding} is refused at connect, migrate and validate, and stays empty`, async () => {
      const { query, url, name } = await testDatabase({ empty: true })
      const other = `${name}_${encoding.toLowerCase()}`
      await query(
        `create database ${other} encoding '${encoding}' lc_collate 'C' lc_ctype 'C' template template0`,
      )
      const there = new URL(url)
      there.pathname = `/${other}`
      const pool = new pg.Pool({ connectionString: there.href, max: 2 })
      try {
        const storage = new PostgresStorage(pool)
        for (const call of [
          () => PostgresStorage.connect(there.href),
          () => storage.migrate(),
          () => storage.migrationStatus(),
          () => storage.migrationPlan(),
        ]) {
          const { code, message } = await refusalOf(call())
          assert.equal(code, 'ERR_UNAVAILABLE')
          assert.equal(
            message,
            `the database has the encoding ${encoding} and Torii needs UTF8: create a database with "create database NAME encoding 'UTF8' template template0" and use that one. Nothing was done`,
          )
        }
        const [problem = ''] = await storage.schemaProblems()
        assert.match(problem, new RegExp(`^the database has the encoding ${encoding} `))
        const health = await storage.healthCheck()
        assert.ok(!health.connected && health.message.includes(encoding))
        const { rows } = await pool.query(
          `select count(*)::int as n from pg_namespace where nspname = 'torii'`,
        )
        assert.deepEqual(rows, [{ n: 0 }])
      } finally {
        await pool.end()
        await query(`drop database ${other}`)
      }
    })
})

describe('row-level security', () => {
  let database: TestDatabase
  let role: string
  let url: string

  beforeAll(async () => {
    database = await testDatabase()
    role = `rls_${database.name}`
    await database.query(`create role ${role} login password '${password}'`)
    closers.push(async () => {
      await database.query(`drop owned by ${role}`)
      await database.query(`drop role ${role}`)
    })
    const owner = await PostgresStorage.connect(database.url)
    await owner.migrate({ grantTo: role })
    await owner.close()
    const ofRole = new URL(database.url)
    ofRole.username = role
    ofRole.password = password
    url = ofRole.href
  })

  /** Runs `work` while row-level security of a table is on, with these policies. */
  async function withSecurity(
    table: string,
    policies: readonly string[],
    work: () => Promise<void>,
  ): Promise<void> {
    await database.query(`alter table torii.${table} enable row level security`)
    for (const [number, policy] of policies.entries())
      await database.query(`create policy p${number} on torii.${table} ${policy}`)
    try {
      await work()
    } finally {
      for (const number of policies.keys())
        await database.query(`drop policy p${number} on torii.${table}`)
      await database.query(`alter table torii.${table} disable row level security`)
    }
  }

  async function assertNamed(table: string): Promise<void> {
    const storage = new PostgresStorage(openPool(url))
    for (const call of [
      () => PostgresStorage.connect(url),
      () => storage.migrate(),
      () => storage.migrationStatus(),
    ]) {
      const { code, message } = await refusalOf(call())
      assert.equal(code, 'ERR_PERMISSION')
      assert.ok(
        message.startsWith(
          `row-level security restricts the role ${role} on torii.${table}: as the owner, run "alter table torii.${table} disable row level security"`,
        ),
        message,
      )
    }
    assert.match((await storage.schemaProblems()).join(), /^row-level security restricts the role/)
    const health = await storage.healthCheck()
    assert.ok(!health.connected && health.code === 'ERR_PERMISSION')
  }

  async function assertWorks(): Promise<void> {
    const storage = await PostgresStorage.connect(url)
    await signUp(storage)
    assert.deepEqual(await storage.schemaProblems(), [])
    assert.deepEqual((await storage.migrate()).applied, [])
    await storage.close()
  }

  test('of the history is not taken for a schema that is not migrated', () =>
    withSecurity('torii_migrations', [], () => assertNamed('torii_migrations')))

  test('of any other table is named too', () =>
    withSecurity('sessions', [], () => assertNamed('sessions')))

  test('is named where a policy hides rows', async () => {
    await withSecurity('users', ['using (disabled_at is null)'], () => assertNamed('users'))
    await withSecurity('users', ['for select using (true)'], () => assertNamed('users'))
    await withSecurity('users', ['using (true) with check (false)'], () => assertNamed('users'))
    await withSecurity('users', ['to postgres using (true)'], () => assertNamed('users'))
    await withSecurity('users', ['using (true)', 'as restrictive using (email is null)'], () =>
      assertNamed('users'),
    )
  })

  test('is accepted where a policy lets this role see and write every row', async () => {
    await withSecurity('users', ['using (true)'], assertWorks)
    await withSecurity('users', [`to ${role} using (true) with check (true)`], assertWorks)
    await withSecurity('users', ['using (true)', 'as restrictive using (true)'], assertWorks)
    await withSecurity(
      'users',
      ['using (true)', 'as restrictive to postgres using (false)'],
      assertWorks,
    )
  })

  test('does not restrict the owner of the tables', () =>
    withSecurity('users', [], async () => {
      const owner = await PostgresStorage.connect(database.url)
      assert.deepEqual(await owner.schemaProblems(), [])
      await signUp(owner)
      await owner.close()
    }))

  for (const off of [false, true])
    test(`that is switched on while a storage runs is named by what it refuses${off ? ', with row_security = off' : ''}`, async () => {
      const storage = new PostgresStorage(openPool(off ? `${url}?options=-crow_security=off` : url))
      await signUp(storage)
      await withSecurity('users', [], async () => {
        const { code, message } = await refusalOf(signUp(storage))
        assert.equal(code, 'ERR_PERMISSION')
        assert.match(message, /^row-level security of a Torii table restricts the database role/)
      })
      await signUp(storage)
    })
})
