import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, test } from 'vitest'
import { openMailbox } from '../test/mailbox.test.support.js'
import { goodPassword, newEmail, openTestSite } from '../test/site.test.support.js'
import { createHandler } from './index.js'
import { createNodeHandler } from './node.js'
import { isForScripts } from './routes/route.js'
import { routes } from './routes/routes.js'
import { browser, parse, signUp, tokenIn } from './test/client.test.support.js'

const api = 'https://api.acme.example'
const app = 'https://app.acme.example'
const elsewhere = 'https://shop.example'
const untrusted = [
  'https://evil.acme.example',
  'https://acme.example',
  'https://app.acme.example:8443',
  'http://app.acme.example',
  'https://app.acme.example.evil.example',
  'https://xapp.acme.example',
  'https://APP.acme.example',
  'https://app.acme.example/',
  `${app}, ${app}`,
  '*',
  'null',
  '',
]
const corsHeaders = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-expose-headers',
  'access-control-max-age',
]

const mailbox = await openMailbox()
const options = {
  baseUrl: api,
  trustedOrigins: [app, elsewhere],
  requireVerifiedEmail: false,
  mailer: mailbox.mailer,
  keys: [{ id: 'k1', secret: randomBytes(32) }],
}
const site = await openTestSite(options)
const startEvents = [...site.events]
const handler = createHandler(site.torii)
const send = browser(handler, api)
const id = '0190f000-0000-7000-8000-000000000000'
const pathOf = (path: string) => `/auth/${path.replace(':id', id).replace(':provider', 'nobody')}`

const corsOf = (headers: Headers) =>
  Object.fromEntries(
    corsHeaders.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)]] : [])),
  )
const readableBy = (origin: string) => ({
  'access-control-allow-origin': origin,
  'access-control-allow-credentials': 'true',
  'access-control-expose-headers': 'retry-after',
})

const ask = (path: string, method: string, headers: Record<string, string>) =>
  handler(
    new Request(`${api}${path}`, {
      method: 'OPTIONS',
      headers: { 'access-control-request-method': method, ...headers },
    }),
  )

const forScripts = routes.filter(isForScripts)
const forNavigation = routes.filter((route) => !isForScripts(route))

test('T10.121 the preflight of a trusted origin lists one method and two headers, without a statement, on every route for scripts', async () => {
  assert.ok(forScripts.length >= 35 && forNavigation.length >= 7)
  const { statements } = await site.counted(async () => {
    for (const { method, path } of forScripts) {
      const allowed = await ask(pathOf(path), method, { origin: app })
      assert.equal(allowed.status, 204, path)
      assert.equal(allowed.headers.get('vary'), 'origin')
      assert.deepEqual(corsOf(allowed.headers), {
        'access-control-allow-origin': app,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': method,
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': '7200',
      })
    }
  })
  assert.equal(statements, 0)
})

test('T10.121 the preflight of any other origin is refused, tells caches so, and is logged with the expected origins', async () => {
  site.events.length = 0
  for (const origin of untrusted) {
    const refused = await ask('/auth/sign-out', 'POST', { origin })
    assert.equal(refused.status, 403, origin)
    assert.equal(parse(await refused.text()).error, 'origin_not_allowed')
    assert.equal(refused.headers.get('vary'), 'origin')
    assert.deepEqual(corsOf(refused.headers), {})
  }
  const [first, ...more] = site.events
  assert.deepEqual(first, {
    level: 'warn',
    event: 'origin_refused',
    origin: untrusted[0],
    expected: [api, app, elsewhere],
    count: 1,
  })
  assert.deepEqual(more, [])
})

test('T10.123 pages, provider callbacks, unknown paths and other methods have no CORS, not even for a trusted origin', async () => {
  for (const { method, path } of forNavigation) {
    const refused = await ask(pathOf(path), method, { origin: app })
    assert.deepEqual([refused.status, corsOf(refused.headers)], [403, {}], path)
    const read = await handler(
      new Request(`${api}${pathOf(path)}`, { method, headers: { origin: app } }),
    )
    assert.deepEqual(corsOf(read.headers), {}, path)
  }
  const nowhere = await ask('/auth/nothing', 'GET', { origin: app })
  assert.deepEqual([nowhere.status, corsOf(nowhere.headers)], [404, {}])
  const unlisted = await ask('/auth/sign-out', 'PUT', { origin: app })
  assert.deepEqual([unlisted.status, corsOf(unlisted.headers)], [405, {}])
  const plain = await handler(
    new Request(`${api}/auth/sign-out`, { method: 'OPTIONS', headers: { origin: app } }),
  )
  assert.deepEqual([plain.status, plain.headers.get('allow')], [405, 'POST'])
})

test('a page of a trusted origin signs up, reads and signs out with the cookie, and reads errors too', async () => {
  const headers = { origin: app, 'sec-fetch-site': 'same-site' }
  const body = { email: newEmail(), password: goodPassword }
  const made = await send('POST', '/auth/password/register', { body, headers })
  assert.equal(made.status, 201)
  const [set = ''] = made.headers.getSetCookie()
  assert.match(set, /^__Host-torii=[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/)
  const { cookie } = made
  const read = await send('GET', '/auth/session', { cookie, headers })
  assert.equal(read.json.user.email, body.email)
  const wrong = await send('POST', '/auth/password/authenticate', {
    body: { ...body, password: 'x' },
    headers,
  })
  const out = await send('POST', '/auth/sign-out', { cookie, headers })
  const late = await send('GET', '/auth/session', { cookie, headers })
  assert.deepEqual([wrong.status, out.status, late.status], [401, 204, 401])
  for (const received of [made, read, wrong, out, late]) {
    assert.equal(received.headers.get('vary'), 'origin')
    assert.deepEqual(corsOf(received.headers), readableBy(app))
  }
})

test('T10.122 a page of any other origin can neither act nor read what it was answered', async () => {
  const { cookie, user } = await signUp(send)
  for (const origin of untrusted) {
    const headers: Record<string, string> =
      origin === '' ? { origin } : { origin, 'sec-fetch-site': 'same-site' }
    const acted = await send('POST', '/auth/sessions/revoke-others', { cookie, headers })
    assert.deepEqual([acted.status, acted.json.error], [403, 'origin_not_allowed'], origin)
    const read = await send('GET', '/auth/session', { cookie, headers })
    for (const received of [acted, read]) {
      assert.equal(received.headers.get('vary'), 'origin')
      assert.deepEqual(corsOf(received.headers), {}, origin)
    }
  }
  assert.equal((await send('GET', '/auth/session', { cookie })).json.user.id, user.id)
})

test('T10.121 without trustedOrigins no response has a CORS header or Vary, and a preflight is refused', async () => {
  const closed = createHandler(site.with({ ...options, trustedOrigins: [] }))
  const headers = { origin: app, 'access-control-request-method': 'POST' }
  const asked = await closed(new Request(`${api}/auth/sign-out`, { method: 'OPTIONS', headers }))
  assert.equal(asked.status, 403)
  const read = await closed(new Request(`${api}/auth/health`, { headers: { origin: app } }))
  for (const response of [asked, read]) {
    assert.deepEqual(corsOf(response.headers), {})
    assert.equal(response.headers.get('vary'), null)
  }
})

test('T10.124 a trusted origin of another site gets no credentials but acts by bearer token, and the log says so at start', async () => {
  createHandler(site.torii)
  const warning = { level: 'warn', event: 'trusted_origin_cross_site', origin: elsewhere }
  assert.deepEqual(startEvents, [])
  assert.deepEqual(
    site.events.filter(({ event }) => event === 'trusted_origin_cross_site').at(-1),
    warning,
  )
  const { cookie, user } = await signUp(send)
  const headers = { origin: elsewhere, 'sec-fetch-site': 'cross-site' }
  const asked = await ask('/auth/user', 'PATCH', headers)
  assert.equal(asked.status, 204)
  assert.equal(asked.headers.get('access-control-allow-credentials'), null)
  const read = await send('GET', '/auth/session', { bearer: tokenIn(cookie), headers })
  assert.equal(read.json.user.id, user.id)
  const { 'access-control-allow-credentials': _, ...withoutCredentials } = readableBy(elsewhere)
  assert.deepEqual(corsOf(read.headers), withoutCredentials)
})

test('T10.124 where only the browser knows that an origin is of another site, it gets no credentials, and others keep theirs', async () => {
  // Both are below github.io, which is a public suffix.
  const [base, other] = ['https://one.github.io', 'https://two.github.io']
  const torii = site.with({ ...options, baseUrl: base, trustedOrigins: [other] })
  site.events.length = 0
  const suffixed = browser(createHandler(torii), base)
  assert.deepEqual(site.events, [])
  const credentialsFor = async (fetchSite: string) => {
    const headers = { origin: other, 'sec-fetch-site': fetchSite }
    const { headers: received } = await suffixed('GET', '/auth/health', { headers })
    return received.get('access-control-allow-credentials')
  }
  assert.equal(await credentialsFor('cross-site'), null)
  assert.equal(await credentialsFor('cross-site'), null)
  assert.equal(await credentialsFor('same-site'), 'true')
  assert.deepEqual(site.events, [
    { level: 'warn', event: 'trusted_origin_cross_site', origin: other },
  ])
})

test('T10.122 own routes accept a trusted origin and refuse every other', async () => {
  const { cookie, user, email } = await signUp(send)
  const outcome = await site.torii.password.authenticate(
    { email, password: goodPassword },
    { ip: null, userAgent: null },
  )
  assert.ok(outcome.ok)
  const post = (origin: string) => ({ method: 'POST', headers: { origin, cookie } })
  assert.equal((await handler.getSession(post(app)))?.user.id, user.id)
  assert.equal((await handler.requireSession(post(app))).ok, true)
  assert.ok(handler.sessionCookies(outcome, post(app)).length > 0)
  for (const origin of untrusted.filter((one) => one !== '')) {
    assert.equal(await handler.getSession(post(origin)), null, origin)
    assert.throws(() => handler.sessionCookies(outcome, post(origin)), {
      message:
        'request comes from a page of another origin, so no session is set. Send it from https://api.acme.example, https://app.acme.example, https://shop.example, or change the options baseUrl or trustedOrigins',
    })
  }
})

test('T10.128 pages may be URLs of trusted origins only, and the form of a link leads there', async () => {
  const pages = { signedIn: `${app}/home`, signIn: `${app}/sign-in`, failed: `${app}/sign-in` }
  const open = browser(createHandler(site.torii, { pages }), api)
  const email = newEmail()
  await open('POST', '/auth/magic-link/request', { body: { email } })
  await site.torii.settled()
  const { token } = await mailbox.takeOne(email, 'magic_link')
  const first = await open('GET', `/auth/magic-link?token=${token}`)
  const cookie = first.headers
    .getSetCookie()
    .map((one) => one.split(';', 1)[0])
    .join('; ')
  const page = await open('GET', '/auth/magic-link', { cookie })
  assert.match(
    page.headers.get('content-security-policy') ?? '',
    /; form-action 'self' https:\/\/app\.acme\.example; base-uri/,
  )
  const nonce = /name="nonce" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const posted = await open('POST', '/auth/magic-link/authenticate', {
    body: new TextEncoder().encode(new URLSearchParams({ token, nonce }).toString()),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    cookie,
  })
  assert.deepEqual([posted.status, posted.headers.get('location')], [303, `${app}/home`])
  for (const signedIn of [
    'https://evil.example/',
    `${app}`,
    `${app}.evil.example/`,
    'https://user@app.acme.example/',
    'https://app.acme.example:443/',
    'javascript:alert(1)',
    '//app.acme.example/',
  ])
    assert.throws(
      () => createHandler(site.torii, { pages: { signedIn } }),
      /option pages\.signedIn: must be a path of this site.*trustedOrigins/,
      signedIn,
    )
})

test('through node:http a preflight is answered, and a Vary of the application stays', async () => {
  const listener = createNodeHandler(handler)
  const server = createServer((request, response) => {
    response.setHeader('vary', 'accept-encoding')
    void listener(request, response)
  }).listen(0, '127.0.0.1')
  afterAll(() => server.close())
  await once(server, 'listening')
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo
  const ask = (method: string) =>
    fetch(`http://127.0.0.1:${port}/auth/sign-out`, {
      method,
      headers: { origin: app, 'access-control-request-method': 'POST' },
    })
  const allowed = await ask('OPTIONS')
  assert.deepEqual(
    [allowed.status, allowed.headers.get('access-control-allow-methods')],
    [204, 'POST'],
  )
  assert.equal(allowed.headers.get('vary'), 'accept-encoding, origin')
})
