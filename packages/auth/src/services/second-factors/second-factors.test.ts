import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'vitest'
import type { RequestInfo, ToriiEvent, UserId } from '../../index.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { enroll } from './factor.test.support.js'

const mailbox = await openMailbox()
const emitted: ToriiEvent[] = []
const keys = [{ id: 'k1', secret: randomBytes(32) }]
const site = await openTestSite({
  keys,
  mailer: mailbox.mailer,
  requireVerifiedEmail: false,
  passkey: { userVerification: 'preferred' },
  onEvent: (event) => emitted.push(event),
})
const { torii, db } = site
const { secondFactors } = torii
const levelRequired = {
  ok: false,
  reason: 'level_required',
  methods: ['totp', 'recovery_code', 'passkey'],
  enroll: [],
}
const invalidToken = { ok: false, reason: 'invalid_token' }
/** The next code of the application counts from now on. */
const nextCode = () => db.query('update torii.totp_factors set last_step = last_step - 2')

async function signUp() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  return { email, user: made.user, token: made.token.reveal() }
}

async function withFactor() {
  const person = await signUp()
  const enrolled = await enroll(torii, person.token, requestInfo)
  await nextCode()
  return { ...person, ...enrolled }
}

/** The message of this kind that the owner of an account got. */
async function mailTo({ email }: { email: string }, kind: string) {
  await torii.settled()
  const mails = await mailbox.take(email)
  return mails.find((mail) => mail.kind === kind) ?? assert.fail(kind)
}

const validate = async (token: string) =>
  (await torii.sessions.validate(token)) ?? assert.fail('no session')

/** The token of a sign-in that waits, whose first factor no rate limit counts. */
async function uncountedPending({ user }: { user: { id: string } }) {
  const outcome = await torii.sessions.open(user.id as UserId, 'password', requestInfo)
  assert.ok(!outcome.ok && outcome.reason === 'second_factor_required')
  return outcome.pending.token
}

async function pendingOf({ email }: { email: string }) {
  const outcome = await torii.password.authenticate({ email, password }, requestInfo)
  assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', JSON.stringify(outcome))
  return outcome.pending
}

const typesSince = (work: () => Promise<unknown>) => {
  emitted.length = 0
  return work().then(() => emitted.map(({ type }) => type))
}

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

describe('removing', () => {
  test('ends the other sessions, mails the owner, and the next sign-in needs no code', async () => {
    const person = await withFactor()
    const valid = await validate(person.token)
    const types = await typesSince(async () => {
      const removed = await secondFactors.removeTotp(valid, { token: person.token }, requestInfo)
      assert.ok(removed.ok)
      assert.equal((await validate(removed.token.reveal())).hasSecondFactor, false)
      const again = await secondFactors.removeTotp(
        await validate(removed.token.reveal()),
        { token: removed.token },
        requestInfo,
      )
      assert.deepEqual(again, { ok: false, reason: 'not_found' })
    })
    assert.deepEqual(types, ['second_factor_removed'])
    await mailTo(person, 'second_factor_removed')
    const { email } = person
    assert.ok((await torii.password.authenticate({ email, password }, requestInfo)).ok)
    const { rows } = await db.query(
      'select count(*)::int as n from torii.recovery_codes where user_id = $1',
      [person.user.id],
    )
    assert.equal(rows[0]?.n, 0)
  })

  test('new recovery codes replace the former ones', async () => {
    const person = await withFactor()
    const replaced = await secondFactors.replaceRecoveryCodes(
      await validate(person.token),
      requestInfo,
    )
    assert.ok(replaced.ok)
    const { token } = await pendingOf(person)
    const [former = ''] = person.recoveryCodes
    const wrong = await secondFactors.verify({ token, recoveryCode: former }, requestInfo)
    assert.ok(!wrong.ok && wrong.reason === 'invalid_code')
    const [recoveryCode = ''] = replaced.recoveryCodes
    assert.ok((await secondFactors.verify({ token, recoveryCode }, requestInfo)).ok)
  })

  test('T14.19 an administrator resets the second factor: no session is left, and the owner is told', async () => {
    const person = await withFactor()
    const pending = await pendingOf(person)
    const types = await typesSince(async () => {
      assert.equal(await torii.admin.resetSecondFactors(person.user.id), true)
      assert.equal(await torii.admin.resetSecondFactors(person.user.id), false)
    })
    assert.deepEqual(types, ['second_factors_reset'])
    assert.equal(await torii.sessions.validate(person.token), null)
    assert.equal(await secondFactors.findPending(pending.token), null)
    await mailTo(person, 'second_factor_removed')
    const { email } = person
    assert.ok((await torii.password.authenticate({ email, password }, requestInfo)).ok)
  })
})

for (const removeOtherSignInMethods of [false, true])
  test(`T14.21 a reset of the password neither signs in nor removes the second factor, and ends what waits; other sign-in methods removed: ${removeOtherSignInMethods}`, async () => {
    const person = await withFactor()
    const { email } = person
    await torii.admin.verifyEmail(person.user.id, email)
    const pending = await pendingOf(person)
    const { token } = (await torii.password.reset.create(email)) ?? assert.fail()
    const next = 'another gate of two pillars'
    const reset = await torii.password.reset.complete(
      { token, password: next, removeOtherSignInMethods },
      requestInfo,
    )
    assert.ok(reset.ok)
    assert.equal(await secondFactors.findPending(pending.token), null)
    const again = await torii.password.authenticate({ email, password: next }, requestInfo)
    assert.ok(!again.ok && again.reason === 'second_factor_required', JSON.stringify(again))
    const answer = { token: again.pending.token, code: person.app.code() }
    assert.ok((await secondFactors.verify(answer, requestInfo)).ok)
  })

test('T14.22 the first proof of a mailbox removes a second factor that a stranger had added', async () => {
  const stranger = await withFactor()
  const { token } = await torii.magicLink.create({ email: stranger.email })
  const owner = await torii.magicLink.authenticate({ token }, requestInfo)
  assert.ok(owner.ok && owner.tookOver)
  assert.equal((await validate(owner.token.reveal())).hasSecondFactor, false)
  assert.equal(await torii.sessions.validate(stranger.token), null)
})

test('T14.20 secrets are encrypted under the first key, and again after a rotation', async () => {
  const person = await withFactor()
  const next = { id: 'k2', secret: randomBytes(32) }
  const rotated = site.with({
    keys: [next, ...keys],
    mailer: mailbox.mailer,
    requireVerifiedEmail: false,
  })
  const counts = await rotated.secondFactors.reencryptSecrets()
  assert.ok(counts.reencrypted >= 1)
  assert.equal(counts.unreadable, 0)
  assert.deepEqual(await rotated.secondFactors.reencryptSecrets(), {
    reencrypted: 0,
    unreadable: 0,
  })
  const only = site.with({ keys: [next], mailer: mailbox.mailer, requireVerifiedEmail: false })
  const { email } = person
  const outcome = await only.password.authenticate({ email, password }, requestInfo)
  assert.ok(!outcome.ok && outcome.reason === 'second_factor_required')
  const { token } = outcome.pending
  assert.ok((await only.secondFactors.verify({ token, code: person.app.code() }, requestInfo)).ok)
  // Back, for the other tests.
  await site
    .with({ keys: [...keys, next], mailer: mailbox.mailer, requireVerifiedEmail: false })
    .secondFactors.reencryptSecrets()
})
