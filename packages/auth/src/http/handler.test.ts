import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { PostgresStorage } from 'torii-storage-postgres'
import { test } from 'vitest'
import type { LogEvent } from '../index.js'
import { newKeyPair } from '../test/key-pair.test.support.js'
import { openMailbox } from '../test/mailbox.test.support.js'
import {
  baseUrl,
  newEmail,
  openTestSite,
  goodPassword as password,
} from '../test/site.test.support.js'
import { Torii } from '../torii.js'
import { createHandler } from './index.js'
import { routes } from './routes/routes.js'
import { browser, parse, signUp, tokenIn } from './test/client.test.support.js'

// With everything that makes routes exist, so that every route there is can be tried.
const mailbox = await openMailbox()
const { privateKey } = newKeyPair('Ed25519')
const site = await openTestSite({
  mailer: mailbox.mailer,
  requireVerifiedEmail: false,
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  jwt: { keys: [{ id: 'j1', algorithm: 'EdDSA', privateKey }], audience: 'api' },
})
const { torii, db } = site
const handler = createHandler(torii)
const send = browser(handler)
const id = '0190f000-0000-7000-8000-000000000000'
const pathOf = (path: string) => `/auth/${path.replace(':id', id).replace(':provider', 'nobody')}`
// A provider posts its response from its own page; http/routes/oauth-form-post.test.ts has the rules of that route.
const unsafe = routes.filter(
  ({ method, postedByProvider }) => method !== 'GET' && postedByProvider !== true,
)

async function rowsOf(): Promise<unknown> {
  const { rows } = await db.query(`select
    (select json_agg(u order by u.id) from torii.users u) as users,
    (select json_agg(s order by s.id) from torii.sessions s) as sessions,
    (select json_agg(a order by a.key) from torii.rate_limits a) as attempts`)
  return rows
}

const foreign = [
  'https://evil.example',
  'null',
  'https://sub.app.example',
  'https://app.example:444',
  'http://app.example',
]

for (const { method, path } of unsafe)
  test(`T10.111 ${method} ${path} from a foreign page is 403 and does nothing, with or without a cookie`, async () => {
    const { cookie, email } = await signUp(send)
    await torii.settled()
    const before = await rowsOf()
    const body = { email, password }
    for (const origin of foreign)
      for (const carried of [{ cookie }, {}]) {
        const answer = await send(method, pathOf(path), { body, ...carried, headers: { origin } })
        assert.deepEqual([answer.status, answer.json.error], [403, 'origin_not_allowed'])
        assert.deepEqual(answer.headers.getSetCookie(), [])
      }
    const missing = await send(method, pathOf(path), { body, cookie, headers: { origin: '' } })
    assert.equal(missing.status, 403)
    assert.deepEqual(await rowsOf(), before)
  })

test('a request without cookies and browser headers needs no Origin', async () => {
  const body = { email: newEmail(), password }
  const made = await send('POST', '/auth/password/register', { body, headers: { origin: '' } })
  assert.equal(made.status, 201)
  const carried = { bearer: tokenIn(made.cookie), headers: { origin: '' } }
  assert.equal((await send('POST', '/auth/sessions/revoke-others', carried)).status, 200)
})

for (const { method, path } of unsafe)
  test(`T10.112 GET and HEAD of ${method} ${path} change nothing`, async () => {
    const { cookie } = await signUp(send)
    await torii.settled()
    const before = await rowsOf()
    const showing = routes.some((route) => route.path === path && route.method === 'GET')
    for (const safe of ['GET', 'HEAD', 'OPTIONS']) {
      const answer = await send(safe, pathOf(path), { cookie })
      if (!showing || safe === 'OPTIONS') {
        assert.equal(answer.status, 405)
        assert.ok(answer.headers.get('allow')?.split(', ').includes(method))
      }
      assert.equal(answer.text, safe === 'HEAD' ? '' : answer.text)
    }
    assert.deepEqual(await rowsOf(), before)
  })

test('HEAD responds like GET, without the body', async () => {
  const { cookie } = await signUp(send)
  const head = await send('HEAD', '/auth/session', { cookie })
  assert.deepEqual([head.status, head.text], [200, ''])
  assert.equal((await send('HEAD', '/auth/session')).status, 401)
})

test('T6.82 the host of a request decides nothing: the cookie and the origins are those of the base URL', async () => {
  const other = browser(handler, 'http://evil.example')
  const body = { email: newEmail(), password }
  const answer = await other('POST', '/auth/password/register', {
    body,
    headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
  })
  assert.equal(answer.status, 403)
  const made = await other('POST', '/auth/password/register', {
    body,
    headers: { origin: baseUrl },
  })
  assert.match(made.cookie, /^__Host-torii=/)
})

test('on http://localhost the cookie has no prefix, and every loopback origin is allowed', async () => {
  const local = createHandler(site.with({ baseUrl: 'http://localhost:3000' }))
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    const from = browser(local, `http://${host}:3000`)
    const { cookie } = await signUp(from)
    assert.match(cookie, /^torii=torii_s_/)
    assert.equal((await from('GET', '/auth/session', { cookie })).status, 200)
  }
})

test('T10.114 the address comes from the server, never from a header', async () => {
  const spoofed = {
    'x-forwarded-for': '6.6.6.6',
    forwarded: 'for=6.6.6.6',
    'x-real-ip': '6.6.6.6',
    'cf-connecting-ip': '6.6.6.6',
  }
  const sent = {
    body: { email: newEmail(), password },
    headers: spoofed,
    ip: '[2001:DB8::0001]:443',
  }
  assert.equal((await send('POST', '/auth/password/register', sent)).json.session.ip, '2001:db8::1')
  const headers = { origin: baseUrl, 'content-type': 'application/json', ...spoofed }
  const body = JSON.stringify({ email: newEmail(), password })
  const unknown = await handler(
    new Request(`${baseUrl}/auth/password/register`, { method: 'POST', headers, body }),
  )
  assert.equal(parse(await unknown.text()).session.ip, null)
})

test('an unreachable database is 503, an unexpected error 500; both are logged, and the response has no details', async () => {
  const { cookie } = await signUp(send)
  const storage = await PostgresStorage.connect(db.url)
  const events: LogEvent[] = []
  const closed = browser(
    createHandler(new Torii(storage, { baseUrl, log: (event) => events.push(event) })),
  )
  await storage.close()
  const away = await closed('GET', '/auth/session', { cookie })
  assert.deepEqual([away.status, away.json.error], [503, 'unavailable'])
  site.events.length = 0
  await db.query('alter table torii.sessions rename to elsewhere')
  const broken = await send('GET', '/auth/session', { cookie })
  await db.query('alter table torii.elsewhere rename to sessions')
  assert.deepEqual([broken.status, broken.text.includes('sessions')], [500, false])
  const failed = events.find(({ event }) => event === 'request_failed')
  for (const event of [failed, site.events[0]]) {
    const { level, event: name, route } = event as { level: string; event: string; route: string }
    assert.deepEqual([level, name, route], ['error', 'request_failed', 'GET session'])
  }
})

test('getSession reads requests of fetch and of node:http', async () => {
  const { cookie, user } = await signUp(send)
  const bearer = { authorization: `Bearer ${tokenIn(cookie)}` }
  const who = async (request: Parameters<typeof handler.getSession>[0]) =>
    (await handler.getSession(request))?.user.id ?? null
  assert.equal(await who(new Request(baseUrl, { headers: { cookie } })), user.id)
  assert.equal(await who({ method: 'GET', headers: { cookie } }), user.id)
  assert.equal(await who({ method: 'POST', headers: bearer }), user.id)
  assert.equal(await who({ method: 'GET', headers: {} }), null)
  assert.equal(await who({ method: 'GET', headers: { cookie: '__Host-torii=x' } }), null)
})

test('getSession applies the Origin rule to the cookie, so a page of another site cannot use it on those routes either', async () => {
  const { cookie, user } = await signUp(send)
  const who = async (method: string | undefined, headers: Record<string, string>) =>
    (await handler.getSession({ method, headers: { cookie, ...headers } }))?.user.id ?? null
  assert.equal(await who('POST', { origin: baseUrl }), user.id)
  assert.equal(await who('POST', { 'sec-fetch-site': 'same-origin' }), user.id)
  assert.equal(await who('POST', {}), null)
  assert.equal(await who(undefined, {}), null)
  for (const origin of foreign) assert.equal(await who('POST', { origin }), null)
})

test('requireSession returns the session, or the response to send: 401, 403 for an old authentication, 503', async () => {
  const { cookie, user } = await signUp(send)
  const request = { method: 'GET', headers: { cookie } }
  const signedIn = await handler.requireSession(request, { recent: true })
  assert.ok(signedIn.ok && signedIn.user.id === user.id)
  const signedOut = await handler.requireSession({ method: 'GET', headers: {} })
  assert.ok(!signedOut.ok && signedOut.response.status === 401)
  await site.elapse(601)
  const old = await handler.requireSession(request, { recent: true })
  assert.ok(!old.ok && old.response.status === 403)
  assert.ok((await handler.requireSession(request)).ok)
})

test('T14.40 requireSession with level 2 lets a session pass in which two factors were proved, recently if asked', async () => {
  const { cookie } = await signUp(send)
  const request = { method: 'GET', headers: { cookie } }
  const one = await handler.requireSession(request, { level: 2 })
  assert.ok(!one.ok && one.response.status === 403)
  assert.deepEqual(await one.response.json(), {
    error: 'level_required',
    message: 'Set up two-factor authentication or a passkey to continue.',
    level: 2,
    methods: ['passkey'],
    enroll: ['totp', 'passkey'],
  })
  const raise = (ago: number) =>
    site.db.query(
      'update torii.sessions set level = 2, level2_at = statement_timestamp() - make_interval(secs => $1)',
      [ago],
    )
  await raise(0)
  assert.ok((await handler.requireSession(request, { level: 2, recent: true })).ok)
  await raise(700)
  assert.ok((await handler.requireSession(request, { level: 2 })).ok)
  const old = await handler.requireSession(request, { level: 2, recent: true })
  assert.ok(!old.ok && old.response.status === 403)
  // Without a second factor only a passkey can have proved two.
  assert.deepEqual(await old.response.json(), {
    error: 'level_required',
    message: 'Confirm with your passkey to continue.',
    level: 2,
    methods: ['passkey'],
  })
  const valid = await handler.getSession(request)
  assert.ok(valid !== null)
  assert.equal(handler.missingProof(valid, { level: 2, recent: true }), 'level_required')
  assert.equal(handler.missingProof(valid, { level: 2 }), null)
  // Without a second factor, one recent proof is enough where no level is asked for.
  assert.ok((await handler.requireSession(request, { recent: true })).ok)
})

test('T10.117 when the database cannot be reached, requireSession returns 503 and never a session', async () => {
  const { cookie } = await signUp(send)
  const storage = await PostgresStorage.connect(db.url)
  const closed = createHandler(new Torii(storage, { baseUrl }))
  await storage.close()
  const guarded = await closed.requireSession({ method: 'GET', headers: { cookie } })
  assert.ok(!guarded.ok && guarded.response.status === 503)
})

test('without a mailer, keys or providers, their routes are 404', async () => {
  const bare = browser(createHandler(new Torii(site.storage, { baseUrl })))
  for (const { method, path, feature } of routes.filter((route) => route.feature !== undefined))
    assert.equal((await bare(method, pathOf(path), {})).status, 404, `${method} ${path} ${feature}`)
  assert.deepEqual((await bare('GET', '/auth/oauth/providers')).json, { providers: [] })
})
