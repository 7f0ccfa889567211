import assert from 'node:assert/strict'
import type { ChargeOutcome } from '../login-attempts.js'
import { casesOf } from './case.js'
import { crowd, twentyAtOnce, winners } from './people.js'
import { freshAttemptKey, noRefund, onAccount, onNetwork, policy } from './samples.js'

const { cases, promise } = casesOf('loginAttempts')

/** Counting attempts, and giving them back. */
export const loginAttemptCases = cases

const none = { state: 'open', failures: 0 }

promise(
  'status: open without failures for a key that nothing was counted under',
  ['charging'],
  async (storage) => {
    assert.deepEqual(await storage.loginAttempts.status(freshAttemptKey()), none)
  },
)

promise('charge: counts one attempt under each key', ['charging'], async ({ loginAttempts }) => {
  const [account, network] = [freshAttemptKey(), freshAttemptKey()]
  const both = { ...onAccount(account), network: onNetwork(network).network }
  assert.deepEqual(await loginAttempts.charge(both), { ok: true })
  assert.deepEqual(await loginAttempts.charge(onAccount(account)), { ok: true })
  assert.deepEqual(await loginAttempts.charge(onNetwork(network)), { ok: true })
  assert.deepEqual(await loginAttempts.charge(onNetwork(network)), { ok: true })
  assert.deepEqual(await loginAttempts.status(account), { state: 'open', failures: 2 })
  assert.deepEqual(await loginAttempts.status(network), { state: 'open', failures: 3 })
})

promise(
  'charge: T1.22 twenty at once are counted as twenty',
  ['charging'],
  async ({ loginAttempts }) => {
    const [account, network] = [freshAttemptKey(), freshAttemptKey()]
    const both = { ...onAccount(account), network: onNetwork(network).network }
    assert.equal(winners(await twentyAtOnce(() => loginAttempts.charge(both))).length, 20)
    assert.deepEqual(await loginAttempts.status(account), { state: 'open', failures: 20 })
    assert.deepEqual(await loginAttempts.status(network), { state: 'open', failures: 20 })
  },
)

for (const [who, charge] of [
  ['account', onAccount],
  ['network', onNetwork],
] as const) {
  promise(
    `charge: of twenty at once the cap of the ${who} is allowed, the rest refused without counting`,
    ['charging'],
    async ({ loginAttempts }) => {
      for (const cap of [1, 7, 19]) {
        const key = freshAttemptKey()
        const outcomes = await twentyAtOnce(() => loginAttempts.charge(charge(key, { cap })))
        assert.equal(winners(outcomes).length, cap)
        for (const outcome of outcomes) assertRefusal(outcome)
        const { state, failures } = await loginAttempts.status(key)
        assert.deepEqual([state, failures], ['locked', cap])
      }
    },
  )
}

promise('charge: reaching the cap locks the key', ['charging'], async ({ loginAttempts }) => {
  const key = freshAttemptKey()
  const charge = () => loginAttempts.charge(onAccount(key, { cap: 2, lockSeconds: 1000 }))
  assert.deepEqual(await charge(), { ok: true })
  assert.equal((await loginAttempts.status(key)).state, 'open')
  assert.deepEqual(await charge(), { ok: true })
  const status = await loginAttempts.status(key)
  assert.ok(status.state === 'locked' && status.lockedUntil instanceof Date)
  const refusal = await charge()
  assert.ok(!refusal.ok && refusal.retryAfterSeconds > 500 && refusal.retryAfterSeconds <= 1000)
})

promise('charge: a refused one writes nothing', ['charging'], async ({ loginAttempts }) => {
  const [account, network] = [freshAttemptKey(), freshAttemptKey()]
  const both = { ...onAccount(account, { cap: 1 }), network: onNetwork(network).network }
  await loginAttempts.charge(both)
  const before = [await loginAttempts.status(account), await loginAttempts.status(network)]
  for (const outcome of await twentyAtOnce(() => loginAttempts.charge(both)))
    assert.equal(outcome.ok, false)
  assert.deepEqual(
    [await loginAttempts.status(account), await loginAttempts.status(network)],
    before,
  )
})

promise(
  'charge: a locked account is not charged to the network, nor a locked network to the account',
  ['charging'],
  async ({ loginAttempts }) => {
    const [locked, free] = [freshAttemptKey(), freshAttemptKey()]
    await loginAttempts.charge(onAccount(locked, { cap: 1 }))
    const lockedAccount = { ...onAccount(locked), network: onNetwork(free).network }
    const lockedNetwork = { ...onAccount(free), network: onNetwork(locked).network }
    for (const charges of [lockedAccount, lockedNetwork])
      assert.equal((await loginAttempts.charge(charges)).ok, false)
    assert.deepEqual(await loginAttempts.status(free), none)
  },
)

promise(
  'charge: of twenty at once none is allowed that was not charged to both keys',
  ['charging'],
  async ({ loginAttempts }) => {
    const shared = { key: freshAttemptKey(), policy: policy({ cap: 7 }) }
    for (const whose of ['account', 'network'] as const) {
      const own = Array.from({ length: crowd }, () => ({
        key: freshAttemptKey(),
        policy: policy(),
      }))
      shared.key = freshAttemptKey()
      const outcomes = await Promise.all(
        own.map((charge) =>
          loginAttempts.charge(
            whose === 'account'
              ? { account: shared, network: charge }
              : { account: charge, network: shared },
          ),
        ),
      )
      const counted = await Promise.all(
        own.map(async ({ key }) => (await loginAttempts.status(key)).failures),
      )
      // A refused one may leave its own key charged when it lost the last place of the shared one.
      for (const [index, { ok }] of outcomes.entries())
        assert.ok(ok ? counted[index] === 1 : counted[index] === 0 || counted[index] === 1)
      assert.equal(winners(outcomes).length, 7)
      assert.equal((await loginAttempts.status(shared.key)).failures, 7)
    }
  },
)

promise(
  'charge: crowds over crossing accounts and networks all get an answer',
  ['charging'],
  async ({ loginAttempts }) => {
    const accounts = Array.from({ length: 4 }, freshAttemptKey)
    const networks = Array.from({ length: 3 }, freshAttemptKey)
    const crossing = accounts.flatMap((account) =>
      networks.map((network) => ({
        ...onAccount(account, { cap: 20 }),
        network: onNetwork(network, { cap: 20 }).network,
      })),
    )
    const outcomes = await Promise.all(
      [...crossing, ...crossing, ...crossing].map((both) => loginAttempts.charge(both)),
    )
    assert.ok(winners(outcomes).length >= 10)
    for (const outcome of outcomes) assertRefusal(outcome)
  },
)

promise('charge: every key is counted on its own', ['charging'], async ({ loginAttempts }) => {
  const [locked, other] = [freshAttemptKey(), freshAttemptKey()]
  await loginAttempts.charge(onAccount(locked, { cap: 1 }))
  assert.deepEqual(await loginAttempts.charge(onAccount(other, { cap: 1 })), { ok: true })
})

promise(
  'charge: one key for account and network at once is refused',
  ['charging'],
  async ({ loginAttempts }) => {
    const key = freshAttemptKey()
    const twice = { ...onAccount(key), network: onNetwork(key).network }
    await assert.rejects(loginAttempts.charge(twice), { code: 'ERR_INVALID_INPUT' })
    assert.deepEqual(await loginAttempts.status(key), none)
  },
)

promise(
  'refund: clears the account and gives the network one charge back',
  ['charging'],
  async ({ loginAttempts }) => {
    const [account, network] = [freshAttemptKey(), freshAttemptKey()]
    const both = { ...onAccount(account), network: onNetwork(network).network }
    for (let turn = 0; turn < 4; turn += 1) await loginAttempts.charge(both)
    await loginAttempts.refund({ account, network })
    assert.deepEqual(await loginAttempts.status(account), none)
    assert.deepEqual(await loginAttempts.status(network), { state: 'open', failures: 3 })
  },
)

promise(
  'refund: opens an account that the refunded charge has locked',
  ['charging'],
  async ({ loginAttempts }) => {
    const account = freshAttemptKey()
    const charge = () => loginAttempts.charge(onAccount(account, { cap: 2 }))
    await charge()
    await charge()
    await loginAttempts.refund({ ...noRefund, account })
    assert.deepEqual(await loginAttempts.status(account), none)
    assert.deepEqual(
      [(await charge()).ok, (await charge()).ok, (await charge()).ok],
      [true, true, false],
    )
  },
)

promise(
  'refund: opens a network that the refunded charge has locked, for one charge',
  ['charging'],
  async ({ loginAttempts }) => {
    const network = freshAttemptKey()
    const charge = () => loginAttempts.charge(onNetwork(network, { cap: 3 }))
    for (let turn = 0; turn < 3; turn += 1) await charge()
    await loginAttempts.refund({ ...noRefund, network })
    assert.deepEqual([(await charge()).ok, (await charge()).ok], [true, false])
  },
)

promise(
  'refund: a network full of successes is never locked',
  ['charging'],
  async ({ loginAttempts }) => {
    const network = freshAttemptKey()
    const charges = onNetwork(network, { cap: 3, limit: 4 })
    for (let turn = 0; turn < crowd; turn += 1) {
      assert.deepEqual(await loginAttempts.charge(charges), { ok: true })
      await loginAttempts.refund({ ...noRefund, network })
    }
    assert.deepEqual(await loginAttempts.status(network), none)
  },
)

promise('refund: gives back no more than was charged', ['charging'], async ({ loginAttempts }) => {
  const network = freshAttemptKey()
  const charge = () => loginAttempts.charge(onNetwork(network, { cap: 2 }))
  await loginAttempts.refund({ account: freshAttemptKey(), network })
  await charge()
  await twentyAtOnce(() => loginAttempts.refund({ ...noRefund, network }))
  assert.deepEqual(await loginAttempts.status(network), none)
  assert.deepEqual(
    [(await charge()).ok, (await charge()).ok, (await charge()).ok],
    [true, true, false],
  )
})

promise('refund: twenty at once give twenty back', ['charging'], async ({ loginAttempts }) => {
  const network = freshAttemptKey()
  for (let turn = 0; turn < 25; turn += 1) await loginAttempts.charge(onNetwork(network))
  await twentyAtOnce(() => loginAttempts.refund({ ...noRefund, network }))
  assert.deepEqual(await loginAttempts.status(network), { state: 'open', failures: 5 })
})

promise('refund: nothing to give back is no error', ['charging'], async ({ loginAttempts }) => {
  assert.equal(await loginAttempts.refund(noRefund), undefined)
})

promise(
  'unlock: forgets everything and says whether the key was locked',
  ['charging'],
  async ({ loginAttempts }) => {
    const key = freshAttemptKey()
    const charge = () => loginAttempts.charge(onAccount(key, { cap: 2 }))
    assert.equal(await loginAttempts.unlock(key), false)
    await charge()
    assert.equal(await loginAttempts.unlock(key), false)
    assert.deepEqual(await loginAttempts.status(key), none)
    await charge()
    await charge()
    assert.equal(await loginAttempts.unlock(key), true)
    assert.deepEqual(await loginAttempts.status(key), none)
    assert.equal(await loginAttempts.unlock(key), false)
    assert.deepEqual(await charge(), { ok: true })
  },
)

function assertRefusal(outcome: ChargeOutcome): void {
  if (outcome.ok) return
  assert.equal(outcome.reason, 'too_many_attempts')
  assert.ok(Number.isSafeInteger(outcome.retryAfterSeconds) && outcome.retryAfterSeconds >= 1)
}
