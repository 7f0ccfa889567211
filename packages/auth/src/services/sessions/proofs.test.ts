import assert from 'node:assert/strict'
import type { SessionToken } from 'torii-core'
import { InvalidInputError, newUserId } from 'torii-core'
import { test } from 'vitest'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'

// Proving again who one is, and sessions that come from sessions.

const site = await openTestSite()
const { torii } = site

async function signUp() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  return { email, user: made.user, token: made.token, valid: await validated(made.token) }
}

async function validated(token: SessionToken | string) {
  const valid = await torii.sessions.validate(token)
  assert.ok(valid !== null)
  return valid
}

const invalid = { ok: false, reason: 'invalid_credentials' }

test('an authentication is recent for ten minutes, by the database’s clock, and again after the password', async () => {
  const { token, valid } = await signUp()
  assert.deepEqual(torii.sessions.requireRecent(valid), { ok: true })
  await site.elapse(601)
  const old = await validated(token)
  assert.equal(torii.sessions.requireRecent(old).ok, false)
  const again = await site.counted(() =>
    torii.sessions.reauthenticate(old, { password, token, rotate: true }, requestInfo),
  )
  assert.ok(again.result.ok)
  assert.equal(again.statements, 2)
  assert.ok(torii.sessions.requireRecent(await validated(again.result.token)).ok)
})

test('T2.27 reauthenticate() rotates the token of a cookie and keeps that of a bearer', async () => {
  const { token, valid } = await signUp()
  const kept = await torii.sessions.reauthenticate(
    valid,
    { password, token: token.reveal(), rotate: false },
    requestInfo,
  )
  assert.ok(kept.ok && kept.token.reveal() === token.reveal())
  const changed = await torii.sessions.reauthenticate(
    valid,
    { password, token, rotate: true },
    requestInfo,
  )
  assert.ok(changed.ok)
  assert.equal(await torii.sessions.validate(token), null)
  assert.equal((await validated(changed.token)).session.id, valid.session.id)
})

test('T1.20 wrong passwords in reauthenticate() lock it for the session and those derived from it, and no sign-in', async () => {
  const { email, token, valid } = await signUp()
  const derived = await torii.sessions.derive(valid, requestInfo)
  assert.ok(derived.ok)
  const prove = (text: string) =>
    torii.sessions.reauthenticate(valid, { password: text, token, rotate: false }, requestInfo)
  for (let tries = 0; tries < 10; tries += 1) assert.deepEqual(await prove('wrong'), invalid)
  const locked = await prove(password)
  assert.ok(!locked.ok && locked.reason === 'too_many_attempts')
  const second = await torii.sessions.reauthenticate(
    await validated(derived.token),
    { password, token: derived.token, rotate: false },
    requestInfo,
  )
  assert.ok(!second.ok && second.reason === 'too_many_attempts')
  const signedIn = await torii.password.authenticate({ email, password }, requestInfo)
  assert.ok(signedIn.ok)
  const fresh = { password, token: signedIn.token, rotate: false }
  const proved = await torii.sessions.reauthenticate(
    await validated(signedIn.token),
    fresh,
    requestInfo,
  )
  assert.ok(proved.ok)
})

test('guesses of strangers, on the account and from its IP address, lock no live session', async () => {
  const { email, token, valid } = await signUp()
  const guess = () => torii.password.authenticate({ email, password: 'wrong' }, requestInfo)
  for (let tries = 0; tries < 10; tries += 1) assert.deepEqual(await guess(), invalid)
  const locked = await guess()
  assert.ok(!locked.ok && locked.reason === 'too_many_attempts')
  const input = { password, token, rotate: false }
  assert.ok((await torii.sessions.reauthenticate(valid, input, requestInfo)).ok)
})

test('20 wrong passwords in a row in a session are the last: longer than it lives', async () => {
  const { token, valid } = await signUp()
  const prove = (text: string) =>
    torii.sessions.reauthenticate(valid, { password: text, token, rotate: false }, requestInfo)
  for (const wait of [30, 2_592_000]) {
    for (let tries = 0; tries < 10; tries += 1) assert.deepEqual(await prove('wrong'), invalid)
    const locked = await prove(password)
    assert.ok(!locked.ok && locked.reason === 'too_many_attempts')
    assert.ok(locked.retryAfterSeconds > wait - 10 && locked.retryAfterSeconds <= wait)
    await site.elapse(31)
  }
})

test('reauthenticate() refuses the token of another session before any query', async () => {
  const [one, two] = [await signUp(), await signUp()]
  const { statements } = await site.counted(() =>
    assert.rejects(
      torii.sessions.reauthenticate(
        one.valid,
        { password, token: two.token, rotate: true },
        requestInfo,
      ),
      InvalidInputError,
    ),
  )
  assert.equal(statements, 0)
})

test('reauthenticate() does not restore a session that has ended since', async () => {
  const { token, valid } = await signUp()
  await torii.sessions.signOut(token)
  assert.deepEqual(
    await torii.sessions.reauthenticate(valid, { password, token, rotate: true }, requestInfo),
    { ok: false, reason: 'stale' },
  )
  assert.equal(await torii.sessions.validate(token), null)
})

test('a derived session inherits user, methods and time, expires no later, and takes one statement', async () => {
  const { valid } = await signUp()
  const info = { ip: '203.0.113.9', userAgent: 'Phone' }
  const { result, statements } = await site.counted(() => torii.sessions.derive(valid, info))
  assert.ok(result.ok)
  assert.equal(statements, 1)
  const derived = await validated(result.token)
  assert.notEqual(derived.session.id, valid.session.id)
  for (const name of ['methods', 'authenticatedAt', 'absoluteExpiresAt'] as const)
    assert.deepEqual(derived.session[name], valid.session[name])
  assert.equal(derived.session.userAgent, 'Phone')
})

test('derive() needs a recent authentication and a live session', async () => {
  const { token, valid } = await signUp()
  await torii.sessions.revokeAll(valid)
  assert.deepEqual(await torii.sessions.derive(valid, requestInfo), { ok: false, reason: 'stale' })
  assert.equal(await torii.sessions.validate(token), null)
  const later = await signUp()
  await site.elapse(601)
  const old = await validated(later.token)
  assert.deepEqual(await torii.sessions.derive(old, requestInfo), {
    ok: false,
    reason: 'reauthentication_required',
  })
})

test('T1.23 of two calls that rotate one token, one succeeds, the other gets stale; the old token is invalid', async () => {
  const { token } = await signUp()
  const both = await Promise.all([torii.sessions.rotate(token), torii.sessions.rotate(token)])
  const winners = both.filter(({ ok }) => ok)
  assert.equal(winners.length, 1)
  assert.deepEqual(
    both.find(({ ok }) => !ok),
    { ok: false, reason: 'stale' },
  )
  assert.equal(await torii.sessions.validate(token), null)
  const [winner] = winners
  assert.ok(winner?.ok && (await torii.sessions.validate(winner.token)))
})

test('open() opens a session for an existing user, not for a disabled one', async () => {
  const { user } = await signUp()
  const opened = await torii.sessions.open(user.id, 'oauth', requestInfo)
  assert.ok(opened.ok)
  assert.deepEqual((await validated(opened.token)).session.methods, ['oauth'])
  await site.storage.users.disable(user.id)
  const unavailable = { ok: false, reason: 'account_disabled' }
  assert.deepEqual(await torii.sessions.open(user.id, 'oauth', requestInfo), unavailable)
  assert.deepEqual(await torii.sessions.open(newUserId(), 'oauth', requestInfo), unavailable)
})

test('T2.30 revokeAll() ends this session too', async () => {
  const { email, token, valid } = await signUp()
  const other = await torii.password.authenticate({ email, password }, requestInfo)
  assert.ok(other.ok)
  assert.deepEqual(await torii.sessions.revokeAll(valid), { ok: true, revoked: 2 })
  for (const dead of [token, other.token]) assert.equal(await torii.sessions.validate(dead), null)
})
