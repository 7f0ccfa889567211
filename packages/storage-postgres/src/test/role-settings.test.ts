import assert from 'node:assert/strict'
import pg from 'pg'
import type { ConformanceStorage } from 'torii-conformance'
import { ToriiError } from 'torii-core'
import { elapse, type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { oneForEachStatement } from './conformance-cases.test.support.js'
import { isLive, signUp } from './races/people.test.support.js'

/** What an administrator can set for a role that changes how statements are read, results are written or plans are made. */
const settings: Readonly<Record<string, string>> = {
  backslash_quote: 'on',
  bytea_output: 'escape',
  client_encoding: 'LATIN1',
  constraint_exclusion: 'on',
  DateStyle: 'SQL, DMY',
  default_statistics_target: '1',
  default_table_access_method: 'heap',
  default_transaction_deferrable: 'on',
  escape_string_warning: 'on',
  extra_float_digits: '-15',
  IntervalStyle: 'sql_standard',
  lock_timeout: '20s',
  plan_cache_mode: 'force_generic_plan',
  quote_all_identifiers: 'on',
  row_security: 'off',
  search_path: '',
  standard_conforming_strings: 'off',
  statement_timeout: '20s',
  TimeZone: 'Asia/Kolkata',
  transform_null_equals: 'on',
  work_mem: '64kB',
  xmloption: 'document',
}

const password = 'of a test only'
const closers: (() => Promise<unknown>)[] = []
let database: TestDatabase
let role: string

beforeAll(async () => {
  database = await testDatabase()
  role = `settings_${database.name}`
  await database.query(`create role ${role} login password '${password}'`)
  closers.push(async () => {
    await database.query(`drop owned by ${role}`)
    await database.query(`drop role ${role}`)
  })
  const owner = await PostgresStorage.connect(database.url)
  await owner.migrate({ grantTo: role })
  await owner.close()
  for (const [name, value] of Object.entries(settings)) await set(name, value)
})
afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

const set = (name: string, value: string) =>
  database.query(`alter role ${role} set ${name} to '${value}'`)

function urlOfRole(): string {
  const url = new URL(database.url)
  url.username = role
  url.password = password
  return url.href
}

const conforming = (storage: PostgresStorage): ConformanceStorage =>
  Object.assign(storage, {
    elapse: (seconds: number) =>
      elapse((text, values) => database.query(text, values), 'torii', seconds),
  })

describe('the settings of a role change no result', () => {
  test('the role has them', async () => {
    const client = new pg.Client({ connectionString: urlOfRole() })
    await client.connect()
    const { rows } = await client.query(
      `select name from pg_settings where source = 'user' and name = any ($1::text[])`,
      [Object.keys(settings)],
    )
    await client.end()
    // `pg` sends the encoding itself, and the server takes that one.
    assert.equal(rows.length, Object.keys(settings).length - 1)
  })

  describe('of a pool of our own', () => {
    let storage: ConformanceStorage
    beforeAll(async () => {
      const own = await PostgresStorage.connect(urlOfRole())
      closers.push(() => own.close())
      storage = conforming(own)
    })
    for (const promise of oneForEachStatement) test(promise.name, () => promise.run(storage))
  })

  describe("of the application's pool, unprepared", () => {
    let storage: ConformanceStorage
    beforeAll(() => {
      const pool = new pg.Pool({ connectionString: urlOfRole(), max: 10 })
      closers.push(() => pool.end())
      storage = conforming(new PostgresStorage(pool, { prepare: false }))
    })
    for (const promise of oneForEachStatement) test(promise.name, () => promise.run(storage))
  })
})

test('migrations run under the settings of their role', async () => {
  const empty = await testDatabase({ empty: true })
  await database.query(`grant create on database ${empty.name} to ${role}`)
  const url = new URL(urlOfRole())
  url.pathname = `/${empty.name}`
  const storage = await PostgresStorage.connect(url.href)
  const { applied } = await storage.migrate()
  assert.ok(applied.length > 0)
  assert.deepEqual(await storage.schemaProblems(), [])
  await signUp(storage)
  await storage.dropAllData('torii')
  await storage.close()
  await database.query(`revoke create on database ${empty.name} from ${role}`)
})

test('a role that may only read is told so, and reads', async () => {
  const person = await signUp(await openAsOwner())
  await set('default_transaction_read_only', 'on')
  const storage = await PostgresStorage.connect(urlOfRole())
  closers.push(() => storage.close())
  await assert.rejects(signUp(storage), (error) => {
    assert.ok(error instanceof ToriiError, String(error))
    assert.equal(error.code, 'ERR_CONTENTION')
    assert.match(error.message, /read-only server \(a standby, or default_transaction_read_only\)/)
    return true
  })
  assert.equal(await isLive(storage, person.key), true)
  const health = await storage.healthCheck()
  assert.ok(health.connected && health.readOnly)
  await database.query(`alter role ${role} reset default_transaction_read_only`)
})

async function openAsOwner(): Promise<PostgresStorage> {
  const storage = await PostgresStorage.connect(database.url)
  closers.push(() => storage.close())
  return storage
}
