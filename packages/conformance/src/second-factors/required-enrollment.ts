import assert from 'node:assert/strict'
import type { PendingKey, SecondFactorPolicy, TokenHash } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { addOne, newOAuthSignIn } from '../fixtures/credentials.js'
import {
  actorOf,
  assertEnded,
  keyOf,
  liveSession,
  only,
  present,
  signUp,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { enrollingOf, signUpEnrolling, startAtSignIn } from '../fixtures/required-enrollment.js'
import {
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  noRefund,
  onIpAddress,
  policy,
} from '../fixtures/samples.js'
import {
  assertWaits,
  beginSignIn,
  freshTotpSecret,
  isPending,
  sessionOfPending,
  signUpWithFactor,
  startEnrollment,
} from '../fixtures/second-factors.js'
import { firstFactorsWithoutPasskey } from '../fixtures/sign-in-ways.js'

const { cases, promise } = casesOf('secondFactors')

/** A user of whom a second factor is required, and who has none, enrolls during the sign-in. */
export const requiredEnrollmentCases = cases

const always: SecondFactorPolicy = 'always'
const invalidToken = { ok: false, reason: 'invalid_token' }

for (const { name, unverified = false, prepare } of firstFactorsWithoutPasskey)
  promise(
    `confirmTotpForSignIn: after ${name} by a user without a factor, the enrollment opens the session`,
    ['charging'],
    async (storage) => {
      const person = await signUp(storage, { emailVerified: !unverified })
      const owner = { ...person, actor: await actorOf(storage, person.key) }
      const session = newSession({ methods: ['magic_link'], secondFactor: always, idleSeconds: 77 })
      const prove = await prepare(storage, owner, session)
      const key = await assertWaits(storage, await prove(), person.user.id, session)
      assert.equal(present(await storage.secondFactors.findPending(key)).mustEnroll, true)
      const given = await startAtSignIn(storage, key)
      const opened = succeeded(await storage.secondFactors.confirmTotpForSignIn(given))
      const valid = await liveSession(storage, { userId: person.user.id, ...given.session })
      assert.deepEqual([valid.session, valid.user], [opened.session, opened.user])
      const { methods, level, level2At, createdAt, expiresAt } = opened.session
      assert.deepEqual([methods, level, level2At], [['magic_link', 'totp'], 2, createdAt])
      assert.equal(expiresAt.getTime() - createdAt.getTime(), 77_000)
      assert.equal(valid.hasSecondFactor, true)
      const { recoveryCodes, totp } = await storage.secondFactors.find(person.user.id)
      assert.deepEqual([recoveryCodes.remaining, totp?.lastUsedAt], [10, null])
      await assertEnded(storage, key)
      await assertEnded(storage, person.key)
      assert.equal(await isPending(storage, key), false)
      // The code that confirmed is used, and the factor is asked from now on.
      const next = await beginSignIn(storage, person.user.id)
      const answer = { key: next, step: given.confirmation.step, session: sessionOfPending() }
      assert.deepEqual(await storage.secondFactors.signIn({ ...answer, refund: noRefund }), {
        ok: false,
        reason: 'invalid_code',
        triesLeft: 5,
      })
    },
  )

promise('confirmTotpForSignIn: links an identity that was not linked yet', [], async (storage) => {
  const { user, email } = await signUp(storage, { emailVerified: true })
  const session = newSession({ methods: ['oauth'], secondFactor: always })
  const person = newOAuthSignIn({ email, session })
  await storage.oauthAccounts.signIn(person)
  assert.deepEqual(await storage.oauthAccounts.list(user.id), [])
  const key = keyOf(user.id, session)
  const codeHash = freshSecretHash()
  assert.equal(await storage.secondFactors.setEmailCode(key, codeHash), true)
  succeeded(
    await storage.secondFactors.confirmTotpForSignIn(await startAtSignIn(storage, key, [codeHash])),
  )
  assert.equal(only(await storage.oauthAccounts.list(user.id)).id, person.newAccountId)
})

promise(
  'findEnrolling: returns whom a code is mailed to, and counts any other key against the IP address',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const { user, email, pending: key } = await signUpEnrolling(storage)
    const { ipAddress } = onIpAddress(freshRateLimitKey(), { cap: 2 })
    for (let read = 0; read < 4; read += 1)
      assert.deepEqual(await secondFactors.findEnrolling({ key, ipAddress }), {
        email,
        name: user.name,
        mailboxProved: true,
      })
    const other = { ...key, secretHash: freshSecretHash() }
    const found = [await secondFactors.findEnrolling({ key: other, ipAddress: null })]
    for (let asked = 0; asked < 2; asked += 1)
      found.push(await secondFactors.findEnrolling({ key: other, ipAddress }))
    assert.deepEqual(found, [null, null, null])
    const refused = await secondFactors.findEnrolling({ key, ipAddress })
    assert.ok(refused !== null && 'reason' in refused)
    assert.equal(refused.reason, 'too_many_attempts')
  },
)

promise(
  'setEmailCode: belongs to a live pending sign-in on which the user enrolls',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const { pending: key } = await signUpEnrolling(storage, { methods: ['password'] })
    const wrong = { ...key, secretHash: freshSecretHash() }
    assert.equal(await secondFactors.setEmailCode(wrong, freshSecretHash()), false)
    assert.equal(await secondFactors.setEmailCode(key, freshSecretHash()), true)
    const owner = await signUpWithFactor(storage)
    const asked = await beginSignIn(storage, owner.user.id)
    assert.equal(await secondFactors.setEmailCode(asked, freshSecretHash()), false)
    const revoked = await signUpEnrolling(storage)
    await storage.sessions.revokeAll(revoked.user.id)
    assert.equal(await secondFactors.setEmailCode(revoked.pending, freshSecretHash()), false)
    await secondFactors.endPending(key)
    assert.equal(await secondFactors.setEmailCode(key, freshSecretHash()), false)
  },
)

promise(
  'startTotpForSignIn: needs the mailed code unless the sign-in or the user proves no mailbox',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const { pending: key, email } = await signUpEnrolling(storage, { methods: ['password'] })
    const found = await enrollingOf(storage, key)
    assert.deepEqual([found.email, found.mailboxProved], [email, false])
    const secret = freshTotpSecret()
    const [former, codeHash] = [freshSecretHash(), freshSecretHash()]
    const begin = (...emailCodeHashes: TokenHash[]) =>
      secondFactors.startTotpForSignIn({
        key,
        secret,
        emailCodeHashes: emailCodeHashes.length === 0 ? null : emailCodeHashes,
      })
    const wrong = (triesLeft: number) => ({ ok: false, reason: 'invalid_code', triesLeft })
    assert.deepEqual(await begin(), wrong(4))
    await secondFactors.setEmailCode(key, former)
    await secondFactors.setEmailCode(key, codeHash)
    assert.deepEqual(await begin(former), wrong(3))
    const nothing = await secondFactors.findEnrollmentForSignIn({ key, ipAddress: null })
    assert.equal(nothing, null)
    assert.deepEqual(await begin(freshSecretHash(), codeHash), { ok: true })
    assert.equal((await enrollingOf(storage, key)).mailboxProved, true)
    // Once proved it is not asked again.
    assert.deepEqual(await begin(), { ok: true })
    assert.equal(present(await secondFactors.findPending(key)).triesLeft, 3)
  },
)

promise('startTotpForSignIn: five wrong mailed codes end the sign-in', [], async (storage) => {
  const { pending: key } = await signUpEnrolling(storage, { methods: ['password'] })
  const codeHash = freshSecretHash()
  await storage.secondFactors.setEmailCode(key, codeHash)
  const begin = (hash: TokenHash) =>
    storage.secondFactors.startTotpForSignIn({
      key,
      secret: freshTotpSecret(),
      emailCodeHashes: [hash],
    })
  for (const triesLeft of [4, 3, 2, 1, 0])
    assert.deepEqual(await begin(freshSecretHash()), {
      ok: false,
      reason: 'invalid_code',
      triesLeft,
    })
  assert.deepEqual(await begin(codeHash), invalidToken)
  assert.equal(await isPending(storage, key), false)
})

promise(
  'findEnrollmentForSignIn: returns the secret five times, and counts any other key against the IP address',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const { pending: key } = await signUpEnrolling(storage)
    const { confirmation } = await startAtSignIn(storage, key)
    const { ipAddress } = onIpAddress(freshRateLimitKey(), { cap: 2 })
    for (const triesLeft of [3, 2, 1, 0]) {
      const found = await secondFactors.findEnrollmentForSignIn({ key, ipAddress })
      assert.ok(found !== null && 'secret' in found)
      assert.equal(found.triesLeft, triesLeft)
      assert.deepEqual(Buffer.from(found.secret), Buffer.from(confirmation.secret))
    }
    const wrong = { ...key, secretHash: freshSecretHash() }
    assert.equal(await secondFactors.findEnrollmentForSignIn({ key, ipAddress }), null)
    assert.equal(await secondFactors.findEnrolling({ key: wrong, ipAddress }), null)
    for (const find of ['findEnrolling', 'findEnrollmentForSignIn'] as const) {
      const refused = await secondFactors[find]({ key: wrong, ipAddress })
      assert.ok(refused !== null && 'reason' in refused)
      assert.equal(refused.reason, 'too_many_attempts')
    }
  },
)

promise(
  'findEnrollmentForSignIn: beyond the limit of the IP address no try is used',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const { pending: key } = await signUpEnrolling(storage)
    await startAtSignIn(storage, key)
    const { ipAddress } = onIpAddress(freshRateLimitKey(), { cap: 1 })
    const wrong = { ...key, secretHash: freshSecretHash() }
    assert.equal(await secondFactors.findEnrollmentForSignIn({ key: wrong, ipAddress }), null)
    const refused = await secondFactors.findEnrollmentForSignIn({ key, ipAddress })
    assert.ok(refused !== null && 'reason' in refused)
    const found = await secondFactors.findEnrollmentForSignIn({ key, ipAddress: null })
    assert.ok(found !== null && 'triesLeft' in found)
    assert.equal(found.triesLeft, 3)
  },
)

promise(
  'confirmTotpForSignIn: ends the other sessions and sign-ins of the user, and gives the charge of the first factor back',
  ['charging'],
  async (storage) => {
    const { passwords, rateLimits, secondFactors } = storage
    const { user, hash, key, pending: other } = await signUpEnrolling(storage)
    const refund = { account: freshRateLimitKey(), ipAddress: freshRateLimitKey() }
    succeeded(
      await rateLimits.charge({
        account: { key: refund.account, policy: policy() },
        ipAddress: { key: refund.ipAddress, policy: policy() },
      }),
    )
    const session = newSession({ methods: ['magic_link'], secondFactor: always })
    const { epochs } = await actorOf(storage, key)
    const credential = { userId: user.id, hash, epochs }
    await passwords.signIn({ credential, session, refund })
    const failures = async () => [
      (await rateLimits.status(refund.account)).failures,
      (await rateLimits.status(refund.ipAddress)).failures,
    ]
    assert.deepEqual(await failures(), [1, 1])
    const given = await startAtSignIn(storage, keyOf(user.id, session))
    const opened = succeeded(await secondFactors.confirmTotpForSignIn(given))
    assert.equal(opened.sessionsEnded, 1)
    assert.deepEqual(await failures(), [0, 0])
    assert.equal(await isPending(storage, other), false)
    assert.equal(only(await storage.sessions.list(user.id)).id, opened.session.id)
  },
)

promise(
  'startTotpForSignIn and confirmTotpForSignIn: need a live pending sign-in of a user without a factor',
  ['elapse'],
  async (storage) => {
    const { secondFactors, sessions } = storage
    const refusedAll = async (
      key: PendingKey,
      given: Awaited<ReturnType<typeof startAtSignIn>>,
    ) => {
      const input = { key, secret: freshTotpSecret(), emailCodeHashes: null }
      assert.deepEqual(await secondFactors.startTotpForSignIn(input), invalidToken)
      assert.equal(await secondFactors.findEnrolling({ key, ipAddress: null }), null)
      assert.deepEqual(await secondFactors.confirmTotpForSignIn({ ...given, key }), invalidToken)
    }
    // Another secret of the pending sign-in, and another session's key.
    const first = await signUpEnrolling(storage)
    const given = await startAtSignIn(storage, first.pending)
    await refusedAll({ ...first.pending, secretHash: freshSecretHash() }, given)
    await refusedAll(first.key, given)
    assert.equal(
      await secondFactors.setEmailCode({ ...first.pending, id: first.key.id }, freshSecretHash()),
      false,
    )
    // The secret of another enrollment.
    const other = { ...given, confirmation: { ...given.confirmation, secret: freshTotpSecret() } }
    assert.deepEqual(await secondFactors.confirmTotpForSignIn(other), invalidToken)
    // The enrollment of a session of the same user.
    const enrolling = await startEnrollment(storage, await actorOf(storage, first.key))
    const ofSession = { ...given.confirmation, secret: enrolling.secret }
    const stolen = { ...given, confirmation: ofSession }
    assert.deepEqual(await secondFactors.confirmTotpForSignIn(stolen), invalidToken)
    // It was cancelled.
    await secondFactors.endPending(first.pending)
    await refusedAll(first.pending, given)
    // The sessions were revoked.
    const second = await signUpEnrolling(storage)
    const begun = await startAtSignIn(storage, second.pending)
    await sessions.revokeAll(second.user.id)
    await refusedAll(second.pending, begun)
    // It has expired.
    const third = await signUpEnrolling(storage)
    const late = await startAtSignIn(storage, third.pending)
    await storage.elapse(601)
    await refusedAll(third.pending, late)
    // The user was disabled.
    const fourth = await signUpEnrolling(storage)
    const last = await startAtSignIn(storage, fourth.pending)
    await storage.users.disable(fourth.user.id)
    await refusedAll(fourth.pending, last)
    // Of a pending sign-in that asks for a factor, none can be enrolled.
    const owner = await signUpWithFactor(storage)
    await refusedAll(await beginSignIn(storage, owner.user.id), last)
  },
)

promise(
  'confirmTotpForSignIn: a factor or a passkey that was added meanwhile is not passed by',
  [],
  async (storage) => {
    const person = await signUpEnrolling(storage)
    const given = await startAtSignIn(storage, person.pending)
    const actor = await actorOf(storage, person.key)
    const other = await signUpEnrolling(storage)
    await addOne(storage, actor)
    assert.deepEqual(await storage.secondFactors.confirmTotpForSignIn(given), invalidToken)
    // Neither the sign-in of another user ends, nor one that waits for a factor.
    assert.equal(await isPending(storage, other.pending), true)
    const owner = await signUpWithFactor(storage)
    const waiting = await beginSignIn(storage, owner.user.id)
    await addOne(storage, owner.actor)
    assert.equal(await isPending(storage, waiting), true)
    const begun = await startAtSignIn(storage, other.pending)
    const acting = await actorOf(storage, other.key)
    const enrollment = await startEnrollment(storage, acting)
    succeeded(await storage.secondFactors.confirmTotp(acting, enrollment))
    assert.deepEqual(await storage.secondFactors.confirmTotpForSignIn(begun), invalidToken)
    assert.equal((await storage.sessions.list(other.user.id)).length, 1)
  },
)

promise(
  'confirmTotpForSignIn: of twenty at once one is signed in',
  ['concurrency'],
  async (storage) => {
    const { pending, user } = await signUpEnrolling(storage)
    const given = await startAtSignIn(storage, pending)
    const outcomes = await twentyAtOnce(() =>
      storage.secondFactors.confirmTotpForSignIn({ ...given, session: sessionOfPending() }),
    )
    assert.equal(winners(outcomes).length, 1)
    assert.equal((await storage.sessions.list(user.id)).length, 1)
  },
)
