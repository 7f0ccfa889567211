import assert from 'node:assert/strict'
import type { ChargeOutcome } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { crowd, twentyAtOnce, winners } from '../fixtures/people.js'
import { freshRateLimitKey, noRefund, onAccount, onIpAddress, policy } from '../fixtures/samples.js'

const { cases, promise } = casesOf('rateLimits')

/** Counting attempts, and giving them back. */
export const rateLimitCases = cases

const none = { state: 'open', failures: 0 }

promise(
  'status: open without failures for a key that nothing was counted under',
  ['charging'],
  async (storage) => {
    assert.deepEqual(await storage.rateLimits.status(freshRateLimitKey()), none)
  },
)

promise('charge: counts one attempt under each key', ['charging'], async ({ rateLimits }) => {
  const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
  const both = { ...onAccount(account), ipAddress: onIpAddress(ipAddress).ipAddress }
  assert.deepEqual(await rateLimits.charge(both), { ok: true })
  assert.deepEqual(await rateLimits.charge(onAccount(account)), { ok: true })
  assert.deepEqual(await rateLimits.charge(onIpAddress(ipAddress)), { ok: true })
  assert.deepEqual(await rateLimits.charge(onIpAddress(ipAddress)), { ok: true })
  assert.deepEqual(await rateLimits.status(account), { state: 'open', failures: 2 })
  assert.deepEqual(await rateLimits.status(ipAddress), { state: 'open', failures: 3 })
})

promise(
  'charge: T1.22 twenty at once are counted as twenty',
  ['charging'],
  async ({ rateLimits }) => {
    const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
    const both = { ...onAccount(account), ipAddress: onIpAddress(ipAddress).ipAddress }
    assert.equal(winners(await twentyAtOnce(() => rateLimits.charge(both))).length, 20)
    assert.deepEqual(await rateLimits.status(account), { state: 'open', failures: 20 })
    assert.deepEqual(await rateLimits.status(ipAddress), { state: 'open', failures: 20 })
  },
)

for (const [who, charge] of [
  ['account', onAccount],
  ['ipAddress', onIpAddress],
] as const) {
  promise(
    `charge: of twenty at once the cap of the ${who} is allowed, the rest refused without counting`,
    ['charging'],
    async ({ rateLimits }) => {
      for (const cap of [1, 7, 19]) {
        const key = freshRateLimitKey()
        const outcomes = await twentyAtOnce(() => rateLimits.charge(charge(key, { cap })))
        assert.equal(winners(outcomes).length, cap)
        for (const outcome of outcomes) assertRefusal(outcome)
        const { state, failures } = await rateLimits.status(key)
        assert.deepEqual([state, failures], ['locked', cap])
      }
    },
  )
}

promise('charge: reaching the cap locks the key', ['charging'], async ({ rateLimits }) => {
  const key = freshRateLimitKey()
  const charge = () => rateLimits.charge(onAccount(key, { cap: 2, lockSeconds: 1000 }))
  assert.deepEqual(await charge(), { ok: true })
  assert.equal((await rateLimits.status(key)).state, 'open')
  assert.deepEqual(await charge(), { ok: true })
  const status = await rateLimits.status(key)
  assert.ok(status.state === 'locked' && status.lockedUntil instanceof Date)
  const refusal = await charge()
  assert.ok(!refusal.ok && refusal.retryAfterSeconds > 500 && refusal.retryAfterSeconds <= 1000)
})

promise('charge: a refused one writes nothing', ['charging'], async ({ rateLimits }) => {
  const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
  const both = { ...onAccount(account, { cap: 1 }), ipAddress: onIpAddress(ipAddress).ipAddress }
  await rateLimits.charge(both)
  const before = [await rateLimits.status(account), await rateLimits.status(ipAddress)]
  for (const outcome of await twentyAtOnce(() => rateLimits.charge(both)))
    assert.equal(outcome.ok, false)
  assert.deepEqual([await rateLimits.status(account), await rateLimits.status(ipAddress)], before)
})

promise(
  'charge: a locked account is not charged to the network, nor a locked network to the account',
  ['charging'],
  async ({ rateLimits }) => {
    const [locked, free] = [freshRateLimitKey(), freshRateLimitKey()]
    await rateLimits.charge(onAccount(locked, { cap: 1 }))
    const lockedAccount = { ...onAccount(locked), ipAddress: onIpAddress(free).ipAddress }
    const lockedIpAddress = { ...onAccount(free), ipAddress: onIpAddress(locked).ipAddress }
    for (const charges of [lockedAccount, lockedIpAddress])
      assert.equal((await rateLimits.charge(charges)).ok, false)
    assert.deepEqual(await rateLimits.status(free), none)
  },
)

promise(
  'charge: of twenty at once none is allowed that was not charged to both keys',
  ['charging'],
  async ({ rateLimits }) => {
    const shared = { key: freshRateLimitKey(), policy: policy({ cap: 7 }) }
    for (const whose of ['account', 'ipAddress'] as const) {
      const own = Array.from({ length: crowd }, () => ({
        key: freshRateLimitKey(),
        policy: policy(),
      }))
      shared.key = freshRateLimitKey()
      const outcomes = await Promise.all(
        own.map((charge) =>
          rateLimits.charge(
            whose === 'account'
              ? { account: shared, ipAddress: charge }
              : { account: charge, ipAddress: shared },
          ),
        ),
      )
      const counted = await Promise.all(
        own.map(async ({ key }) => (await rateLimits.status(key)).failures),
      )
      // A refused one may leave its own key charged when it lost the last place of the shared one.
      for (const [index, { ok }] of outcomes.entries())
        assert.ok(ok ? counted[index] === 1 : counted[index] === 0 || counted[index] === 1)
      assert.equal(winners(outcomes).length, 7)
      assert.equal((await rateLimits.status(shared.key)).failures, 7)
    }
  },
)

promise(
  'charge: crowds over crossing accounts and networks all get an answer',
  ['charging'],
  async ({ rateLimits }) => {
    const accounts = Array.from({ length: 4 }, freshRateLimitKey)
    const ipAddresses = Array.from({ length: 3 }, freshRateLimitKey)
    const crossing = accounts.flatMap((account) =>
      ipAddresses.map((ipAddress) => ({
        ...onAccount(account, { cap: 20 }),
        ipAddress: onIpAddress(ipAddress, { cap: 20 }).ipAddress,
      })),
    )
    const outcomes = await Promise.all(
      [...crossing, ...crossing, ...crossing].map((both) => rateLimits.charge(both)),
    )
    assert.ok(winners(outcomes).length >= 10)
    for (const outcome of outcomes) assertRefusal(outcome)
  },
)

promise('charge: every key is counted on its own', ['charging'], async ({ rateLimits }) => {
  const [locked, other] = [freshRateLimitKey(), freshRateLimitKey()]
  await rateLimits.charge(onAccount(locked, { cap: 1 }))
  assert.deepEqual(await rateLimits.charge(onAccount(other, { cap: 1 })), { ok: true })
})

promise(
  'charge: one key for account and network at once is refused',
  ['charging'],
  async ({ rateLimits }) => {
    const key = freshRateLimitKey()
    const twice = { ...onAccount(key), ipAddress: onIpAddress(key).ipAddress }
    await assert.rejects(rateLimits.charge(twice), { code: 'ERR_INVALID_INPUT' })
    assert.deepEqual(await rateLimits.status(key), none)
  },
)

promise(
  'refund: clears the account and gives the network one charge back',
  ['charging'],
  async ({ rateLimits }) => {
    const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
    const both = { ...onAccount(account), ipAddress: onIpAddress(ipAddress).ipAddress }
    for (let turn = 0; turn < 4; turn += 1) await rateLimits.charge(both)
    await rateLimits.refund({ account, ipAddress })
    assert.deepEqual(await rateLimits.status(account), none)
    assert.deepEqual(await rateLimits.status(ipAddress), { state: 'open', failures: 3 })
  },
)

promise(
  'refund: opens an account that the refunded charge has locked',
  ['charging'],
  async ({ rateLimits }) => {
    const account = freshRateLimitKey()
    const charge = () => rateLimits.charge(onAccount(account, { cap: 2 }))
    await charge()
    await charge()
    await rateLimits.refund({ ...noRefund, account })
    assert.deepEqual(await rateLimits.status(account), none)
    assert.deepEqual(
      [(await charge()).ok, (await charge()).ok, (await charge()).ok],
      [true, true, false],
    )
  },
)

promise(
  'refund: opens a network that the refunded charge has locked, for one charge',
  ['charging'],
  async ({ rateLimits }) => {
    const ipAddress = freshRateLimitKey()
    const charge = () => rateLimits.charge(onIpAddress(ipAddress, { cap: 3 }))
    for (let turn = 0; turn < 3; turn += 1) await charge()
    await rateLimits.refund({ ...noRefund, ipAddress })
    assert.deepEqual([(await charge()).ok, (await charge()).ok], [true, false])
  },
)

promise(
  'refund: a network full of successes is never locked',
  ['charging'],
  async ({ rateLimits }) => {
    const ipAddress = freshRateLimitKey()
    const charges = onIpAddress(ipAddress, { cap: 3, limit: 4 })
    for (let turn = 0; turn < crowd; turn += 1) {
      assert.deepEqual(await rateLimits.charge(charges), { ok: true })
      await rateLimits.refund({ ...noRefund, ipAddress })
    }
    assert.deepEqual(await rateLimits.status(ipAddress), none)
  },
)

promise('refund: gives back no more than was charged', ['charging'], async ({ rateLimits }) => {
  const ipAddress = freshRateLimitKey()
  const charge = () => rateLimits.charge(onIpAddress(ipAddress, { cap: 2 }))
  await rateLimits.refund({ account: freshRateLimitKey(), ipAddress })
  await charge()
  await twentyAtOnce(() => rateLimits.refund({ ...noRefund, ipAddress }))
  assert.deepEqual(await rateLimits.status(ipAddress), none)
  assert.deepEqual(
    [(await charge()).ok, (await charge()).ok, (await charge()).ok],
    [true, true, false],
  )
})

promise('refund: twenty at once give twenty back', ['charging'], async ({ rateLimits }) => {
  const ipAddress = freshRateLimitKey()
  for (let turn = 0; turn < 25; turn += 1) await rateLimits.charge(onIpAddress(ipAddress))
  await twentyAtOnce(() => rateLimits.refund({ ...noRefund, ipAddress }))
  assert.deepEqual(await rateLimits.status(ipAddress), { state: 'open', failures: 5 })
})

promise('refund: nothing to give back is no error', ['charging'], async ({ rateLimits }) => {
  assert.equal(await rateLimits.refund(noRefund), undefined)
})

promise(
  'giveBack: returns one attempt per key and occurrence, and opens a key that these attempts have locked',
  ['charging'],
  async ({ rateLimits }) => {
    const [open, locked, other] = [freshRateLimitKey(), freshRateLimitKey(), freshRateLimitKey()]
    for (let turn = 0; turn < 4; turn += 1) await rateLimits.charge(onAccount(open))
    const charge = () => rateLimits.charge(onAccount(locked, { cap: 2 }))
    for (let turn = 0; turn < 2; turn += 1) await charge()
    await rateLimits.charge(onAccount(other))
    await rateLimits.giveBack([open, locked, open, freshRateLimitKey()])
    assert.deepEqual(await rateLimits.status(open), { state: 'open', failures: 2 })
    assert.deepEqual(await rateLimits.status(other), { state: 'open', failures: 1 })
    assert.deepEqual(await rateLimits.status(locked), { state: 'open', failures: 1 })
    assert.deepEqual([(await charge()).ok, (await charge()).ok], [true, false])
  },
)

promise('giveBack: gives back no more than was counted', ['charging'], async ({ rateLimits }) => {
  const key = freshRateLimitKey()
  const charge = () => rateLimits.charge(onAccount(key, { cap: 2 }))
  await charge()
  await rateLimits.giveBack([key, key, key])
  assert.deepEqual(await rateLimits.status(key), none)
  assert.deepEqual(
    [(await charge()).ok, (await charge()).ok, (await charge()).ok],
    [true, true, false],
  )
  assert.equal(await rateLimits.giveBack([]), undefined)
})

promise(
  'giveBack: twenty at once with the same keys in any order give twenty back',
  ['charging'],
  async ({ rateLimits }) => {
    const keys = [freshRateLimitKey(), freshRateLimitKey(), freshRateLimitKey()]
    for (const key of keys)
      for (let turn = 0; turn < 25; turn += 1) await rateLimits.charge(onAccount(key))
    let turn = 0
    await twentyAtOnce(() => {
      turn += 1
      return rateLimits.giveBack(turn % 2 === 0 ? keys : [...keys].reverse())
    })
    for (const key of keys)
      assert.deepEqual(await rateLimits.status(key), { state: 'open', failures: 5 })
  },
)

promise(
  'unlock: forgets everything and says whether the key was locked',
  ['charging'],
  async ({ rateLimits }) => {
    const key = freshRateLimitKey()
    const charge = () => rateLimits.charge(onAccount(key, { cap: 2 }))
    assert.equal(await rateLimits.unlock(key), false)
    await charge()
    assert.equal(await rateLimits.unlock(key), false)
    assert.deepEqual(await rateLimits.status(key), none)
    await charge()
    await charge()
    assert.equal(await rateLimits.unlock(key), true)
    assert.deepEqual(await rateLimits.status(key), none)
    assert.equal(await rateLimits.unlock(key), false)
    assert.deepEqual(await charge(), { ok: true })
  },
)

function assertRefusal(outcome: ChargeOutcome): void {
  if (outcome.ok) return
  assert.equal(outcome.reason, 'too_many_attempts')
  assert.ok(Number.isSafeInteger(outcome.retryAfterSeconds) && outcome.retryAfterSeconds >= 1)
}
