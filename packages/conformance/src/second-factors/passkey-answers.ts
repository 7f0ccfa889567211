import assert from 'node:assert/strict'
import type { PendingKey } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
  addOne,
  newOAuthSignIn,
  signUpWithPasskey,
  storedCredential,
  takeOver,
  useOf,
} from '../fixtures/credentials.js'
import {
  answerOf,
  challengeOf,
  lookupOf,
  newPendingChallenge,
  signUpWithFactorAndPasskey,
} from '../fixtures/passkey-factors.js'
import {
  assertEnded,
  keyOf,
  liveSession,
  only,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { freshRateLimitKey, freshSecretHash, newSession, policy } from '../fixtures/samples.js'
import {
  assertWaits,
  beginSignIn,
  enroll,
  isPending,
  sessionOfPending,
  signUpWithFactor,
} from '../fixtures/second-factors.js'
import { firstFactorsWithoutPasskey } from '../fixtures/sign-in-ways.js'

const { cases, promise } = casesOf('secondFactors')

/** Passkeys that answer a pending sign-in. */
export const passkeyFactorCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const invalidCode = (triesLeft: number) => ({ ok: false, reason: 'invalid_code', triesLeft })

for (const { name, unverified = false, prepare } of firstFactorsWithoutPasskey)
  promise(
    `signInByPasskey: after ${name}, which opens no session, the passkey opens the one that was asked for`,
    ['charging'],
    async (storage) => {
      const person = await signUpWithFactor(storage, { emailVerified: !unverified })
      const session = newSession({ methods: ['magic_link'], ip: '192.0.2.9', idleSeconds: 77 })
      const prove = await prepare(storage, person, session)
      const owner = { ...person, ...(await addOne(storage, person.actor)) }
      const key = await assertWaits(storage, await prove(), owner.user.id, session)
      assert.equal((await storage.secondFactors.findPending(key))?.takesPasskey, true)
      const challengeHash = await challengeOf(storage, key)
      const found = succeeded(
        await storage.secondFactors.findPasskey(lookupOf(owner, key, challengeHash)),
      )
      const stored = await storedCredential(storage, owner.user.id, owner.made)
      assert.deepEqual(found, { ok: true, credential: stored, triesLeft: 4 })
      const answer = answerOf(owner, key)
      const opened = succeeded(await storage.secondFactors.signInByPasskey(answer))
      assert.equal(opened.remaining, 10)
      const valid = await liveSession(storage, { userId: owner.user.id, ...answer.session })
      assert.deepEqual(valid.session, opened.session)
      assert.deepEqual(valid.user, opened.user)
      const { methods, level, level2At, createdAt, expiresAt, ip } = opened.session
      assert.deepEqual(
        { methods, level, level2At, ip },
        { methods: ['magic_link', 'passkey'], level: 2, level2At: createdAt, ip: '192.0.2.9' },
      )
      assert.equal(expiresAt.getTime() - createdAt.getTime(), 77_000)
      assert.equal((await storedCredential(storage, owner.user.id, owner.made)).signCount, 7)
      assert.notEqual(only(await storage.passkeys.list(owner.user.id)).lastUsedAt, null)
      await assertEnded(storage, key)
      assert.equal(await isPending(storage, key), false)
    },
  )

promise(
  'signInByPasskey: where a factor is required, the passkey of a user without an application is the factor',
  ['charging'],
  async (storage) => {
    const owner = await signUpWithPasskey(storage)
    const session = newSession({ secondFactor: 'always' })
    const waits = await storage.sessions.open(owner.user.id, session)
    const key = await assertWaits(storage, waits, owner.user.id, session)
    const { mustEnroll, takesCode, takesPasskey } =
      (await storage.secondFactors.findPending(key)) ?? assert.fail()
    assert.deepEqual([mustEnroll, takesCode, takesPasskey], [false, false, true])
    await storage.secondFactors.findPasskey(lookupOf(owner, key, await challengeOf(storage, key)))
    const answer = { key, use: useOf(owner, 7), session: sessionOfPending() }
    const opened = succeeded(await storage.secondFactors.signInByPasskey(answer))
    assert.deepEqual([opened.session.level, opened.remaining], [2, 0])
  },
)

promise(
  'signInByPasskey: needs the secret of the pending sign-in, its user and their passkey',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactorAndPasskey(storage)
    const stranger = await signUpWithFactorAndPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id)
    for (const wrong of [
      { ...key, secretHash: freshSecretHash() },
      { ...key, userId: stranger.user.id },
      owner.key,
    ])
      assert.deepEqual(await secondFactors.signInByPasskey(answerOf(owner, wrong)), invalidToken)
    assert.deepEqual(await secondFactors.signInByPasskey(answerOf(stranger, key)), invalidToken)
    const use = { ...useOf(owner, 7), credentialId: stranger.made.credentialId }
    const foreign = await secondFactors.signInByPasskey({ ...answerOf(owner, key), use })
    assert.deepEqual(foreign, invalidCode(5))
    succeeded(await secondFactors.signInByPasskey(answerOf(owner, key)))
    assert.deepEqual(await secondFactors.signInByPasskey(answerOf(owner, key, 9)), invalidToken)
  },
)

promise(
  'signInByPasskey: refuses a count that does not rise and a deleted passkey, and changes nothing',
  [],
  async (storage) => {
    const { secondFactors, passkeys } = storage
    const owner = await signUpWithFactorAndPasskey(storage, { signCount: 9 })
    const key = await beginSignIn(storage, owner.user.id)
    assert.deepEqual(await secondFactors.signInByPasskey(answerOf(owner, key, 9)), {
      ok: false,
      reason: 'counter_regression',
      triesLeft: 5,
    })
    assert.equal((await storedCredential(storage, owner.user.id, owner.made)).signCount, 9)
    assert.equal(await isPending(storage, key), true)
    succeeded(await passkeys.delete(owner.actor, owner.made.id, { mailSignIn: true }))
    assert.deepEqual(await secondFactors.signInByPasskey(answerOf(owner, key, 10)), invalidCode(5))
    assert.equal((await secondFactors.findPending(key))?.takesPasskey, false)
    assert.equal((await storage.sessions.list(owner.user.id)).length, 1)
  },
)

promise(
  'signInByPasskey: a passkey that a first proof of the mailbox has ended answers nothing, and is no regression',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const former = await signUpWithPasskey(storage, { signCount: 9 }, false)
    const { key } = await takeOver(storage, former.email)
    const owner = await enroll(storage, { ...former, key })
    const pending = await beginSignIn(storage, owner.user.id)
    for (const use of [useOf(former, 10), useOf({ ...owner, made: former.made }, 9)]) {
      const answer = { key: pending, use, session: sessionOfPending() }
      assert.deepEqual(await secondFactors.signInByPasskey(answer), invalidCode(5))
    }
    assert.equal(await isPending(storage, pending), true)
    // Nor is it asked for.
    const { made } = await addOne(storage, owner.actor)
    const challenge = newPendingChallenge()
    const asked = succeeded(await storage.passkeyChallenges.storeForPending(challenge, pending))
    assert.equal(only(asked.credentials).id, made.id)
  },
)

promise(
  'signInByPasskey: a passkey is backed up only where its registration said that it can be',
  [],
  async (storage) => {
    for (const backupEligible of [true, false]) {
      const owner = await signUpWithFactorAndPasskey(storage, { backupEligible })
      const answer = answerOf(owner, await beginSignIn(storage, owner.user.id))
      const use = { ...answer.use, backedUp: true }
      succeeded(await storage.secondFactors.signInByPasskey({ ...answer, use }))
      assert.equal(only(await storage.passkeys.list(owner.user.id)).backedUp, backupEligible)
    }
  },
)

promise(
  'signInByPasskey: one pending sign-in, twenty answers at once, opens one session',
  ['concurrency'],
  async (storage) => {
    const owner = await signUpWithFactorAndPasskey(storage, { backupEligible: true })
    const key = await beginSignIn(storage, owner.user.id)
    const outcomes = await twentyAtOnce((index) =>
      storage.secondFactors.signInByPasskey(answerOf(owner, key, 7 + index)),
    )
    const { session } = succeeded(only(winners(outcomes)))
    for (const outcome of outcomes.filter(({ ok }) => !ok)) assert.deepEqual(outcome, invalidToken)
    const live = await storage.sessions.list(owner.user.id)
    assert.equal(live.length, 2)
    assert.ok(live.some(({ id }) => id === session.id))
  },
)

promise(
  'signInByPasskey: one answer for twenty pending sign-ins at once opens one session, and the others go on waiting',
  ['concurrency'],
  async (storage) => {
    const owner = await signUpWithFactorAndPasskey(storage)
    const keys: PendingKey[] = []
    for (let index = 0; index < 20; index += 1) keys.push(await beginSignIn(storage, owner.user.id))
    const outcomes = await Promise.all(
      keys.map((key) => storage.secondFactors.signInByPasskey(answerOf(owner, key))),
    )
    assert.equal(winners(outcomes).length, 1)
    for (const outcome of outcomes.filter(({ ok }) => !ok))
      assert.equal(Reflect.get(outcome, 'reason'), 'counter_regression')
    const waiting = []
    for (const key of keys) waiting.push(await isPending(storage, key))
    assert.equal(waiting.filter(Boolean).length, 19)
    assert.equal((await storage.sessions.list(owner.user.id)).length, 2)
  },
)

promise(
  'signInByPasskey: links the identity that waited, and gives the charge of the first factor back',
  ['charging'],
  async (storage) => {
    const { oauthAccounts, passwords, rateLimits, secondFactors } = storage
    const owner = await signUpWithFactorAndPasskey(storage)
    const person = newOAuthSignIn({ email: owner.email })
    await oauthAccounts.signIn(person)
    const waiting = keyOf(owner.user.id, person.session)
    succeeded(await secondFactors.signInByPasskey(answerOf(owner, waiting, 7)))
    const account = only(await oauthAccounts.list(owner.user.id))
    assert.equal(account.id, person.newAccountId)
    const refund = { account: freshRateLimitKey(), ipAddress: freshRateLimitKey() }
    succeeded(
      await rateLimits.charge({
        account: { key: refund.account, policy: policy() },
        ipAddress: { key: refund.ipAddress, policy: policy() },
      }),
    )
    const session = newSession()
    const credential = { userId: owner.user.id, hash: owner.hash, epochs: owner.actor.epochs }
    await passwords.signIn({ credential, session, refund })
    const failures = async () => [
      (await rateLimits.status(refund.account)).failures,
      (await rateLimits.status(refund.ipAddress)).failures,
    ]
    assert.deepEqual(await failures(), [1, 1])
    const key = keyOf(owner.user.id, session)
    succeeded(await secondFactors.signInByPasskey(answerOf(owner, key, 8)))
    assert.deepEqual(await failures(), [0, 0])
  },
)
