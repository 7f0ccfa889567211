import assert from 'node:assert/strict'
import pg from 'pg'
import { newUserId } from 'torii-core'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { PgClient, PgPool, StorageLogEvent } from '../../index.js'
import { PostgresStorage } from '../../index.js'
import { freshEmail, isLive, keyOf, newSession, signUp } from '../races/people.test.support.js'
import type { Harness } from './ambiguous-operations.test.support.js'
import type { CuttingProxy } from './cutting-proxy.test.support.js'
import { startCuttingProxy } from './cutting-proxy.test.support.js'
import { outcomeOf, writingOperations } from './writing-operations.test.support.js'

let database: Awaited<ReturnType<typeof testDatabase>>
let harness: Harness
let proxy: CuttingProxy
let holder: pg.Client

beforeAll(async () => {
  database = await testDatabase()
  proxy = await startCuttingProxy(database.url)
  holder = await database.connect()
  harness = {
    observer: await PostgresStorage.connect(database.url),
    async value(text, values) {
      const { rows } = await database.query(text, values)
      return Object.values(rows[0] ?? {})[0]
    },
  }
})
afterAll(async () => {
  await harness.observer.close()
  await proxy.close()
})

/** A pool whose server is never heard of again after `silence()`. */
function silentPool(): PgPool & { sent: number; silence(): void; end(): Promise<void> } {
  const pool = new pg.Pool({ connectionString: database.url, max: 4 })
  let silent = false
  const silenced = {
    sent: 0,
    silence: () => {
      silent = true
    },
    end: () => pool.end(),
    on: (event: 'error', listener: (error: Error) => void) => pool.on(event, listener),
    async connect(): Promise<PgClient> {
      const client = await pool.connect()
      return {
        on: (event, listener) => client.on(event, listener),
        release: (error) => client.release(error),
        query(query) {
          if (!silent) return client.query(query)
          silenced.sent += 1
          return new Promise(() => undefined)
        },
      }
    },
  }
  return silenced
}

const reads: Record<string, (storage: PostgresStorage) => Promise<unknown>> = {
  'users.find': ({ users }) => users.find(newUserId()),
  'users.findByEmail': ({ users }) => users.findByEmail(freshEmail()),
  'users.list': ({ users }) => users.list({ limit: 10 }),
  'sessions.list': ({ sessions }) => sessions.list(newUserId()),
  'passkeys.list': ({ passkeys }) => passkeys.list(newUserId()),
  'oauthAccounts.list': ({ oauthAccounts }) => oauthAccounts.list(newUserId()),
  migrationStatus: (storage) => storage.migrationStatus(),
  transaction: (storage) => storage.transaction((tx) => tx.users.find(newUserId())),
}

describe('a server that is not heard of any more', () => {
  test('ends every call, says what is known, and is asked nothing afterwards', async () => {
    const pool = silentPool()
    const storage = new PostgresStorage(pool, { callSeconds: 0.4 })
    const calls = await Promise.all(writingOperations.map(({ prepare }) => prepare(harness)))
    pool.silence()
    const written = await Promise.all(calls.map(({ operation }) => outcomeOf(operation(storage))))
    const read = await Promise.all(Object.values(reads).map((call) => outcomeOf(call(storage))))
    // Not one has sent its write: the question for the database's time comes first and is not answered.
    assert.deepEqual([...new Set([...written, ...read])], ['ERR_UNAVAILABLE'])
    const { sent } = pool
    const health = await storage.healthCheck()
    assert.equal(!health.connected && health.code, 'ERR_UNAVAILABLE')
    await new Promise((resolve) => setTimeout(resolve, 500))
    assert.ok(sent > 0 && pool.sent - sent <= 1, `${pool.sent - sent} statements after the calls`)
    await pool.end()
  })

  test('leaves the outcome of what was sent unknown, and logs that where it is thrown', async () => {
    const events: StorageLogEvent[] = []
    const storage = await PostgresStorage.connect(proxy.url, {
      callSeconds: 1,
      log: (event) => events.push(event),
    })
    const person = await signUp(storage)
    proxy.silence('torii.users.disable.')
    assert.equal(await outcomeOf(storage.users.disable(person.id)), 'ERR_OUTCOME_UNKNOWN')
    const unknown = events.filter(({ event }) => event === 'outcome_unknown')
    assert.deepEqual(unknown, [
      { level: 'warn', event: 'outcome_unknown', operation: 'users.disable' },
    ])
    proxy.hear()
    await storage.close()
  })
})

describe('an attempt that is delivered after its repetition was acknowledged', () => {
  test('is refused: a session that was opened by it stays ended', async () => {
    const storage = await PostgresStorage.connect(proxy.url, { callSeconds: 3 })
    const person = await signUp(harness.observer)
    const session = newSession()
    const held = proxy.hold('torii.sessions.open.')
    assert.equal((await storage.sessions.open(person.id, session)).ok, true)
    assert.ok(held.isHeld)
    const key = keyOf(person.id, session)
    assert.equal(await harness.observer.sessions.end(key), true)
    await held.deliver()
    assert.equal(await isLive(harness.observer, key), false)
    await storage.close()
  })

  test('is refused: a transaction whose commit comes late was ended by the server', async () => {
    const storage = await PostgresStorage.connect(proxy.url, { callSeconds: 2 })
    const person = await signUp(harness.observer)
    const session = newSession()
    const held = proxy.hold('commit\0')
    const opening = storage.transaction((tx) => tx.sessions.open(person.id, session))
    assert.equal(await outcomeOf(opening), 'ERR_OUTCOME_UNKNOWN')
    assert.ok(held.isHeld)
    await held.deliver()
    assert.equal(await isLive(harness.observer, keyOf(person.id, session)), false)
    await storage.close()
  })
})

test('a lost reply that is found again is no unknown outcome in the log', async () => {
  const events: StorageLogEvent[] = []
  const storage = await PostgresStorage.connect(proxy.url, { log: (event) => events.push(event) })
  const person = await signUp(storage)
  proxy.arm('after', 'torii.users.disable.')
  assert.equal(await outcomeOf(storage.users.disable(person.id)), 'done')
  assert.equal(proxy.cuts, 1)
  assert.ok(!events.some(({ event }) => event === 'outcome_unknown'))
  await storage.close()
})

describe('writes that wait for a lock', () => {
  test('leave connections to reads', async () => {
    const storage = await PostgresStorage.connect(database.url, {
      maxConnections: 4,
      callSeconds: 60,
    })
    const [held, other] = [await signUp(storage), await signUp(storage)]
    await holder.query('begin')
    await holder.query('select 1 from torii.users where id = $1 for update', [held.id])
    const writes = Array.from({ length: 12 }, () => storage.users.disable(held.id))
    while ((await waitingForLocks()) < 2);
    // Every one of these is answered while the lock is held: otherwise this waits for ever.
    for (let n = 0; n < 20; n += 1) assert.equal(await isLive(storage, other.key), true)
    assert.equal(await waitingForLocks(), 2)
    await holder.query('rollback')
    assert.ok((await Promise.all(writes)).every((user) => user?.disabledAt !== null))
    await storage.close()
  })

  test('end with their call and leave no work on the server', async () => {
    const pool = new pg.Pool({ connectionString: database.url, max: 4 })
    const storage = new PostgresStorage(pool, { callSeconds: 2 })
    const held = await signUp(storage)
    await holder.query('begin')
    await holder.query('select 1 from torii.users where id = $1 for update', [held.id])
    const writes = Array.from({ length: 12 }, () => outcomeOf(storage.users.disable(held.id)))
    const words = new Set(await Promise.all(writes))
    const expected = ['ERR_CONTENTION', 'ERR_UNAVAILABLE', 'ERR_OUTCOME_UNKNOWN']
    assert.deepEqual(
      [...words].filter((word) => !expected.includes(word)),
      [],
    )
    while ((await waitingForLocks()) > 0);
    await holder.query('rollback')
    await pool.end()
  })
})

async function waitingForLocks(): Promise<number> {
  const { rows } = await database.query(
    `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
  )
  return rows.length
}
