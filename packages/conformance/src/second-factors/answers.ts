import assert from 'node:assert/strict'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { assertBytes } from '../fixtures/credentials.js'
import { only, present, succeeded, twentyAtOnce, winners } from '../fixtures/people.js'
import {
  freeCharges,
  freshRateLimitKey,
  freshSecretHash,
  longestRetry,
  noRefund,
  onAccount,
  policy,
  unknownUserId,
} from '../fixtures/samples.js'
import {
  beginSignIn,
  isPending,
  sessionOfPending,
  signUpWithFactor,
} from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('secondFactors')

/** Codes that answer a pending sign-in. */
export const answerCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const invalidCode = (triesLeft: number) => ({ ok: false, reason: 'invalid_code', triesLeft })

/** Twenty pending sign-ins of one user. */
async function beginTwenty(storage: ConformanceStorage) {
  const owner = await signUpWithFactor(storage)
  const keys = []
  for (let index = 0; index < 20; index += 1) keys.push(await beginSignIn(storage, owner.user.id))
  return { owner, keys }
}

const answerOf = (key: Awaited<ReturnType<typeof beginSignIn>>, step: number) => ({
  key,
  step,
  session: sessionOfPending(),
  refund: noRefund,
})

promise(
  'findForSignIn: returns what to compare the code with, five times',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const { user, secret, step } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id)
    for (const triesLeft of [4, 3, 2, 1, 0]) {
      const found = succeeded(await secondFactors.findForSignIn({ key, charges: freeCharges() }))
      const credential = present(found.credential)
      assertBytes(credential.secret, secret)
      assert.equal(credential.userId, user.id)
      assert.equal(credential.lastStep, step)
      assert.ok(Math.abs(credential.step - Date.now() / 30_000) < 3)
      assert.equal(found.triesLeft, triesLeft)
    }
    const beyond = await secondFactors.findForSignIn({ key, charges: freeCharges() })
    assert.deepEqual(beyond, invalidToken)
    assert.equal(await isPending(storage, key), false)
    // The fifth try may be the right one.
    succeeded(await secondFactors.signIn(answerOf(key, step + 1)))
  },
)

promise(
  'findForSignIn: of fifty tries at once exactly five see the secret',
  ['charging', 'concurrency'],
  async (storage) => {
    const { user } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id)
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () =>
        storage.secondFactors.findForSignIn({ key, charges: freeCharges() }),
      ),
    )
    const left = outcomes.flatMap((outcome) => (outcome.ok ? outcome.triesLeft : []))
    assert.deepEqual(left.sort(), [0, 1, 2, 3, 4])
  },
)

promise(
  'signIn: a code works once, and none of an earlier time step after it',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const { user, step } = await signUpWithFactor(storage)
    const keys = [await beginSignIn(storage, user.id), await beginSignIn(storage, user.id)]
    const [first, second] = keys.map(present)
    assert.ok(first !== undefined && second !== undefined)
    // The code that confirmed the factor is used.
    assert.deepEqual(await secondFactors.signIn(answerOf(first, step)), invalidCode(5))
    succeeded(await secondFactors.signIn(answerOf(first, step + 3)))
    for (const used of [step + 3, step + 2])
      assert.deepEqual(await secondFactors.signIn(answerOf(second, used)), invalidCode(5))
    assert.deepEqual(await secondFactors.signIn(answerOf(first, step + 9)), invalidToken)
    succeeded(await secondFactors.signIn(answerOf(second, step + 4)))
    const { totp } = await secondFactors.find(user.id)
    assert.notEqual(totp?.lastUsedAt, null)
  },
)

promise(
  'signIn: one code for twenty pending sign-ins at once opens one session, and the others go on waiting',
  ['concurrency'],
  async (storage) => {
    const { owner, keys } = await beginTwenty(storage)
    const outcomes = await Promise.all(
      keys.map((key) => storage.secondFactors.signIn(answerOf(key, owner.step + 1))),
    )
    assert.equal(winners(outcomes).length, 1)
    for (const outcome of outcomes.filter(({ ok }) => !ok))
      assert.deepEqual(outcome, invalidCode(5))
    const waiting = []
    for (const key of keys) waiting.push(await isPending(storage, key))
    assert.equal(waiting.filter(Boolean).length, 19)
    assert.equal((await storage.sessions.list(owner.user.id)).length, 2)
  },
)

promise(
  'signIn: one pending sign-in with the codes of two time steps, twenty at once, opens one session',
  ['concurrency'],
  async (storage) => {
    const { user, step } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id)
    const outcomes = await twentyAtOnce((index) =>
      storage.secondFactors.signIn(answerOf(key, step + 1 + (index % 2))),
    )
    const { session } = succeeded(only(winners(outcomes)))
    const live = await storage.sessions.list(user.id)
    assert.equal(live.length, 2)
    assert.ok(live.some(({ id }) => id === session.id))
  },
)

promise('signIn: needs the secret of the pending sign-in and its user', [], async (storage) => {
  const { secondFactors } = storage
  const owner = await signUpWithFactor(storage)
  const stranger = await signUpWithFactor(storage)
  const key = await beginSignIn(storage, owner.user.id)
  for (const wrong of [
    { ...key, secretHash: freshSecretHash() },
    { ...key, userId: stranger.user.id },
    { ...key, userId: unknownUserId() },
    owner.key,
  ]) {
    assert.deepEqual(await secondFactors.signIn(answerOf(wrong, owner.step + 1)), invalidToken)
    assert.deepEqual(
      await secondFactors.useRecoveryCode({
        key: wrong,
        codeHashes: [present(owner.recoveryCodes[0])],
        session: sessionOfPending(),
        charges: null,
      }),
      invalidToken,
    )
  }
  succeeded(await secondFactors.signIn(answerOf(key, owner.step + 1)))
})

promise(
  'findForSignIn: counts the account where the sign-in is pending, else the IP address alone',
  ['charging'],
  async (storage) => {
    const { secondFactors, rateLimits } = storage
    const { user, recoveryCodes } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id)
    const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
    const charges = {
      ...onAccount(account),
      ipAddress: { key: ipAddress, policy: policy() },
    }
    const failures = async () => [
      (await rateLimits.status(account)).failures,
      (await rateLimits.status(ipAddress)).failures,
    ]
    const madeUp = { ...key, secretHash: freshSecretHash() }
    const guess = { codeHashes: [freshSecretHash()], session: sessionOfPending(), charges }
    assert.deepEqual(await secondFactors.findForSignIn({ key: madeUp, charges }), invalidToken)
    assert.deepEqual(await secondFactors.useRecoveryCode({ key: madeUp, ...guess }), invalidToken)
    assert.deepEqual(await failures(), [0, 2])
    succeeded(await secondFactors.findForSignIn({ key, charges }))
    assert.deepEqual(await secondFactors.useRecoveryCode({ key, ...guess }), invalidCode(3))
    assert.deepEqual(await failures(), [2, 2])
    const right = { ...guess, codeHashes: [present(recoveryCodes[3])] }
    succeeded(await secondFactors.useRecoveryCode({ key, ...right }))
    assert.deepEqual(await failures(), [2, 2])
  },
)

promise(
  'findForSignIn, useRecoveryCode: beyond a limit nothing is read and no try is counted',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const { user, recoveryCodes } = await signUpWithFactor(storage)
    const spent = onAccount(freshRateLimitKey(), { cap: 1 })
    const first = await beginSignIn(storage, user.id)
    succeeded(await secondFactors.findForSignIn({ key: first, charges: spent }))
    const key = await beginSignIn(storage, user.id)
    const answer = {
      key,
      codeHashes: [present(recoveryCodes[0])],
      session: sessionOfPending(),
      charges: spent,
    }
    for (const outcome of [
      await secondFactors.findForSignIn({ key, charges: spent }),
      await secondFactors.useRecoveryCode(answer),
    ]) {
      assert.ok(!outcome.ok && outcome.reason === 'too_many_attempts')
      assert.ok(outcome.retryAfterSeconds > 0 && outcome.retryAfterSeconds <= longestRetry)
    }
    assert.equal((await secondFactors.findPending(key))?.triesLeft, 5)
    assert.equal((await secondFactors.find(user.id)).recoveryCodes.remaining, 10)
    succeeded(await secondFactors.useRecoveryCode({ ...answer, charges: freeCharges() }))
  },
)
