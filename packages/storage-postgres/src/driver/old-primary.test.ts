import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
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
import type { ConnectOptions } from '../index.js'
import { PostgresStorage } from '../index.js'
import { isLive, signUp } from '../test/races/people.test.support.js'

const whenInstalled = (await canStartStandby()) === null ? describe : () => undefined
const password = 'of a test only'

const closers: (() => Promise<unknown>)[] = []
afterAll(async () => {
  for (const close of closers.reverse()) await close()
})

async function ask(server: TestServer, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url })
  await client.connect()
  try {
    return (await client.query<Record<string, unknown>>(text)).rows
  } finally {
    await client.end()
  }
}

/** A server with the tables and the role `app`, which may do nothing but run the application. */
async function startPrimary(): Promise<TestServer> {
  const server = await startServer({ settings: { checkpoint_timeout: '1h' } })
  closers.push(() => server.stop())
  await ask(server, `create role app login password '${password}'`)
  const owner = await PostgresStorage.connect(server.url)
  await owner.migrate({ grantTo: 'app' })
  await owner.close()
  return server
}

const hostOf = ({ url }: TestServer) => new URL(url).host
const urlOf = (...hosts: readonly string[]) =>
  `postgresql://app:${encodeURIComponent(password)}@${hosts.join(',')}/postgres`

async function open(url: string, options: ConnectOptions = {}): Promise<PostgresStorage> {
  const storage = await PostgresStorage.connect(url, { acquireSeconds: 3, ...options })
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

/** An address that leads to one server after the other, as a name or a virtual address does. */
async function startAddress(first: TestServer) {
  const sockets = new Set<Socket>()
  let target = first
  const listener = createServer((client) => {
    const { hostname, port } = new URL(target.url)
    const server = connect(Number(port), hostname)
    client.pipe(server).pipe(client)
    for (const socket of [client, server]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        client.destroy()
        server.destroy()
      })
    }
  })
  await new Promise<void>((done) => listener.listen(0, '127.0.0.1', done))
  const cut = () => {
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  closers.push(async () => {
    cut()
    listener.close()
  })
  const address = listener.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    host: `127.0.0.1:${address.port}`,
    leadTo(server: TestServer) {
      target = server
      cut()
    },
  }
}

whenInstalled('an old primary that still takes writes', () => {
  let old: TestServer
  let promoted: TestStandby
  let both: PostgresStorage
  let byAddress: PostgresStorage
  let address: Awaited<ReturnType<typeof startAddress>>

  beforeAll(async () => {
    old = await startPrimary()
    promoted = await startStandby(old)
    closers.push(() => promoted.stop())
    address = await startAddress(old)
    both = await open(urlOf(hostOf(old), hostOf(promoted)))
    byAddress = await open(urlOf(address.host))
    await signUp(byAddress)
    // Pages that the checkpoint after the promotion has to write, one at a time.
    await ask(
      old,
      'create table pages as select repeat(md5(n::text), 90) from generate_series(1, 20000) n',
    )
    const [position] = await ask(old, 'select pg_current_wal_lsn()::text as lsn')
    const caughtUp = `select 1 where pg_last_wal_replay_lsn() >= '${position?.lsn}'`
    while ((await ask(promoted, caughtUp)).length === 0);
    await promoted.promote()
  })

  test('is left by a list of hosts for the promoted server, also before its first checkpoint', async () => {
    await old.kill()
    await signUp(both)
    address.leadTo(promoted)
    await signUp(byAddress)
    // What a client would read that trusts the control file.
    const [control] = await ask(promoted, 'select timeline_id from pg_control_checkpoint()')
    assert.deepEqual(control, { timeline_id: 1 })
    const users = await ask(promoted, 'select count(*)::int as n from torii.users')
    assert.deepEqual(users, [{ n: 3 }])
  })

  test('is refused when it comes back and the promoted server is away', async () => {
    await old.restart()
    await promoted.kill()
    // A write on a connection that was just cut is in doubt; it cannot be asked whether it was done.
    await failureOf(signUp(both))
    const { code, message } = await failureOf(signUp(both))
    assert.equal(code, 'ERR_UNAVAILABLE')
    assert.ok(message.includes(`${hostOf(old)} (an old primary)`), message)
    assert.ok(message.includes(`${hostOf(promoted)} (ECONNREFUSED)`), message)
    await promoted.restart()
    const person = await signUp(both)
    assert.equal(await isLive(both, person.key), true)
    assert.deepEqual(await ask(old, 'select count(*)::int as n from torii.users'), [{ n: 1 }])
  })

  test('is refused where an address leads back to it', async () => {
    await signUp(byAddress)
    address.leadTo(old)
    // A write on a connection that was just cut is in doubt; it cannot be asked whether it was done.
    await failureOf(signUp(byAddress))
    for (const call of [() => signUp(byAddress), () => byAddress.users.list({ limit: 1 })]) {
      const { code, message } = await failureOf(call())
      assert.equal(code, 'ERR_UNAVAILABLE')
      assert.match(message, /^127\.0\.0\.1:\d+ is an old primary: .* restart this process/)
    }
    const health = await byAddress.healthCheck()
    assert.ok(!health.connected)
    address.leadTo(promoted)
    await signUp(byAddress)
    assert.deepEqual(await ask(old, 'select count(*)::int as n from torii.users'), [{ n: 1 }])
  })

  test('is accepted by a process that has seen no other', async () => {
    const storage = await open(urlOf(hostOf(old)))
    assert.equal((await storage.users.list({ limit: 9 })).users.length, 1)
  })

  test('is not what a cluster is that was made anew: its timelines are others', async () => {
    const restored = await startPrimary()
    address.leadTo(restored)
    const person = await signUp(byAddress)
    assert.equal(await isLive(byAddress, person.key), true)
    address.leadTo(promoted)
    assert.equal(await isLive(byAddress, person.key), false)
  })

  test('cannot be recognized where the role may not ask: a warning, once, and everything works', async () => {
    await ask(promoted, 'revoke execute on function pg_control_system() from public')
    const events: string[] = []
    const storage = await open(urlOf(hostOf(promoted)), {
      log: ({ level, event }) => events.push(`${level} ${event}`),
    })
    await Promise.all(Array.from({ length: 20 }, () => signUp(storage)))
    assert.deepEqual(events, ['warn timeline_unknown'])
  })
})

test('a single host that restarts fails no call: each waits for it', async () => {
  const server = await startPrimary()
  const storage = await open(urlOf(hostOf(server)), { acquireSeconds: 10 })
  const person = await signUp(storage)
  const failures: unknown[] = []
  let signedUp = 0
  let stopped = false
  const note = (error: unknown) => failures.push(error)
  const writers = Array.from({ length: 4 }, async () => {
    while (!stopped) await signUp(storage).then(() => (signedUp += 1), note)
  })
  const readers = Array.from({ length: 4 }, async () => {
    while (!stopped) await isLive(storage, person.key).catch(note)
  })
  const away = () => new Promise((done) => setTimeout(done, 2500))
  const kill = () => server.kill().then(away)
  for (const end of [() => server.restart(), () => kill().then(() => server.restart())]) {
    await new Promise((done) => setTimeout(done, 300))
    const before = signedUp
    await end()
    const deadline = performance.now() + 15_000
    while (signedUp <= before + 4 && performance.now() < deadline)
      await new Promise((done) => setTimeout(done, 20))
    assert.ok(signedUp > before + 4)
  }
  stopped = true
  await Promise.all([...writers, ...readers])
  assert.deepEqual(failures, [])
})
