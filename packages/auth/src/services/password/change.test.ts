import assert from 'node:assert/strict'
import { InvalidInputError, newSessionId } from 'torii-core'
import { test } from 'vitest'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'

const mailbox = await openMailbox()
const site = await openTestSite({ mailer: mailbox.mailer, requireVerifiedEmail: false })
const { torii, db } = site
const another = 'twelve lanterns on a rainy bridge'

async function signUp() {
  const email = newEmail()
  const made = await torii.password.register({ email, password: goodPassword }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  await torii.settled()
  await mailbox.takeOne(email, 'verify_email')
  return { email, token: made.token, user: made.user, valid: await validated(made.token) }
}

async function validated(token: Parameters<typeof torii.sessions.validate>[0]) {
  const valid = await torii.sessions.validate(token)
  assert.ok(valid !== null)
  return valid
}

const signIn = (email: string, password: string) =>
  torii.password.authenticate({ email, password }, requestInfo)

test('T2.30 V6.3.7 change() takes two statements, ends the other sessions, keeps this one, and notifies by mail', async () => {
  const { email, token, valid } = await signUp()
  const other = await signIn(email, goodPassword)
  assert.ok(other.ok)
  const change = { currentPassword: goodPassword, newPassword: another }
  const { result, statements } = await site.counted(() =>
    torii.password.change(valid, change, requestInfo),
  )
  assert.deepEqual([result, statements], [{ ok: true, sessionsEnded: 1 }, 2])
  assert.equal(await torii.sessions.validate(other.token), null)
  assert.ok(await torii.sessions.validate(token))
  assert.equal((await signIn(email, goodPassword)).ok, false)
  assert.ok((await signIn(email, another)).ok)
  await torii.settled()
  await mailbox.takeOne(email, 'password_changed')
})

test('V6.2.3 change() with a wrong password changes nothing and is counted by session', async () => {
  const { email, valid } = await signUp()
  const change = (currentPassword: string) =>
    torii.password.change(valid, { currentPassword, newPassword: another }, requestInfo)
  for (let tries = 0; tries < 10; tries += 1)
    assert.deepEqual(await change('not the one'), { ok: false, reason: 'invalid_credentials' })
  const locked = await change(goodPassword)
  assert.ok(!locked.ok && locked.reason === 'too_many_attempts')
  assert.ok((await signIn(email, goodPassword)).ok)
})

test('T8.99 a refused new password is refused before any query, with its reason', async () => {
  const { valid } = await signUp()
  for (const newPassword of ['short', 'password', 'a'.repeat(257)]) {
    const { result, statements } = await site.counted(() =>
      torii.password.change(valid, { currentPassword: goodPassword, newPassword }, requestInfo),
    )
    assert.ok(!result.ok && result.reason === 'password_rejected' && result.problem.message !== '')
    assert.equal(statements, 0)
  }
})

test('if a change and a reset run at the same moment, the reset wins', async () => {
  const { user, valid } = await signUp()
  await site.storage.sessions.revokeAll(user.id)
  const change = { currentPassword: goodPassword, newPassword: another }
  assert.deepEqual(await torii.password.change(valid, change, requestInfo), {
    ok: false,
    reason: 'stale',
  })
})

test('set() sets a first password once, with a recent authentication', async () => {
  const { email, token, valid, user } = await signUp()
  assert.deepEqual(await torii.password.set(valid, { newPassword: another }, requestInfo), {
    ok: false,
    reason: 'already_exists',
  })
  await db.query('update torii.users set email_verified_at = now() where id = $1', [user.id])
  assert.deepEqual(await torii.password.remove(valid, requestInfo), { ok: true, sessionsEnded: 0 })
  assert.equal((await signIn(email, goodPassword)).ok, false)
  const left = await validated(token)
  assert.deepEqual(await torii.password.remove(left, requestInfo), {
    ok: false,
    reason: 'not_found',
  })
  assert.deepEqual(await torii.password.set(left, { newPassword: another }, requestInfo), {
    ok: true,
  })
  assert.ok((await signIn(email, another)).ok)
})

test('remove() refuses the last sign-in method: an unverified email address is none', async () => {
  const { valid } = await signUp()
  assert.deepEqual(await torii.password.remove(valid, requestInfo), {
    ok: false,
    reason: 'last_method',
  })
})

test('set() and remove() need a recent authentication', async () => {
  const { token } = await signUp()
  await site.elapse(601)
  const valid = await validated(token)
  const required = { ok: false, reason: 'reauthentication_required' }
  const { result, statements } = await site.counted(async () => [
    await torii.password.set(valid, { newPassword: another }, requestInfo),
    await torii.password.remove(valid, requestInfo),
  ])
  assert.deepEqual([result, statements], [[required, required], 0])
})

test('T1.10 the session of another user changes nothing of this account', async () => {
  const [one, two] = [await signUp(), await signUp()]
  const forged = {
    ...one.valid,
    user: two.valid.user,
    session: { ...one.valid.session, id: newSessionId() },
  }
  const change = { currentPassword: goodPassword, newPassword: another }
  assert.deepEqual(await torii.password.change(forged, change, requestInfo), {
    ok: false,
    reason: 'stale',
  })
  assert.ok((await signIn(two.email, goodPassword)).ok)
})

test('a password that is not a string is refused before any query', async () => {
  const { valid } = await signUp()
  for (const input of [
    null,
    {},
    { currentPassword: 1, newPassword: another },
    { currentPassword: goodPassword },
  ])
    await assert.rejects(
      // @ts-expect-error: what JavaScript may call it with
      torii.password.change(valid, input, requestInfo),
      InvalidInputError,
    )
})
