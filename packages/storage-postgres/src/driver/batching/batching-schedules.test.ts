import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import pg from 'pg'
import type { SessionKey, ValidSession } from 'torii-core'
import { ToriiError } from 'torii-core'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, test } from 'vitest'
import { PostgresStorage } from '../../index.js'
import { freshSecretHash, signUp } from '../../test/races/people.test.support.js'
import { type Fault, type ObservedPool, observe } from './batching.test.support.js'

/** A key, and the session it opens; null where it opens none. */
interface Holder {
  readonly key: SessionKey
  readonly opens: string | null
}

const holders: Holder[] = []
let pool: pg.Pool
let observed: ObservedPool
let storage: PostgresStorage
beforeAll(async () => {
  const database = await testDatabase()
  pool = new pg.Pool({ connectionString: database.url, max: 3 })
  observed = observe(pool)
  storage = new PostgresStorage(observed, { callSeconds: 2 })
  for (let n = 0; n < 8; n += 1) {
    const { key } = await signUp(storage)
    const ended = await signUp(storage)
    await storage.sessions.end(ended.key)
    holders.push(
      { key, opens: key.id },
      { key: { ...key, secretHash: freshSecretHash() }, opens: null },
      { key: ended.key, opens: null },
    )
  }
  await database.query(
    `update torii.sessions set last_active_at = last_active_at - interval '100 seconds'`,
  )
})
afterAll(() => pool.end())

type Pause = 'none' | 'microtask' | 'turn' | 'millisecond'

const pauses: Readonly<Record<Pause, () => unknown>> = {
  none: () => undefined,
  microtask: () => Promise.resolve(),
  turn: () => new Promise(setImmediate),
  millisecond: () => sleep(1),
}

/** Who calls, with which `touchSeconds`, and how long after the one before. */
const call = fc.record({
  holder: fc.nat({ max: 23 }),
  touchSeconds: fc.constantFrom(1, 3600),
  pause: fc.constantFrom<Pause>('none', 'none', 'none', 'microtask', 'turn', 'millisecond'),
})
const fault = fc.constantFrom<Fault | null>(
  null,
  null,
  null,
  'cut',
  'canceled',
  'deadlock',
  'damaged',
  'silent',
)

/** What the application is told when the world is broken. */
const brokenWorld = new Set([
  'ERR_UNAVAILABLE',
  'ERR_STATEMENT_ENDED',
  'ERR_CONTENTION',
  'ERR_STORAGE',
])

test('whatever the schedule and the faults, each caller gets their own answer or an error', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(call, { minLength: 1, maxLength: 60 }),
      fc.array(fault, { maxLength: 6 }),
      async (calls, faults) => {
        observed.faults.length = 0
        observed.faults.push(...faults)
        const answers: Promise<PromiseSettledResult<ValidSession | null>>[] = []
        for (const { holder, touchSeconds, pause } of calls) {
          const answer = storage.sessions.validate(holderOf(holder).key, { touchSeconds })
          answers.push(Promise.allSettled([answer]).then(([outcome]) => outcome))
          await pauses[pause]()
        }
        const broken = faults.some((each) => each !== null)
        for (const [n, outcome] of (await Promise.all(answers)).entries()) {
          const { holder, touchSeconds } = calls[n] ?? assert.fail()
          assertAnswer(outcome, holderOf(holder), touchSeconds, broken)
        }
      },
    ),
    { numRuns: 60, endOnFailure: true },
  )
})

function assertAnswer(
  outcome: PromiseSettledResult<ValidSession | null>,
  { key, opens }: Holder,
  touchSeconds: number,
  broken: boolean,
): void {
  if (outcome.status === 'rejected') {
    const error: unknown = outcome.reason
    assert.ok(broken && error instanceof ToriiError && brokenWorld.has(error.code), String(error))
    return
  }
  const valid = outcome.value
  assert.equal(valid?.session.id ?? null, opens)
  if (valid === null) return
  assert.equal(valid.user.id, key.userId)
  assert.equal(valid.touchDue, touchSeconds < 100)
}

const holderOf = (index: number): Holder => holders[index] ?? assert.fail()
