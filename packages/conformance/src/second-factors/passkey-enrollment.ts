import assert from 'node:assert/strict'
import type { PendingKey, SecondFactorPolicy, TokenHash } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
  addOne,
  newOAuthSignIn,
  newPasskey,
  signUpWithPasskey,
  takeOver,
} from '../fixtures/credentials.js'
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
import { freshRateLimitKey, freshSecretHash, newSession, onIpAddress } from '../fixtures/samples.js'
import {
  assertWaits,
  beginSignIn,
  isPending,
  sessionOfPending,
  signUpWithFactor,
} from '../fixtures/second-factors.js'
import { firstFactorsWithoutPasskey } from '../fixtures/sign-in-ways.js'

const { cases, promise } = casesOf('secondFactors')

/** A user of whom a second factor is required, and who has none, enrolls a passkey during the sign-in. */
export const passkeyEnrollmentCases = cases

const always: SecondFactorPolicy = 'always'
const invalidToken = { ok: false, reason: 'invalid_token' }

const startOf = (key: PendingKey, codes: readonly TokenHash[] | null = null) => ({
  key,
  challengeHash: freshSecretHash(),
  emailCodeHashes: codes,
})
const additionOf = (key: PendingKey, given: Parameters<typeof newPasskey>[0] = {}) => ({
  key,
  passkey: newPasskey(given),
  session: sessionOfPending(),
})

for (const { name, unverified = false, prepare } of firstFactorsWithoutPasskey)
  promise(
    `addPasskeyForSignIn: after ${name} by a user without a factor, the passkey opens the session`,
    ['charging'],
    async (storage) => {
      const { secondFactors } = storage
      const person = await signUp(storage, { emailVerified: !unverified })
      const owner = { ...person, actor: await actorOf(storage, person.key) }
      const session = newSession({ methods: ['magic_link'], secondFactor: always, idleSeconds: 77 })
      const prove = await prepare(storage, owner, session)
      const key = await assertWaits(storage, await prove(), person.user.id, session)
      const start = startOf(key)
      assert.deepEqual(await secondFactors.startPasskeyForSignIn(start), { ok: true })
      const { challengeHash } = start
      const used = await secondFactors.usePasskeyStart({ key, challengeHash, ipAddress: null })
      assert.deepEqual(used, { ok: true })
      const added = additionOf(key, { backupEligible: true, backedUp: true })
      const opened = succeeded(await secondFactors.addPasskeyForSignIn(added))
      const valid = await liveSession(storage, { userId: person.user.id, ...added.session })
      assert.deepEqual([valid.session, valid.user], [opened.session, opened.user])
      const { methods, level, level2At, createdAt, expiresAt } = opened.session
      assert.deepEqual([methods, level, level2At], [['magic_link', 'passkey'], 2, createdAt])
      assert.equal(expiresAt.getTime() - createdAt.getTime(), 77_000)
      assert.deepEqual(only(await storage.passkeys.list(person.user.id)), opened.passkey)
      // A passkey alone makes nothing due, but it can answer what the policy asks.
      assert.equal(valid.hasSecondFactor, false)
      await assertEnded(storage, key)
      await assertEnded(storage, person.key)
      assert.equal(await isPending(storage, key), false)
      const next = await beginSignIn(storage, person.user.id, { secondFactor: always })
      const { mustEnroll, takesPasskey } = present(await secondFactors.findPending(next))
      assert.deepEqual([mustEnroll, takesPasskey], [false, true])
    },
  )

promise('addPasskeyForSignIn: links an identity that was not linked yet', [], async (storage) => {
  const { user, email } = await signUp(storage, { emailVerified: true })
  const session = newSession({ methods: ['oauth'], secondFactor: always })
  const person = newOAuthSignIn({ email, session })
  await storage.oauthAccounts.signIn(person)
  assert.deepEqual(await storage.oauthAccounts.list(user.id), [])
  const added = additionOf(keyOf(user.id, session))
  succeeded(await storage.secondFactors.addPasskeyForSignIn(added))
  assert.equal(only(await storage.oauthAccounts.list(user.id)).id, person.newAccountId)
})

promise(
  'startPasskeyForSignIn: needs the mailed code unless the mailbox is proved, and one code serves both enrollments',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const { pending: key } = await signUpEnrolling(storage, { methods: ['password'] })
    const codeHash = freshSecretHash()
    await secondFactors.setEmailCode(key, codeHash)
    const without = startOf(key)
    const wrong = startOf(key, [freshSecretHash()])
    for (const [triesLeft, start] of [
      [4, without],
      [3, wrong],
    ] as const) {
      const refused = { ok: false, reason: 'invalid_code', triesLeft }
      assert.deepEqual(await secondFactors.startPasskeyForSignIn(start), refused)
      const { challengeHash } = start
      const used = await secondFactors.usePasskeyStart({ key, challengeHash, ipAddress: null })
      assert.deepEqual(used, invalidToken)
    }
    const right = startOf(key, [freshSecretHash(), codeHash])
    assert.deepEqual(await secondFactors.startPasskeyForSignIn(right), { ok: true })
    assert.equal((await enrollingOf(storage, key)).mailboxProved, true)
    await startAtSignIn(storage, key)
    assert.deepEqual(await secondFactors.startPasskeyForSignIn(startOf(key)), { ok: true })
    // The wrong codes alone are tries.
    assert.equal(present(await secondFactors.findPending(key)).triesLeft, 3)
  },
)

promise('startPasskeyForSignIn: five wrong codes end the sign-in', [], async (storage) => {
  const { secondFactors } = storage
  const { pending: key } = await signUpEnrolling(storage, { methods: ['password'] })
  const codeHash = freshSecretHash()
  await secondFactors.setEmailCode(key, codeHash)
  for (const triesLeft of [4, 3, 2, 1, 0]) {
    const outcome = await secondFactors.startPasskeyForSignIn(startOf(key, [freshSecretHash()]))
    assert.deepEqual(outcome, { ok: false, reason: 'invalid_code', triesLeft })
  }
  const right = startOf(key, [codeHash])
  assert.deepEqual(await secondFactors.startPasskeyForSignIn(right), invalidToken)
})

promise(
  'usePasskeyStart: each challenge counts once, for its pending sign-in, until the next start',
  ['concurrency'],
  async (storage) => {
    const { secondFactors } = storage
    const { pending: key } = await signUpEnrolling(storage)
    const { pending: other } = await signUpEnrolling(storage)
    const [former, last, foreign] = [startOf(key), startOf(key), startOf(other)]
    for (const start of [former, last, foreign])
      assert.deepEqual(await secondFactors.startPasskeyForSignIn(start), { ok: true })
    const use = (challengeHash: TokenHash, given = key) =>
      secondFactors.usePasskeyStart({ key: given, challengeHash, ipAddress: null })
    assert.deepEqual(await use(former.challengeHash), invalidToken)
    assert.deepEqual(await use(foreign.challengeHash), invalidToken)
    const stolen = { ...key, secretHash: freshSecretHash() }
    assert.deepEqual(await use(last.challengeHash, stolen), invalidToken)
    const outcomes = await twentyAtOnce(() => use(last.challengeHash))
    assert.equal(winners(outcomes).length, 1)
    assert.deepEqual(await use(foreign.challengeHash, other), { ok: true })
  },
)

promise(
  'usePasskeyStart: any other key or challenge is counted against the IP address, beyond whose limit nothing is used',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const { pending: key } = await signUpEnrolling(storage)
    const start = startOf(key)
    await secondFactors.startPasskeyForSignIn(start)
    const { ipAddress } = onIpAddress(freshRateLimitKey(), { cap: 2 })
    const stolen = { ...key, secretHash: freshSecretHash() }
    const { challengeHash } = start
    const use = (given: PendingKey, hash: TokenHash, charge: typeof ipAddress | null = ipAddress) =>
      secondFactors.usePasskeyStart({ key: given, challengeHash: hash, ipAddress: charge })
    assert.deepEqual(await use(stolen, challengeHash), invalidToken)
    assert.deepEqual(await use(key, freshSecretHash()), invalidToken)
    const refused = await use(key, challengeHash)
    assert.equal(!refused.ok && refused.reason, 'too_many_attempts')
    assert.deepEqual(await use(key, challengeHash, null), { ok: true })
  },
)

promise(
  'startPasskeyForSignIn, usePasskeyStart and addPasskeyForSignIn: need a live pending sign-in of a user without a factor',
  ['elapse'],
  async (storage) => {
    const { secondFactors, sessions } = storage
    const refusedAll = async (key: PendingKey, start: ReturnType<typeof startOf>) => {
      const { challengeHash } = start
      const used = await secondFactors.usePasskeyStart({ key, challengeHash, ipAddress: null })
      assert.deepEqual(used, invalidToken)
      assert.deepEqual(await secondFactors.startPasskeyForSignIn(startOf(key)), invalidToken)
      assert.deepEqual(await secondFactors.addPasskeyForSignIn(additionOf(key)), invalidToken)
      assert.deepEqual(await storage.passkeys.list(key.userId), [])
    }
    const begin = async () => {
      const person = await signUpEnrolling(storage)
      const start = startOf(person.pending)
      assert.deepEqual(await secondFactors.startPasskeyForSignIn(start), { ok: true })
      return { person, key: person.pending, start }
    }
    const first = await begin()
    await refusedAll({ ...first.key, secretHash: freshSecretHash() }, first.start)
    await refusedAll(first.person.key, first.start)
    await secondFactors.endPending(first.key)
    await refusedAll(first.key, first.start)
    const revoked = await begin()
    await sessions.revokeAll(revoked.person.user.id)
    await refusedAll(revoked.key, revoked.start)
    const late = await begin()
    await storage.elapse(601)
    await refusedAll(late.key, late.start)
    const disabled = await begin()
    await storage.users.disable(disabled.person.user.id)
    await refusedAll(disabled.key, disabled.start)
    const owner = await signUpWithFactor(storage)
    const waiting = await beginSignIn(storage, owner.user.id)
    await refusedAll(waiting, startOf(waiting))
    // The other enrollment was faster.
    const both = await begin()
    const totp = await startAtSignIn(storage, both.key)
    succeeded(await secondFactors.confirmTotpForSignIn(totp))
    await refusedAll(both.key, both.start)
  },
)

promise(
  'addPasskeyForSignIn: a credential that is registered already opens nothing',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithPasskey(storage)
    const { pending: key, user } = await signUpEnrolling(storage)
    const { credentialId } = owner.made
    const refused = await secondFactors.addPasskeyForSignIn(additionOf(key, { credentialId }))
    assert.deepEqual(refused, { ok: false, reason: 'already_exists' })
    assert.equal(await isPending(storage, key), true)
    assert.equal((await storage.sessions.list(user.id)).length, 1)
    assert.equal(only(await storage.passkeys.list(owner.user.id)).id, owner.passkey.id)
    succeeded(await secondFactors.addPasskeyForSignIn(additionOf(key)))
  },
)

promise(
  'addPasskeyForSignIn: takes the place of a passkey from before the owner of the mailbox came',
  [],
  async (storage) => {
    const squatter = await signUpWithPasskey(storage, {}, false)
    await takeOver(storage, squatter.email)
    const { credentialId } = squatter.made
    const { id } = squatter.user
    const session = { methods: ['magic_link'], secondFactor: always } as const
    const key = await beginSignIn(storage, id, session)
    assert.equal(present(await storage.secondFactors.findPending(key)).mustEnroll, true)
    const added = additionOf(key, { credentialId })
    succeeded(await storage.secondFactors.addPasskeyForSignIn(added))
    assert.equal(only(await storage.passkeys.list(id)).id, added.passkey.id)
  },
)

promise(
  'addPasskeyForSignIn: ends the other sessions and sign-ins of the user, and a passkey that was added meanwhile is not passed by',
  [],
  async (storage) => {
    const { secondFactors, sessions } = storage
    const person = await signUpEnrolling(storage)
    const other = await beginSignIn(storage, person.user.id, { secondFactor: always })
    const opened = succeeded(await secondFactors.addPasskeyForSignIn(additionOf(person.pending)))
    assert.equal(opened.sessionsEnded, 1)
    assert.equal(await isPending(storage, other), false)
    assert.equal(only(await sessions.list(person.user.id)).id, opened.session.id)
    const late = await signUpEnrolling(storage)
    await addOne(storage, await actorOf(storage, late.key))
    const outcome = await secondFactors.addPasskeyForSignIn(additionOf(late.pending))
    assert.deepEqual(outcome, invalidToken)
    assert.equal((await storage.passkeys.list(late.user.id)).length, 1)
  },
)

promise(
  'addPasskeyForSignIn: gives the charge of the first factor back',
  ['charging'],
  async (storage) => {
    const { passwords, rateLimits, secondFactors } = storage
    const { user, hash, key } = await signUpEnrolling(storage)
    const charges = onIpAddress(freshRateLimitKey())
    const refund = { account: null, ipAddress: present(charges.ipAddress).key }
    succeeded(await rateLimits.charge(charges))
    const session = newSession({ methods: ['magic_link'], secondFactor: always })
    const { epochs } = await actorOf(storage, key)
    await passwords.signIn({ credential: { userId: user.id, hash, epochs }, session, refund })
    assert.equal((await rateLimits.status(refund.ipAddress)).failures, 1)
    succeeded(await secondFactors.addPasskeyForSignIn(additionOf(keyOf(user.id, session))))
    assert.equal((await rateLimits.status(refund.ipAddress)).failures, 0)
  },
)

promise(
  'addPasskeyForSignIn: of twenty at once one is signed in, with one passkey',
  ['concurrency'],
  async (storage) => {
    const { pending, user } = await signUpEnrolling(storage)
    const outcomes = await twentyAtOnce(() =>
      storage.secondFactors.addPasskeyForSignIn(additionOf(pending)),
    )
    assert.equal(winners(outcomes).length, 1)
    assert.equal((await storage.sessions.list(user.id)).length, 1)
    assert.equal((await storage.passkeys.list(user.id)).length, 1)
  },
)
