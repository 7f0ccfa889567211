import assert from 'node:assert/strict'
import pg from 'pg'
import { newUserId, ToriiError } from 'torii-core'
import { testDatabase } from 'torii-testing'
import { afterAll, test } from 'vitest'
import { PostgresStorage } from '../index.js'

const database = await testDatabase({ empty: true })
const storages = {
  PostgreSQL: await PostgresStorage.connect(database.url),
  PGlite: await PostgresStorage.connect('pglite:'),
}
const client = new pg.Client({ connectionString: database.url })
await client.connect()
afterAll(async () => {
  for (const storage of Object.values(storages)) await storage.close()
  await client.end()
})

/** Statements of an application that need a table of Torii. */
const needTorii = [
  'select * from torii.users',
  'select * from "torii"."sessions"',
  'create table notes (user_id uuid not null references torii.users on delete cascade)',
  'insert into torii.users default values',
  'select torii.nothing()',
]

/** Statements that are wrong whatever is migrated, and their codes. */
const wrong = [
  ['select * from users', '42P01'],
  ['select * from app.users', '42P01'],
  ['select * from torii.userz', '42P01'],
  ['create table app.notes (id int)', '3F000'],
  ['create table xtorii.notes (id int)', '3F000'],
  ['select 1 / 0', '22012'],
] as const

function isOutdated(error: unknown): boolean {
  assert.ok(error instanceof ToriiError)
  assert.equal(error.code, 'ERR_SCHEMA_OUTDATED')
  assert.match(error.message, /run "npx torii-storage-postgres migrate"/)
  assert.match(String(Reflect.get(Object(error.cause), 'code')), /^(42P01|3F000)$/)
  return true
}

for (const [engine, storage] of Object.entries(storages)) {
  test(`${engine}: without migrations a transaction says what to do, for the application's statements and Torii's`, async () => {
    for (const text of needTorii)
      await assert.rejects(
        storage.transaction((tx) => tx.query(text)),
        isOutdated,
        text,
      )
    await assert.rejects(
      storage.transaction((tx) => tx.users.find(newUserId())),
      isOutdated,
    )
  })

  test(`${engine}: other errors of the application's statements are those of the driver`, async () => {
    for (const [text, code] of wrong)
      await assert.rejects(
        storage.transaction((tx) => tx.query(text)),
        (error) => !(error instanceof ToriiError) && Reflect.get(Object(error), 'code') === code,
        text,
      )
  })
}

test("without migrations withClient() says what to do, for the application's statements and Torii's", async () => {
  const inTransaction = async (
    work: (tx: ReturnType<PostgresStorage['withClient']>) => Promise<unknown>,
  ) => {
    await client.query('begin')
    try {
      return await work(storages.PostgreSQL.withClient(client))
    } finally {
      await client.query('rollback')
    }
  }
  for (const text of needTorii)
    await assert.rejects(
      inTransaction((tx) => tx.query(text)),
      isOutdated,
      text,
    )
  await assert.rejects(
    inTransaction((tx) => tx.users.find(newUserId())),
    isOutdated,
  )
  await assert.rejects(
    inTransaction((tx) => tx.query('select * from users')),
    (error) => !(error instanceof ToriiError),
  )
})

test('every other call of a storage without migrations says what to do', async () => {
  const storage = storages.PostgreSQL
  for (const call of [
    () => storage.users.find(newUserId()),
    () => storage.sweep(),
    () => storage.sweepIfDue({ everySeconds: 60 }),
    () => storage.revokeAllSessionsAndTokens(),
  ])
    await assert.rejects(call(), isOutdated)
})
