import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'vitest'
import { goodPassword as password, requestInfo } from '../../test/site.test.support.js'
import { openFactorSite } from './factor-site.test.support.js'

const {
  mailbox,
  keys,
  site,
  torii,
  db,
  secondFactors,
  withFactor,
  mailTo,
  validate,
  pendingOf,
  typesSince,
} = await openFactorSite()

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
