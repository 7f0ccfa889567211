import assert from 'node:assert/strict'
import type { RateLimitKey, RateLimitPolicy } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { twentyAtOnce, winners } from '../fixtures/people.js'
import { freshRateLimitKey, noRefund, onAccount, onIpAddress } from '../fixtures/samples.js'

const { cases, promise } = casesOf('rateLimits')

/** How windows and locks end, and how locks grow. */
export const rateLimitLockCases = cases

const growing = {
  cap: 3,
  windowSeconds: 10_000,
  lockSeconds: 1000,
  maxLockSeconds: 3500,
  forgetSeconds: 100_000,
}

promise('charge: a lock ends after its time', ['charging', 'elapse'], async (storage) => {
  const key = freshRateLimitKey()
  await assertLockedFor(storage, key, growing, 1000)
  await storage.elapse(900)
  assert.equal((await storage.rateLimits.charge(onAccount(key, growing))).ok, false)
  await storage.elapse(101)
  assert.equal((await storage.rateLimits.status(key)).state, 'open')
  assert.deepEqual(await storage.rateLimits.charge(onAccount(key, growing)), { ok: true })
})

promise(
  'charge: a refusal says truly when to come again',
  ['charging', 'elapse'],
  async (storage) => {
    const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
    const both = {
      ...onAccount(account, { cap: 1, lockSeconds: 1000 }),
      ipAddress: onIpAddress(ipAddress, { cap: 1, lockSeconds: 3000 }).ipAddress,
    }
    assert.deepEqual(await storage.rateLimits.charge(both), { ok: true })
    const refusal = await storage.rateLimits.charge(both)
    assert.ok(!refusal.ok)
    await storage.elapse(refusal.retryAfterSeconds)
    assert.deepEqual(await storage.rateLimits.charge(both), { ok: true })
  },
)

promise(
  'charge: each lock in a row is twice as long, up to the longest',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    for (const seconds of [1000, 2000, 3500, 3500]) {
      await assertLockedFor(storage, key, growing, seconds)
      await storage.elapse(seconds + 1)
    }
  },
)

promise(
  'charge: an unreached count starts again after the window',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    for (let turn = 0; turn < 2; turn += 1) await storage.rateLimits.charge(onAccount(key, growing))
    await storage.elapse(9000)
    assert.equal((await storage.rateLimits.status(key)).failures, 2)
    await storage.elapse(1001)
    assert.deepEqual(await storage.rateLimits.status(key), { state: 'open', failures: 0 })
    assert.equal(await allowedInARow(storage, key, growing), 3)
  },
)

promise(
  'charge: the window begins with its first charge',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    for (let turn = 0; turn < 2; turn += 1) {
      await storage.rateLimits.charge(onAccount(key, growing))
      await storage.elapse(6000)
    }
    assert.equal(await allowedInARow(storage, key, growing), 3)
  },
)

promise(
  'charge: history is forgotten after its time without a charge',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    await assertLockedFor(storage, key, growing, 1000)
    await storage.elapse(1001)
    await assertLockedFor(storage, key, growing, 2000)
    await storage.elapse(growing.forgetSeconds + 1)
    await assertLockedFor(storage, key, growing, 1000)
  },
)

promise(
  'charge: forgotten history lengthens no lock, also where one charge locks',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    const single = { ...growing, cap: 1 }
    for (const seconds of [1000, 2000]) {
      await assertLockedFor(storage, key, single, seconds)
      await storage.elapse(seconds + 1)
    }
    await storage.elapse(growing.forgetSeconds)
    await assertLockedFor(storage, key, single, 1000)
  },
)

promise(
  'charge: history is kept while it is not forgotten',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    await assertLockedFor(storage, key, growing, 1000)
    await storage.elapse(growing.forgetSeconds - 1000)
    await assertLockedFor(storage, key, growing, 2000)
  },
)

promise('refund: a success ends the row of locks', ['charging', 'elapse'], async (storage) => {
  const account = freshRateLimitKey()
  await assertLockedFor(storage, account, growing, 1000)
  await storage.elapse(1001)
  await storage.rateLimits.refund({ ...noRefund, account })
  await assertLockedFor(storage, account, growing, 1000)
})

promise('unlock: ends the row of locks', ['charging', 'elapse'], async (storage) => {
  const key = freshRateLimitKey()
  await assertLockedFor(storage, key, growing, 1000)
  await storage.elapse(1001)
  await assertLockedFor(storage, key, growing, 2000)
  assert.equal(await storage.rateLimits.unlock(key), true)
  await assertLockedFor(storage, key, growing, 1000)
})

promise(
  'unlock: false for a lock that has ended by itself',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    await assertLockedFor(storage, key, growing, 1000)
    await storage.elapse(1001)
    assert.equal(await storage.rateLimits.unlock(key), false)
  },
)

promise(
  'charge: the limit locks the key until its history is forgotten',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    const limited = { ...growing, limit: 10 }
    for (const seconds of [1000, 2000, 3500]) {
      await assertLockedFor(storage, key, limited, seconds)
      await storage.elapse(seconds + 1)
    }
    assert.equal(await allowedInARow(storage, key, limited), 1)
    await storage.elapse(growing.forgetSeconds - 1000)
    assert.equal((await storage.rateLimits.charge(onAccount(key, limited))).ok, false)
    await storage.elapse(1001)
    await assertLockedFor(storage, key, limited, 1000)
  },
)

promise(
  'charge: guesses slower than the window meet the limit all the same',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    const limited = { ...growing, limit: 10 }
    for (let turn = 0; turn < 10; turn += 1) {
      assert.deepEqual(await storage.rateLimits.charge(onAccount(key, limited)), { ok: true })
      if (turn % 2 === 1 && turn < 9) await storage.elapse(growing.windowSeconds + 1)
    }
    const refusal = await storage.rateLimits.charge(onAccount(key, limited))
    assert.ok(!refusal.ok && refusal.retryAfterSeconds > growing.maxLockSeconds)
  },
)

promise(
  'charge: of twenty at once no more than the limit are allowed',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    const limited = { ...growing, cap: 5, limit: 12 }
    for (const seconds of [1000, 2000]) {
      assert.equal(await allowedInARow(storage, key, limited), 5)
      await storage.elapse(seconds + 1)
    }
    const outcomes = await twentyAtOnce(() => storage.rateLimits.charge(onAccount(key, limited)))
    assert.equal(winners(outcomes).length, 2)
    const refusal = await storage.rateLimits.charge(onAccount(key, limited))
    assert.ok(!refusal.ok && refusal.retryAfterSeconds > growing.maxLockSeconds)
  },
)

promise(
  'refund: a success starts the way to the limit anew',
  ['charging', 'elapse'],
  async (storage) => {
    const account = freshRateLimitKey()
    const limited = { ...growing, cap: 100, limit: 5 }
    for (let turn = 0; turn < 3; turn += 1) {
      for (let charge = 0; charge < 4; charge += 1)
        assert.deepEqual(await storage.rateLimits.charge(onAccount(account, limited)), {
          ok: true,
        })
      await storage.rateLimits.refund({ ...noRefund, account })
    }
  },
)

/** How many charges are allowed until one is refused. */
async function allowedInARow(
  storage: ConformanceStorage,
  key: RateLimitKey,
  given: Partial<RateLimitPolicy>,
): Promise<number> {
  for (let allowed = 0; allowed < 100; allowed += 1)
    if (!(await storage.rateLimits.charge(onAccount(key, given))).ok) return allowed
  return assert.fail('a hundred charges in a row were allowed')
}

/** Charges until the lock, which must come after `cap` charges and last about `seconds`. */
async function assertLockedFor(
  storage: ConformanceStorage,
  key: RateLimitKey,
  given: Partial<RateLimitPolicy> & { cap: number },
  seconds: number,
): Promise<void> {
  assert.equal(await allowedInARow(storage, key, given), given.cap)
  const refusal = await storage.rateLimits.charge(onAccount(key, given))
  assert.ok(!refusal.ok)
  const left = refusal.retryAfterSeconds
  assert.ok(
    left <= seconds && left > seconds - 400,
    `locked for ${left} seconds, not for ${seconds}`,
  )
}
