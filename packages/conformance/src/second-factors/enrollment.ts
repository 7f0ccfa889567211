import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import { assertBytes } from '../fixtures/credentials.js'
import {
  actorOf,
  assertEnded,
  liveSession,
  openOne,
  present,
  seenBy,
  sessionEnds,
  signUp,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { freshSecretHash } from '../fixtures/samples.js'
import {
  beginSignIn,
  freshRecoveryCodes,
  freshTotpSecret,
  isPending,
  signUpWithFactor,
  startEnrollment,
} from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('secondFactors')

/** From the secret that is shown to the factor that counts. */
export const enrollmentCases = cases

const stale = { ok: false, reason: 'stale' }
const nothing = { requiredAt: null, totp: null, recoveryCodes: { remaining: 0, generation: 0 } }

/** Someone without a factor, with two sessions. */
async function signUpTwice(storage: Parameters<typeof signUp>[0]) {
  const person = await signUp(storage, { emailVerified: true })
  const other = await openOne(storage, person.user.id)
  return { ...person, other, actor: await actorOf(storage, person.key) }
}

promise(
  'startTotp: stores no factor; the last secret is the one to confirm',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const { user, actor, key } = await signUpTwice(storage)
    const first = await startEnrollment(storage, actor)
    assert.deepEqual(await secondFactors.find(user.id), nothing)
    assert.equal((await liveSession(storage, key)).hasSecondFactor, false)
    const second = await startEnrollment(storage, actor)
    assert.deepEqual(await secondFactors.confirmTotp(actor, first), stale)
    succeeded(await secondFactors.confirmTotp(actor, second))
  },
)

promise(
  'findEnrollment: returns the secret and the time step, five times',
  ['elapse'],
  async (storage) => {
    const { secondFactors } = storage
    const { actor } = await signUpTwice(storage)
    assert.equal(await secondFactors.findEnrollment(actor), null)
    const secret = freshTotpSecret()
    await secondFactors.startTotp(actor, secret)
    for (const triesLeft of [4, 3, 2, 1, 0]) {
      const found = present(await secondFactors.findEnrollment(actor))
      assertBytes(found.secret, secret)
      assert.equal(found.triesLeft, triesLeft)
      assert.ok(Math.abs(found.step - Date.now() / 30_000) < 3, `step ${found.step}`)
    }
    assert.equal(await secondFactors.findEnrollment(actor), null)
    await secondFactors.startTotp(actor, secret)
    assert.equal(present(await secondFactors.findEnrollment(actor)).triesLeft, 4)
    await storage.elapse(601)
    assert.equal(await secondFactors.findEnrollment(actor), null)
  },
)

promise(
  'findEnrollment: of twenty tries at once exactly five see the secret',
  ['concurrency'],
  async (storage) => {
    const { actor } = await signUpTwice(storage)
    await storage.secondFactors.startTotp(actor, freshTotpSecret())
    const found = await twentyAtOnce(() => storage.secondFactors.findEnrollment(actor))
    const left = found.flatMap((enrollment) => enrollment?.triesLeft ?? [])
    assert.deepEqual(left.sort(), [0, 1, 2, 3, 4])
  },
)

promise(
  'startTotp, findEnrollment and confirmTotp: belong to one session while it is live',
  ['elapse'],
  async (storage) => {
    const { secondFactors } = storage
    for (const [, end] of sessionEnds) {
      const { user, actor, key, other } = await signUpTwice(storage)
      const confirmation = await startEnrollment(storage, actor)
      const stranger = await actorOf(storage, other)
      assert.equal(await secondFactors.findEnrollment(stranger), null)
      assert.deepEqual(await secondFactors.confirmTotp(stranger, confirmation), stale)
      await end(storage, key)
      assert.equal(await secondFactors.startTotp(actor, freshTotpSecret()), false)
      assert.equal(await secondFactors.findEnrollment(actor), null)
      assert.deepEqual(await secondFactors.confirmTotp(actor, confirmation), stale)
      assert.deepEqual(await secondFactors.find(user.id), nothing)
    }
    const { user, actor } = await signUpTwice(storage)
    const confirmation = await startEnrollment(storage, actor)
    await storage.elapse(601)
    assert.deepEqual(await secondFactors.confirmTotp(actor, confirmation), stale)
    assert.deepEqual(await secondFactors.find(user.id), nothing)
  },
)

promise(
  'confirmTotp: makes the factor; the session has level 2 and a new secret, every other one has ended',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const { user, actor, key, other } = await signUpTwice(storage)
    const { newSecretHash, ...confirmation } = await startEnrollment(storage, actor)
    const outcome = succeeded(
      await secondFactors.confirmTotp(actor, { ...confirmation, newSecretHash }),
    )
    assert.equal(outcome.sessionsEnded, 1)
    await assertEnded(storage, other)
    await assertEnded(storage, key)
    const valid = await liveSession(storage, { ...key, secretHash: newSecretHash })
    assert.deepEqual(valid.session, outcome.session)
    const { level, level2At, authenticatedAt, methods } = valid.session
    assert.equal(level, 2)
    assert.deepEqual(level2At, authenticatedAt)
    assert.deepEqual(methods, ['password', 'totp'])
    assert.equal(valid.hasSecondFactor, true)
    const found = await secondFactors.find(user.id)
    assert.deepEqual(found, {
      requiredAt: null,
      totp: { createdAt: level2At, lastUsedAt: null },
      recoveryCodes: { remaining: 10, generation: 1 },
    })
  },
)

promise('confirmTotp: of twenty callers at once one succeeds', ['concurrency'], async (storage) => {
  const { secondFactors } = storage
  const { user, actor, key } = await signUpTwice(storage)
  const confirmation = await startEnrollment(storage, actor)
  const secrets = Array.from({ length: 20 }, freshSecretHash)
  const outcomes = await Promise.all(
    secrets.map((newSecretHash) =>
      secondFactors.confirmTotp(actor, {
        ...confirmation,
        newSecretHash,
        recoveryCodes: freshRecoveryCodes(),
      }),
    ),
  )
  assert.equal(winners(outcomes).length, 1)
  const live = []
  for (const secretHash of secrets)
    live.push((await seenBy(storage, { ...key, secretHash })) !== null)
  assert.deepEqual(
    live,
    outcomes.map(({ ok }) => ok),
  )
  assert.deepEqual((await secondFactors.find(user.id)).recoveryCodes, {
    remaining: 10,
    generation: 1,
  })
})

promise(
  'confirmTotp: replaces the factor of the user, its codes, and ends what waits for it',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const pending = await beginSignIn(storage, owner.user.id)
    const confirmation = await startEnrollment(storage, owner.actor)
    // Nothing has changed before the confirmation.
    assert.equal(await isPending(storage, pending), true)
    succeeded(await secondFactors.confirmTotp(owner.actor, confirmation))
    assert.equal(await isPending(storage, pending), false)
    const { recoveryCodes } = await secondFactors.find(owner.user.id)
    assert.deepEqual(recoveryCodes, { remaining: 10, generation: 2 })
    const key = { ...owner.key, secretHash: confirmation.newSecretHash }
    const [former, current] = [owner.recoveryCodes[0], confirmation.recoveryCodes[0]].map(present)
    const proof = { newSecretHash: freshSecretHash(), charges: null }
    assert.equal(
      await secondFactors.reauthenticateByRecoveryCode(key, {
        ...proof,
        codeHashes: [present(former)],
      }),
      null,
    )
    present(
      await secondFactors.reauthenticateByRecoveryCode(key, {
        ...proof,
        codeHashes: [present(current)],
      }),
    )
  },
)
