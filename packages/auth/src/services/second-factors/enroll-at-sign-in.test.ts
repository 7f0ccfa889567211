import assert from 'node:assert/strict'
import type { PendingToken } from 'torii-core'
import { InvalidOptionsError, newUserId } from 'torii-core'
import { describe, test, vi } from 'vitest'
import { AuthenticatorApp } from '../../one-time-codes/authenticator-app.test.support.js'
import { newEmail, goodPassword as password, requestInfo } from '../../test/site.test.support.js'
import { invalidToken, openEnrollingSite, otherCode } from './enrolling-site.test.support.js'
import { enroll } from './factor.test.support.js'

const { mailbox, emitted, options, site, optional, newOwner, pendingOf, mailedCode } =
  await openEnrollingSite()
const { torii } = site
const perUser = site.with({ ...options, secondFactor: { required: 'per-user' } })
const { secondFactors } = torii

/** The secret of an authenticator application on this pending sign-in, after the mailed code. */
async function started(email: string, token: PendingToken) {
  const first = await secondFactors.startTotpAtSignIn({ token }, requestInfo)
  assert.deepEqual(first, { ok: false, reason: 'email_code_required' })
  const emailCode = await mailedCode(email)
  const outcome = await secondFactors.startTotpAtSignIn({ token, emailCode }, requestInfo)
  assert.ok(outcome.ok, JSON.stringify(outcome))
  return new AuthenticatorApp(outcome.uri)
}

describe('secondFactor.required: always', () => {
  test('T14.26 a right password opens no session; a mailed code and the first code of the application do', async () => {
    const { email, user } = await newOwner()
    const { token, factors, enroll: enrolls, mustEnroll } = await pendingOf(email)
    assert.deepEqual([factors, enrolls, mustEnroll], [[], ['totp', 'passkey'], true])
    const app = await started(email, token)
    emitted.length = 0
    const { result, statements } = await site.counted(() =>
      secondFactors.confirmTotpAtSignIn({ token, code: app.code() }, requestInfo),
    )
    assert.ok(result.ok, JSON.stringify(result))
    assert.equal(statements, 2)
    assert.deepEqual([result.session.level, result.session.methods], [2, ['password', 'totp']])
    assert.equal(result.recoveryCodes.length, 10)
    const valid = await torii.sessions.validate(result.token)
    assert.equal(valid?.user.id, user.id)
    assert.ok(valid.hasSecondFactor)
    assert.deepEqual(
      emitted.map(({ type }) => type),
      ['second_factor_added', 'signed_in'],
    )
    await torii.settled()
    await mailbox.takeOne(email, 'second_factor_added')
    const again = { token, code: app.code() }
    assert.deepEqual(await secondFactors.confirmTotpAtSignIn(again, requestInfo), invalidToken)
    // From now on the code is asked for.
    assert.deepEqual((await pendingOf(email)).factors, ['totp', 'recovery_code'])
  })

  test('T14.27 a thief of the password alone enrolls nothing: the fifth wrong code ends the sign-in', async () => {
    const { email } = await newOwner()
    emitted.length = 0
    const { token } = await pendingOf(email)
    await secondFactors.startTotpAtSignIn({ token }, requestInfo)
    const code = await mailedCode(email)
    const wrong = otherCode(code)
    for (const triesLeft of [4, 3, 2, 1, 0])
      assert.deepEqual(
        await secondFactors.startTotpAtSignIn({ token, emailCode: wrong }, requestInfo),
        { ok: false, reason: 'invalid_code', triesLeft },
      )
    for (const emailCode of [code, undefined])
      assert.deepEqual(
        await secondFactors.startTotpAtSignIn({ token, emailCode }, requestInfo),
        invalidToken,
      )
    assert.deepEqual(
      emitted.flatMap(({ type, detail }) => (type === 'second_factor_failed' ? [detail] : [])),
      Array.from({ length: 5 }, () => ({ factor: 'email_code' })),
    )
    // The mailed code has told the owner already.
    await torii.settled()
    assert.deepEqual(await mailbox.take(email), [])
    // The code belongs to its sign-in.
    const other = await pendingOf(email)
    const foreign = { token: other.token, emailCode: code }
    assert.deepEqual(await secondFactors.startTotpAtSignIn(foreign, requestInfo), {
      ok: false,
      reason: 'invalid_code',
      triesLeft: 4,
    })
  })

  test('a new code replaces the former one; three mails, then none for a time', async () => {
    const { email } = await newOwner()
    const { token } = await pendingOf(email)
    const ask = (emailCode?: string) =>
      secondFactors.startTotpAtSignIn({ token, emailCode }, requestInfo)
    await ask()
    const first = await mailedCode(email)
    await ask()
    const second = await mailedCode(email)
    const refused = await ask(first)
    assert.equal(refused.ok, first === second)
    assert.deepEqual(await ask(), { ok: false, reason: 'email_code_required' })
    await mailedCode(email)
    assert.deepEqual(await ask(), {
      ok: false,
      reason: 'too_many_attempts',
      retryAfterSeconds: 600,
    })
    await torii.settled()
    assert.deepEqual(await mailbox.take(email), [])
  })

  test('a code whose sign-in ended meanwhile is not mailed, and uses up no mail of the owner', async () => {
    const { email } = await newOwner()
    const { rateLimits } = site.storage
    const chargeMail = vi.spyOn(rateLimits, 'chargeMail')
    for (let count = 0; count < 4; count += 1) {
      const { token } = await pendingOf(email)
      chargeMail.mockImplementationOnce(async (charges) => {
        await secondFactors.cancelPending(token)
        return rateLimits.chargeMail(charges)
      })
      const outcome = await secondFactors.startTotpAtSignIn({ token }, requestInfo)
      assert.deepEqual(outcome, invalidToken)
    }
    assert.equal(chargeMail.mock.calls.length, 8)
    chargeMail.mockRestore()
    await torii.settled()
    assert.deepEqual(await mailbox.take(email), [])
    const { token } = await pendingOf(email)
    await secondFactors.startTotpAtSignIn({ token }, requestInfo)
    await mailedCode(email)
  })

  test('a code that cannot be mailed uses up no mail of the owner', async () => {
    const { email } = await newOwner()
    const mailer = { send: () => Promise.reject(new Error('550')) }
    const broken = site.with({
      ...options,
      mailer,
      mail: { shutdownSeconds: 1 },
      secondFactor: { required: 'always' },
    })
    for (let count = 0; count < 3; count += 1) {
      const { token } = await pendingOf(email, broken)
      const outcome = await broken.secondFactors.startTotpAtSignIn({ token }, requestInfo)
      assert.deepEqual(outcome, { ok: false, reason: 'email_code_required' })
    }
    await broken.shutdown()
    const { token } = await pendingOf(email)
    await secondFactors.startTotpAtSignIn({ token }, requestInfo)
    await mailedCode(email)
  })

  test('the mails that one IP address asks for have a separate limit', async () => {
    const limited = site.with({
      ...options,
      secondFactor: { required: 'always' },
      bruteForce: { mailRequests: { cap: 1, windowSeconds: 90, lockSeconds: 90 } },
    })
    const info = { ...requestInfo, ip: '198.51.100.31' }
    const ask = async () => {
      const { token } = await pendingOf((await newOwner()).email, limited)
      return limited.secondFactors.startTotpAtSignIn({ token }, info)
    }
    assert.deepEqual(await ask(), { ok: false, reason: 'email_code_required' })
    const refused = await ask()
    assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
    assert.ok(refused.retryAfterSeconds <= 90)
  })

  test('a sign-in by a link has proved the mailbox: no code is mailed', async () => {
    const { email } = await newOwner()
    const { token: link } = await torii.magicLink.create({ email })
    const outcome = await torii.magicLink.authenticate({ token: link.reveal() }, requestInfo)
    assert.ok(!outcome.ok && outcome.reason === 'second_factor_required')
    const { token } = outcome.pending
    const { result, statements } = await site.counted(() =>
      secondFactors.startTotpAtSignIn({ token }, requestInfo),
    )
    assert.ok(result.ok, JSON.stringify(result))
    assert.equal(statements, 2)
    const app = new AuthenticatorApp(result.uri)
    const wrong = { token, code: app.wrongCode() }
    assert.deepEqual(await secondFactors.confirmTotpAtSignIn(wrong, requestInfo), {
      ok: false,
      reason: 'invalid_code',
      triesLeft: 4,
    })
    const right = await secondFactors.confirmTotpAtSignIn({ token, code: app.code() }, requestInfo)
    assert.ok(right.ok)
    assert.deepEqual(right.session.methods, ['magic_link', 'totp'])
  })

  test('so has the link that verifies a new account, with its password', async () => {
    const email = newEmail()
    const registered = await torii.password.register({ email, password }, requestInfo)
    assert.ok(registered.ok && registered.token === null)
    const link = await torii.email.createVerification(email)
    const input = { token: link?.token.reveal() ?? '', password }
    const outcome = await torii.email.verify(input, requestInfo)
    assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', JSON.stringify(outcome))
    const { token } = outcome.pending
    assert.ok((await secondFactors.startTotpAtSignIn({ token }, requestInfo)).ok)
  })

  test('the factor cannot be turned off', async () => {
    const { email } = await newOwner()
    const { token } = await pendingOf(email)
    const app = await started(email, token)
    const made = await secondFactors.confirmTotpAtSignIn({ token, code: app.code() }, requestInfo)
    assert.ok(made.ok)
    const valid = (await torii.sessions.validate(made.token)) ?? assert.fail()
    assert.deepEqual((await secondFactors.find(valid)).required, { graceEndsAt: null })
    const remove = (from: typeof torii) =>
      from.secondFactors.removeTotp(valid, { token: made.token }, requestInfo)
    assert.deepEqual(await remove(torii), { ok: false, reason: 'factor_required' })
    assert.ok((await remove(optional)).ok)
  })

  test('a session that ends with the browser needs the factor too', async () => {
    const { email } = await newOwner()
    const input = { email, password, remember: false }
    const outcome = await torii.password.authenticate(input, requestInfo)
    assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', JSON.stringify(outcome))
  })

  test('an application that opens sessions itself gets a pending sign-in, unless it has proved two factors', async () => {
    const { user } = await newOwner()
    const outcome = await torii.sessions.open(user.id, 'oauth', requestInfo)
    assert.ok(!outcome.ok && outcome.reason === 'second_factor_required')
    assert.ok((await torii.sessions.open(user.id, 'oauth', requestInfo, { level: 2 })).ok)
  })
})

describe('secondFactor.required: per-user', () => {
  test('an administrator asks it of one user, ends the sessions, and waives it', async () => {
    const { email, user } = await newOwner()
    const before = await perUser.password.authenticate({ email, password }, requestInfo)
    assert.ok(before.ok)
    emitted.length = 0
    assert.equal((await perUser.admin.requireSecondFactor(user.id))?.id, user.id)
    assert.equal(await perUser.sessions.validate(before.token), null)
    assert.equal((await pendingOf(email, perUser)).mustEnroll, true)
    await perUser.admin.waiveSecondFactor(user.id)
    assert.ok((await perUser.password.authenticate({ email, password }, requestInfo)).ok)
    assert.deepEqual(
      emitted.flatMap(({ type, detail }) =>
        type === 'second_factor_requirement_set' ? [detail] : [],
      ),
      [
        { graceSeconds: 0, by: 'admin' },
        { graceSeconds: null, by: 'admin' },
      ],
    )
  })

  test('a grace lets sign in until it ends; the session ends with it, and says so', async () => {
    const { email, user } = await newOwner()
    await perUser.admin.requireSecondFactor(user.id, { graceSeconds: 3600 })
    const outcome = await perUser.password.authenticate({ email, password }, requestInfo)
    assert.ok(outcome.ok)
    const valid = (await perUser.sessions.validate(outcome.token)) ?? assert.fail()
    const { required } = await perUser.secondFactors.find(valid)
    assert.deepEqual(required?.graceEndsAt, outcome.session.absoluteExpiresAt)
    const enrolled = await enroll(perUser, outcome.token.reveal(), requestInfo)
    assert.equal((await perUser.sessions.validate(enrolled.token))?.session.level, 2)
  })

  test('needs the option, and whole seconds of at most a year', async () => {
    const { user } = await newOwner()
    for (const other of [torii, optional])
      for (const call of [
        () => other.admin.requireSecondFactor(user.id),
        () => other.admin.waiveSecondFactor(user.id),
      ])
        await assert.rejects(call(), InvalidOptionsError)
    for (const graceSeconds of [-1, 0.5, 31_536_001, Number.NaN])
      await assert.rejects(perUser.admin.requireSecondFactor(user.id, { graceSeconds }), {
        code: 'ERR_INVALID_INPUT',
      })
    emitted.length = 0
    for (const unknown of ['nothing', newUserId()]) {
      assert.equal(await perUser.admin.requireSecondFactor(unknown), null)
      assert.equal(await perUser.admin.waiveSecondFactor(unknown), null)
    }
    assert.deepEqual(emitted, [])
  })
})

test('a made-up token and wrong input ask nothing of the database', async () => {
  const { result, statements } = await site.counted(async () => [
    await secondFactors.startTotpAtSignIn({ token: 'x' }, requestInfo),
    await secondFactors.confirmTotpAtSignIn({ token: 'x', code: '123456' }, requestInfo),
  ])
  assert.deepEqual([result, statements], [[invalidToken, invalidToken], 0])
  for (const wrong of [7, {}]) {
    const token = 'x'
    await assert.rejects(
      secondFactors.startTotpAtSignIn({ token, emailCode: wrong as never }, requestInfo),
      { field: 'emailCode' },
    )
    await assert.rejects(
      secondFactors.confirmTotpAtSignIn({ token, code: wrong as never }, requestInfo),
      { field: 'code' },
    )
  }
})

test('without keys nothing is counted and no code mailed', async () => {
  const { email } = await newOwner()
  const { token } = await pendingOf(email)
  const keyless = site.with({ mailer: mailbox.mailer })
  const { statements } = await site.counted(() =>
    assert.rejects(keyless.secondFactors.startTotpAtSignIn({ token }, requestInfo), {
      code: 'ERR_INVALID_OPTIONS',
    }),
  )
  assert.equal(statements, 0)
})

test('the options say what they need', () => {
  const refuses = (given: object, message: RegExp) =>
    assert.throws(() => site.with({ ...options, ...given }), { message })
  refuses({ secondFactor: { required: 'never' } }, /^option secondFactor\.required: must be one of/)
  refuses({ secondFactor: { requires: 'always' } }, /secondFactor\.requires.*required/)
  for (const required of ['always', 'per-user'] as const) {
    refuses({ secondFactor: { required }, keys: undefined }, /^option keys: .*required/)
    refuses({ secondFactor: { required }, mailer: undefined }, /needs the option mailer/)
  }
  refuses(
    { secondFactor: { required: 'always' }, requireVerifiedEmail: false },
    /needs requireVerifiedEmail/,
  )
  site.with({ ...options, secondFactor: { required: 'per-user' }, requireVerifiedEmail: false })
})
