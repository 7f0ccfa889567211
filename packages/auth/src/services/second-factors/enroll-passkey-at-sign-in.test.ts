import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { PendingToken } from 'torii-core'
import { test } from 'vitest'
import { requestInfo } from '../../test/site.test.support.js'
import type { CreationOptions } from '../../webauthn/authenticator.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { newChallengeId } from '../passkey/challenge.js'
import { invalidToken, openEnrollingSite, otherCode } from './enrolling-site.test.support.js'

const { mailbox, emitted, options, site, newOwner, pendingOf, mailedCode } =
  await openEnrollingSite()
const { keys } = options
const secondFactor = { required: 'always' } as const
const { torii } = site
const { secondFactors } = torii

const start = (token: PendingToken, emailCode?: string, on = torii) =>
  on.secondFactors.startPasskeyAtSignIn({ token, emailCode }, requestInfo)

/** A challenge on this pending sign-in, after the mailed code. */
async function started(email: string, token: PendingToken) {
  assert.deepEqual(await start(token), { ok: false, reason: 'email_code_required' })
  const outcome = await start(token, await mailedCode(email))
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return outcome
}

type Started = Awaited<ReturnType<typeof started>>

const answerOf = (
  { challengeId, options: asked }: Started,
  phone = new SoftwareAuthenticator(),
) => ({ challengeId, response: phone.create(asked as CreationOptions) })

const register = (input: Parameters<typeof secondFactors.registerPasskeyAtSignIn>[0]) =>
  secondFactors.registerPasskeyAtSignIn(input, requestInfo)

test('a mailed code and a new passkey open the session at level 2', async () => {
  const { email, user } = await newOwner()
  const { token, enroll } = await pendingOf(email)
  assert.deepEqual(enroll, ['totp', 'passkey'])
  const begun = await started(email, token)
  assert.equal(begun.options.user.name, email)
  assert.deepEqual(begun.options.excludeCredentials, [])
  const phone = new SoftwareAuthenticator()
  emitted.length = 0
  const { result, statements } = await site.counted(() =>
    register({ token, ...answerOf(begun, phone), name: 'My phone' }),
  )
  assert.ok(result.ok, JSON.stringify(result))
  assert.equal(statements, 2)
  assert.deepEqual([result.session.level, result.session.methods], [2, ['password', 'passkey']])
  assert.equal(result.passkey.name, 'My phone')
  const valid = (await torii.sessions.validate(result.token)) ?? assert.fail()
  assert.equal(valid.user.id, user.id)
  assert.deepEqual(torii.sessions.requireRecent(valid), { ok: true })
  assert.deepEqual(
    emitted.map(({ type, detail }) => [type, detail]),
    [
      ['passkey_added', { passkeyId: result.passkey.id }],
      ['signed_in', { method: 'password', secondFactor: 'passkey' }],
    ],
  )
  await torii.settled()
  await mailbox.takeOne(email, 'passkey_added')
  assert.deepEqual(await register({ token, ...answerOf(begun) }), invalidToken)
  // From now on it is asked for, and answers.
  const next = await pendingOf(email)
  assert.deepEqual([next.factors, next.enroll, next.mustEnroll], [['passkey'], [], false])
  const asked = await secondFactors.passkeyOptions(next.token, requestInfo)
  assert.ok(asked.ok)
  const answer = { challengeId: asked.challengeId, response: phone.get(asked.options) }
  const again = await secondFactors.verify({ token: next.token, ...answer }, requestInfo)
  assert.ok(again.ok && again.session.level === 2)
  // So does a sign-in by it alone.
  const alone = await torii.passkey.authenticateOptions({}, requestInfo)
  assert.ok(alone.ok)
  const byItself = { challengeId: alone.challengeId, response: phone.get(alone.options) }
  assert.ok((await torii.passkey.authenticate(byItself, requestInfo)).ok)
})

test('one mailed code serves the app and the passkey, whichever is set up', async () => {
  const { email } = await newOwner()
  const { token } = await pendingOf(email)
  const emailed = await secondFactors.startTotpAtSignIn({ token }, requestInfo)
  assert.equal(emailed.ok || emailed.reason, 'email_code_required')
  const emailCode = await mailedCode(email)
  assert.ok((await secondFactors.startTotpAtSignIn({ token, emailCode }, requestInfo)).ok)
  const { result: begun, statements } = await site.counted(() => start(token))
  assert.ok(begun.ok, JSON.stringify(begun))
  assert.equal(statements, 2)
  assert.ok((await register({ token, ...answerOf(begun) })).ok)
})

test('T14.27 a thief of the password alone enrolls no passkey: the fifth wrong code ends the sign-in', async () => {
  const { email, user } = await newOwner()
  const { token } = await pendingOf(email)
  await start(token)
  const code = await mailedCode(email)
  const wrong = otherCode(code)
  for (const triesLeft of [4, 3, 2, 1, 0])
    assert.deepEqual(await start(token, wrong), { ok: false, reason: 'invalid_code', triesLeft })
  assert.deepEqual(await start(token, code), invalidToken)
  // A response to a challenge that the thief made.
  const other = await pendingOf(email)
  const challengeId = newChallengeId().toString('base64url')
  const made = { challenge: challengeId, rp: { id: 'app.example' }, user: { id: 'AAAA' } }
  const response = new SoftwareAuthenticator().create(made)
  assert.deepEqual(await register({ token: other.token, challengeId, response }), invalidToken)
  assert.deepEqual(await site.storage.passkeys.list(user.id), [])
})

test('T14.70 the challenge of an enrollment counts for its sign-in, once, and in no other ceremony', async () => {
  const { email, user } = await newOwner()
  const { token } = await pendingOf(email)
  const begun = await started(email, token)
  const answer = answerOf(begun)
  const other = await newOwner()
  const foreign = await pendingOf(other.email)
  assert.deepEqual(await register({ token: foreign.token, ...answer }), invalidToken)
  const session = await torii.sessions.open(user.id, 'password', requestInfo, { level: 2 })
  assert.ok(session.ok)
  const valid = (await torii.sessions.validate(session.token)) ?? assert.fail()
  assert.deepEqual(await torii.passkey.register(valid, answer, requestInfo), invalidToken)
  // And the challenge of a session not for the sign-in.
  const ofSession = await torii.passkey.registerOptions(valid, requestInfo)
  assert.ok(ofSession.ok)
  const elsewhere = {
    challengeId: ofSession.challengeId,
    response: new SoftwareAuthenticator().create(ofSession.options),
  }
  assert.deepEqual(await register({ token, ...elsewhere }), invalidToken)
  // Signed for another user.
  const signed = { ...begun.options, challenge: randomBytes(32).toString('base64url') }
  const wrong = new SoftwareAuthenticator().create(signed as CreationOptions)
  const refused = await register({ token, challengeId: begun.challengeId, response: wrong })
  assert.equal(refused.ok || refused.reason, 'passkey_rejected')
  // That response has used it.
  assert.deepEqual(await register({ token, ...answer }), invalidToken)
  const again = await start(token)
  assert.ok(again.ok)
  assert.ok((await register({ token, ...answerOf(again) })).ok)
})

test('a response from before a rotation of the keys is accepted', async () => {
  const { email } = await newOwner()
  const { token } = await pendingOf(email)
  const begun = await started(email, token)
  const rotated = site.with({
    ...options,
    secondFactor,
    keys: [{ id: 'k2', secret: randomBytes(32) }, ...keys],
  })
  const outcome = await rotated.secondFactors.registerPasskeyAtSignIn(
    { token, ...answerOf(begun) },
    requestInfo,
  )
  assert.ok(outcome.ok, JSON.stringify(outcome))
})

test('a passkey that is registered already opens nothing', async () => {
  const phone = new SoftwareAuthenticator()
  const first = await newOwner()
  const { token } = await pendingOf(first.email)
  assert.ok((await register({ token, ...answerOf(await started(first.email, token), phone) })).ok)
  const second = await newOwner()
  const other = await pendingOf(second.email)
  const begun = await started(second.email, other.token)
  const { credentialId } = phone
  const copy = new SoftwareAuthenticator({ credentialId })
  const refused = await register({ token: other.token, ...answerOf(begun, copy) })
  assert.deepEqual(refused, { ok: false, reason: 'already_exists' })
})

test('a malformed response uses its challenge, and wrong input asks nothing of the database', async () => {
  const { email } = await newOwner()
  const { token } = await pendingOf(email)
  const begun = await started(email, token)
  const answer = answerOf(begun)
  const { challengeId } = answer
  const malformed = { token, challengeId, response: { ...answer.response, type: 'password' } }
  await assert.rejects(register(malformed), { code: 'ERR_INVALID_INPUT' })
  assert.deepEqual(await register({ token, ...answer }), invalidToken)
  const { result, statements } = await site.counted(async () => [
    await register({ token: 'x' as never, ...answer }),
    await secondFactors.startPasskeyAtSignIn({ token: 'x' }, requestInfo),
    await assert.rejects(register({ token, ...answer, name: '' }), { field: 'name' }),
    await assert.rejects(register({ token, ...answer, challengeId: 7 as never }), {
      field: 'challengeId',
    }),
  ])
  assert.deepEqual([result.slice(0, 2), statements], [[invalidToken, invalidToken], 0])
})

test('failures without a pending sign-in are counted by IP address', async () => {
  const { email } = await newOwner()
  const { token } = await pendingOf(email)
  const begun = await started(email, token)
  const answer = answerOf(begun)
  const limited = site.with({
    ...options,
    secondFactor,
    bruteForce: { completions: { cap: 1, windowSeconds: 60, lockSeconds: 60 } },
  })
  const from = { ...requestInfo, ip: '198.51.100.77' }
  const other = await pendingOf((await newOwner()).email)
  const outcomes = []
  for (const given of [other.token, other.token, token])
    outcomes.push(
      await limited.secondFactors.registerPasskeyAtSignIn({ token: given, ...answer }, from),
    )
  assert.deepEqual(
    outcomes.map((outcome) => outcome.ok || outcome.reason),
    ['invalid_token', 'too_many_attempts', 'too_many_attempts'],
  )
  assert.ok((await register({ token, ...answer })).ok)
})

test('T14.19 an administrator resets a lost passkey too, where it is asked for: the user enrolls again', async () => {
  const { email, user } = await newOwner()
  const { token } = await pendingOf(email)
  const made = await register({ token, ...answerOf(await started(email, token)) })
  assert.ok(made.ok)
  await torii.settled()
  await mailbox.take(email)
  assert.equal(await torii.admin.resetSecondFactors(user.id), false)
  assert.notEqual(await torii.sessions.validate(made.token), null)
  emitted.length = 0
  assert.equal(await torii.admin.resetSecondFactors(user.id, { passkeys: true }), true)
  assert.deepEqual(
    emitted.map(({ type, detail }) => [type, detail]),
    [['second_factors_reset', { by: 'admin', passkeys: true }]],
  )
  assert.equal(await torii.sessions.validate(made.token), null)
  await torii.settled()
  const mail = await mailbox.takeOne(email, 'second_factor_removed')
  assert.match(mail.text, /Your passkeys and your authenticator app were removed/)
  assert.equal((await pendingOf(email)).mustEnroll, true)
})

test('without passkeys the app alone is offered', async () => {
  const { email } = await newOwner()
  const without = site.with({ ...options, secondFactor, baseUrl: 'https://192.0.2.1' })
  const { enroll, token } = await pendingOf(email, without)
  assert.deepEqual(enroll, ['totp'])
  const { statements } = await site.counted(() =>
    assert.rejects(start(token, undefined, without), { code: 'ERR_INVALID_OPTIONS' }),
  )
  assert.equal(statements, 0)
})
