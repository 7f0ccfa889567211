import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import type { RequestInfo } from '../../index.js'
import { goodPassword as password, requestInfo } from '../../test/site.test.support.js'
import { enroll } from './factor.test.support.js'
import { openFactorSite } from './factor-site.test.support.js'

const {
  emitted,
  site,
  torii,
  db,
  secondFactors,
  nextCode,
  signUp,
  withFactor,
  mailTo,
  validate,
  uncountedPending,
  pendingOf,
} = await openFactorSite()
const levelRequired = {
  ok: false,
  reason: 'level_required',
  methods: ['totp', 'recovery_code', 'passkey'],
  enroll: [],
}
const invalidToken = { ok: false, reason: 'invalid_token' }

describe('enrolling', () => {
  test("T14.10 a secret that was copied into another user's row counts no code", async () => {
    const victim = await withFactor()
    const attacker = await withFactor()
    await db.query(
      `update torii.totp_factors t set secret = o.secret from torii.totp_factors o
       where t.user_id = $1 and o.user_id = $2`,
      [victim.user.id, attacker.user.id],
    )
    const { token } = await pendingOf(victim)
    await assert.rejects(secondFactors.verify({ token, code: attacker.app.code() }, requestInfo), {
      code: 'ERR_DECRYPTION',
    })
    await torii.admin.delete(victim.user.id)
  })

  test('T14.10 the secret is stored encrypted and never shown again', async () => {
    const { token } = await signUp()
    const valid = await validate(token)
    const started = await secondFactors.startTotp(valid)
    assert.ok(started.ok)
    const { rows } = await db.query(
      'select secret from torii.totp_enrollments where user_id = $1',
      [valid.user.id],
    )
    const stored = Buffer.from(rows[0]?.secret as Uint8Array).toString('latin1')
    assert.ok(!stored.includes(started.secret))
    assert.match(started.uri, /^otpauth:\/\/totp\/app\.example:/)
    assert.deepEqual(await secondFactors.find(valid), {
      requiredAt: null,
      required: null,
      totp: null,
      recoveryCodes: { remaining: 0, generation: 0 },
    })
  })

  test('ends the other sessions, keeps this one at level 2 with a new token, and mails the owner', async () => {
    const { email, token } = await signUp()
    const other = await torii.password.authenticate({ email, password }, requestInfo)
    assert.ok(other.ok)
    const { token: next, recoveryCodes } = await enroll(torii, token, requestInfo)
    assert.equal(recoveryCodes.length, 10)
    assert.equal(await torii.sessions.validate(other.token), null)
    assert.equal(await torii.sessions.validate(token), null)
    const valid = await validate(next)
    assert.deepEqual(
      [valid.session.level, valid.session.methods, valid.hasSecondFactor, valid.recent],
      [2, ['password', 'totp'], true, true],
    )
    await mailTo({ email }, 'second_factor_added')
    const found = await secondFactors.find(valid)
    assert.deepEqual([found.totp === null, found.recoveryCodes.remaining], [false, 10])
  })

  test('a wrong code says how many tries are left; the fifth ends the enrollment', async () => {
    const { token } = await signUp()
    const valid = await validate(token)
    const started = await secondFactors.startTotp(valid)
    assert.ok(started.ok)
    for (const triesLeft of [4, 3, 2, 1, 0])
      assert.deepEqual(
        await secondFactors.confirmTotp(valid, { code: 'abcdef', token }, requestInfo),
        { ok: false, reason: 'invalid_code', triesLeft },
      )
    assert.deepEqual(
      await secondFactors.confirmTotp(valid, { code: 'abcdef', token }, requestInfo),
      invalidToken,
    )
  })

  test('needs a recent authentication, and a recent proof of two factors where there is one', async () => {
    const { token } = await signUp()
    await site.elapse(700)
    const stale = await secondFactors.startTotp(await validate(token))
    assert.deepEqual(stale, { ok: false, reason: 'reauthentication_required' })
    const person = await withFactor()
    await site.elapse(700)
    const again = await secondFactors.startTotp(await validate(person.token))
    assert.deepEqual(again, levelRequired)
  })
})

describe('a sign-in of a user with a second factor', () => {
  test('T14.11 opens no session; the code opens one at level 2, once', async () => {
    const person = await withFactor()
    emitted.length = 0
    const pending = await pendingOf(person)
    assert.deepEqual(
      emitted.map(({ type }) => type),
      ['second_factor_required'],
    )
    assert.deepEqual(pending.factors, ['totp', 'recovery_code'])
    // Neither token is valid in the place of the other.
    assert.equal(await torii.sessions.validate(pending.token.reveal()), null)
    const asSession = pending.token.reveal().replace('torii_p_', 'torii_s_')
    assert.equal(await torii.sessions.validate(asSession), null)
    const code = person.app.code()
    // The mail about the sign-in from a browser that is not known comes after the response.
    await torii.settled()
    const { result, statements } = await site.counted(() =>
      secondFactors.verify({ token: pending.token, code }, requestInfo),
    )
    assert.ok(result.ok, JSON.stringify(result))
    assert.equal(statements, 2)
    assert.deepEqual([result.session.level, result.session.methods], [2, ['password', 'totp']])
    assert.equal((await validate(result.token.reveal())).recent, true)
    assert.deepEqual(
      await secondFactors.verify({ token: pending.token, code }, requestInfo),
      invalidToken,
    )
    const second = await pendingOf(person)
    assert.deepEqual(await secondFactors.verify({ token: second.token, code }, requestInfo), {
      ok: false,
      reason: 'invalid_code',
      triesLeft: 4,
    })
  })

  test('T14.12 signing in without a second factor costs not one statement more, with one two and two', async () => {
    const plain = await signUp()
    const { email } = plain
    const without = await site.counted(() =>
      torii.password.authenticate({ email, password }, requestInfo),
    )
    assert.ok(without.result.ok)
    assert.equal(without.statements, 2)
    const person = await withFactor()
    const first = await site.counted(() => pendingOf(person))
    assert.equal(first.statements, 2)
    const { token } = first.result
    const [recoveryCode = ''] = person.recoveryCodes
    await torii.settled()
    const second = await site.counted(() =>
      secondFactors.verify({ token, recoveryCode }, requestInfo),
    )
    assert.ok(second.result.ok)
    assert.equal(second.statements, 1)
  })

  test('T14.13 a recovery code works once, in any spelling, and its owner is told how many are left', async () => {
    const person = await withFactor()
    const [first = ''] = person.recoveryCodes
    const recoveryCode = first.toLowerCase().replaceAll('-', ' ')
    const { token } = await pendingOf(person)
    const opened = await secondFactors.verify({ token, recoveryCode }, requestInfo)
    assert.ok(opened.ok, JSON.stringify(opened))
    assert.deepEqual(opened.session.methods, ['password', 'recovery_code'])
    const mail = await mailTo(person, 'recovery_code_used')
    assert.match(mail.text, /9 recovery codes are left/)
    const again = await pendingOf(person)
    assert.deepEqual(
      await secondFactors.verify({ token: again.token, recoveryCode }, requestInfo),
      { ok: false, reason: 'invalid_code', triesLeft: 4 },
    )
  })

  test('T14.14 the fifth wrong code ends the sign-in; a right password opens another, and ten an hour end those too', async () => {
    const person = await withFactor()
    const tryOnce = async (token: string) =>
      secondFactors.verify({ token, code: person.app.wrongCode() }, requestInfo)
    const first = (await pendingOf(person)).token.reveal()
    for (const triesLeft of [4, 3, 2, 1, 0])
      assert.deepEqual(await tryOnce(first), { ok: false, reason: 'invalid_code', triesLeft })
    assert.deepEqual(await tryOnce(first), invalidToken)
    const second = (await pendingOf(person)).token.reveal()
    for (let count = 0; count < 5; count += 1) await tryOnce(second)
    const third = (await pendingOf(person)).token.reveal()
    const refused = await tryOnce(third)
    assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
    // Recovery codes are counted apart.
    const [recoveryCode = ''] = person.recoveryCodes
    assert.ok((await secondFactors.verify({ token: third, recoveryCode }, requestInfo)).ok)
  })

  test('T14.15 a stranger with made-up tokens locks no one out', async () => {
    const person = await withFactor()
    const pending = await pendingOf(person)
    const madeUp = pending.token.reveal().slice(0, -4)
    for (let count = 0; count < 30; count += 1)
      assert.deepEqual(
        await secondFactors.verify(
          { token: `${madeUp}${String(count).padStart(4, 'A')}`, code: '000000' },
          { ...requestInfo, ip: '198.51.100.9' },
        ),
        invalidToken,
      )
    const answer = { token: pending.token, code: person.app.code() }
    assert.ok((await secondFactors.verify(answer, requestInfo)).ok)
  })

  test('T14.54 a stranger with the password uses up the codes of strangers, and none of the browser that signed in before', async () => {
    const person = await withFactor()
    const deviceCookie = torii.deviceCookie(person.email, requestInfo, person.user.id)
    const known = { ...requestInfo, deviceCookie }
    const spent = (outcome: { ok: boolean; reason?: string }) =>
      !outcome.ok && outcome.reason === 'too_many_attempts'
    const answer = async (
      code: { code: string } | { recoveryCode: string },
      info: RequestInfo = known,
    ) => secondFactors.verify({ token: await uncountedPending(person), ...code }, info)
    const wrong = [{ code: person.app.wrongCode() }, { recoveryCode: 'AAAAA-AAAAA' }]
    for (const code of wrong) {
      for (let count = 0; count < 10; count += 1)
        assert.equal(spent(await answer(code, requestInfo)), false)
      assert.equal(spent(await answer(code, requestInfo)), true)
    }
    const [recoveryCode = ''] = person.recoveryCodes
    assert.equal(spent(await answer({ recoveryCode }, requestInfo)), true)
    // A browser that is known for another account, and the entry of a reset, are strangers.
    const other = await withFactor()
    for (const foreign of [
      torii.deviceCookie(other.email, requestInfo, other.user.id),
      torii.deviceCookie(person.email, requestInfo),
    ])
      assert.equal(
        spent(await answer({ code: person.app.code() }, { ...known, deviceCookie: foreign })),
        true,
      )
    assert.ok((await answer({ recoveryCode })).ok)
    assert.ok((await answer({ code: person.app.code() })).ok)
  })

  test('T14.54 a known browser has ten codes in a quarter of an hour, and is a stranger after twenty failures in a row', async () => {
    const person = await withFactor()
    const deviceCookie = torii.deviceCookie(person.email, requestInfo, person.user.id)
    const known = { ...requestInfo, deviceCookie }
    const tryWrong = async () => {
      const token = await uncountedPending(person)
      return secondFactors.verify({ token, code: person.app.wrongCode() }, known)
    }
    const reasons = async (times: number) => {
      const found = []
      for (let count = 0; count < times; count += 1) {
        const outcome = await tryWrong()
        found.push(outcome.ok ? 'ok' : outcome.reason)
      }
      return new Set(found)
    }
    const quarterLater = () =>
      db.query(`update torii.rate_limits set ends_at = ends_at - interval '16 minutes',
        lock_ends_at = lock_ends_at - interval '16 minutes'`)
    assert.deepEqual(await reasons(10), new Set(['invalid_code']))
    assert.deepEqual(await reasons(1), new Set(['too_many_attempts']))
    await quarterLater()
    assert.deepEqual(await reasons(10), new Set(['invalid_code']))
    await quarterLater()
    // From now on it uses up the ten of strangers.
    assert.deepEqual(await reasons(10), new Set(['invalid_code']))
    assert.deepEqual(await reasons(1), new Set(['too_many_attempts']))
  })

  test('T14.16 what ends the sessions ends a pending sign-in', async () => {
    const person = await withFactor()
    for (const end of [
      () => torii.admin.endSessions(person.user.id),
      async () => {
        await torii.admin.disable(person.user.id)
        await torii.admin.enable(person.user.id)
      },
    ]) {
      const { token } = await pendingOf(person)
      await end()
      assert.equal(await secondFactors.findPending(token), null)
      assert.deepEqual(
        await secondFactors.verify({ token, code: person.app.code() }, requestInfo),
        invalidToken,
      )
    }
    const { token } = await pendingOf(person)
    assert.notEqual(await secondFactors.findPending(token), null)
    assert.equal(await secondFactors.cancelPending(token), true)
    assert.equal(await secondFactors.cancelPending(token), false)
    assert.equal(await secondFactors.findPending(token), null)
  })

  test('T14.23 sixty sign-ins in a row with both factors lock no one out; right passwords without the code do', async () => {
    const person = await withFactor()
    const { email } = person
    const first = () => torii.password.authenticate({ email, password }, requestInfo)
    for (let count = 0; count < 60; count += 1) {
      const outcome = await first()
      assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', `${count}`)
      await nextCode()
      const answer = { token: outcome.pending.token, code: person.app.code() }
      assert.ok((await secondFactors.verify(answer, requestInfo)).ok)
    }
    let outcome = await first()
    for (let count = 0; count < 10; count += 1) outcome = await first()
    assert.ok(!outcome.ok && outcome.reason === 'too_many_attempts', JSON.stringify(outcome))
  })

  test('sends exactly one code', async () => {
    const { token } = await pendingOf(await withFactor())
    for (const input of [
      { token },
      { token, code: '1', recoveryCode: '2' },
      { token, code: 1 },
      { token, recoveryCode: {} },
    ])
      await assert.rejects(secondFactors.verify(input as never, requestInfo), /code|recoveryCode/i)
  })
})
