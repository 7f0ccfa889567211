import assert from 'node:assert/strict'
import type { RateLimitCharges, RateLimitPolicy } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { freshRateLimitKey, noRefund, onAccount, onIpAddress, policy } from '../fixtures/samples.js'

const { cases, promise } = casesOf('rateLimits')

/** Attempts that are given back over time, and blocks of IP addresses. */
export const spreadCases = cases

/** Three at once, then one in ten minutes. */
const spread: Partial<RateLimitPolicy> = {
  cap: 3,
  refill: 1,
  windowSeconds: 600,
  lockSeconds: 600,
  maxLockSeconds: 600,
}

promise(
  'refill: after the first ones each window gives one attempt back, and no time gives more than the cap',
  ['charging', 'elapse'],
  async (storage) => {
    const key = freshRateLimitKey()
    const allowed = async () => {
      let count = 0
      while ((await storage.rateLimits.charge(onAccount(key, spread))).ok) count += 1
      return count
    }
    assert.equal(await allowed(), 3)
    const refused = await storage.rateLimits.charge(onAccount(key, spread))
    assert.ok(!refused.ok && refused.retryAfterSeconds <= 600)
    await storage.elapse(590)
    assert.equal(await allowed(), 0)
    for (let window = 0; window < 3; window += 1) {
      await storage.elapse(window === 0 ? 15 : 605)
      assert.equal(await allowed(), 1, `window ${window}`)
    }
    await storage.elapse(1205)
    assert.equal(await allowed(), 2)
    await storage.elapse(80_000)
    assert.equal(await allowed(), 3)
  },
)

promise(
  'refill: of twenty at once as many are allowed as are left',
  ['charging', 'elapse', 'concurrency'],
  async (storage) => {
    const key = freshRateLimitKey()
    const atOnce = async () => {
      const charged = Array.from({ length: 20 }, () =>
        storage.rateLimits.charge(onAccount(key, spread)),
      )
      return (await Promise.all(charged)).filter(({ ok }) => ok).length
    }
    assert.equal(await atOnce(), 3)
    await storage.elapse(1205)
    assert.equal(await atOnce(), 2)
  },
)

promise('refill: an attempt that is given back counts at once', ['charging'], async (storage) => {
  const key = freshRateLimitKey()
  for (let turn = 0; turn < 3; turn += 1)
    assert.ok((await storage.rateLimits.charge(onAccount(key, spread))).ok)
  assert.equal((await storage.rateLimits.charge(onAccount(key, spread))).ok, false)
  await storage.rateLimits.giveBack([key])
  assert.ok((await storage.rateLimits.charge(onAccount(key, spread))).ok)
  assert.equal((await storage.rateLimits.charge(onAccount(key, spread))).ok, false)
})

/** A new IP address in the block. */
const inBlock = (
  block: ReturnType<typeof freshRateLimitKey>,
  cap: number,
): RateLimitCharges & { ipAddress: object } => {
  const { ipAddress } = onIpAddress(freshRateLimitKey())
  assert.ok(ipAddress)
  return {
    account: null,
    ipAddress: { ...ipAddress, block: { key: block, policy: policy({ cap }) } },
  }
}

promise(
  'block: the IP addresses of a block are counted together, and a success gives its attempt back to both',
  ['charging'],
  async (storage) => {
    const block = freshRateLimitKey()
    for (let count = 0; count < 4; count += 1)
      assert.ok((await storage.rateLimits.charge(inBlock(block, 5))).ok)
    const last = inBlock(block, 5)
    assert.ok((await storage.rateLimits.charge(last)).ok)
    const fresh = freshRateLimitKey()
    const account = onAccount(fresh, { cap: 1 })
    const refused = await storage.rateLimits.charge({
      ...inBlock(block, 5),
      ...account,
      ipAddress: inBlock(block, 5).ipAddress,
    })
    assert.ok(!refused.ok && refused.retryAfterSeconds > 0)
    assert.deepEqual(
      await storage.rateLimits.status(fresh),
      { state: 'open', failures: 0 },
      'the account was not counted',
    )
    await storage.rateLimits.refund({ ...noRefund, ipAddress: last.ipAddress?.key ?? null, block })
    assert.ok((await storage.rateLimits.charge(inBlock(block, 5))).ok)
    assert.equal((await storage.rateLimits.charge(inBlock(block, 5))).ok, false)
    assert.deepEqual(await storage.rateLimits.status(last.ipAddress?.key ?? fresh), {
      state: 'open',
      failures: 0,
    })
  },
)

promise(
  'block: a locked block refuses a mail, which is not counted for the email address',
  ['charging'],
  async (storage) => {
    const block = freshRateLimitKey()
    assert.ok((await storage.rateLimits.charge(inBlock(block, 1))).ok)
    const key = freshRateLimitKey()
    const { ipAddress } = inBlock(block, 1)
    const refused = await storage.rateLimits.chargeMail({
      address: { key, policy: policy() },
      ipAddress,
    })
    assert.ok(!refused.ok && refused.retryAfterSeconds > 0)
    assert.deepEqual(await storage.rateLimits.status(key), { state: 'open', failures: 0 })
  },
)
