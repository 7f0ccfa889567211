import assert from 'node:assert/strict'
import type { PendingKey, SecondFactorPolicy, TokenHash } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { addOne, newOAuthSignIn } from '../fixtures/credentials.js'
import type { Person } from '../fixtures/people.js'
import {
  actorOf,
  assertEnded,
  crowd,
  keyOf,
  liveSession,
  only,
  openOne,
  present,
  seenBy,
  signUp,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  newUser,
  onIpAddress,
  unknownUserId,
} from '../fixtures/samples.js'
import {
  assertWaits,
  beginSignIn,
  freshRecoveryCodes,
  freshTotpSecret,
  isPending,
  sessionOfPending,
  signUpWithFactor,
  startEnrollment,
} from '../fixtures/second-factors.js'
import { firstFactors } from '../fixtures/sign-in-ways.js'

const { cases, promise } = casesOf('secondFactors')

/** Where the application asks a second factor, a user without one enrolls during the sign-in. */
export const requiredFactorCases = cases

const always: SecondFactorPolicy = 'always'
const perUser: SecondFactorPolicy = 'per-user'
const uncounted = { account: null, ipAddress: null }
const invalidToken = { ok: false, reason: 'invalid_token' }

type Storage = Parameters<typeof signUp>[0]

/** Someone without a second factor, whose sign-in asks for one; `methods` are those of the sign-in. */
async function signUpEnrolling(
  storage: Storage,
  given: Parameters<typeof newSession>[0] = { methods: ['magic_link'] },
): Promise<Person & { readonly pending: PendingKey }> {
  const person = await signUp(storage, { emailVerified: true })
  const pending = await beginSignIn(storage, person.user.id, { ...given, secondFactor: always })
  return { ...person, pending }
}

/** Starts the enrollment on a pending sign-in, and returns what its confirmation needs. */
async function start(
  { secondFactors }: Storage,
  key: PendingKey,
  codes: readonly TokenHash[] | null = null,
) {
  const secret = freshTotpSecret()
  const input = { key, secret, emailCodeHashes: codes }
  assert.deepEqual(await secondFactors.startTotpForSignIn(input), { ok: true })
  const found = await secondFactors.findEnrollmentForSignIn({ key, ipAddress: null })
  assert.ok(found !== null && 'secret' in found)
  const confirmation = { secret, step: found.step, recoveryCodes: freshRecoveryCodes() }
  return { key, confirmation, session: sessionOfPending() }
}

for (const { name, unverified = false, prepare } of firstFactors)
  promise(
    `confirmTotpForSignIn: after ${name} by a user without a factor, the enrollment opens the session`,
    ['charging'],
    async (storage) => {
      const person = await signUp(storage, { emailVerified: !unverified })
      const owner = { ...person, actor: await actorOf(storage, person.key) }
      const session = newSession({ methods: ['magic_link'], secondFactor: always, idleSeconds: 77 })
      const prove = await prepare(storage, owner, session)
      const key = await assertWaits(storage, await prove(), person.user.id, session)
      const enrolls = name !== 'passkeys.signIn'
      const live = present(await storage.secondFactors.findPending(key))
      assert.equal(live.mustEnroll, enrolls)
      if (!enrolls) return
      const given = await start(storage, key)
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
      assert.deepEqual(await storage.secondFactors.signIn({ ...answer, refund: uncounted }), {
        ok: false,
        reason: 'invalid_code',
        triesLeft: 5,
      })
    },
  )

promise(
  'signIn: with always, a caller who has proved two factors opens the session',
  [],
  async (storage) => {
    const { user } = await signUp(storage, { emailVerified: true })
    const session = newSession({ level: 2, secondFactor: always })
    assert.equal(succeeded(await storage.sessions.open(user.id, session)).session.level, 2)
  },
)

promise(
  'signIn: with always, no user is registered together with a session',
  [],
  async (storage) => {
    await assert.rejects(
      storage.users.register(newUser({ session: newSession({ secondFactor: always }) })),
      { code: 'ERR_INVALID_INPUT', field: 'session.secondFactor' },
    )
  },
)

promise(
  'signIn: with always, a new user of a provider enrolls before a session opens',
  [],
  async (storage) => {
    for (const email of [undefined, null]) {
      const session = newSession({ methods: ['oauth'], secondFactor: always })
      const given = email === undefined ? {} : { email }
      // Whoever comes first is sent at once, by each of the statements; the last is among those who are sent together.
      const people = [given, given, given, given, given, { session, ...given }].map((own) =>
        newOAuthSignIn(own),
      )
      const outcomes = await Promise.all(
        people.map((person) => storage.oauthAccounts.signIn(person)),
      )
      const waits = outcomes.at(-1)
      assert.ok(waits !== undefined && !waits.ok, JSON.stringify(waits))
      assert.ok(waits.reason === 'second_factor_required', waits.reason)
      const { userId, mustEnroll } = waits.pending
      assert.equal(mustEnroll, true)
      const key = await assertWaits(storage, waits, userId, session)
      if (email === undefined) {
        assert.deepEqual(await storage.oauthAccounts.list(userId), [])
        const { email: to, mailboxProved } = await enrollingOf(storage, key)
        assert.deepEqual([to === null, mailboxProved], [false, false])
        continue
      }
      // Without an email address there is no mailbox to prove.
      succeeded(await storage.secondFactors.confirmTotpForSignIn(await start(storage, key)))
      assert.equal(only(await storage.oauthAccounts.list(userId)).provider, people.at(-1)?.provider)
    }
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
  succeeded(await storage.secondFactors.confirmTotpForSignIn(await start(storage, key, [codeHash])))
  assert.equal(only(await storage.oauthAccounts.list(user.id)).id, person.newAccountId)
})

async function enrollingOf({ secondFactors }: Storage, key: PendingKey) {
  const found = await secondFactors.findEnrolling({ key, ipAddress: null })
  assert.ok(found !== null && 'mailboxProved' in found)
  return found
}

promise(
  'setRequired: asks a factor of the user from now on, ends every session, and is waived',
  [],
  async (storage) => {
    const { secondFactors, sessions } = storage
    const { user, key } = await signUp(storage, { emailVerified: true })
    const other = await openOne(storage, user.id)
    const required = present(await secondFactors.setRequired(user.id, { graceSeconds: 0 }))
    assert.equal(required.id, user.id)
    for (const ended of [key, other]) await assertEnded(storage, ended)
    assert.notEqual((await secondFactors.find(user.id)).requiredAt, null)
    const session = newSession({ secondFactor: perUser })
    const waits = await sessions.open(user.id, session)
    await assertWaits(storage, waits, user.id, session)
    // The policy of the application decides whether the request counts.
    succeeded(await sessions.open(user.id, newSession()))
    await secondFactors.setRequired(user.id, null)
    assert.equal((await secondFactors.find(user.id)).requiredAt, null)
    succeeded(await sessions.open(user.id, newSession({ secondFactor: perUser })))
    assert.equal(await secondFactors.setRequired(unknownUserId(), { graceSeconds: 0 }), null)
  },
)

promise(
  'setRequired: ends the pending sign-ins, and no other user is asked',
  [],
  async (storage) => {
    const { user } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id)
    await storage.secondFactors.setRequired(user.id, { graceSeconds: 0 })
    assert.equal(await isPending(storage, key), false)
    const other = await signUp(storage, { emailVerified: true })
    succeeded(await storage.sessions.open(other.user.id, newSession({ secondFactor: perUser })))
  },
)

promise(
  'setRequired: within the grace a session opens, and ends with it',
  ['elapse'],
  async (storage) => {
    const { user } = await signUp(storage, { emailVerified: true })
    await storage.secondFactors.setRequired(user.id, { graceSeconds: 3600 })
    const open = async (given: Parameters<typeof newSession>[0]) => {
      const session = newSession({
        secondFactor: perUser,
        idleSeconds: 7200,
        absoluteSeconds: 7201,
        ...given,
      })
      const { session: opened } = succeeded(await storage.sessions.open(user.id, session))
      return { key: keyOf(user.id, session), opened }
    }
    const { key, opened } = await open({})
    const { requiredAt } = await storage.secondFactors.find(user.id)
    assert.deepEqual([opened.expiresAt, opened.absoluteExpiresAt], [requiredAt, requiredAt])
    const strong = await open({ level: 2 })
    const short = await open({ idleSeconds: 60, absoluteSeconds: 61 })
    assert.equal(
      short.opened.absoluteExpiresAt.getTime() - short.opened.createdAt.getTime(),
      61_000,
    )
    await storage.elapse(3599)
    assert.notEqual(await seenBy(storage, key), null)
    await storage.elapse(2)
    await assertEnded(storage, key)
    assert.notEqual(await seenBy(storage, strong.key), null)
    await beginSignIn(storage, user.id, { secondFactor: perUser })
  },
)

promise(
  'setRequired: of sign-ins that race it, none has a session afterwards',
  ['concurrency'],
  async (storage) => {
    const { user } = await signUp(storage, { emailVerified: true })
    const sessions = Array.from({ length: crowd }, () => newSession({ secondFactor: perUser }))
    await Promise.all([
      storage.secondFactors.setRequired(user.id, { graceSeconds: 0 }),
      ...sessions.map((session) => storage.sessions.open(user.id, session)),
    ])
    assert.deepEqual(await storage.sessions.list(user.id), [])
  },
)

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
    const { confirmation } = await start(storage, key)
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
  'startTotpForSignIn and confirmTotpForSignIn: need a live pending sign-in of a user without a factor',
  ['elapse'],
  async (storage) => {
    const { secondFactors, sessions } = storage
    const refusedAll = async (key: PendingKey, given: Awaited<ReturnType<typeof start>>) => {
      const input = { key, secret: freshTotpSecret(), emailCodeHashes: null }
      assert.deepEqual(await secondFactors.startTotpForSignIn(input), invalidToken)
      assert.equal(await secondFactors.findEnrolling({ key, ipAddress: null }), null)
      assert.deepEqual(await secondFactors.confirmTotpForSignIn({ ...given, key }), invalidToken)
    }
    // Another secret of the pending sign-in, and another session's key.
    const first = await signUpEnrolling(storage)
    const given = await start(storage, first.pending)
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
    const begun = await start(storage, second.pending)
    await sessions.revokeAll(second.user.id)
    await refusedAll(second.pending, begun)
    // It has expired.
    const third = await signUpEnrolling(storage)
    const late = await start(storage, third.pending)
    await storage.elapse(601)
    await refusedAll(third.pending, late)
    // The user was disabled.
    const fourth = await signUpEnrolling(storage)
    const last = await start(storage, fourth.pending)
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
    const given = await start(storage, person.pending)
    const actor = await actorOf(storage, person.key)
    await addOne(storage, actor)
    assert.deepEqual(await storage.secondFactors.confirmTotpForSignIn(given), invalidToken)
    const other = await signUpEnrolling(storage)
    const begun = await start(storage, other.pending)
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
    const given = await start(storage, pending)
    const outcomes = await twentyAtOnce(() =>
      storage.secondFactors.confirmTotpForSignIn({ ...given, session: sessionOfPending() }),
    )
    assert.equal(winners(outcomes).length, 1)
    assert.equal((await storage.sessions.list(user.id)).length, 1)
  },
)

promise(
  'removeTotp: is refused where a factor is asked of the user, who has no passkey',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const remove = (policyOfApplication: SecondFactorPolicy, actor = owner.actor) =>
      secondFactors.removeTotp(actor, freshSecretHash(), policyOfApplication)
    const refused = { ok: false, reason: 'factor_required' }
    assert.deepEqual(await remove(always), refused)
    assert.notEqual((await secondFactors.find(owner.user.id)).totp, null)
    await addOne(storage, owner.actor)
    succeeded(await remove(always))
    const other = await signUpWithFactor(storage)
    succeeded(await remove(perUser, other.actor))
  },
)
