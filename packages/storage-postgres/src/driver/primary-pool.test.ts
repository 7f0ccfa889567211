import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { ToriiError } from 'torii-core'
import { type TestDatabase, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { isLive, signUp } from '../test/races/people.test.support.js'

let database: TestDatabase
/** Takes connections and never answers, as a machine that hangs. */
const held: Socket[] = []
const silent = createServer((socket) => {
  held.push(socket.on('error', () => undefined))
})
/** Nothing listens there: the port was given back. */
const closed = createServer()
let silentHost: string
let closedHost: string

async function listen(server: typeof silent): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return `127.0.0.1:${address.port}`
}

beforeAll(async () => {
  database = await testDatabase()
  silentHost = await listen(silent)
  closedHost = await listen(closed)
  closed.close()
})
afterAll(() => {
  for (const socket of held) socket.destroy()
  silent.close()
})

/** The database's URL with these hosts; `true` is the server itself. */
function urlOf(...hosts: readonly (string | true)[]): string {
  const { username, password, host, pathname } = new URL(database.url)
  const list = hosts.map((each) => (each === true ? host : each)).join(',')
  return `postgresql://${username}:${password}@${list}${pathname}`
}

async function unavailable(
  call: Promise<unknown>,
): Promise<{ message: string; milliseconds: number }> {
  const started = performance.now()
  const error: unknown = await call.then(
    () => null,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ToriiError, String(error))
  assert.equal(error.code, 'ERR_UNAVAILABLE')
  assert.ok(!error.message.includes(new URL(database.url).password))
  return { message: error.message, milliseconds: performance.now() - started }
}

describe('hosts that cannot be used', () => {
  test('are passed over: a silent one is left after its share of the time, and not asked again', async () => {
    for (const [hosts, silences] of [
      [[closedHost, true], 0],
      [[silentHost, true], 1],
      [[closedHost, silentHost, true], 1],
    ] as const) {
      const before = held.length
      // Refused when the silent one took all of the time.
      const storage = await PostgresStorage.connect(urlOf(...hosts), { acquireSeconds: 4 })
      const person = await signUp(storage)
      // The one that worked is asked first from then on.
      await Promise.all(Array.from({ length: 20 }, () => isLive(storage, person.key)))
      assert.equal(held.length - before, silences)
      await storage.close()
    }
  })

  test('are all named, with what is wrong, before the deadline', async () => {
    const call = PostgresStorage.connect(urlOf(silentHost, closedHost), { acquireSeconds: 1 })
    const { message, milliseconds } = await unavailable(call)
    assert.ok(message.includes(`${silentHost} (no answer in time)`), message)
    assert.ok(message.includes(`${closedHost} (ECONNREFUSED)`), message)
    assert.ok(milliseconds < 3000, `${milliseconds} ms`)
  })

  test('alone: within the deadline too', async () => {
    const call = PostgresStorage.connect(urlOf(silentHost), { acquireSeconds: 0.5 })
    assert.ok((await unavailable(call)).milliseconds < 2500)
  })
})

test('a pool whose connections are all in use is not taken for a missing primary', async () => {
  const options = { maxConnections: 1, acquireSeconds: 0.3 }
  const storage = await PostgresStorage.connect(urlOf(closedHost, true), options)
  await storage.transaction(async () => {
    const { message } = await unavailable(storage.transaction(async () => undefined))
    assert.doesNotMatch(message, /primary that can be used/)
  })
  await storage.transaction(async () => undefined)
  await storage.close()
})

test('parameters of the URL reach every host of the list', async () => {
  const url = `${urlOf(closedHost, true)}?application_name=of%20a%20list&options=-c%20work_mem%3D5MB`
  const storage = await PostgresStorage.connect(url)
  const { rows } = await storage.transaction((tx) =>
    tx.query(
      `select current_setting('application_name') as name, current_setting('work_mem') as memory`,
    ),
  )
  assert.deepEqual(rows, [{ name: 'of a list', memory: '5MB' }])
  await storage.close()
})
