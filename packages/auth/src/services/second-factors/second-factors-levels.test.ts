import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import { goodPassword as password, requestInfo } from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { openFactorSite } from './factor-site.test.support.js'

const { mailbox, keys, site, torii, db, secondFactors, withFactor, mailTo, validate } =
  await openFactorSite()
const levelRequired = {
  ok: false,
  reason: 'level_required',
  methods: ['totp', 'recovery_code', 'passkey'],
  enroll: [],
}

describe('passkeys and levels', () => {
  test('T14.17 a passkey with user verification is two factors; without it the second factor is due', async () => {
    const person = await withFactor()
    const valid = await validate(person.token)
    const authenticator = new SoftwareAuthenticator()
    const asked = await torii.passkey.registerOptions(valid, requestInfo)
    assert.ok(asked.ok)
    const registration = {
      challengeId: asked.challengeId,
      response: authenticator.create(asked.options),
    }
    assert.ok((await torii.passkey.register(valid, registration, requestInfo)).ok)
    const answer = async (userVerified: boolean) => {
      const options = await torii.passkey.authenticateOptions({}, requestInfo)
      assert.ok(options.ok)
      const response = authenticator.get(options.options, { userVerified })
      const { challengeId } = options
      return torii.passkey.authenticate({ challengeId, response }, requestInfo)
    }
    const verified = await answer(true)
    assert.ok(verified.ok)
    assert.deepEqual([verified.session.level, verified.session.methods], [2, ['passkey']])
    const unverified = await answer(false)
    assert.ok(!unverified.ok && unverified.reason === 'second_factor_required')
  })

  test('T14.24 a session that the application opens itself waits for the second factor, unless it has proved two', async () => {
    const person = await withFactor()
    const open = (level?: 1 | 2) =>
      torii.sessions.open(
        person.user.id,
        'password',
        requestInfo,
        level === undefined ? {} : { level },
      )
    for (const level of [undefined, 1] as const) {
      const waiting = await open(level)
      assert.ok(!waiting.ok && waiting.reason === 'second_factor_required')
    }
    const opened = await open(2)
    assert.ok(opened.ok)
    assert.equal(opened.session.level, 2)
    await assert.rejects(open(3 as never), /level/)
    const derived = await torii.sessions.derive(await validate(opened.token.reveal()), requestInfo)
    assert.ok(derived.ok)
    assert.equal(derived.session.level, 2)
  })

  test('T14.18 a password alone does not make a session of such a user recent; a code does', async () => {
    const person = await withFactor()
    await site.elapse(700)
    const old = await validate(person.token)
    assert.deepEqual(torii.sessions.requireRecent(old), levelRequired)
    const again = await torii.sessions.reauthenticate(
      old,
      { password, token: person.token, rotate: true },
      requestInfo,
    )
    assert.ok(again.ok)
    const byPassword = await validate(again.token.reveal())
    assert.equal(byPassword.recent, false)
    const { result, statements } = await site.counted(() =>
      secondFactors.reauthenticate(
        byPassword,
        { code: person.app.code(), token: again.token },
        requestInfo,
      ),
    )
    assert.ok(result.ok, JSON.stringify(result))
    assert.equal(statements, 2)
    const recent = await validate(result.token.reveal())
    assert.deepEqual([recent.recent, recent.session.level], [true, 2])
    assert.equal(await torii.sessions.validate(again.token), null)
    assert.deepEqual(
      await secondFactors.reauthenticate(
        recent,
        { code: person.app.code(), token: result.token },
        requestInfo,
      ),
      { ok: false, reason: 'invalid_code', triesLeft: null },
    )
  })

  test('T14.25 a recovery code that raises a session is recorded and mailed in its one statement, like one that signs in', async () => {
    const person = await withFactor()
    const valid = await validate(person.token)
    const [recoveryCode = ''] = person.recoveryCodes
    const { result, statements } = await site.counted(() =>
      secondFactors.reauthenticate(valid, { recoveryCode, token: person.token }, requestInfo),
    )
    assert.ok(result.ok, JSON.stringify(result))
    assert.equal(statements, 1)
    const mail = await mailTo(person, 'recovery_code_used')
    assert.match(mail.text, /9 recovery codes are left/)
    const recorded = site.with({
      keys,
      audit: true,
      mailer: mailbox.mailer,
      requireVerifiedEmail: false,
    })
    const [next = ''] = person.recoveryCodes.slice(1)
    const again = await recorded.secondFactors.reauthenticate(
      await validate(result.token.reveal()),
      { recoveryCode: next, token: result.token },
      requestInfo,
    )
    assert.ok(again.ok)
    const { rows } = await db.query(
      'select type, detail from torii.audit_events where user_id = $1 order by type',
      [person.user.id],
    )
    assert.deepEqual(rows, [
      { type: 'reauthenticated', detail: { method: 'recovery_code' } },
      { type: 'recovery_code_used', detail: { remaining: 8 } },
    ])
  })
})
