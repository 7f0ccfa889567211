import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import { openTestSite, goodPassword as password } from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { createHandler } from '../index.js'
import { browser, signUp } from '../test/client.test.support.js'

const options = { requireVerifiedEmail: false, keys: [{ id: 'k1', secret: randomBytes(32) }] }
const site = await openTestSite(options)
const send = browser(createHandler(site.torii))
const another = 'twelve lanterns on a rainy bridge'

// All requests of a round are validated before the first of them writes: the statements of a test site go one by one.
test('a live session beside revoke-others is never told that it is not signed in', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { cookie, user } = await signUp(send)
    const asked = await send('POST', '/auth/passkeys/register/options', { cookie })
    const { challengeId, options } = JSON.parse(asked.text)
    const response = new SoftwareAuthenticator().create(options)
    const body = { challengeId, response }
    const added = await send('POST', '/auth/passkeys/register/verify', { cookie, body })
    const { passkey } = JSON.parse(added.text)
    const answers = await Promise.all([
      send('POST', '/auth/sessions/revoke-others', { cookie }),
      send('PATCH', '/auth/user', { cookie, body: { name: 'Ada' } }),
      send('PATCH', `/auth/passkeys/${passkey.id}`, { cookie, body: { name: 'Phone' } }),
      send('POST', '/auth/token', { cookie }),
      send('POST', '/auth/passkeys/register/options', { cookie }),
      send('POST', '/auth/password/authenticate', { body: { email: user.email, password } }),
    ])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 201, 200, 200],
      JSON.stringify(answers.map(({ json }) => json)),
    )
  }
})

test('a call that loses two races is 409, and never 401 or 404', async () => {
  const { cookie } = await signUp(send)
  const asked = await send('POST', '/auth/passkeys/register/options', { cookie })
  const { challengeId, options } = JSON.parse(asked.text)
  const response = new SoftwareAuthenticator().create(options)
  const body = { challengeId, response }
  const added = await send('POST', '/auth/passkeys/register/verify', { cookie, body })
  const { passkey } = JSON.parse(added.text)
  const seen = new Set<number>()
  for (let round = 0; round < 5; round += 1) {
    const answers = await Promise.all([
      send('POST', '/auth/sessions/revoke-others', { cookie }),
      send('PATCH', '/auth/user', { cookie, body: { name: 'Ada' } }),
      send('PATCH', `/auth/passkeys/${passkey.id}`, { cookie, body: { name: 'Phone' } }),
      send('POST', '/auth/sessions/revoke-others', { cookie }),
      send('POST', '/auth/sessions/revoke-others', { cookie }),
    ])
    for (const { status } of answers) seen.add(status)
  }
  assert.deepEqual([...seen].sort(), [200, 409])
})

test('a password change beside a sign-in that rehashes succeeds', async () => {
  const stronger = site.with({ ...options, password: { hashing: { passes: 3 } } })
  for (let round = 0; round < 6; round += 1) {
    const { cookie, user } = await signUp(send)
    const body = { currentPassword: password, newPassword: another }
    const [changed, signedIn] = await Promise.all([
      send('POST', '/auth/password/change', { cookie, body }),
      stronger.password.authenticate(
        { email: user.email ?? '', password },
        { ip: null, userAgent: null },
      ),
    ])
    assert.equal(changed.status, 204, changed.text)
    // It came before the change, or its password was the old one.
    assert.ok(signedIn.ok || signedIn.reason === 'invalid_credentials')
    const renewed = await send('POST', '/auth/password/authenticate', {
      body: { email: user.email, password: another },
    })
    assert.equal(renewed.status, 200)
  }
})

test('a session that ended meanwhile gets 401; one that stays stale gets 409, after one repetition', async () => {
  const { cookie, user } = await signUp(send)
  let calls = 0
  let meanwhile = async () => undefined as unknown
  const update: typeof site.torii.users.update = async () => {
    calls += 1
    await meanwhile()
    return { ok: false, reason: 'stale' }
  }
  const torii = Object.create(site.torii, {
    users: { value: { ...site.torii.users, update } },
  }) as typeof site.torii
  const stubborn = browser(createHandler(torii))
  const body = { name: 'Ada' }
  const conflict = await stubborn('PATCH', '/auth/user', { cookie, body })
  assert.deepEqual([conflict.status, conflict.json.error, calls], [409, 'conflict', 2])
  meanwhile = () => site.storage.sessions.revokeAll(user.id)
  const ended = await stubborn('PATCH', '/auth/user', { cookie, body })
  assert.deepEqual([ended.status, ended.json.error, calls], [401, 'unauthenticated', 3])
})

test('what is not there is 404 after one more validation, and the route runs once', async () => {
  const { cookie } = await signUp(send)
  const path = '/auth/passkeys/01a2294b-38e0-7fd3-8413-b38ab6f0e2e6'
  const body = { name: 'Phone' }
  const { result, statements } = await site.counted(() => send('PATCH', path, { cookie, body }))
  // The third one shows that no rate limit was the reason.
  assert.deepEqual([result.status, result.json.error, statements], [404, 'not_found', 4])
})
