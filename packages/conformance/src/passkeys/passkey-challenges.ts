import assert from 'node:assert/strict'
import type { ChallengeHolder, NewPasskeyChallenge, SessionActor } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { newChallenge } from '../fixtures/credentials.js'
import { actorOf, only, openOne, signUp, twentyAtOnce, winners } from '../fixtures/people.js'
import {
  freshRateLimitKey,
  freshSecretHash,
  longestRetry,
  onIpAddress,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('passkeyChallenges')

/** Challenges of registering and of proving again; those of signing in are in passkeys-sign-in.ts. */
export const passkeyChallengeCases = cases

const ceremonies = ['register', 'reauthenticate'] as const

const bySession = (
  actor: SessionActor,
  given: Partial<NewPasskeyChallenge> = {},
): NewPasskeyChallenge =>
  newChallenge({ ceremony: 'register', holder: { kind: 'session', actor }, ...given })

promise('consume: good for the session that asked, once', ['charging'], async (storage) => {
  const { passkeyChallenges } = storage
  const actor = await actorOf(storage, (await signUp(storage)).key)
  for (const ceremony of ceremonies) {
    const challenge = bySession(actor, { ceremony })
    const { challengeHash } = challenge
    assert.deepEqual(await passkeyChallenges.store(challenge), { ok: true })
    assert.equal(await passkeyChallenges.consume({ challengeHash, ceremony, actor }), true)
    assert.equal(await passkeyChallenges.consume({ challengeHash, ceremony, actor }), false)
  }
})

promise('consume: bound to its ceremony; the wrong one burns it', ['charging'], async (storage) => {
  const { passkeyChallenges } = storage
  const actor = await actorOf(storage, (await signUp(storage)).key)
  for (const made of [...ceremonies, 'authenticate'] as const)
    for (const used of ceremonies.filter((ceremony) => ceremony !== made)) {
      const challenge = bySession(actor, { ceremony: made })
      const { challengeHash } = challenge
      await passkeyChallenges.store(challenge)
      assert.equal(await passkeyChallenges.consume({ challengeHash, ceremony: used, actor }), false)
      for (const ceremony of ceremonies)
        assert.equal(await passkeyChallenges.consume({ challengeHash, ceremony, actor }), false)
    }
})

promise(
  "consume: T7.90 bound to user, session and both epochs; a stranger's answer burns it",
  ['charging'],
  async (storage) => {
    const { passkeyChallenges } = storage
    const { user, key } = await signUp(storage)
    const actor = await actorOf(storage, key)
    const sibling = await actorOf(storage, await openOne(storage, user.id))
    const stranger = await actorOf(storage, (await signUp(storage)).key)
    const { epochs } = actor
    const wrong: readonly SessionActor[] = [
      sibling,
      stranger,
      { ...actor, userId: stranger.userId },
      { ...stranger, userId: actor.userId },
      { ...actor, epochs: { ...epochs, session: epochs.session + 1 } },
      { ...actor, epochs: { ...epochs, owner: epochs.owner + 1 } },
    ]
    for (const other of wrong) {
      const challenge = bySession(actor)
      const { challengeHash } = challenge
      await passkeyChallenges.store(challenge)
      const answer = (by: SessionActor) =>
        passkeyChallenges.consume({ challengeHash, ceremony: 'register', actor: by })
      assert.equal(await answer(other), false)
      assert.equal(await answer(actor), false)
    }
  },
)

promise(
  'consume: a challenge of no session is nothing to register with',
  ['charging'],
  async (storage) => {
    const { passkeyChallenges } = storage
    const { user, key } = await signUp(storage)
    const actor = await actorOf(storage, key)
    const holders: readonly ChallengeHolder[] = [
      { kind: 'anyone' },
      { kind: 'user', userId: user.id },
    ]
    for (const holder of holders)
      for (const ceremony of ceremonies) {
        const challenge = newChallenge({ ceremony, holder })
        await passkeyChallenges.store(challenge)
        const { challengeHash } = challenge
        assert.equal(await passkeyChallenges.consume({ challengeHash, ceremony, actor }), false)
      }
  },
)

promise(
  'consume: an unknown challenge is nothing, and leaves others alone',
  ['charging'],
  async (storage) => {
    const { passkeyChallenges } = storage
    const actor = await actorOf(storage, (await signUp(storage)).key)
    const challenge = bySession(actor)
    await passkeyChallenges.store(challenge)
    const answer = { ceremony: 'register', actor } as const
    assert.equal(
      await passkeyChallenges.consume({ ...answer, challengeHash: freshSecretHash() }),
      false,
    )
    const { challengeHash } = challenge
    assert.equal(await passkeyChallenges.consume({ ...answer, challengeHash }), true)
  },
)

promise(
  'consume: T1.8 refused from the moment it expires, good until then',
  ['elapse', 'charging'],
  async (storage) => {
    const actor = await actorOf(storage, (await signUp(storage)).key)
    const [early, late] = [bySession(actor), bySession(actor)]
    for (const challenge of [early, late])
      await storage.passkeyChallenges.store({ ...challenge, lifetimeSeconds: 300 })
    const consume = ({ challengeHash }: NewPasskeyChallenge) =>
      storage.passkeyChallenges.consume({ challengeHash, ceremony: 'register', actor })
    await storage.elapse(200)
    assert.equal(await consume(early), true)
    await storage.elapse(101)
    assert.equal(await consume(late), false)
  },
)

promise('consume: T1.5 one winner among twenty', ['charging'], async (storage) => {
  const actor = await actorOf(storage, (await signUp(storage)).key)
  const challenge = bySession(actor)
  await storage.passkeyChallenges.store(challenge)
  const { challengeHash } = challenge
  const answers = await twentyAtOnce(() =>
    storage.passkeyChallenges.consume({ challengeHash, ceremony: 'register', actor }),
  )
  only(answers.filter(Boolean))
})

promise(
  'store: charges the network, and stores nothing when it is refused',
  ['charging'],
  async (storage) => {
    const { passkeyChallenges, rateLimits } = storage
    const actor = await actorOf(storage, (await signUp(storage)).key)
    const key = freshRateLimitKey()
    const { ipAddress } = onIpAddress(key, { cap: 3 })
    const challenges = Array.from({ length: 20 }, () => bySession(actor, { ipAddress }))
    const outcomes = await Promise.all(challenges.map((one) => passkeyChallenges.store(one)))
    assert.equal(winners(outcomes).length, 3)
    for (const outcome of outcomes)
      if (!outcome.ok) {
        assert.equal(outcome.reason, 'too_many_attempts')
        assert.ok(outcome.retryAfterSeconds > 0 && outcome.retryAfterSeconds <= longestRetry)
      }
    assert.equal((await rateLimits.status(key)).state, 'locked')
    for (const [index, { challengeHash }] of challenges.entries())
      assert.equal(
        await passkeyChallenges.consume({ challengeHash, ceremony: 'register', actor }),
        outcomes[index]?.ok === true,
      )
  },
)
