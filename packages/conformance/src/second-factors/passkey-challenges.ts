import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  addOne,
  newChallenge,
  signUpWithPasskey,
  storedCredential,
  useOf,
} from '../fixtures/credentials.js'
import {
  answerOf,
  challengeOf,
  lookupOf,
  newPendingChallenge,
  signUpWithFactorAndPasskey,
} from '../fixtures/passkey-factors.js'
import { succeeded, twentyAtOnce } from '../fixtures/people.js'
import {
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  onIpAddress,
  policy,
} from '../fixtures/samples.js'
import { assertWaits, beginSignIn, signUpWithFactor } from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('secondFactors')

/** Challenges of pending sign-ins, for passkeys. */
export const passkeyFactorChallengeCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }

promise(
  'storeForPending: returns the passkeys of the user, the oldest first',
  ['charging'],
  async (storage) => {
    const owner = await signUpWithFactorAndPasskey(storage)
    const more = await addOne(storage, owner.actor)
    await signUpWithPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id)
    assert.deepEqual(await storage.passkeyChallenges.storeForPending(newPendingChallenge(), key), {
      ok: true,
      credentials: [
        await storedCredential(storage, owner.user.id, owner.made),
        await storedCredential(storage, owner.user.id, more.made),
      ],
    })
  },
)

promise(
  'storeForPending: refuses a key without a live pending sign-in, and a user without a passkey',
  ['charging', 'elapse'],
  async (storage) => {
    const { passkeyChallenges, secondFactors } = storage
    const owner = await signUpWithFactorAndPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const stranger = await signUpWithFactor(storage)
    for (const wrong of [
      { ...key, secretHash: freshSecretHash() },
      { ...key, userId: stranger.user.id },
      owner.key,
    ])
      assert.deepEqual(
        await passkeyChallenges.storeForPending(newPendingChallenge(), wrong),
        invalidToken,
      )
    const without = await beginSignIn(storage, stranger.user.id)
    assert.equal((await secondFactors.findPending(without))?.takesPasskey, false)
    const none = await passkeyChallenges.storeForPending(newPendingChallenge(), without)
    assert.deepEqual(none, { ok: false, reason: 'not_found' })
    await storage.elapse(601)
    assert.deepEqual(
      await passkeyChallenges.storeForPending(newPendingChallenge(), key),
      invalidToken,
    )
  },
)

promise(
  'storeForPending: is counted, and refused beyond the limit without a challenge',
  ['charging'],
  async (storage) => {
    const owner = await signUpWithFactorAndPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const { ipAddress } = onIpAddress(freshRateLimitKey(), { cap: 1 })
    const store = () =>
      storage.passkeyChallenges.storeForPending({ ...newPendingChallenge(), ipAddress }, key)
    succeeded(await store())
    const refused = await store()
    assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
  },
)

promise(
  'storeForPending, findPasskey: a passkey is no second factor of a passkey',
  ['charging'],
  async (storage) => {
    const { secondFactors, passkeyChallenges, passkeys } = storage
    const owner = await signUpWithFactorAndPasskey(storage)
    const session = newSession({ methods: ['passkey'] })
    const first = await passkeys.signIn(useOf(owner, 3), { session })
    const key = await assertWaits(storage, first, owner.user.id, session)
    assert.equal((await secondFactors.findPending(key))?.takesPasskey, false)
    const refused = await passkeyChallenges.storeForPending(newPendingChallenge(), key)
    assert.deepEqual(refused, { ok: false, reason: 'not_found' })
    const found = succeeded(await secondFactors.findPasskey(lookupOf(owner, key)))
    assert.equal(found.credential, null)
    const answered = await secondFactors.signInByPasskey(answerOf(owner, key))
    assert.deepEqual(answered, invalidToken)
    assert.equal((await storedCredential(storage, owner.user.id, owner.made)).signCount, 3)
  },
)

promise(
  'findPasskey: every answer uses its challenge and a try, and the sixth finds nothing',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactorAndPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const challengeHash = await challengeOf(storage, key)
    const last = await challengeOf(storage, key)
    const answer = lookupOf(owner, key, challengeHash)
    const wrong = { ...answer, credentialId: (await signUpWithPasskey(storage)).made.credentialId }
    for (const [given, triesLeft] of [
      [wrong, 4],
      [answer, 3],
      [lookupOf(owner, key), 2],
      [lookupOf(owner, key), 1],
    ] as const)
      assert.deepEqual(await secondFactors.findPasskey(given), {
        ok: true,
        credential: null,
        triesLeft,
      })
    const found = succeeded(await secondFactors.findPasskey(lookupOf(owner, key, last)))
    assert.equal(found.triesLeft, 0)
    assert.notEqual(found.credential, null)
    assert.deepEqual(await secondFactors.findPasskey(lookupOf(owner, key)), invalidToken)
    const none = await storage.passkeyChallenges.storeForPending(newPendingChallenge(), key)
    assert.deepEqual(none, invalidToken)
    // The fifth try may be the right one.
    succeeded(await secondFactors.signInByPasskey(answerOf(owner, key)))
  },
)

promise(
  'findPasskey: a challenge belongs to one pending sign-in, and to its user',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactorAndPasskey(storage)
    const stranger = await signUpWithFactorAndPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const other = await beginSignIn(storage, owner.user.id)
    const foreign = await beginSignIn(storage, stranger.user.id)
    for (const [given, answered] of [
      [key, other],
      [foreign, key],
    ] as const) {
      const challengeHash = await challengeOf(storage, given)
      const found = await secondFactors.findPasskey(lookupOf(owner, answered, challengeHash))
      assert.equal(succeeded(found).credential, null)
    }
    const challengeHash = await challengeOf(storage, key)
    const found = await secondFactors.findPasskey(lookupOf(stranger, key, challengeHash))
    assert.equal(succeeded(found).credential, null)
  },
)

promise(
  'findPasskey: no challenge of another ceremony is answered, and its own in no other one',
  ['charging'],
  async (storage) => {
    const { secondFactors, passkeyChallenges, passkeys } = storage
    const owner = await signUpWithFactorAndPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id, { methods: ['password'] })
    const { credentialId } = owner.made
    // A session with the id of the pending sign-in could ask for one.
    const actor = { ...owner.actor, sessionId: key.id }
    const holders = [
      { ceremony: 'authenticate', holder: { kind: 'anyone' } },
      { ceremony: 'authenticate', holder: { kind: 'user', userId: owner.user.id } },
      { ceremony: 'reauthenticate', holder: { kind: 'session', actor } },
      { ceremony: 'register', holder: { kind: 'session', actor } },
    ] as const
    for (const holder of holders) {
      const challenge = newChallenge(holder)
      succeeded(await passkeyChallenges.store(challenge))
      const { challengeHash } = challenge
      const found = await secondFactors.findPasskey({
        ...lookupOf(owner, key, challengeHash),
        key,
      })
      assert.equal(succeeded(found).credential, null, holder.ceremony)
    }
    const another = await beginSignIn(storage, owner.user.id)
    for (const ceremony of ['authenticate', 'reauthenticate'] as const) {
      const challengeHash = await challengeOf(storage, another)
      const answer = { challengeHash, ceremony, credentialId }
      assert.equal(await passkeys.findForSignIn(answer), null)
    }
    for (const ceremony of ['register', 'reauthenticate'] as const) {
      const challengeHash = await challengeOf(storage, another)
      const acting = { ...owner.actor, sessionId: another.id }
      const consumed = await passkeyChallenges.consume({ challengeHash, ceremony, actor: acting })
      assert.equal(consumed, false)
    }
  },
)

promise(
  'findPasskey: a challenge expires, and ends with the sessions',
  ['charging', 'elapse'],
  async (storage) => {
    const { secondFactors, sessions } = storage
    const owner = await signUpWithFactorAndPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const expired = await challengeOf(storage, key)
    await storage.elapse(301)
    const found = await secondFactors.findPasskey(lookupOf(owner, key, expired))
    assert.deepEqual(found, { ok: true, credential: null, triesLeft: 4 })
    const revoked = await challengeOf(storage, key)
    await sessions.revokeAll(owner.user.id)
    const late = await secondFactors.findPasskey(lookupOf(owner, key, revoked))
    assert.deepEqual(late, invalidToken)
    assert.deepEqual(await secondFactors.signInByPasskey(answerOf(owner, key)), invalidToken)
  },
)

promise(
  'findPasskey: counts failures against the IP address, and no account; beyond its limit nothing is used',
  ['charging'],
  async (storage) => {
    const { secondFactors, rateLimits } = storage
    const owner = await signUpWithFactorAndPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const ipAddress = freshRateLimitKey()
    const charge = { key: ipAddress, policy: policy({ cap: 2 }), block: null }
    const failures = async () => (await rateLimits.status(ipAddress)).failures
    const right = { ...lookupOf(owner, key, await challengeOf(storage, key)), charge }
    assert.notEqual(succeeded(await secondFactors.findPasskey(right)).credential, null)
    assert.equal(await failures(), 0)
    const found = succeeded(await secondFactors.findPasskey({ ...lookupOf(owner, key), charge }))
    assert.deepEqual([found.credential, found.triesLeft, await failures()], [null, 3, 1])
    const challengeHash = await challengeOf(storage, key)
    const madeUp = { ...key, secretHash: freshSecretHash() }
    const unknown = { ...lookupOf(owner, madeUp), charge }
    assert.deepEqual(await secondFactors.findPasskey(unknown), invalidToken)
    assert.equal(await failures(), 2)
    const answer = lookupOf(owner, key, challengeHash)
    const refused = await secondFactors.findPasskey({ ...answer, charge })
    assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
    const again = succeeded(await secondFactors.findPasskey(answer))
    assert.deepEqual([again.credential?.id, again.triesLeft], [owner.made.id, 2])
  },
)

promise(
  'findPasskey: one challenge, answered twenty times at once, is used once',
  ['charging', 'concurrency'],
  async (storage) => {
    const owner = await signUpWithFactorAndPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const challengeHash = await challengeOf(storage, key)
    const outcomes = await twentyAtOnce(() =>
      storage.secondFactors.findPasskey(lookupOf(owner, key, challengeHash)),
    )
    const tried = outcomes.filter((outcome) => outcome.ok)
    assert.equal(tried.length, 5)
    const found = tried.filter((outcome) => outcome.ok && outcome.credential !== null)
    assert.ok(found.length <= 1, `${found.length} used one challenge`)
  },
)
