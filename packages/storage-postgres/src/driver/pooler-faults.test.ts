import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { ToriiError } from 'torii-core'
import {
  findPgBouncer,
  type PgBouncer,
  startPgBouncer,
  startServer,
  type TestServer,
  testDatabase,
} from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { ConnectOptions } from '../index.js'
import { PostgresStorage } from '../index.js'
import type { CuttingProxy } from '../test/ambiguous/cutting-proxy.test.support.js'
import { startCuttingProxy } from '../test/ambiguous/cutting-proxy.test.support.js'
import { everyStatement } from '../test/every-statement.test.support.js'
import { isLive, keyOf, newSession, signUp } from '../test/races/people.test.support.js'
import { overDriver } from './database.js'
import { createPgDriver } from './pg-driver.js'

const whenInstalled = findPgBouncer() === null ? () => undefined : describe

const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

async function open(url: string, options: ConnectOptions = {}): Promise<PostgresStorage> {
  const storage = await PostgresStorage.connect(url, { prepare: false, ...options })
  closers.push(() => storage.close())
  return storage
}

async function failureOf(call: Promise<unknown>): Promise<ToriiError> {
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ToriiError, String(error))
  return error
}

/** Waits until a call succeeds again, then makes many of it at once. */
async function assertRecovered(call: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const failed = await call().then(
      () => false,
      () => true,
    )
    if (!failed) break
    assert.ok(performance.now() < deadline, 'no recovery in 20 seconds')
    await sleep(100)
  }
  // The whole pool is usable, not one connection of it.
  await Promise.all(Array.from({ length: 40 }, call))
}

whenInstalled('a server that is lost behind PgBouncer', () => {
  let server: TestServer
  let proxy: CuttingProxy
  let bouncer: PgBouncer
  let storage: PostgresStorage
  let behind: PostgresStorage

  beforeAll(async () => {
    server = await startServer()
    closers.push(() => server.stop())
    proxy = await startCuttingProxy(server.url)
    closers.push(() => proxy.close())
    bouncer = await startPgBouncer(proxy.url, 3, ['server_login_retry = 1'])
    closers.push(() => bouncer.stop())
    behind = await open(server.url, { prepare: true })
    await behind.migrate()
    // Calls that fail take their whole time, and a lost reply half of it.
    storage = await open(bouncer.url, { callSeconds: 4 })
  })

  test('before a reply arrives: a read is repeated', async () => {
    const person = await signUp(storage)
    proxy.arm('after', 'from "torii".sessions')
    assert.equal(await isLive(storage, person.key), true)
    assert.equal(proxy.cuts, 1)
  })

  for (const cut of ['before', 'after'] as const)
    test(`${cut} the commit of a write: its lost reply is read back`, async () => {
      const { id } = await signUp(storage)
      const session = newSession()
      proxy.arm(cut, 'insert into "torii".sessions')
      const opened = await storage.sessions.open(id, session)
      assert.equal(proxy.cuts, 1)
      assert.ok(opened.ok)
      assert.equal(await isLive(behind, keyOf(id, session)), true)
    })

  test('inside a transaction of the application: the outcome is unknown, not a matter of prepare', async () => {
    const { id } = await signUp(storage)
    proxy.arm('after', 'insert into "torii".sessions')
    const { code } = await failureOf(
      storage.transaction((tx) => tx.sessions.open(id, newSession())),
    )
    assert.equal(code, 'ERR_OUTCOME_UNKNOWN')
  })

  test('by its end: calls say that the database is away, and recover when it is back', async () => {
    const person = await signUp(storage)
    await server.kill()
    for (const call of [() => isLive(storage, person.key), () => storage.users.find(person.id)]) {
      const { code, message } = await failureOf(call())
      assert.equal(code, 'ERR_UNAVAILABLE')
      assert.doesNotMatch(message, /prepare/)
    }
    const connecting = PostgresStorage.connect(bouncer.url, { prepare: false, acquireSeconds: 2 })
    const { code } = await failureOf(connecting)
    assert.equal(code, 'ERR_UNAVAILABLE')
    const health = await storage.healthCheck()
    assert.ok(!health.connected && health.code === 'ERR_UNAVAILABLE')
    await server.restart()
    await assertRecovered(() => isLive(storage, person.key))
    assert.equal(await isLive(storage, (await signUp(storage)).key), true)
  })
})

whenInstalled('PgBouncer itself', () => {
  test('that has no server behind it is not taken for one that loses statements', async () => {
    const { url } = await testDatabase({ empty: true })
    const nowhere = new URL(url)
    nowhere.port = '1'
    const bouncer = await startPgBouncer(nowhere.href, 1, ['server_login_retry = 1'])
    closers.push(() => bouncer.stop())
    for (const prepare of [false, true]) {
      const call = PostgresStorage.connect(bouncer.url, { prepare, acquireSeconds: 2 })
      const { code } = await failureOf(call)
      assert.equal(code, prepare ? 'ERR_POOLER' : 'ERR_UNAVAILABLE')
    }
  })

  test('that waits too long for a free connection does not ask for prepare: false', async () => {
    const { url } = await testDatabase()
    const bouncer = await startPgBouncer(url, 1, ['query_wait_timeout = 1'])
    closers.push(() => bouncer.stop())
    // The application's pool is not asked for its primary, so the statement itself waits.
    const pool = new pg.Pool({ connectionString: bouncer.url })
    closers.push(() => pool.end())
    const storage = new PostgresStorage(pool, { prepare: false })
    const person = await signUp(storage)
    const holder = new pg.Client({ connectionString: bouncer.url })
    holder.on('error', () => undefined)
    await holder.connect()
    await holder.query('begin')
    const { code, cause } = await failureOf(isLive(storage, person.key))
    assert.equal(code, 'ERR_UNAVAILABLE')
    assert.match(String(cause), /query_wait_timeout/)
    await holder.query('rollback')
    await assertRecovered(() => isLive(storage, person.key))
    await holder.end()
  })

  test('that refuses a wrong password, a database or a parameter of the URL says which', async () => {
    const { url } = await testDatabase()
    const bouncer = await startPgBouncer(url, 1)
    closers.push(() => bouncer.stop())
    const wrong = new URL(bouncer.url)
    wrong.password = 'wrong'
    const login = await failureOf(PostgresStorage.connect(wrong.href, { prepare: false }))
    assert.match(login.message, /refused the login/)
    const parameter = `${bouncer.url}?options=-c%20work_mem%3D5MB`
    const refused = await failureOf(PostgresStorage.connect(parameter, { prepare: false }))
    assert.equal(refused.code, 'ERR_POOLER')
    assert.match(refused.message, /refuses the start-up parameter options: remove it from the URL/)
  })

  test('that is shut down leaves no call that asks for prepare: false', async () => {
    const { url } = await testDatabase()
    const bouncer = await startPgBouncer(url, 2)
    const storage = await open(bouncer.url)
    const person = await signUp(storage)
    const codes = new Set<string>()
    let stopped = false
    const callers = Array.from({ length: 8 }, async () => {
      while (!stopped)
        await isLive(storage, person.key).catch((error: unknown) => {
          codes.add(error instanceof ToriiError ? error.code : String(error))
        })
    })
    await sleep(200)
    await bouncer.stop()
    await sleep(500)
    stopped = true
    await Promise.all(callers)
    assert.deepEqual([...codes], ['ERR_UNAVAILABLE'])
  })
})

describe('prepared statements that the application has discarded', () => {
  test('are prepared anew: reads, writes and transactions of our own, and the log says so', async () => {
    const { url } = await testDatabase()
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    closers.push(() => pool.end())
    const events: string[] = []
    const storage = new PostgresStorage(pool, {
      log: ({ event, code }) => events.push(`${event} ${code}`),
    })
    const discard = () => pool.query('discard all')
    const person = await signUp(storage)
    const calls: readonly (() => Promise<unknown>)[] = [
      () => isLive(storage, person.key),
      () => storage.users.find(person.id),
      () => storage.sessions.open(person.id, newSession()),
      () => storage.users.updateProfile(person.id, { name: 'kept' }),
    ]
    for (const call of calls) {
      // Prepares the statement on the connection, which is another one after each recovery.
      await call()
      await discard()
      assert.ok(await call())
    }
    assert.deepEqual(events, Array(calls.length).fill('retried unprepared'))
  })

  test('are prepared anew in transactions of our own; one of the application is told, and the next one works', async () => {
    const { url } = await testDatabase()
    const pool = new pg.Pool({ connectionString: url, max: 1 })
    closers.push(() => pool.end())
    const limits = { acquireMs: 5000, callMs: 10_000 }
    const driver = createPgDriver(pool, {
      schema: 'torii',
      prepare: true,
      ...limits,
      log: () => undefined,
    })
    const storage = new PostgresStorage(driver)
    const { id } = await signUp(storage)
    const [find] = everyStatement().filter(({ name }) => name === 'users.find')
    assert.ok(find !== undefined)
    await storage.users.find(id)
    await pool.query('discard all')
    const rows = await overDriver(driver, { callMs: 10_000, log: () => undefined }).atomic((tx) =>
      tx.run(find, [id]),
    )
    assert.equal(rows.length, 1)

    await pool.query('discard all')
    const inTransaction = () => storage.transaction((tx) => tx.users.find(id))
    const { code, message } = await failureOf(inTransaction())
    assert.equal(code, 'ERR_POOLER')
    assert.match(message, /or the application has discarded them; nothing was done/)
    assert.equal((await inTransaction())?.id, id)
  })
})
