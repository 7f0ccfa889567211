import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import { again, later, newOAuthSignIn, startFlow, visit } from '../fixtures/credentials.js'
import { only, twentyAtOnce, winners } from '../fixtures/people.js'
import { freshRateLimitKey, longestRetry, onIpAddress } from '../fixtures/samples.js'

const { cases, promise } = casesOf('oauthStates')

/** States of flows at providers: counted at the start, used once, stored only when used. */
export const oauthStateCases = cases

const invalid = { ok: false, reason: 'invalid_token' }

promise(
  'start: returns when the state expires, by the clock that judges it',
  ['charging'],
  async (storage) => {
    const state = await startFlow(storage, 600)
    assert.ok(state.expiresAt instanceof Date)
    // A second of it is left after 599, none after 600; the rest is the time that this test takes.
    assert.deepEqual(await storage.oauthStates.check({ state: later(state, 500) }), { ok: true })
    assert.deepEqual(await storage.oauthStates.check({ state: later(state, 600) }), invalid)
  },
)

promise(
  'start: counts the IP address, and beyond the limit starts nothing',
  ['charging'],
  async ({ oauthStates, rateLimits }) => {
    const key = freshRateLimitKey()
    const { ipAddress } = onIpAddress(key, { cap: 3 })
    const outcomes = await twentyAtOnce(() =>
      oauthStates.start({ lifetimeSeconds: 600, ipAddress }),
    )
    assert.equal(winners(outcomes).length, 3)
    for (const outcome of outcomes)
      if (!outcome.ok) {
        assert.equal(outcome.reason, 'too_many_attempts')
        assert.ok(outcome.retryAfterSeconds > 0 && outcome.retryAfterSeconds <= longestRetry)
      }
    assert.equal((await rateLimits.status(key)).state, 'locked')
  },
)

promise(
  'check: finds a state that was not used, any number of times',
  ['charging'],
  async (storage) => {
    const state = await startFlow(storage)
    const found = await twentyAtOnce(() => storage.oauthStates.check({ state }))
    for (const one of found) assert.deepEqual(one, { ok: true })
  },
)

promise(
  'check: refuses a used state, an expired one and one that is not genuine',
  ['charging'],
  async (storage) => {
    const state = await startFlow(storage)
    assert.equal(await storage.oauthStates.use(state), true)
    for (const one of [state, later(await startFlow(storage), 601), null])
      assert.deepEqual(await storage.oauthStates.check({ state: one }), invalid)
  },
)

promise(
  'check: of many at once each gets the answer for its state and IP address',
  ['charging'],
  async (storage) => {
    const open = onIpAddress(freshRateLimitKey(), { cap: 100 })
    const locked = onIpAddress(freshRateLimitKey(), { cap: 1 })
    const [live, used] = [await startFlow(storage), await startFlow(storage)]
    await storage.oauthStates.use(used)
    assert.deepEqual(await storage.oauthStates.check({ state: null, ...locked }), invalid)
    const asked = [
      { state: live, ipAddress: null },
      { state: live, ...open },
      { state: live, ...locked },
      { state: used, ...open },
      { state: later(live, 601), ipAddress: null },
      { state: { ...live, globalEpoch: live.globalEpoch + 1 }, ipAddress: null },
    ]
    const [ok, refused] = ['ok', 'too_many_attempts']
    const expected = [ok, ok, refused, invalid.reason, invalid.reason, invalid.reason]
    const found = await Promise.all(
      [...asked, ...asked, ...asked].map((one) => storage.oauthStates.check(one)),
    )
    assert.deepEqual(
      found.map((one) => (one.ok ? 'ok' : one.reason)),
      [...expected, ...expected, ...expected],
    )
  },
)

promise('use: T1.4 one winner among twenty', ['charging'], async (storage) => {
  const state = await startFlow(storage)
  const used = await twentyAtOnce(() => storage.oauthStates.use(state))
  only(used.filter((one) => one))
  assert.equal(await storage.oauthStates.use(state), false)
})

promise('use: T1.8 refuses a state that has expired', ['charging'], async (storage) => {
  assert.equal(await storage.oauthStates.use(later(await startFlow(storage, 600), 500)), true)
  assert.equal(await storage.oauthStates.use(later(await startFlow(storage, 600), 601)), false)
})

promise(
  'use: a used state stays used after its end, a margin and a sweep',
  ['charging', 'elapse'],
  async (storage) => {
    const person = newOAuthSignIn()
    const [used, signedIn] = [await startFlow(storage), await startFlow(storage)]
    await storage.oauthStates.use(used)
    await visit(storage, { ...person, state: signedIn })
    let passed = 0
    for (const seconds of [0, 590, 20, 3000, 600, 86_400]) {
      await storage.elapse(seconds)
      await storage.sweep()
      passed += seconds
      for (const state of [used, signedIn]) {
        const now = later(state, passed)
        assert.deepEqual(await storage.oauthStates.check({ state: now }), invalid)
        assert.equal(await storage.oauthStates.use(now), false)
        const next = again(person, { state: now })
        assert.deepEqual(await storage.oauthAccounts.signIn(next), invalid)
      }
    }
  },
)
