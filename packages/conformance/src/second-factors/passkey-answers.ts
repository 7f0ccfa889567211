import assert from 'node:assert/strict'
import type { PendingKey } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import type { PasskeyOwner } from '../fixtures/credentials.js'
import {
  addOne,
  newChallenge,
  newOAuthSignIn,
  signUpWithPasskey,
  storedCredential,
  useOf,
} from '../fixtures/credentials.js'
import {
  assertEnded,
  keyOf,
  liveSession,
  only,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  onIpAddress,
  policy,
} from '../fixtures/samples.js'
import type { FactorOwner } from '../fixtures/second-factors.js'
import {
  assertWaits,
  beginSignIn,
  isPending,
  sessionOfPending,
  signUpWithFactor,
} from '../fixtures/second-factors.js'
import { firstFactors } from '../fixtures/sign-in-ways.js'

const { cases, promise } = casesOf('secondFactors')

/** Passkeys that answer a pending sign-in. */
export const passkeyFactorCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const invalidCode = (triesLeft: number) => ({ ok: false, reason: 'invalid_code', triesLeft })

type Owner = FactorOwner & PasskeyOwner

/** A user with an authenticator application and a passkey. */
async function signUpWithBoth(
  storage: ConformanceStorage,
  given: Parameters<typeof addOne>[2] = {},
): Promise<Owner> {
  const owner = await signUpWithFactor(storage)
  return { ...owner, ...(await addOne(storage, owner.actor, given)) }
}

const unbound = () => ({
  challengeHash: freshSecretHash(),
  lifetimeSeconds: 300,
  ipAddress: null,
})

/** Stores a challenge of the pending sign-in, and returns its hash. */
async function challengeOf({ passkeyChallenges }: ConformanceStorage, key: PendingKey) {
  const challenge = unbound()
  succeeded(await passkeyChallenges.storeForPending(challenge, key))
  return challenge.challengeHash
}

const lookup = (
  { made }: Pick<PasskeyOwner, 'made'>,
  key: PendingKey,
  challengeHash = freshSecretHash(),
) => ({ key, challengeHash, credentialId: made.credentialId, charge: null })

const answerOf = (owner: Owner, key: PendingKey, signCount = 7) => ({
  key,
  use: useOf(owner, signCount),
  session: sessionOfPending(),
})

// The one by a passkey has a passkey already.
const others = firstFactors.filter(({ name }) => !name.startsWith('passkeys.'))

for (const { name, unverified = false, prepare } of others)
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
        await storage.secondFactors.findPasskey(lookup(owner, key, challengeHash)),
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
    await storage.secondFactors.findPasskey(lookup(owner, key, await challengeOf(storage, key)))
    const answer = { key, use: useOf(owner, 7), session: sessionOfPending() }
    const opened = succeeded(await storage.secondFactors.signInByPasskey(answer))
    assert.deepEqual([opened.session.level, opened.remaining], [2, 0])
  },
)

promise(
  'storeForPending: returns the passkeys of the user, the oldest first',
  ['charging'],
  async (storage) => {
    const owner = await signUpWithBoth(storage)
    const more = await addOne(storage, owner.actor)
    await signUpWithPasskey(storage)
    const key = await beginSignIn(storage, owner.user.id)
    assert.deepEqual(await storage.passkeyChallenges.storeForPending(unbound(), key), {
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
    const owner = await signUpWithBoth(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const stranger = await signUpWithFactor(storage)
    for (const wrong of [
      { ...key, secretHash: freshSecretHash() },
      { ...key, userId: stranger.user.id },
      owner.key,
    ])
      assert.deepEqual(await passkeyChallenges.storeForPending(unbound(), wrong), invalidToken)
    const without = await beginSignIn(storage, stranger.user.id)
    assert.equal((await secondFactors.findPending(without))?.takesPasskey, false)
    const none = await passkeyChallenges.storeForPending(unbound(), without)
    assert.deepEqual(none, { ok: false, reason: 'not_found' })
    await storage.elapse(601)
    assert.deepEqual(await passkeyChallenges.storeForPending(unbound(), key), invalidToken)
  },
)

promise(
  'storeForPending: is counted, and refused beyond the limit without a challenge',
  ['charging'],
  async (storage) => {
    const owner = await signUpWithBoth(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const { ipAddress } = onIpAddress(freshRateLimitKey(), { cap: 1 })
    const store = () => storage.passkeyChallenges.storeForPending({ ...unbound(), ipAddress }, key)
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
    const owner = await signUpWithBoth(storage)
    const session = newSession({ methods: ['passkey'] })
    const first = await passkeys.signIn(useOf(owner, 3), { session })
    const key = await assertWaits(storage, first, owner.user.id, session)
    assert.equal((await secondFactors.findPending(key))?.takesPasskey, false)
    const refused = await passkeyChallenges.storeForPending(unbound(), key)
    assert.deepEqual(refused, { ok: false, reason: 'not_found' })
    const found = succeeded(await secondFactors.findPasskey(lookup(owner, key)))
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
    const owner = await signUpWithBoth(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const challengeHash = await challengeOf(storage, key)
    const last = await challengeOf(storage, key)
    const answer = lookup(owner, key, challengeHash)
    const wrong = { ...answer, credentialId: (await signUpWithPasskey(storage)).made.credentialId }
    for (const [given, triesLeft] of [
      [wrong, 4],
      [answer, 3],
      [lookup(owner, key), 2],
      [lookup(owner, key), 1],
    ] as const)
      assert.deepEqual(await secondFactors.findPasskey(given), {
        ok: true,
        credential: null,
        triesLeft,
      })
    const found = succeeded(await secondFactors.findPasskey(lookup(owner, key, last)))
    assert.equal(found.triesLeft, 0)
    assert.notEqual(found.credential, null)
    assert.deepEqual(await secondFactors.findPasskey(lookup(owner, key)), invalidToken)
    const none = await storage.passkeyChallenges.storeForPending(unbound(), key)
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
    const owner = await signUpWithBoth(storage)
    const stranger = await signUpWithBoth(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const other = await beginSignIn(storage, owner.user.id)
    const foreign = await beginSignIn(storage, stranger.user.id)
    for (const [given, answered] of [
      [key, other],
      [foreign, key],
    ] as const) {
      const challengeHash = await challengeOf(storage, given)
      const found = await secondFactors.findPasskey(lookup(owner, answered, challengeHash))
      assert.equal(succeeded(found).credential, null)
    }
    const challengeHash = await challengeOf(storage, key)
    const found = await secondFactors.findPasskey(lookup(stranger, key, challengeHash))
    assert.equal(succeeded(found).credential, null)
  },
)

promise(
  'findPasskey: no challenge of another ceremony is answered, and its own in no other one',
  ['charging'],
  async (storage) => {
    const { secondFactors, passkeyChallenges, passkeys } = storage
    const owner = await signUpWithBoth(storage)
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
        ...lookup(owner, key, challengeHash),
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
    const owner = await signUpWithBoth(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const expired = await challengeOf(storage, key)
    await storage.elapse(301)
    const found = await secondFactors.findPasskey(lookup(owner, key, expired))
    assert.deepEqual(found, { ok: true, credential: null, triesLeft: 4 })
    const revoked = await challengeOf(storage, key)
    await sessions.revokeAll(owner.user.id)
    const late = await secondFactors.findPasskey(lookup(owner, key, revoked))
    assert.deepEqual(late, invalidToken)
    assert.deepEqual(await secondFactors.signInByPasskey(answerOf(owner, key)), invalidToken)
  },
)

promise(
  'findPasskey: counts failures against the IP address, and no account; beyond its limit nothing is used',
  ['charging'],
  async (storage) => {
    const { secondFactors, rateLimits } = storage
    const owner = await signUpWithBoth(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const ipAddress = freshRateLimitKey()
    const charge = { key: ipAddress, policy: policy({ cap: 2 }), block: null }
    const failures = async () => (await rateLimits.status(ipAddress)).failures
    const right = { ...lookup(owner, key, await challengeOf(storage, key)), charge }
    assert.notEqual(succeeded(await secondFactors.findPasskey(right)).credential, null)
    assert.equal(await failures(), 0)
    const found = succeeded(await secondFactors.findPasskey({ ...lookup(owner, key), charge }))
    assert.deepEqual([found.credential, found.triesLeft, await failures()], [null, 3, 1])
    const challengeHash = await challengeOf(storage, key)
    const madeUp = { ...key, secretHash: freshSecretHash() }
    const unknown = { ...lookup(owner, madeUp), charge }
    assert.deepEqual(await secondFactors.findPasskey(unknown), invalidToken)
    assert.equal(await failures(), 2)
    const answer = lookup(owner, key, challengeHash)
    const refused = await secondFactors.findPasskey({ ...answer, charge })
    assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
    const again = succeeded(await secondFactors.findPasskey(answer))
    assert.deepEqual([again.credential?.id, again.triesLeft], [owner.made.id, 2])
  },
)

promise(
  'signInByPasskey: needs the secret of the pending sign-in, its user and their passkey',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithBoth(storage)
    const stranger = await signUpWithBoth(storage)
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
    const owner = await signUpWithBoth(storage, { signCount: 9 })
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
  'signInByPasskey: one pending sign-in, twenty answers at once, opens one session',
  ['concurrency'],
  async (storage) => {
    const owner = await signUpWithBoth(storage, { backupEligible: true })
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
    const owner = await signUpWithBoth(storage)
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
  'findPasskey: one challenge, answered twenty times at once, is used once',
  ['charging', 'concurrency'],
  async (storage) => {
    const owner = await signUpWithBoth(storage)
    const key = await beginSignIn(storage, owner.user.id)
    const challengeHash = await challengeOf(storage, key)
    const outcomes = await twentyAtOnce(() =>
      storage.secondFactors.findPasskey(lookup(owner, key, challengeHash)),
    )
    const tried = outcomes.filter((outcome) => outcome.ok)
    assert.equal(tried.length, 5)
    const found = tried.filter((outcome) => outcome.ok && outcome.credential !== null)
    assert.ok(found.length <= 1, `${found.length} used one challenge`)
  },
)

promise(
  'signInByPasskey: links the identity that waited, and gives the charge of the first factor back',
  ['charging'],
  async (storage) => {
    const { oauthAccounts, passwords, rateLimits, secondFactors } = storage
    const owner = await signUpWithBoth(storage)
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
