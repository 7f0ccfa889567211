import assert from 'node:assert/strict'
import { newUserId } from 'torii-core'
import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { beforeAll, test } from 'vitest'
import { PostgresStorage } from '../index.js'

// What PostgreSQL 12 lacks and 13 brought: gen_random_uuid(). On 12 the extension uuid-ossp stands in, if
// it may be installed; on later versions these tests show that it is not needed.

let builtIn: boolean
let admin: TestDatabase

beforeAll(async () => {
  admin = await testDatabase({ empty: true })
  const { rows } = await admin.query<{ version: number }>(
    "select current_setting('server_version_num')::int as version",
  )
  builtIn = (rows[0]?.version ?? 0) >= 130_000
})

async function defaultOf(db: TestDatabase, schema: string): Promise<string | null> {
  const { rows } = await db.query<{ expression: string | null }>(
    `select pg_get_expr(d.adbin, d.adrelid) as expression
     from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = $1::regclass and a.attname = 'id'`,
    [`${schema}.users`],
  )
  return rows[0]?.expression ?? null
}

async function migrated(url: string, schema: string): Promise<void> {
  const storage = await PostgresStorage.connect(url, { schema })
  await storage.migrate()
  const id = newUserId()
  assert.ok((await storage.users.register({ id, email: `${id}@example.com` })).ok)
  await storage.close()
}

test('a row inserted by hand gets an id', async () => {
  await migrated(admin.url, 'with_default')
  assert.equal(
    (await defaultOf(admin, 'with_default'))?.replace(/^\w+\./, ''),
    builtIn ? 'gen_random_uuid()' : 'uuid_generate_v4()',
  )
  const { rows } = await admin.query(
    'insert into with_default.users (name) values ($1) returning id',
    ['x'],
  )
  assert.equal(rows.length, 1)
})

test('an extension that someone else installed is used where it is', async () => {
  const db = await testDatabase({ empty: true })
  await db.query('create schema tools')
  await db.query('create extension "uuid-ossp" with schema tools')
  await migrated(db.url, 'torii')
  assert.equal(
    await defaultOf(db, 'torii'),
    builtIn ? 'gen_random_uuid()' : 'tools.uuid_generate_v4()',
  )
})

test('without the right to install it, 12 goes without a default and all else works', async () => {
  const db = await testDatabase({ empty: true })
  const role = `owner_${newUserId().replaceAll('-', '_')}`
  await db.query(`create role ${role} login password 'only for this test'`)
  try {
    await db.query(`grant create on database ${db.name} to ${role}`)
    const url = new URL(db.url)
    url.username = role
    url.password = 'only for this test'
    await migrated(url.href, 'owned')
    assert.equal(await defaultOf(db, 'owned'), builtIn ? 'gen_random_uuid()' : null)
  } finally {
    await db.query(`drop owned by ${role} cascade`)
    await db.query(`drop role ${role}`)
  }
})
