import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import { mailCharges } from '../fixtures/mail.js'
import { twentyAtOnce } from '../fixtures/people.js'
import { freshRateLimitKey, policy } from '../fixtures/samples.js'

const { cases, promise } = casesOf('rateLimits')

/** Charging the mails to an address. */
export const mailChargeCases = cases

const allowed = { ok: true, allowed: true }
const spent = { ok: true, allowed: false }

promise('chargeMail: counts address and network', ['charging'], async ({ rateLimits }) => {
  const [address, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
  const charges = {
    address: { key: address, policy: policy() },
    ipAddress: { key: ipAddress, policy: policy() },
  }
  assert.deepEqual(await rateLimits.chargeMail(charges), allowed)
  assert.deepEqual(await rateLimits.chargeMail({ ...charges, ipAddress: null }), allowed)
  assert.deepEqual(await rateLimits.status(address), { state: 'open', failures: 2 })
  assert.deepEqual(await rateLimits.status(ipAddress), { state: 'open', failures: 1 })
})

promise(
  'chargeMail: beyond the allowance the network is charged all the same, and nothing is told',
  ['charging'],
  async ({ rateLimits }) => {
    const [address, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
    const charges = {
      address: { key: address, policy: policy({ cap: 2 }) },
      ipAddress: { key: ipAddress, policy: policy({ cap: 5 }) },
    }
    for (const expected of [allowed, allowed, spent, spent, spent])
      assert.deepEqual(await rateLimits.chargeMail(charges), expected)
    assert.equal((await rateLimits.status(address)).failures, 2)
    const { state, failures } = await rateLimits.status(ipAddress)
    assert.deepEqual([state, failures], ['locked', 5])
    const refused = await rateLimits.chargeMail(charges)
    assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
    assert.ok(refused.retryAfterSeconds > 900 && refused.retryAfterSeconds <= 1000)
  },
)

promise(
  'chargeMail: a locked network is refused for every address without counting',
  ['charging'],
  async ({ rateLimits }) => {
    const ipAddress = { key: freshRateLimitKey(), policy: policy({ cap: 1 }) }
    assert.deepEqual(await rateLimits.chargeMail(mailCharges({ ipAddress })), allowed)
    const other = mailCharges({ ipAddress })
    const refused = await rateLimits.chargeMail(other)
    assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
    assert.deepEqual(await rateLimits.status(other.address.key), { state: 'open', failures: 0 })
  },
)

promise(
  'chargeMail: T10.120 R2.3 of twenty at once the allowance is sent',
  ['charging'],
  async ({ rateLimits }) => {
    for (const cap of [1, 3, 19]) {
      const ipAddress = { key: freshRateLimitKey(), policy: policy() }
      const charges = mailCharges({
        address: { key: freshRateLimitKey(), policy: policy({ cap }) },
        ipAddress,
      })
      const outcomes = await twentyAtOnce(() => rateLimits.chargeMail(charges))
      assert.equal(outcomes.filter((outcome) => outcome.ok && outcome.allowed).length, cap)
      assert.ok(outcomes.every(({ ok }) => ok))
      assert.equal((await rateLimits.status(ipAddress.key)).failures, 20)
    }
  },
)

promise(
  'chargeMail: T10.120 R2.3 of twenty at once the cap of the network is taken, the rest refused',
  ['charging'],
  async ({ rateLimits }) => {
    const ipAddress = { key: freshRateLimitKey(), policy: policy({ cap: 7 }) }
    const outcomes = await twentyAtOnce(() => rateLimits.chargeMail(mailCharges({ ipAddress })))
    assert.equal(outcomes.filter(({ ok }) => ok).length, 7)
    assert.equal((await rateLimits.status(ipAddress.key)).failures, 7)
  },
)
