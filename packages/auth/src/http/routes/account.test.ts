import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import { workProvider } from '../../oauth-client/provider-client.test.support.js'
import { startRealProvider } from '../../services/oauth/real-provider.test.support.js'
import { newKeyPair } from '../../test/key-pair.test.support.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  baseUrl,
  newEmail,
  openTestSite,
  goodPassword as password,
} from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { createHandler } from '../index.js'
import { browser, signUp } from '../test/client.test.support.js'

const provider = await startRealProvider([`${baseUrl}/auth/oauth/work/callback`])
const mailbox = await openMailbox()
const site = await openTestSite({
  mailer: mailbox.mailer,
  requireVerifiedEmail: false,
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  jwt: {
    keys: [{ id: 'j1', algorithm: 'EdDSA', privateKey: newKeyPair('Ed25519').privateKey }],
    audience: 'api',
  },
  oauth: { providers: [{ ...workProvider(provider.issuer, provider.client), trustEmail: true }] },
})
const handler = createHandler(site.torii, {
  pages: { failed: '/sign-in', signedIn: '/home', account: '/account' },
})
const send = browser(handler)
const another = 'twelve lanterns on a rainy bridge'

/** Any answer’s JSON, for shapes that the typed client of these tests does not name. */
interface Loose {
  token: string
  jwt: string
  challengeId: string
  options: never
  passkey: { id: string }
  accounts: { provider: string }[]
  status: string
  paths: Record<string, Record<string, object>>
}
const bodyOf = (text: string): Loose => JSON.parse(text)

test('GET and PATCH user: only name and picture can be set (T5.72, T10.116)', async () => {
  const { cookie, user } = await signUp(send)
  for (const [field, value] of Object.entries({ emailVerified: true, id: 'x', role: 'admin' })) {
    const body = { name: 'Ada', [field]: value }
    const { status, json } = await send('PATCH', '/auth/user', { cookie, body })
    assert.deepEqual([status, json.error, json.field], [400, 'invalid_input', field])
  }
  const changed = await send('PATCH', '/auth/user', { cookie, body: { name: 'Ada' } })
  assert.equal(changed.status, 200)
  const { json } = await send('GET', '/auth/user', { cookie })
  assert.deepEqual(json.user, { ...user, name: 'Ada' })
  const taken = await send('PATCH', '/auth/user', { cookie, body: { name: null } })
  assert.equal(taken.json.user.name, null)
  const wrong = await send('PATCH', '/auth/user', {
    cookie,
    body: { picture: 'javascript:alert(1)' },
  })
  assert.deepEqual([wrong.status, wrong.json.field], [400, 'picture'])
})

test('the export has the user’s data and no secret; deleting removes everything and the cookie', async () => {
  const { cookie, email } = await signUp(send)
  const exported = await send('GET', '/auth/user/export', { cookie })
  assert.equal(exported.status, 200)
  assert.ok(exported.text.includes(email) && !/argon2|torii_|hash/i.test(exported.text))
  const deleted = await send('DELETE', '/auth/user', { cookie })
  assert.equal(deleted.status, 204)
  assert.match(deleted.headers.getSetCookie()[0] ?? '', /Max-Age=0/)
  assert.equal((await send('GET', '/auth/session', { cookie })).status, 401)
})

test('V7.5.1 what needs a recent proof says so, and works after proving it again', async () => {
  const { cookie } = await signUp(send)
  await site.elapse(601)
  for (const [method, path, body] of [
    ['DELETE', '/auth/user'],
    ['GET', '/auth/user/export'],
    ['POST', '/auth/token'],
    ['DELETE', '/auth/password'],
    ['POST', '/auth/password/set', { newPassword: another }],
    ['POST', '/auth/email/change/request', { email: newEmail() }],
    ['POST', '/auth/passkeys/register/options'],
    ['POST', '/auth/oauth/work/link'],
  ] as const) {
    const answer = await send(method, path, { cookie, ...(body === undefined ? {} : { body }) })
    assert.deepEqual([answer.status, answer.json.error], [403, 'reauthentication_required'], path)
  }
  const wrong = await send('POST', '/auth/reauthenticate', { cookie, body: { password: 'wrong' } })
  assert.deepEqual([wrong.status, wrong.json.error], [401, 'invalid_credentials'])
  const proved = await send('POST', '/auth/reauthenticate', { cookie, body: { password } })
  assert.equal(proved.status, 204)
  assert.notEqual(proved.cookie, cookie)
  assert.equal((await send('GET', '/auth/session', { cookie })).status, 401)
  assert.equal((await send('GET', '/auth/user/export', { cookie: proved.cookie })).status, 200)
})

test('a bearer that re-authenticates keeps its token; only POST token returns one in its body', async () => {
  const { cookie } = await signUp(send)
  const made = await send('POST', '/auth/token', { cookie })
  assert.equal(made.status, 201)
  const { token } = bodyOf(made.text)
  const bearer = { bearer: token, headers: { origin: '' } }
  assert.equal((await send('GET', '/auth/session', bearer)).status, 200)
  const proved = await send('POST', '/auth/reauthenticate', { ...bearer, body: { password } })
  assert.deepEqual([proved.status, proved.headers.getSetCookie()], [204, []])
  assert.equal((await send('GET', '/auth/session', bearer)).status, 200)
  for (const path of ['/auth/session', '/auth/sessions', '/auth/user'])
    assert.ok(!(await send('GET', path, { cookie })).text.includes('torii_s_'))
})

test('V6.2.2 the password is changed, with its refusals', async () => {
  const { cookie } = await signUp(send)
  const change = (currentPassword: string, newPassword: string) =>
    send('POST', '/auth/password/change', { cookie, body: { currentPassword, newPassword } })
  const short = await change(password, 'short')
  assert.deepEqual(
    [short.status, short.json.error, short.json.field],
    [422, 'password_rejected', 'newPassword'],
  )
  assert.equal((await change('wrong', another)).status, 401)
  assert.equal((await change(password, another)).status, 204)
  assert.equal(
    (await send('POST', '/auth/password/set', { cookie, body: { newPassword: another } })).status,
    409,
  )
  const last = await send('DELETE', '/auth/password', { cookie })
  assert.deepEqual([last.status, last.json.error], [409, 'last_method'])
})

test('a passkey over HTTP: added, listed, renamed, signs in, re-authenticates, is deleted', async () => {
  const { cookie, user } = await signUp(send)
  const authenticator = new SoftwareAuthenticator()
  const asked = bodyOf((await send('POST', '/auth/passkeys/register/options', { cookie })).text)
  const response = authenticator.create(asked.options)
  const added = await send('POST', '/auth/passkeys/register/verify', {
    cookie,
    body: { challengeId: asked.challengeId, response, name: 'Laptop' },
  })
  assert.equal(added.status, 201, added.text)
  const { passkey } = bodyOf(added.text)
  const path = `/auth/passkeys/${passkey.id}`
  assert.equal((await send('PATCH', path, { cookie, body: { name: 'Phone' } })).status, 200)
  assert.ok((await send('GET', '/auth/passkeys', { cookie })).text.includes('Phone'))
  const start = async (body: object, carried = {}) =>
    bodyOf((await send('POST', '/auth/passkeys/authenticate/options', { body, ...carried })).text)
  const signIn = await start({})
  const verified = await send('POST', '/auth/passkeys/authenticate/verify', {
    body: {
      challengeId: signIn.challengeId,
      response: authenticator.get(signIn.options),
    },
  })
  assert.deepEqual([verified.status, verified.json.user.id], [200, user.id])
  const proof = await start({ purpose: 'reauthenticate' }, { cookie })
  const proved = await send('POST', '/auth/reauthenticate', {
    cookie,
    body: {
      challengeId: proof.challengeId,
      response: authenticator.get(proof.options),
    },
  })
  assert.equal(proved.status, 204, proved.text)
  assert.equal((await send('DELETE', path, { cookie: proved.cookie })).status, 204)
  assert.equal((await send('DELETE', path, { cookie: proved.cookie })).status, 404)
})

test('a provider over HTTP: start, callback, accounts; a refusal redirects to the configured page with its code', async () => {
  const person = { sub: 'ada', email: newEmail(), email_verified: true, name: 'Ada' }
  const start = await send('GET', '/auth/oauth/work/start?redirectTo=/welcome')
  assert.equal(start.status, 303)
  assert.match(
    start.headers.getSetCookie()[0] ?? '',
    /^__Host-torii-flow=.*HttpOnly; SameSite=Lax; Secure/,
  )
  const back = await provider.signIn(start.headers.get('location') ?? '', person)
  const returning = `${back.pathname}${back.search}`
  const without = await send('GET', returning)
  assert.deepEqual(
    [without.status, without.headers.get('location')],
    [303, '/sign-in?error=invalid_token'],
  )
  const again = await send('GET', '/auth/oauth/work/start?redirectTo=//evil.example')
  const answer = await provider.signIn(again.headers.get('location') ?? '', person)
  const done = await send('GET', `${answer.pathname}${answer.search}`, { cookie: again.cookie })
  assert.deepEqual([done.status, done.headers.get('location')], [303, '/home'])
  const { cookie } = done
  assert.equal((await send('GET', '/auth/session', { cookie })).json.user.email, person.email)
  const accounts = bodyOf((await send('GET', '/auth/oauth/accounts', { cookie })).text)
  assert.equal(accounts.accounts[0]?.provider, 'work')
  assert.equal((await send('GET', '/auth/oauth/nobody/start')).status, 404)
})

test('T6.82 forged host headers change neither the links in mails nor the redirect URI', async () => {
  const email = newEmail()
  const forged = {
    host: 'evil.example',
    'x-forwarded-host': 'evil.example',
    forwarded: 'host=evil.example',
  }
  await send('POST', '/auth/magic-link/request', { body: { email }, headers: forged })
  await site.torii.settled()
  const mail = await mailbox.takeOne(email, 'magic_link')
  assert.ok(mail.text.includes(`${baseUrl}/auth/magic-link?token=`) && !mail.text.includes('evil'))
  const start = await send('GET', '/auth/oauth/work/start', { headers: forged })
  const { searchParams } = new URL(start.headers.get('location') ?? '')
  assert.equal(searchParams.get('redirect_uri'), `${baseUrl}/auth/oauth/work/callback`)
})

test('health reports the database; the OpenAPI document has every route', async () => {
  assert.deepEqual(bodyOf((await send('GET', '/auth/health')).text).status, 'ok')
  const document = bodyOf((await send('GET', '/auth/openapi.json')).text)
  const { paths } = document
  assert.ok(paths['/auth/oauth/{provider}/link']?.post)
  assert.ok(paths['/auth/password']?.delete)
})

test('a short-lived token over HTTP is verified by the keys that are published', async () => {
  const { cookie, user } = await signUp(send)
  const minted = await send('POST', '/auth/token/jwt', { cookie })
  assert.equal(minted.status, 200)
  const { jwt } = bodyOf(minted.text)
  assert.equal((await site.torii.jwt.verify(jwt))?.userId, user.id)
  const published = await send('GET', '/auth/jwks')
  assert.ok(published.text.includes('"kid":"j1"') && !published.text.includes('"d":'))
})
