import assert from 'node:assert/strict'
import pg from 'pg'
import { ToriiError } from 'torii-core'
import { catalogue, type TestDatabase, testDatabase } from 'torii-testing'
import { beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'

/** Names that are not refused are made exactly so. */
const accepted = [
  'a',
  '_',
  'auth_2',
  'user',
  'select',
  'public',
  'a'.repeat(63),
  `_${'9'.repeat(62)}`,
]

const refused: readonly unknown[] = [
  '',
  ' ',
  'torii ',
  '2auth',
  'Torii',
  'TORII',
  'to-rii',
  'a.b',
  'torii.users',
  '"torii"',
  'to"rii',
  "to'rii",
  "torii'; drop schema public cascade; --",
  'torii; drop schema public cascade; --',
  'torii"; drop schema public cascade; --',
  ';--',
  '/*',
  '$1',
  'torii\0',
  'torii\n',
  '\u212Aelvin',
  'tori\u0131',
  'törii',
  '\uFF54orii',
  'schéma',
  '🙂',
  '\ud800',
  'pg_x',
  'pg_catalog',
  'pg_temp',
  'pg_toast',
  'information_schema',
  'a'.repeat(64),
  'a'.repeat(69),
  'a'.repeat(70),
  'é'.repeat(32),
  null,
  7,
  {},
  ['torii'],
  { toString: () => 'torii' },
]

describe('the name of a schema', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await testDatabase({ empty: true })
  })

  const schemas = async () =>
    (await database.query('select nspname from pg_namespace order by nspname')).rows

  for (const name of refused)
    test(`${describeName(name)}: refused, by both ways to open a storage, and nothing is created`, async () => {
      const before = await schemas()
      // What JavaScript may hand over, whatever the types say.
      const options = { schema: name as string }
      const isRefusal = (error: unknown) =>
        error instanceof ToriiError &&
        error.code === 'ERR_INVALID_OPTIONS' &&
        /^option schema: must /.test(error.message)
      await assert.rejects(PostgresStorage.connect(database.url, options), isRefusal)
      const pool = new pg.Pool({ connectionString: database.url })
      assert.throws(() => new PostgresStorage(pool, options), isRefusal)
      await pool.end()
      assert.deepEqual(await schemas(), before)
    })

  for (const name of accepted)
    test(`${describeName(name)}: exactly that schema is made, and dropping it leaves the others`, async () => {
      const before = await schemas()
      const storage = await PostgresStorage.connect(database.url, { schema: name })
      assert.equal((await storage.migrate()).schema, name)
      assert.match(await catalogue(database.query, name), /create table torii\.users/)
      const made = before.some(({ nspname }) => nspname === name) ? [] : [{ nspname: name }]
      assert.deepEqual(new Set(names(await schemas())), new Set(names([...before, ...made])))
      for (const other of ['torii', name.toUpperCase(), ''])
        if (other !== name) await assert.rejects(storage.dropAllData(other), ToriiError)
      await storage.dropAllData(name)
      assert.deepEqual(await schemas(), before)
      await storage.close()
    })

  const names = (rows: Record<string, unknown>[]) => rows.map(({ nspname }) => nspname)
})

/** Readable in a report, and without bytes that a terminal would act on. */
function describeName(name: unknown): string {
  const text = typeof name === 'string' ? name : `${typeof name} ${JSON.stringify(name)}`
  const printable = JSON.stringify(text).replace(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16)}`,
  )
  return printable.length > 50
    ? `${printable.slice(0, 40)}… of ${Buffer.byteLength(text)} bytes`
    : printable
}
