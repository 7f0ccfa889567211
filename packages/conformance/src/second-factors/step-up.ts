import assert from 'node:assert/strict'
import type { SessionKey } from 'torii-core'
import { totpStepSeconds } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { addOne, assertBytes, useOf } from '../fixtures/credentials.js'
import {
  actorOf,
  assertEnded,
  keyOf,
  liveSession,
  only,
  openOne,
  present,
  sessionEnds,
  signUp,
  succeeded,
  twentyAtOnce,
} from '../fixtures/people.js'
import {
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  noRefund,
  onAccount,
} from '../fixtures/samples.js'
import type { FactorOwner } from '../fixtures/second-factors.js'
import { signUpWithFactor } from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('secondFactors')

/** Proofs of a second factor in a live session, and what they make of it. */
export const stepUpCases = cases

const proofOf = (step: number) => ({ step, newSecretHash: freshSecretHash(), refund: noRefund })
const recoveryOf = (codeHash: FactorOwner['recoveryCodes'][number] | undefined) => ({
  codeHashes: [present(codeHash)],
  newSecretHash: freshSecretHash(),
  charges: null,
})

/** Whether a validation counts the session as recently authenticated, within 300 seconds. */
const isRecent = async (storage: Parameters<typeof liveSession>[0], key: SessionKey) =>
  present(await storage.sessions.validate(key, { touchSeconds: 60, recentSeconds: 300 })).recent

promise('findForSession: counts, and returns the factor or null', ['charging'], async (storage) => {
  const { secondFactors, rateLimits } = storage
  const owner = await signUpWithFactor(storage)
  const key = freshRateLimitKey()
  const charges = onAccount(key, { cap: 2 })
  const { credential } = succeeded(
    await secondFactors.findForSession({ userId: owner.user.id, charges }),
  )
  assertBytes(present(credential).secret, owner.secret)
  assert.equal(credential?.lastStep, owner.step)
  assert.ok(Math.abs((credential?.step ?? 0) - Date.now() / 30_000) < 3)
  const { user } = await signUp(storage)
  assert.deepEqual(await secondFactors.findForSession({ userId: user.id, charges }), {
    ok: true,
    credential: null,
  })
  const beyond = await secondFactors.findForSession({ userId: owner.user.id, charges })
  assert.ok(!beyond.ok && beyond.reason === 'too_many_attempts')
  assert.equal((await rateLimits.status(key)).failures, 2)
})

promise(
  'reauthenticate: a code raises the session to level 2, now and with a new secret, once',
  ['elapse', 'charging'],
  async (storage) => {
    const { secondFactors, rateLimits } = storage
    const owner = await signUpWithFactor(storage)
    await storage.elapse(400)
    assert.equal(await isRecent(storage, owner.key), false)
    const account = freshRateLimitKey()
    await rateLimits.charge(onAccount(account))
    const refund = { account, ipAddress: null }
    // Time that passes may age the last step as well; one of before is used up either way.
    const used = { ...proofOf(owner.step - Math.ceil(400 / totpStepSeconds)), refund }
    assert.equal(await secondFactors.reauthenticate(owner.key, used), null)
    assert.equal((await rateLimits.status(account)).failures, 1)
    const proof = { ...proofOf(owner.step + 1), refund }
    const session = present(await secondFactors.reauthenticate(owner.key, proof))
    assert.equal((await rateLimits.status(account)).failures, 0)
    await assertEnded(storage, owner.key)
    const key = { ...owner.key, secretHash: proof.newSecretHash }
    assert.deepEqual((await liveSession(storage, key)).session, session)
    assert.deepEqual(session.level2At, session.authenticatedAt)
    assert.ok(session.authenticatedAt.getTime() - session.createdAt.getTime() >= 399_000)
    assert.deepEqual(session.methods, ['password', 'totp'])
    assert.equal(await isRecent(storage, key), true)
    const again = proofOf(owner.step + 1)
    assert.equal(await secondFactors.reauthenticate(key, again), null)
  },
)

promise(
  'reauthenticate: of twenty with one code at once one raises its session',
  ['concurrency'],
  async (storage) => {
    const owner = await signUpWithFactor(storage)
    const keys: SessionKey[] = []
    for (let index = 0; index < 20; index += 1)
      keys.push(await openOne(storage, owner.user.id, { level: 2 }))
    const outcomes = await twentyAtOnce((index) =>
      storage.secondFactors.reauthenticate(present(keys[index]), proofOf(owner.step + 1)),
    )
    only(outcomes.filter((session) => session !== null))
  },
)

promise(
  'reauthenticateByRecoveryCode: the same, once for each code, and a wrong one is counted',
  ['charging'],
  async (storage) => {
    const { secondFactors, rateLimits } = storage
    const owner = await signUpWithFactor(storage)
    const account = freshRateLimitKey()
    const charges = onAccount(account, { cap: 2 })
    const right = { ...recoveryOf(owner.recoveryCodes[0]), charges }
    const wrong = { ...recoveryOf(freshSecretHash()), charges }
    assert.equal(await secondFactors.reauthenticateByRecoveryCode(owner.key, wrong), null)
    const outcome = present(await secondFactors.reauthenticateByRecoveryCode(owner.key, right))
    assert.ok('session' in outcome)
    assert.equal(outcome.remaining, 9)
    assert.deepEqual(outcome.session.methods, ['password', 'totp', 'recovery_code'])
    assert.deepEqual(outcome.session.level2At, outcome.session.authenticatedAt)
    await assertEnded(storage, owner.key)
    const key = { ...owner.key, secretHash: right.newSecretHash }
    await liveSession(storage, key)
    assert.equal((await secondFactors.find(owner.user.id)).recoveryCodes.remaining, 9)
    assert.equal((await rateLimits.status(account)).failures, 1)
    // The second failure locks; then not even a right code is tried.
    assert.equal(await secondFactors.reauthenticateByRecoveryCode(key, right), null)
    const locked = await secondFactors.reauthenticateByRecoveryCode(key, {
      ...recoveryOf(owner.recoveryCodes[1]),
      charges,
    })
    assert.ok(locked !== null && 'reason' in locked && locked.reason === 'too_many_attempts')
    assert.equal((await secondFactors.find(owner.user.id)).recoveryCodes.remaining, 9)
  },
)

promise(
  'reauthenticate, reauthenticateByRecoveryCode: an ended session uses up no code',
  [],
  async (storage) => {
    const { secondFactors } = storage
    for (const [name, end] of sessionEnds) {
      const owner = await signUpWithFactor(storage)
      await end(storage, owner.key)
      const [code] = owner.recoveryCodes
      assert.equal(
        await secondFactors.reauthenticate(owner.key, proofOf(owner.step + 1)),
        null,
        name,
      )
      assert.equal(
        await secondFactors.reauthenticateByRecoveryCode(owner.key, recoveryOf(code)),
        null,
        name,
      )
      assert.equal((await secondFactors.find(owner.user.id)).recoveryCodes.remaining, 10)
      const key = await openOne(storage, owner.user.id, { level: 2 })
      present(await secondFactors.reauthenticate(key, proofOf(owner.step + 1)))
    }
    const owner = await signUpWithFactor(storage)
    const wrong = { ...owner.key, secretHash: freshSecretHash() }
    assert.equal(await secondFactors.reauthenticate(wrong, proofOf(owner.step + 1)), null)
  },
)

promise(
  'reauthenticate: a password makes no session recent whose user has a second factor',
  ['elapse'],
  async (storage) => {
    const { sessions } = storage
    const owner = await signUpWithFactor(storage)
    const { session: before } = await liveSession(storage, owner.key)
    await storage.elapse(400)
    const proof = { newSecretHash: freshSecretHash(), method: 'password' } as const
    const session = present(await sessions.reauthenticate(owner.key, proof))
    assert.equal(session.level, 2)
    assert.equal(
      session.level2At?.getTime(),
      (before.level2At?.getTime() ?? 0) - 400_000,
      'moved like every stored time',
    )
    const key = { ...owner.key, secretHash: proof.newSecretHash }
    assert.equal(await isRecent(storage, key), false)
    // Without a second factor it does.
    const person = await signUp(storage)
    await storage.elapse(400)
    assert.equal(await isRecent(storage, person.key), false)
    await sessions.reauthenticate(person.key, proof)
    assert.equal(await isRecent(storage, { ...person.key, secretHash: proof.newSecretHash }), true)
  },
)

promise(
  'reauthenticate: a passkey raises the level of a session by password, and moves its time',
  [],
  async (storage) => {
    const { passkeys } = storage
    const person = await signUp(storage)
    const actor = await actorOf(storage, person.key)
    const { made } = await addOne(storage, actor)
    const use = (count: number) => useOf({ ...person, actor, made }, count)
    const prove = async (count: number, level: 1 | 2) =>
      succeeded(
        await passkeys.reauthenticate(use(count), {
          key: person.key,
          newSecretHash: person.key.secretHash,
          level,
        }),
      ).session
    const first = await prove(5, 1)
    assert.deepEqual([first.level, first.level2At], [2, first.authenticatedAt])
    const second = await prove(6, 2)
    assert.deepEqual([second.level, second.level2At], [2, second.authenticatedAt])
    const third = await prove(7, 1)
    assert.deepEqual([third.level, third.level2At], [2, third.authenticatedAt])
  },
)

promise('find: of a user without a second factor nothing', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const nothing = { requiredAt: null, totp: null, recoveryCodes: { remaining: 0, generation: 0 } }
  assert.deepEqual(await storage.secondFactors.find(user.id), nothing)
  const { session, hasSecondFactor } = await liveSession(storage, key)
  assert.deepEqual([session.level, session.level2At, hasSecondFactor], [1, null, false])
  const opened = newSession()
  succeeded(await storage.sessions.open(user.id, opened))
  assert.equal((await liveSession(storage, keyOf(user.id, opened))).session.level, 1)
})
