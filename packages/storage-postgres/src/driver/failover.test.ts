import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { ToriiError } from 'torii-core'
import {
  canStartStandby,
  startServer,
  startStandby,
  type TestServer,
  type TestStandby,
} from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import type { Person } from '../test/races/people.test.support.js'
import { isLive, signUp } from '../test/races/people.test.support.js'

const absent = await canStartStandby()

test('pg_basebackup is installed', { skip: absent !== null }, () => assert.equal(absent, null))

const whenInstalled = absent === null ? describe : () => undefined

const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

/** Several servers in one URL, in this order. */
function listOf(...servers: readonly TestServer[]): string {
  const first = new URL(servers[0]?.url ?? '')
  const hosts = servers.map(({ url }) => new URL(url).host).join(',')
  return `postgresql://${first.username}:${first.password}@${hosts}${first.pathname}`
}

const nameOf = (server: TestServer): string => new URL(server.url).host

async function open(url: string, options: Parameters<typeof PostgresStorage.connect>[1] = {}) {
  const storage = await PostgresStorage.connect(url, options)
  closers.push(() => storage.close())
  return storage
}

async function ask(server: TestServer, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, 'waited 20 seconds')
    await sleep(20)
  }
}

const isValid = (storage: PostgresStorage, { key }: Person) => isLive(storage, key)

/** The connections of Torii at a server. */
const connectionsAt = async (server: TestServer): Promise<number> =>
  Number(
    (
      await ask(
        server,
        `select count(*) as n from pg_stat_activity where application_name = 'torii'`,
      )
    )[0]?.n,
  )

const fails = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => false,
    () => true,
  )

/** What a call fails with: its code and message, and how long it took. */
async function failureOf(call: Promise<unknown>) {
  const started = performance.now()
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ToriiError, String(error))
  return { code: error.code, message: error.message, milliseconds: performance.now() - started }
}

whenInstalled('a URL of several hosts', () => {
  let primary: TestServer
  let standby: TestStandby
  let primaryFirst: PostgresStorage
  let standbyFirst: PostgresStorage
  let impatient: PostgresStorage
  let ada: Person

  beforeAll(async () => {
    primary = await startServer({ settings: { synchronous_commit: 'on' } })
    closers.push(() => primary.stop())
    standby = await startStandby(primary)
    closers.push(() => standby.stop())
    // What is acknowledged is on the standby too.
    await ask(primary, `alter system set synchronous_standby_names = '*'`)
    await ask(primary, 'select pg_reload_conf()')
    await until(async () =>
      (await ask(primary, 'select sync_state from pg_stat_replication')).some(
        (row) => row.sync_state === 'sync',
      ),
    )
    primaryFirst = await open(listOf(primary, standby))
    await primaryFirst.migrate()
    standbyFirst = await open(listOf(standby, primary))
    impatient = await open(listOf(standby, primary), { acquireSeconds: 3 })
    ada = await signUp(primaryFirst)
  })

  test('finds the primary in either order', async () => {
    for (const storage of [primaryFirst, standbyFirst]) {
      const person = await signUp(storage)
      assert.equal(await isValid(storage, person), true)
      const health = await storage.healthCheck()
      assert.ok(health.connected)
      assert.equal(health.readOnly, false)
    }
  })

  test('leaves no connection at the standby', async () => {
    await Promise.all(Array.from({ length: 30 }, () => isValid(standbyFirst, ada)))
    await until(async () => (await connectionsAt(standby)) === 0)
    assert.ok((await connectionsAt(primary)) > 0)
  })

  test('of a standby alone decides nothing and names it', async () => {
    const { code, message } = await failureOf(PostgresStorage.connect(standby.url))
    assert.equal(code, 'ERR_UNAVAILABLE')
    assert.match(message, new RegExp(`^${nameOf(standby)} is a standby, where nothing is decided`))
    assert.ok(!message.includes(new URL(standby.url).password))
  })

  test('refuses a wrong password at once', async () => {
    const wrong = listOf(standby, primary).replace(/:[^:@]+@/, ':wrong@')
    const { code, message, milliseconds } = await failureOf(PostgresStorage.connect(wrong))
    assert.equal(code, 'ERR_UNAVAILABLE')
    assert.match(message, /refused the login \(28P01\)/)
    assert.ok(milliseconds < 15_000, `${milliseconds} ms`)
  })

  test('drops what turned read-only, and finds the primary once it is one again', async () => {
    const storage = await open(listOf(standby, primary), { acquireSeconds: 1 })
    await Promise.all(Array.from({ length: 10 }, () => isValid(storage, ada)))
    await ask(primary, 'alter system set default_transaction_read_only = on')
    await ask(primary, 'select pg_reload_conf()')
    // The server notifies each of the connections at its own time.
    await until(async () => fails(signUp(storage)))
    const { code, message } = await failureOf(signUp(storage))
    assert.equal(code, 'ERR_UNAVAILABLE')
    assert.ok(message.includes(`${nameOf(primary)} (read-only)`), message)
    assert.ok(message.includes(`${nameOf(standby)} (a standby)`), message)
    const admin = new pg.Client({
      connectionString: primary.url,
      options: '-c default_transaction_read_only=off',
    })
    await admin.connect()
    await admin.query('alter system reset default_transaction_read_only')
    await admin.query('select pg_reload_conf()')
    await admin.end()
    await until(async () => !(await fails(signUp(storage))))
    assert.equal(await isValid(storage, await signUp(storage)), true)
  })

  test('T2.41 follows a failover: the same storages recover, every acknowledged session is there', async () => {
    const acknowledged: Person[] = []
    let stopped = false
    const writing = [primaryFirst, standbyFirst].map(async (storage) => {
      while (!stopped) {
        const person = await signUp(storage).catch((error: unknown) => {
          assert.ok(error instanceof ToriiError, String(error))
          assert.ok(
            ['ERR_UNAVAILABLE', 'ERR_OUTCOME_UNKNOWN', 'ERR_CONTENTION'].includes(error.code),
            error.code,
          )
        })
        if (person !== undefined) acknowledged.push(person)
      }
    })
    await until(async () => acknowledged.length > 50)
    await primary.kill()
    const before = acknowledged.length
    // While there is only a standby, no caller gets a result.
    const reader = await failureOf(isValid(impatient, ada))
    assert.equal(reader.code, 'ERR_UNAVAILABLE')
    assert.ok(reader.message.includes(`${nameOf(standby)} (a standby)`), reader.message)
    assert.ok(reader.message.includes(`${nameOf(primary)} (ECONNREFUSED)`), reader.message)
    assert.ok(!reader.message.includes(new URL(primary.url).password))
    assert.ok(reader.milliseconds < 15_000, `${reader.milliseconds} ms`)

    await standby.promote()
    const promoted = performance.now()
    await Promise.all(
      [primaryFirst, standbyFirst].map(async (storage) =>
        assert.equal(await isValid(storage, ada), true),
      ),
    )
    assert.ok(performance.now() - promoted < 5000)
    await until(async () => acknowledged.length > before + 50)
    stopped = true
    await Promise.all(writing)
    for (const person of acknowledged) assert.equal(await isValid(standbyFirst, person), true)
  })

  test('says which hosts there are when none can be reached', async () => {
    await standby.kill()
    const { code, message, milliseconds } = await failureOf(
      PostgresStorage.connect(listOf(primary, standby), { acquireSeconds: 2 }),
    )
    assert.equal(code, 'ERR_UNAVAILABLE')
    assert.match(message, /^none of the hosts of the URL is a primary/)
    for (const server of [primary, standby])
      assert.ok(message.includes(`${nameOf(server)} (ECONNREFUSED)`), message)
    assert.ok(milliseconds < 10_000, `${milliseconds} ms`)
  })
})
