import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { newSessionId, newUserId } from 'torii-core'
import { test } from 'vitest'
import { formatSessionToken, newSessionSecret } from '../crypto/session-token.js'
import { workProvider } from '../oauth-client/provider-client.test.support.js'
import { startOwnProvider } from '../services/oauth/own-provider.test.support.js'
import { openMailbox } from '../test/mailbox.test.support.js'
import { goodPassword, newEmail, openTestSite } from '../test/site.test.support.js'
import { createHandler } from './index.js'
import type { Received } from './test/client.test.support.js'
import { browser, signUp } from './test/client.test.support.js'

const api = 'https://api.acme.example'
const local = 'http://localhost:3000'
const provider = await startOwnProvider()
const mailbox = await openMailbox()
const options = {
  requireVerifiedEmail: false,
  mailer: mailbox.mailer,
  keys: [{ id: 'k1', secret: randomBytes(32) }],
}
const site = await openTestSite(options)
const open = (given: Parameters<typeof site.with>[0]) => {
  const torii = site.with({ ...options, ...given })
  const handler = createHandler(torii)
  return { torii, handler, send: browser(handler, given.baseUrl) }
}

const shared = open({ baseUrl: api, cookie: { domain: 'acme.example' } })

test('T10.126 with a domain the session cookie is __Secure-torii for the domain, and is deleted there; all other cookies stay with the host', async () => {
  const { send } = shared
  const { cookie, email } = await signUp(send)
  const attributes = /Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure; Domain=acme\.example$/
  const body = { email, password: goodPassword }
  const { headers } = await send('POST', '/auth/password/authenticate', { body })
  const [session = '', device = '', ...more] = headers.getSetCookie()
  assert.match(session, /^__Secure-torii=torii_s_/)
  assert.match(session, attributes)
  assert.match(device, /^__Host-torii-device=[^;]+; Path=\/; [^D]+; Secure$/)
  assert.deepEqual(more, [])
  assert.equal((await send('GET', '/auth/session', { cookie })).status, 200)
  const out = await send('POST', '/auth/sign-out', { cookie })
  assert.deepEqual(out.headers.getSetCookie(), [
    '__Secure-torii=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure; Domain=acme.example',
  ])
  assert.equal((await send('GET', '/auth/session', { cookie })).status, 401)
})

test('T10.126 T2.39 of two cookies of the name with a domain none counts, in any order, on every kind of route', async () => {
  const { send, handler } = shared
  const [ada, eve] = [await signUp(send), await signUp(send)]
  for (const cookie of [
    `${ada.cookie}; ${eve.cookie}`,
    `${eve.cookie}; ${ada.cookie}`,
    `${ada.cookie}; ${ada.cookie}`,
    `${ada.cookie}; __Secure-torii=`,
    `__Secure-torii=x; ${ada.cookie}`,
  ]) {
    assert.equal((await send('GET', '/auth/session', { cookie })).status, 401, cookie)
    assert.equal((await send('PATCH', '/auth/user', { cookie, body: {} })).status, 401)
    assert.equal(await handler.getSession({ method: 'GET', headers: { cookie } }), null)
  }
  for (const { cookie } of [ada, eve])
    assert.equal((await send('GET', '/auth/session', { cookie })).status, 200)
})

test('T10.126 signing out ends the sessions of both cookies, and so does signing in', async () => {
  const { send } = shared
  const isAlive = async (cookie: string) =>
    (await send('GET', '/auth/session', { cookie })).status === 200
  const [one, two] = [await signUp(send), await signUp(send)]
  await send('POST', '/auth/sign-out', { cookie: `${one.cookie}; ${two.cookie}` })
  assert.deepEqual([await isAlive(one.cookie), await isAlive(two.cookie)], [false, false])
  const [three, four] = [await signUp(send), await signUp(send)]
  const body = { email: three.email, password: goodPassword }
  const cookie = `${three.cookie}; ${four.cookie}`
  const again = await send('POST', '/auth/password/authenticate', { body, cookie })
  assert.deepEqual(
    [await isAlive(three.cookie), await isAlive(four.cookie), await isAlive(again.cookie)],
    [false, false, true],
  )
})

test('T10.126 a flood of session cookies costs sixteen statements to sign out, not hundreds', async () => {
  const { send } = shared
  const forged = Array.from({ length: 60 }, () => {
    const token = formatSessionToken(newUserId(), newSessionId(), newSessionSecret())
    return `__Secure-torii=${token.reveal()}`
  })
  const { statements } = await site.counted(() =>
    send('POST', '/auth/sign-out', { cookie: forged.join('; ') }),
  )
  assert.equal(statements, 16)
})

test('V3.3.2 a strict session cookie says so; the cookies that a link or a provider needs stay lax', async () => {
  const { torii, send } = open({ baseUrl: api, cookie: { sameSite: 'strict' } })
  const email = newEmail()
  await send('POST', '/auth/magic-link/request', { body: { email } })
  await torii.settled()
  const { token } = await mailbox.takeOne(email, 'magic_link')
  const link = await send('GET', `/auth/magic-link?token=${token}`)
  for (const cookie of link.headers.getSetCookie()) assert.match(cookie, /; SameSite=Lax; Secure$/)
  const made = await send('POST', '/auth/magic-link/authenticate', { body: { token } })
  const [session = '', device = ''] = made.headers.getSetCookie()
  assert.match(session, /^__Host-torii=.*; SameSite=Strict; Secure$/)
  assert.match(device, /^__Host-torii-device=.*; SameSite=Lax; Secure$/)
  const out = await send('POST', '/auth/sign-out', { cookie: made.cookie })
  assert.match(out.headers.getSetCookie().join(), /Max-Age=0; HttpOnly; SameSite=Strict; Secure$/)
})

test('T10.127 every cookie begins with cookie.name, on https with its prefix', async () => {
  const oauth = { providers: [workProvider(provider.origin)] }
  for (const [baseUrl, host, secure] of [
    [api, '__Host-', '__Secure-'],
    [local, '', ''],
  ] as const) {
    const { torii, send } = open({ baseUrl, oauth, cookie: { name: 'shop' } })
    const email = newEmail()
    await send('POST', '/auth/magic-link/request', { body: { email } })
    await torii.settled()
    const { token } = await mailbox.takeOne(email, 'magic_link')
    const received = [
      await send('GET', `/auth/magic-link?token=${token}`),
      await send('POST', '/auth/magic-link/authenticate', { body: { token } }),
      await send('GET', '/auth/oauth/work/start'),
    ]
    const names = received.flatMap(({ headers }) =>
      headers.getSetCookie().map((cookie) => cookie.split('=', 1)[0]),
    )
    assert.deepEqual(names, [
      `${secure}shop-link`,
      `${host}shop-landing`,
      `${host}shop`,
      `${host}shop-device`,
      `${host}shop-flow`,
    ])
    const { json } = await send('GET', '/auth/openapi.json')
    assert.ok(JSON.stringify(json).includes(`"name":"${host}shop"`))
  }
})

test('T10.127 two applications on localhost with different names do not sign each other out', async () => {
  const shop = open({ baseUrl: local, cookie: { name: 'shop' } }).send
  const blog = open({ baseUrl: 'http://localhost:4000', cookie: { name: 'blog' } }).send
  // One browser has one cookie jar for all ports of localhost.
  const jar = new Map<string, string>()
  const keep = ({ headers }: Received) => {
    for (const cookie of headers.getSetCookie()) {
      const [name = '', value = ''] = (cookie.split(';', 1)[0] ?? '').split('=')
      cookie.includes('Max-Age=0') ? jar.delete(name) : jar.set(name, value)
    }
  }
  const carried = () => ({ cookie: [...jar].map((pair) => pair.join('=')).join('; ') })
  const register = async (send: typeof shop) => {
    const body = { email: newEmail(), password: goodPassword }
    keep(await send('POST', '/auth/password/register', { body, ...carried() }))
    return body.email
  }
  const emails = [await register(shop), await register(blog)]
  const signedIn = async (send: typeof shop) =>
    (await send('GET', '/auth/session', carried())).json.user?.email
  assert.deepEqual([await signedIn(shop), await signedIn(blog)], emails)
  keep(await shop('POST', '/auth/sign-out', carried()))
  assert.deepEqual([await signedIn(shop), await signedIn(blog)], [undefined, emails[1]])
})

test('setSessionCookie and clearSessionCookie have the domain and SameSite in a cookie store too', async () => {
  const { torii, handler } = open({
    baseUrl: api,
    cookie: { domain: 'api.acme.example', sameSite: 'strict', name: 'acme' },
  })
  const made = await torii.password.register(
    { email: newEmail(), password: goodPassword },
    { ip: null, userAgent: null },
  )
  assert.ok(made.ok && made.session !== null)
  const stored: unknown[][] = []
  const store = { get: () => null, set: (...values: unknown[]) => stored.push(values) }
  await handler.setSessionCookie(store, made)
  handler.clearSessionCookie(store)
  const attributes = { path: '/', httpOnly: true, sameSite: 'strict', secure: true }
  const scope = { ...attributes, domain: 'api.acme.example' }
  assert.deepEqual(stored, [
    ['__Secure-acme', made.token.reveal(), { ...scope, maxAge: 2_592_000 }],
    ['__Secure-acme', '', { ...scope, maxAge: 0 }],
  ])
  assert.deepEqual(handler.clearedSessionCookies(), [
    '__Secure-acme=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure; Domain=api.acme.example',
  ])
})
