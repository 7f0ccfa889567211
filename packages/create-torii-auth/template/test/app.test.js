import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import { createApp } from '../server/app.js'
import { openAuth } from '../server/auth.js'

// The application on an empty embedded database in memory, as a browser uses it.

const baseUrl = 'http://localhost:3000'
const password = 'a gate of two pillars'
const mails = []
let services
let server

before(async () => {
  const key = randomBytes(32).toString('base64url')
  const mailer = { send: async (mail) => void mails.push(mail) }
  services = await openAuth({ databaseUrl: 'pglite:', baseUrl, key }, mailer)
  server = createApp(services).listen(0, '127.0.0.1')
  await once(server, 'listening')
})

after(async () => {
  server.close()
  server.closeAllConnections()
  await services.torii.shutdown()
  await services.storage.close()
})

async function send(method, path, { body, cookie = '', origin = baseUrl } = {}) {
  const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, {
    method,
    headers: { origin, cookie, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  return {
    status: response.status,
    body: text === '' ? null : JSON.parse(text),
    cookie: response.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; '),
  }
}

/** Creates an account, follows the link in the mail, and returns the cookie of the session. */
async function signUp(email) {
  const accepted = await send('POST', '/auth/password/register', { body: { email, password } })
  assert.equal(accepted.status, 202)
  await services.torii.settled()
  const mail = mails.find(({ to }) => to === email)
  const token = /token=(\S+)/.exec(mail.text)[1]
  const verified = await send('POST', '/auth/email/verify', { body: { token, password } })
  assert.equal(verified.status, 200)
  return verified.cookie
}

test('the first user is the owner, the second a member', async () => {
  const owner = await signUp('ada@example.com')
  const member = await signUp('grace@example.com')
  assert.deepEqual((await send('GET', '/api/role', { cookie: owner })).body, { role: 'owner' })
  assert.deepEqual((await send('GET', '/api/role', { cookie: member })).body, { role: 'member' })
})

test('only an owner sees the users and changes their roles', async () => {
  const { cookie: owner } = await signIn('ada@example.com')
  const { cookie: member } = await signIn('grace@example.com')
  assert.equal((await send('GET', '/api/users')).status, 401)
  assert.equal((await send('GET', '/api/users', { cookie: member })).status, 403)
  const { users } = (await send('GET', '/api/users', { cookie: owner })).body
  assert.deepEqual(
    users.map(({ email, role }) => [email, role]),
    [
      ['ada@example.com', 'owner'],
      ['grace@example.com', 'member'],
    ],
  )
  const [ada, grace] = users.map(({ id }) => `/api/users/${id}/role`)
  const become = (path, role, cookie, origin) =>
    send('PUT', path, { body: { role }, cookie, origin })
  assert.equal((await become(grace, 'owner', member)).status, 403)
  assert.equal((await become(grace, 'owner', owner, 'https://evil.example')).status, 401)
  assert.equal((await become(grace, 'admin', owner)).status, 400)
  assert.equal((await become(ada, 'member', owner)).status, 409)
  assert.equal((await become('/api/users/nobody/role', 'member', owner)).status, 404)
  assert.equal((await become(grace, 'owner', owner)).status, 204)
  assert.equal((await send('GET', '/api/users', { cookie: member })).status, 200)
})

test('a wrong password is refused, and signing out ends the session', async () => {
  assert.equal((await signIn('ada@example.com', 'a gate of one pillar only')).status, 401)
  const { cookie } = await signIn('ada@example.com')
  assert.equal((await send('POST', '/auth/sign-out', { cookie })).status, 204)
  assert.equal((await send('GET', '/api/role', { cookie })).status, 401)
})

const signIn = (email, given = password) =>
  send('POST', '/auth/password/authenticate', { body: { email, password: given } })
