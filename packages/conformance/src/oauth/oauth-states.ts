import assert from 'node:assert/strict'
import type { NewOAuthState } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { newState } from '../fixtures/credentials.js'
import { actorOf, only, present, signUp, twentyAtOnce, winners } from '../fixtures/people.js'
import {
  awkwardTexts,
  freshRateLimitKey,
  freshSecretHash,
  onIpAddress,
  unknownSessionId,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('oauthStates')

/** Flows to providers under way. */
export const oauthStateCases = cases

const keyOf = ({ stateHash, browserHash, provider }: NewOAuthState) => ({
  stateHash,
  browserHash,
  provider,
})

promise('consume: gives the flow back, once', ['charging'], async ({ oauthStates }) => {
  const state = newState({ redirectTo: '/basket?step=2#pay' })
  assert.deepEqual(await oauthStates.store(state), { ok: true })
  assert.deepEqual(await oauthStates.consume(keyOf(state)), {
    flow: { kind: 'sign_in' },
    redirectTo: '/basket?step=2#pay',
  })
  assert.equal(await oauthStates.consume(keyOf(state)), null)
})

promise(
  'store: keeps where to go byte by byte, and that there is nowhere to go',
  ['charging'],
  async ({ oauthStates }) => {
    for (const redirectTo of [null, '', ...awkwardTexts, '/'.repeat(2048), 'é'.repeat(1024)]) {
      const state = newState({ redirectTo })
      await oauthStates.store(state)
      const flow = { kind: 'sign_in' }
      assert.deepEqual(await oauthStates.consume(keyOf(state)), { flow, redirectTo })
    }
  },
)

promise(
  'consume: a flow that links carries its actor, as the current session saw it',
  ['charging'],
  async (storage) => {
    const { key } = await signUp(storage)
    const made = {
      userId: unknownUserId(),
      sessionId: unknownSessionId(),
      epochs: { session: 2_147_483_647, owner: 7 },
    }
    for (const actor of [await actorOf(storage, key), made]) {
      const state = newState({ flow: { kind: 'link', actor } })
      assert.deepEqual(await storage.oauthStates.store(state), { ok: true })
      assert.deepEqual(await storage.oauthStates.consume(keyOf(state)), {
        flow: { kind: 'link', actor },
        redirectTo: null,
      })
    }
  },
)

for (const [what, wrong] of [
  ["another browser's", () => ({ browserHash: freshSecretHash() })],
  ["another provider's", () => ({ provider: 'github' })],
  ['a provider of another spelling', () => ({ provider: 'Google' })],
] as const) {
  promise(
    `consume: T6.74 refused for ${what} answer, which uses the state up all the same`,
    ['charging'],
    async ({ oauthStates }) => {
      const state = newState()
      await oauthStates.store(state)
      assert.equal(await oauthStates.consume({ ...keyOf(state), ...wrong() }), null)
      assert.equal(await oauthStates.consume(keyOf(state)), null)
    },
  )
}

promise(
  'consume: an unknown state is nothing, and leaves others alone',
  ['charging'],
  async ({ oauthStates }) => {
    const state = newState()
    await oauthStates.store(state)
    const unknown = { ...keyOf(state), stateHash: freshSecretHash() }
    assert.equal(await oauthStates.consume(unknown), null)
    // Nor does the secret of the browser serve as a state.
    assert.equal(await oauthStates.consume({ ...unknown, stateHash: state.browserHash }), null)
    present(await oauthStates.consume(keyOf(state)))
  },
)

promise(
  'consume: T1.8 refused from the moment it expires, good until then',
  ['elapse', 'charging'],
  async (storage) => {
    const [early, late] = [newState(), newState()]
    for (const state of [early, late])
      await storage.oauthStates.store({ ...state, lifetimeSeconds: 600 })
    await storage.elapse(500)
    present(await storage.oauthStates.consume(keyOf(early)))
    await storage.elapse(101)
    assert.equal(await storage.oauthStates.consume(keyOf(late)), null)
  },
)

promise('consume: T1.4 one winner among twenty', ['charging'], async ({ oauthStates }) => {
  const state = newState()
  await oauthStates.store(state)
  const found = await twentyAtOnce(() => oauthStates.consume(keyOf(state)))
  only(found.filter((one) => one !== null))
})

promise(
  'consume: of a right and a wrong answer at once at most the right one succeeds',
  ['charging'],
  async ({ oauthStates }) => {
    const state = newState()
    await oauthStates.store(state)
    const answers = await twentyAtOnce((index) =>
      oauthStates.consume({
        ...keyOf(state),
        ...(index % 2 === 0 ? {} : { browserHash: freshSecretHash() }),
      }),
    )
    for (const [index, answer] of answers.entries()) if (index % 2 === 1) assert.equal(answer, null)
    assert.ok(answers.filter((answer) => answer !== null).length <= 1)
    assert.equal(await oauthStates.consume(keyOf(state)), null)
  },
)

promise(
  'store: charges the network, and stores nothing when it is refused',
  ['charging'],
  async ({ oauthStates, rateLimits }) => {
    const key = freshRateLimitKey()
    const { ipAddress } = onIpAddress(key, { cap: 3 })
    const states = Array.from({ length: 20 }, () => newState({ ipAddress }))
    const outcomes = await Promise.all(states.map((state) => oauthStates.store(state)))
    assert.equal(winners(outcomes).length, 3)
    for (const outcome of outcomes)
      if (!outcome.ok) {
        assert.equal(outcome.reason, 'too_many_attempts')
        assert.ok(outcome.retryAfterSeconds > 0 && outcome.retryAfterSeconds <= 1000)
      }
    assert.equal((await rateLimits.status(key)).state, 'locked')
    for (const [index, state] of states.entries())
      assert.equal((await oauthStates.consume(keyOf(state))) !== null, outcomes[index]?.ok === true)
  },
)
