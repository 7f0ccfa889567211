import assert from 'node:assert/strict'
import { casesOf } from './case.js'
import { mailCharges } from './mail.js'
import { twentyAtOnce } from './people.js'
import { freshAttemptKey, policy } from './samples.js'

const { cases, promise } = casesOf('loginAttempts')

/** Charging the mails to an address. */
export const mailChargeCases = cases

const allowed = { ok: true, allowed: true }
const spent = { ok: true, allowed: false }

promise('chargeMail: counts address and network', ['charging'], async ({ loginAttempts }) => {
  const [address, network] = [freshAttemptKey(), freshAttemptKey()]
  const charges = {
    address: { key: address, policy: policy() },
    network: { key: network, policy: policy() },
  }
  assert.deepEqual(await loginAttempts.chargeMail(charges), allowed)
  assert.deepEqual(await loginAttempts.chargeMail({ ...charges, network: null }), allowed)
  assert.deepEqual(await loginAttempts.status(address), { state: 'open', failures: 2 })
  assert.deepEqual(await loginAttempts.status(network), { state: 'open', failures: 1 })
})

promise(
  'chargeMail: beyond the allowance the network is charged all the same, and nothing is told',
  ['charging'],
  async ({ loginAttempts }) => {
    const [address, network] = [freshAttemptKey(), freshAttemptKey()]
    const charges = {
      address: { key: address, policy: policy({ cap: 2 }) },
      network: { key: network, policy: policy({ cap: 5 }) },
    }
    for (const expected of [allowed, allowed, spent, spent, spent])
      assert.deepEqual(await loginAttempts.chargeMail(charges), expected)
    assert.equal((await loginAttempts.status(address)).failures, 2)
    const { state, failures } = await loginAttempts.status(network)
    assert.deepEqual([state, failures], ['locked', 5])
    const refused = await loginAttempts.chargeMail(charges)
    assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
    assert.ok(refused.retryAfterSeconds > 900 && refused.retryAfterSeconds <= 1000)
  },
)

promise(
  'chargeMail: a locked network is refused for every address without counting',
  ['charging'],
  async ({ loginAttempts }) => {
    const network = { key: freshAttemptKey(), policy: policy({ cap: 1 }) }
    assert.deepEqual(await loginAttempts.chargeMail(mailCharges({ network })), allowed)
    const other = mailCharges({ network })
    const refused = await loginAttempts.chargeMail(other)
    assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
    assert.deepEqual(await loginAttempts.status(other.address.key), { state: 'open', failures: 0 })
  },
)

promise(
  'chargeMail: T10.120 R2.3 of twenty at once the allowance is sent',
  ['charging'],
  async ({ loginAttempts }) => {
    for (const cap of [1, 3, 19]) {
      const network = { key: freshAttemptKey(), policy: policy() }
      const charges = mailCharges({
        address: { key: freshAttemptKey(), policy: policy({ cap }) },
        network,
      })
      const outcomes = await twentyAtOnce(() => loginAttempts.chargeMail(charges))
      assert.equal(outcomes.filter((outcome) => outcome.ok && outcome.allowed).length, cap)
      assert.ok(outcomes.every(({ ok }) => ok))
      assert.equal((await loginAttempts.status(network.key)).failures, 20)
    }
  },
)

promise(
  'chargeMail: of twenty at once the cap of the network is taken, the rest refused',
  ['charging'],
  async ({ loginAttempts }) => {
    const network = { key: freshAttemptKey(), policy: policy({ cap: 7 }) }
    const outcomes = await twentyAtOnce(() => loginAttempts.chargeMail(mailCharges({ network })))
    assert.equal(outcomes.filter(({ ok }) => ok).length, 7)
    assert.equal((await loginAttempts.status(network.key)).failures, 7)
  },
)
