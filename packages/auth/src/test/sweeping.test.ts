import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { InvalidOptionsError, newUserId } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeEach, describe, test, vi } from 'vitest'
import { repeat } from '../base/repeating.js'
import type { LogEvent, ToriiOptions } from '../index.js'
import { Torii } from '../index.js'
import { baseUrl } from './site.test.support.js'

const db = await testDatabase()
const storage = await PostgresStorage.connect(db.url)
afterAll(() => storage.close())
beforeEach(() => db.query('delete from torii.sweep_lease'))
const mailer = { send: async () => undefined }
const day = 86_400

async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  await vi.waitFor(
    async () => {
      if (!(await holds())) throw new Error('not yet')
    },
    { timeout: 20_000, interval: 20 },
  )
}
const sweptAt = async () =>
  (await db.query('select swept_at from torii.sweep_lease')).rows[0]?.swept_at

/** Every wait of {@link repeat} is as short as it can be. */
const withoutWaits = () => vi.spyOn(Math, 'random').mockReturnValue(0)

describe('startSweeping()', () => {
  test('deletes expired rows and accounts that were never verified, until shutdown()', async () => {
    const random = withoutWaits()
    const id = newUserId()
    assert.ok((await storage.users.register({ id, email: `${id}@example.com` })).ok)
    await db.query("update torii.users set created_at = now() - interval '40 days'")
    const torii = new Torii(storage, { baseUrl, mailer })
    torii.startSweeping({ everySeconds: 60, unverifiedAccountSeconds: 30 * day })
    await until(async () => (await storage.users.find(id)) === null)
    await until(async () => (await sweptAt()) !== undefined)
    await torii.shutdown()
    await db.query('delete from torii.sweep_lease')
    torii.startSweeping()
    await new Promise((resolve) => setTimeout(resolve, 200))
    assert.equal(await sweptAt(), undefined)
    random.mockRestore()
  })

  test('of many processes one sweeps', async () => {
    const random = withoutWaits()
    let swept = 0
    const counting = new Proxy(storage, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'sweepIfDue') return typeof value === 'function' ? value.bind(target) : value
        return async (options: Parameters<PostgresStorage['sweepIfDue']>[0]) => {
          const counts = await target.sweepIfDue(options)
          swept += Number(counts !== null)
          asked += 1
          return counts
        }
      },
    })
    let asked = 0
    const processes = Array.from({ length: 10 }, () => new Torii(counting, { baseUrl }))
    for (const torii of processes) torii.startSweeping()
    await until(() => asked === 10)
    assert.equal(swept, 1)
    await Promise.all(processes.map((torii) => torii.shutdown()))
    random.mockRestore()
  })

  test('a sweep that fails is logged and repeated', async () => {
    const random = withoutWaits()
    const events: LogEvent[] = []
    const failing = { ...storage, sweepIfDue: async () => Promise.reject(new Error('away')) }
    const torii = new Torii(Object.assign(Object.create(storage), failing), {
      baseUrl,
      log: (event) => events.push(event),
    })
    torii.startSweeping({ everySeconds: 60 })
    await until(() => events.some(({ event }) => event === 'sweep_failed'))
    await torii.shutdown()
    random.mockRestore()
  })

  const refused: readonly (readonly [Partial<ToriiOptions>, object, string])[] = [
    [{}, { unverifiedAccountSeconds: 30 * day }, 'startSweeping.unverifiedAccountSeconds'],
    [
      { mailer, requireVerifiedEmail: false },
      { unverifiedAccountSeconds: 30 * day },
      'startSweeping.unverifiedAccountSeconds',
    ],
    [{ mailer }, { unverifiedAccountSeconds: day - 1 }, 'startSweeping.unverifiedAccountSeconds'],
    [
      { mailer, email: { verifySeconds: 2 * day } },
      { unverifiedAccountSeconds: 2 * day - 1 },
      'startSweeping.unverifiedAccountSeconds',
    ],
    [{}, { everySeconds: 59 }, 'startSweeping.everySeconds'],
    [{}, { everySeconds: 7 * day + 1 }, 'startSweeping.everySeconds'],
    [{}, { every: 60 }, 'startSweeping.every'],
    [{}, { everySeconds: '60' }, 'startSweeping.everySeconds'],
  ]
  for (const [options, given, name] of refused)
    test(`refuses ${JSON.stringify(given)} with ${JSON.stringify(options)}`, () => {
      const torii = new Torii(storage, { baseUrl, ...options })
      assert.throws(
        () => torii.startSweeping(given),
        (error) =>
          error instanceof InvalidOptionsError && error.message.includes(`option ${name}:`),
      )
    })
})

describe('repeat()', () => {
  test('waits up to a minute before the first run, then everySeconds and up to a tenth more', async () => {
    vi.useFakeTimers()
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5)
    let runs = 0
    const repeating = repeat(
      1000,
      async () => {
        runs += 1
      },
      () => assert.fail(),
    )
    await vi.advanceTimersByTimeAsync(29_999)
    assert.equal(runs, 0)
    await vi.advanceTimersByTimeAsync(2)
    assert.equal(runs, 1)
    await vi.advanceTimersByTimeAsync(1_049_990)
    assert.equal(runs, 1)
    await vi.advanceTimersByTimeAsync(20)
    assert.equal(runs, 2)
    await repeating.stop()
    await vi.advanceTimersByTimeAsync(10_000_000)
    assert.equal(runs, 2)
    random.mockRestore()
    vi.useRealTimers()
  })

  test('stop() aborts the signal of the current run and waits for it', async () => {
    const random = withoutWaits()
    let began = false
    let ended = false
    const repeating = repeat(
      60,
      async (signal) => {
        began = true
        await once(signal, 'abort')
        await new Promise((resolve) => setTimeout(resolve, 20))
        ended = true
      },
      () => assert.fail(),
    )
    await until(() => began)
    await repeating.stop()
    assert.ok(ended)
    random.mockRestore()
  })

  test('keeps no process alive', async () => {
    const url = new URL('../../dist/base/repeating.js', import.meta.url)
    const code = `import { repeat } from ${JSON.stringify(url.href)}; repeat(60, async () => {}, () => {})`
    const child = spawn(process.execPath, ['--input-type=module', '-e', code])
    const [status] = await once(child, 'exit', { signal: AbortSignal.timeout(20_000) })
    assert.equal(status, 0)
  })
})
