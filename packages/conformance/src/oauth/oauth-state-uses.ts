import assert from 'node:assert/strict'
import { newOAuthAccountId } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
  again,
  later,
  newIdentity,
  newOAuthSignIn,
  startFlow,
  visit,
} from '../fixtures/credentials.js'
import { actorOf, only, signUp, succeeded, twentyAtOnce, winners } from '../fixtures/people.js'

const { cases, promise } = casesOf('oauthAccounts')

/** Sign-ins and links of a flow, which use its state in their own commit. */
export const oauthStateUseCases = cases

const invalid = { ok: false, reason: 'invalid_token' }

const providersOf = [
  ['a known identity', (known: ReturnType<typeof newOAuthSignIn>) => again(known)],
  ['a new identity with a trusted email', () => newOAuthSignIn()],
  ['a new identity without one', () => newOAuthSignIn({ email: null, emailVerified: false })],
] as const

for (const [what, personOf] of providersOf) {
  promise(
    `signIn: T1.4 uses the state once, with ${what}: one winner among twenty`,
    ['charging'],
    async (storage) => {
      const known = newOAuthSignIn()
      await visit(storage, known)
      const state = await startFlow(storage)
      const first = { ...personOf(known), state }
      const outcomes = await twentyAtOnce(() =>
        storage.oauthAccounts.signIn({ ...again(first), state }),
      )
      const winner = succeeded(only(winners(outcomes)))
      for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, invalid)
      assert.equal(
        (await storage.sessions.list(winner.user.id)).length,
        first.subject === known.subject ? 2 : 1,
      )
      assert.deepEqual(await storage.oauthAccounts.signIn({ ...again(first), state }), invalid)
      assert.deepEqual(await storage.oauthStates.check({ state }), invalid)
    },
  )

  promise(
    `signIn: T1.8 does nothing with an expired state, with ${what}`,
    ['charging'],
    async (storage) => {
      const known = newOAuthSignIn()
      const { user } = await visit(storage, known)
      const state = await startFlow(storage)
      const person = { ...personOf(known), state: later(state, 601) }
      assert.deepEqual(await storage.oauthAccounts.signIn(person), invalid)
      assert.equal((await storage.sessions.list(user.id)).length, 1)
      assert.equal(await storage.users.find(person.newUserId), null)
      if (person.subject !== known.subject && person.email !== null)
        assert.equal(await storage.users.findByEmail(person.email), null)
      // The same state before its end is still there to be used.
      succeeded(await storage.oauthAccounts.signIn({ ...person, state }))
    },
  )
}

promise(
  'signIn: of sign-ins with one state by two identities, one succeeds',
  ['charging'],
  async (storage) => {
    const state = await startFlow(storage)
    const outcomes = await twentyAtOnce(() =>
      storage.oauthAccounts.signIn(newOAuthSignIn({ state })),
    )
    only(winners(outcomes))
  },
)

promise('signIn: a disabled account uses the state', ['charging'], async (storage) => {
  const person = newOAuthSignIn()
  const { user } = await visit(storage, person)
  await storage.users.disable(user.id)
  const state = await startFlow(storage)
  const disabled = { ok: false, reason: 'account_disabled' }
  assert.deepEqual(await storage.oauthAccounts.signIn(again(person, { state })), disabled)
  await storage.users.enable(user.id)
  assert.deepEqual(await storage.oauthAccounts.signIn(again(person, { state })), invalid)
})

promise(
  'link: uses the state once, and leaves it where the acting session has ended',
  ['charging'],
  async (storage) => {
    const [one, other] = [await signUp(storage), await signUp(storage)]
    const [actor, ended] = [await actorOf(storage, one.key), await actorOf(storage, other.key)]
    await storage.sessions.end(other.key)
    const state = await startFlow(storage)
    const link = (who = actor) =>
      storage.oauthAccounts.link(who, {
        ...newIdentity(),
        newAccountId: newOAuthAccountId(),
        state,
      })
    assert.deepEqual(await link(ended), { ok: false, reason: 'stale' })
    const raised = { ...actor, epochs: { ...actor.epochs, owner: actor.epochs.owner + 1 } }
    assert.deepEqual(await link(raised), { ok: false, reason: 'stale' })
    const outcomes = await twentyAtOnce(() => link())
    only(winners(outcomes))
    for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, invalid)
    assert.equal((await storage.oauthAccounts.list(actor.userId)).length, 1)
    const late = later(await startFlow(storage), 601)
    const identity = { ...newIdentity(), newAccountId: newOAuthAccountId() }
    assert.deepEqual(await storage.oauthAccounts.link(actor, { ...identity, state: late }), invalid)
  },
)
