import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  actorOf,
  assertEnded,
  liveSession,
  present,
  signUp,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freeCharges,
  freshRateLimitKey,
  freshSecretHash,
  noRefund,
  onAccount,
  policy,
} from '../fixtures/samples.js'
import {
  beginSignIn,
  isPending,
  sessionOfPending,
  signUpWithFactor,
} from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('secondFactors')

/** The password that answers a pending sign-in after possession. */
export const passwordAnswerCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const byPasskey = { methods: ['passkey'] } as const

promise(
  'findPassword: after a passkey without user verification it returns the hash, five times',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const { user, hash, step } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id, byPasskey)
    const pending = present(await secondFactors.findPending(key))
    assert.deepEqual([pending.takesCode, pending.takesPassword], [true, true])
    for (const triesLeft of [4, 3, 2, 1, 0]) {
      const found = succeeded(await secondFactors.findPassword({ key, charges: freeCharges() }))
      assert.equal(present(found.hash).reveal(), hash.reveal())
      assert.equal(found.triesLeft, triesLeft)
    }
    assert.deepEqual(
      await secondFactors.findPassword({ key, charges: freeCharges() }),
      invalidToken,
    )
    assert.equal(await isPending(storage, key), false)
    // The fifth try may be the right one.
    const answer = { key, session: sessionOfPending(), refund: noRefund }
    const { session } = succeeded(await secondFactors.signInByPassword(answer))
    assert.deepEqual([session.level, session.level2At], [2, session.createdAt])
    assert.deepEqual(session.methods, ['passkey', 'password'])
    const opened = { userId: user.id, ...answer.session }
    assert.deepEqual((await liveSession(storage, opened)).session, session)
    await assertEnded(storage, key)
    assert.deepEqual(await secondFactors.signInByPassword(answer), invalidToken)
    // A code is as good as before.
    const next = await beginSignIn(storage, user.id, byPasskey)
    const code = { key: next, step: step + 1, session: sessionOfPending(), refund: noRefund }
    succeeded(await secondFactors.signIn(code))
  },
)

promise(
  'signInByPassword: what is not possession is not completed by the password, and no hash is read for it',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const { user } = await signUpWithFactor(storage)
    for (const method of ['password', 'magic_link', 'oauth'] as const) {
      const key = await beginSignIn(storage, user.id, { methods: [method] })
      assert.equal(present(await secondFactors.findPending(key)).takesPassword, false)
      const found = succeeded(await secondFactors.findPassword({ key, charges: freeCharges() }))
      assert.deepEqual([found.hash, found.triesLeft], [null, 4])
      const answer = { key, session: sessionOfPending(), refund: noRefund }
      assert.deepEqual(await secondFactors.signInByPassword(answer), invalidToken)
      await assertEnded(storage, { userId: user.id, ...answer.session })
      assert.equal(await isPending(storage, key), true)
    }
  },
)

promise(
  'findPassword: returns none where the user has no password, or had it before the owner of the mailbox came',
  ['charging'],
  async (storage) => {
    const { passwords, secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const remover = await actorOf(storage, owner.key)
    succeeded(await passwords.remove(remover, { mailSignIn: true }))
    const key = await beginSignIn(storage, owner.user.id, byPasskey)
    assert.equal(present(await secondFactors.findPending(key)).takesPassword, false)
    const found = succeeded(await secondFactors.findPassword({ key, charges: freeCharges() }))
    assert.equal(found.hash, null)
  },
)

promise(
  'findPassword: counts the account only with a live pending sign-in, and gives the charge back with the session',
  ['charging'],
  async (storage) => {
    const { rateLimits, secondFactors } = storage
    const { user } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id, byPasskey)
    const account = freshRateLimitKey()
    const charges = onAccount(account, policy({ cap: 2 }))
    const stolen = { ...key, secretHash: freshSecretHash() }
    assert.deepEqual(await secondFactors.findPassword({ key: stolen, charges }), invalidToken)
    assert.equal((await rateLimits.status(account)).failures, 0)
    succeeded(await secondFactors.findPassword({ key, charges }))
    assert.equal((await rateLimits.status(account)).failures, 1)
    const refund = { account, ipAddress: null }
    const answer = { key, session: sessionOfPending(), refund }
    succeeded(await secondFactors.signInByPassword(answer))
    assert.equal((await rateLimits.status(account)).failures, 0)
    const next = await beginSignIn(storage, user.id, byPasskey)
    for (let tries = 0; tries < 2; tries += 1)
      succeeded(await secondFactors.findPassword({ key: next, charges }))
    const refused = await secondFactors.findPassword({ key: next, charges })
    assert.equal(!refused.ok && refused.reason, 'too_many_attempts')
    assert.equal(present(await secondFactors.findPending(next)).triesLeft, 3)
  },
)

promise(
  'signInByPassword: a password that was changed or sessions that were ended meanwhile end the pending sign-in',
  ['elapse'],
  async (storage) => {
    const { passwords, secondFactors, sessions, users } = storage
    const begin = async () => {
      const owner = await signUpWithFactor(storage)
      const key = await beginSignIn(storage, owner.user.id, byPasskey)
      return { owner, answer: { key, session: sessionOfPending(), refund: noRefund } }
    }
    const changed = await begin()
    const acting = await actorOf(storage, changed.owner.key)
    const hashes = { verified: changed.owner.hash, next: changed.owner.hash }
    succeeded(await passwords.change(acting, hashes))
    assert.deepEqual(await secondFactors.signInByPassword(changed.answer), invalidToken)
    const revoked = await begin()
    await sessions.revokeAll(revoked.owner.user.id)
    assert.deepEqual(await secondFactors.signInByPassword(revoked.answer), invalidToken)
    const disabled = await begin()
    await users.disable(disabled.owner.user.id)
    assert.deepEqual(await secondFactors.signInByPassword(disabled.answer), invalidToken)
    const late = await begin()
    await storage.elapse(601)
    assert.deepEqual(await secondFactors.signInByPassword(late.answer), invalidToken)
    const stolen = await begin()
    const key = { ...stolen.answer.key, secretHash: freshSecretHash() }
    const outcome = await secondFactors.signInByPassword({ ...stolen.answer, key })
    assert.deepEqual(outcome, invalidToken)
  },
)

promise(
  'signInByPassword: of twenty at once one is signed in',
  ['concurrency'],
  async (storage) => {
    const { user } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id, byPasskey)
    const outcomes = await twentyAtOnce(() =>
      storage.secondFactors.signInByPassword({
        key,
        session: sessionOfPending(),
        refund: noRefund,
      }),
    )
    assert.equal(winners(outcomes).length, 1)
  },
)

promise(
  'findForSignIn and useRecoveryCode: a code that cannot be right is wrong, and counts as a try',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const { user } = await signUp(storage, { emailVerified: true })
    const key = await beginSignIn(storage, user.id, { secondFactor: 'always' })
    assert.equal(present(await secondFactors.findPending(key)).mustEnroll, true)
    const found = succeeded(await secondFactors.findForSignIn({ key, charges: freeCharges() }))
    assert.deepEqual([found.credential, found.triesLeft], [null, 4])
    const recovery = { key, codeHashes: [freshSecretHash()], session: sessionOfPending() }
    const outcome = await secondFactors.useRecoveryCode({ ...recovery, charges: freeCharges() })
    assert.deepEqual(outcome, { ok: false, reason: 'invalid_code', triesLeft: 3 })
    assert.equal(present(await secondFactors.findPending(key)).triesLeft, 3)
  },
)
