import assert from 'node:assert/strict'
import { InvalidInputError } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { linkOne, newOAuthSignIn } from '../fixtures/credentials.js'
import {
  keyOf,
  liveSession,
  only,
  present,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { freshSecretHash } from '../fixtures/samples.js'
import {
  beginSignIn,
  freshRecoveryCodes,
  isPending,
  sessionOfPending,
  signUpWithFactor,
} from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('secondFactors')

/** Codes for a user who has lost the authenticator application. */
export const recoveryCodeCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const invalidCode = (triesLeft: number) => ({ ok: false, reason: 'invalid_code', triesLeft })
const stale = { ok: false, reason: 'stale' }

type Key = Awaited<ReturnType<typeof beginSignIn>>
const answerOf = (key: Key, codeHash: ReturnType<typeof freshSecretHash> | undefined) => ({
  key,
  codeHashes: [present(codeHash)],
  session: sessionOfPending(),
  charges: null,
})

promise('useRecoveryCode: opens the session and uses the code up', [], async (storage) => {
  const { secondFactors } = storage
  const { user, recoveryCodes } = await signUpWithFactor(storage)
  const [code, other] = recoveryCodes
  const [first, second] = [await beginSignIn(storage, user.id), await beginSignIn(storage, user.id)]
  const answer = answerOf(first, code)
  const opened = succeeded(await secondFactors.useRecoveryCode(answer))
  assert.equal(opened.remaining, 9)
  assert.deepEqual(opened.session.methods, ['password', 'recovery_code'])
  assert.equal(opened.session.level, 2)
  const valid = await liveSession(storage, { userId: user.id, ...answer.session })
  assert.deepEqual(valid.session, opened.session)
  assert.equal((await secondFactors.find(user.id)).recoveryCodes.remaining, 9)
  assert.deepEqual(await secondFactors.useRecoveryCode(answerOf(first, other)), invalidToken)
  assert.deepEqual(await secondFactors.useRecoveryCode(answerOf(second, code)), invalidCode(4))
  assert.equal((await secondFactors.find(user.id)).recoveryCodes.remaining, 9)
})

promise(
  'useRecoveryCode and reauthenticateByRecoveryCode: a code is found by any of its hashes, and no other is used up',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const { user, key, recoveryCodes } = await signUpWithFactor(storage)
    const [first, second] = recoveryCodes
    const hashesWith = (code = first) => [freshSecretHash(), present(code), freshSecretHash()]
    const pending = await beginSignIn(storage, user.id)
    const given = { ...answerOf(pending, first), codeHashes: hashesWith() }
    assert.equal(succeeded(await secondFactors.useRecoveryCode(given)).remaining, 9)
    const charges = null
    const proof = { codeHashes: hashesWith(), newSecretHash: key.secretHash, charges }
    assert.equal(await secondFactors.reauthenticateByRecoveryCode(key, proof), null)
    const next = { ...proof, codeHashes: hashesWith(second) }
    const proved = await secondFactors.reauthenticateByRecoveryCode(key, next)
    assert.ok(proved !== null && 'remaining' in proved)
    assert.equal(proved.remaining, 8)
    assert.equal((await secondFactors.find(user.id)).recoveryCodes.remaining, 8)
  },
)

promise(
  'useRecoveryCode: maxSeconds ends the session early, and never extends it',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const { user, recoveryCodes } = await signUpWithFactor(storage)
    const lifetimes = async (code: number, maxSeconds: number | null) => {
      const key = await beginSignIn(storage, user.id)
      const answer = { ...answerOf(key, recoveryCodes[code]), maxSeconds }
      const { session } = succeeded(await secondFactors.useRecoveryCode(answer))
      const start = session.createdAt.getTime()
      return [session.expiresAt, session.absoluteExpiresAt].map(
        (end) => (end.getTime() - start) / 1000,
      )
    }
    const asked = await lifetimes(0, null)
    assert.deepEqual(await lifetimes(1, 900), [900, 900])
    assert.deepEqual(await lifetimes(2, 100 * 86_400), asked)
    for (const maxSeconds of [0, -1, Number.NaN, '900' as unknown as number]) {
      const key = await beginSignIn(storage, user.id)
      const answer = { ...answerOf(key, recoveryCodes[3]), maxSeconds }
      await assert.rejects(secondFactors.useRecoveryCode(answer), InvalidInputError)
    }
    assert.equal((await secondFactors.find(user.id)).recoveryCodes.remaining, 7)
  },
)

promise('useRecoveryCode: five wrong codes end the pending sign-in', [], async (storage) => {
  const { secondFactors } = storage
  const { user, recoveryCodes } = await signUpWithFactor(storage)
  const key = await beginSignIn(storage, user.id)
  for (const triesLeft of [4, 3, 2, 1, 0])
    assert.deepEqual(
      await secondFactors.useRecoveryCode(answerOf(key, freshSecretHash())),
      invalidCode(triesLeft),
    )
  assert.deepEqual(
    await secondFactors.useRecoveryCode(answerOf(key, recoveryCodes[0])),
    invalidToken,
  )
  assert.equal(await isPending(storage, key), false)
})

promise(
  'useRecoveryCode: of twenty wrong codes at once exactly five are tried',
  ['concurrency'],
  async (storage) => {
    const { user } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id)
    const outcomes = await twentyAtOnce(() =>
      storage.secondFactors.useRecoveryCode(answerOf(key, freshSecretHash())),
    )
    const left = outcomes.flatMap((outcome) =>
      !outcome.ok && outcome.reason === 'invalid_code' ? outcome.triesLeft : [],
    )
    assert.deepEqual(left.sort(), [0, 1, 2, 3, 4])
  },
)

promise(
  'useRecoveryCode: of twenty at once with one code, or for one pending sign-in, one signs in',
  ['concurrency'],
  async (storage) => {
    const { secondFactors } = storage
    const { user, recoveryCodes } = await signUpWithFactor(storage)
    const keys: Key[] = []
    for (let index = 0; index < 20; index += 1) keys.push(await beginSignIn(storage, user.id))
    const byOneCode = await Promise.all(
      keys.map((key) => secondFactors.useRecoveryCode(answerOf(key, recoveryCodes[0]))),
    )
    only(winners(byOneCode))
    assert.equal((await secondFactors.find(user.id)).recoveryCodes.remaining, 9)
    const key = await beginSignIn(storage, user.id)
    const forOne = await twentyAtOnce((index) =>
      secondFactors.useRecoveryCode(answerOf(key, recoveryCodes[1 + (index % 9)])),
    )
    only(winners(forOne))
    assert.equal((await secondFactors.find(user.id)).recoveryCodes.remaining, 8)
    assert.equal((await storage.sessions.list(user.id)).length, 3)
  },
)

promise('useRecoveryCode: links the identity that waited for it', [], async (storage) => {
  const { oauthAccounts, secondFactors } = storage
  const owner = await signUpWithFactor(storage)
  const linked = await linkOne(storage, owner.actor)
  const person = newOAuthSignIn({ email: owner.email })
  await oauthAccounts.signIn(person)
  const key = keyOf(owner.user.id, person.session)
  succeeded(await secondFactors.useRecoveryCode(answerOf(key, owner.recoveryCodes[0])))
  const accounts = await oauthAccounts.list(owner.user.id)
  assert.deepEqual(
    accounts.map(({ id }) => id),
    [linked.id, person.newAccountId],
  )
})

promise(
  'replaceRecoveryCodes: the former codes are refused, the new ones accepted; a late sending changes nothing',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const [first, second] = [freshRecoveryCodes(), freshRecoveryCodes()]
    const late = { generation: 1, recoveryCodes: first }
    assert.deepEqual(
      await secondFactors.replaceRecoveryCodes(owner.actor, {
        generation: 1,
        recoveryCodes: second,
      }),
      { ok: true, generation: 2 },
    )
    assert.deepEqual(await secondFactors.replaceRecoveryCodes(owner.actor, late), stale)
    assert.deepEqual((await secondFactors.find(owner.user.id)).recoveryCodes, {
      remaining: 10,
      generation: 2,
    })
    const key = await beginSignIn(storage, owner.user.id)
    for (const codes of [owner.recoveryCodes, first])
      assert.equal((await secondFactors.useRecoveryCode(answerOf(key, codes[0]))).ok, false)
    succeeded(await secondFactors.useRecoveryCode(answerOf(key, second[0])))
    // The session that asked goes on with the same secret.
    await liveSession(storage, owner.key)
  },
)

promise(
  'replaceRecoveryCodes: of twenty at once one set is stored, as a whole',
  ['concurrency'],
  async (storage) => {
    const { secondFactors } = storage
    const { actor, user } = await signUpWithFactor(storage)
    const sets = Array.from({ length: 20 }, freshRecoveryCodes)
    const outcomes = await Promise.all(
      sets.map((recoveryCodes) =>
        secondFactors.replaceRecoveryCodes(actor, { generation: 1, recoveryCodes }),
      ),
    )
    only(winners(outcomes))
    const stored = present(sets[outcomes.findIndex(({ ok }) => ok)])
    assert.deepEqual((await secondFactors.find(user.id)).recoveryCodes, {
      remaining: 10,
      generation: 2,
    })
    for (const code of stored)
      succeeded(
        await secondFactors.useRecoveryCode(answerOf(await beginSignIn(storage, user.id), code)),
      )
  },
)

promise('replaceRecoveryCodes: needs a factor and a live session', [], async (storage) => {
  const { secondFactors, sessions } = storage
  const owner = await signUpWithFactor(storage)
  const replacement = { generation: 1, recoveryCodes: freshRecoveryCodes() }
  await sessions.end(owner.key)
  assert.deepEqual(await secondFactors.replaceRecoveryCodes(owner.actor, replacement), stale)
  assert.deepEqual((await secondFactors.find(owner.user.id)).recoveryCodes, {
    remaining: 10,
    generation: 1,
  })
})
