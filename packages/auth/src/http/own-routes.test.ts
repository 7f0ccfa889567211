import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import * as forExpress from '../frameworks/express.js'
import * as forFastify from '../frameworks/fastify.js'
import * as forHono from '../frameworks/hono.js'
import * as forSvelteKit from '../frameworks/sveltekit.js'
import { baseUrl, goodPassword, newEmail, openTestSite } from '../test/site.test.support.js'
import { createHandler } from './index.js'

const site = await openTestSite({
  requireVerifiedEmail: false,
  keys: [{ id: 'k1', secret: randomBytes(32) }],
})
const { torii } = site
const auth = createHandler(torii)

const untyped = (value: unknown) => value as never
const get = (headers: Record<string, string> = {}) => ({ method: 'GET', headers })
const socket = { remoteAddress: '203.0.113.7' }

async function signedIn() {
  const given = { email: newEmail(), password: goodPassword }
  const made = await torii.password.register(given, { ip: null, userAgent: null })
  assert.ok(made.ok)
  const outcome = await torii.password.authenticate(given, { ip: null, userAgent: null })
  assert.ok(outcome.ok)
  return outcome
}

test('requestInfo takes the IP address from where each server keeps it, and never from a header on its own', () => {
  const headers = { 'x-forwarded-for': '6.6.6.6, 198.51.100.1', 'user-agent': 'Browser/1.0' }
  const ipOf = (request: object, options = {}) =>
    auth.requestInfo(untyped(request), options).ip ?? null
  const node = { headers, socket }
  const hono = { req: { raw: new Request(baseUrl, { headers }) }, env: { incoming: { socket } } }
  assert.equal(ipOf(node), '203.0.113.7')
  assert.equal(ipOf({ headers, ip: '198.51.100.9', socket }), '198.51.100.9')
  assert.equal(ipOf({ headers, ip: '198.51.100.9', raw: { socket } }), '198.51.100.9')
  assert.equal(ipOf(hono), '203.0.113.7')
  assert.equal(ipOf(new Request(baseUrl, { headers })), null)
  assert.equal(ipOf(new Request(baseUrl, { headers }), { ip: '198.51.100.2' }), '198.51.100.2')
  assert.equal(ipOf(node, { trustedProxyHops: 0 }), '203.0.113.7')
  assert.equal(ipOf(node, { trustedProxyHops: 1 }), '198.51.100.1')
  assert.equal(ipOf(hono, { trustedProxyHops: 1 }), '198.51.100.1')
  assert.equal(
    ipOf({ headers, ip: '198.51.100.9', socket }, { trustedProxyHops: 1 }),
    '198.51.100.1',
  )
  assert.throws(() => ipOf(node, { trustedProxyHops: -1 }), /trustedProxyHops/)
  assert.equal(auth.requestInfo(node).userAgent, 'Browser/1.0')
  for (const value of [null, undefined, {}, 'request'])
    assert.throws(() => ipOf(untyped(value)), /request must be a request of fetch/)
})

test('requestInfo has the device cookie, also in the spelling of a cookie store', async () => {
  const { user } = await signedIn()
  const cookie = torii.deviceCookie(user.email ?? '', { ip: null, userAgent: null }) ?? ''
  for (const value of [cookie, encodeURIComponent(cookie)]) {
    const request = get({ cookie: `__Host-torii-device=${value}` })
    assert.equal(auth.requestInfo(request, { ip: null }).deviceCookie, cookie)
  }
})

test('setSessionCookie sets the same cookies on every kind of response', async () => {
  const outcome = await signedIn()
  const calls: unknown[][] = []
  const record =
    (...kept: number[]) =>
    (...values: unknown[]) =>
      calls.push(values.filter((_, index) => kept.includes(index)))
  const response = new Response(null)
  const headers = new Headers()
  await auth.setSessionCookie(response, outcome)
  await auth.setSessionCookie(headers, outcome)
  await auth.setSessionCookie({ appendHeader: record(0, 1) }, outcome)
  await auth.setSessionCookie({ header: record(0, 1) }, outcome)
  const [expected = ''] = auth.sessionCookies(outcome)
  const token = outcome.token.reveal()
  assert.match(
    expected,
    /^__Host-torii=torii_s_[\w-]+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure$/,
  )
  assert.deepEqual(response.headers.getSetCookie(), [expected])
  assert.deepEqual(headers.getSetCookie(), [expected])
  assert.deepEqual(calls, [
    ['set-cookie', expected],
    ['set-cookie', expected],
  ])
  const stored: unknown[][] = []
  const store = { get: () => null, set: (...values: unknown[]) => stored.push(values) }
  await auth.setSessionCookie(store, outcome)
  auth.clearSessionCookie(store)
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure: true }
  assert.deepEqual(stored, [
    ['__Host-torii', token, { ...attributes, maxAge: 2_592_000 }],
    ['__Host-torii', '', { ...attributes, maxAge: 0 }],
  ])
  const cleared = '__Host-torii=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure'
  assert.deepEqual(auth.clearedSessionCookies(), [cleared])
  for (const value of [null, 'response', {}])
    assert.throws(() => auth.clearSessionCookie(untyped(value)), /response must be a response of/)
})

test('with the request, sessionCookies has the device cookie of a sign-in with its former entries, and none after registering', async () => {
  const one = await signedIn()
  const [, first = ''] = auth.sessionCookies(one, get())
  const other = await signedIn()
  const [, second = ''] = auth.sessionCookies(other, get({ cookie: first.split(';')[0] ?? '' }))
  // Each entry has three colons.
  assert.deepEqual(
    [first, second].map((cookie) => cookie.split(':').length),
    [4, 7],
  )
  assert.match(second, /^__Host-torii-device=.+; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure$/)
  const made = await torii.password.register(
    { email: newEmail(), password: goodPassword },
    { ip: null, userAgent: null },
  )
  assert.ok(made.ok && made.session !== null)
  assert.equal(auth.sessionCookies(made, get()).length, 1)
  const { user: _, ...withoutUser } = one
  assert.equal(auth.sessionCookies(withoutUser, get()).length, 1)
})

test('setSessionCookie ends the former session only, and only with the request', async () => {
  const former = await signedIn()
  const outcome = await signedIn()
  const cookieOf = ({ token }: typeof former) => ({ cookie: `__Host-torii=${token.reveal()}` })
  const isAlive = async (one: typeof former) => (await auth.getSession(get(cookieOf(one)))) !== null
  await auth.setSessionCookie(new Headers(), outcome)
  await auth.setSessionCookie(new Headers(), outcome, get(cookieOf(outcome)))
  assert.deepEqual([await isAlive(former), await isAlive(outcome)], [true, true])
  await auth.setSessionCookie(new Headers(), outcome, get(cookieOf(former)))
  assert.deepEqual([await isAlive(former), await isAlive(outcome)], [false, true])
})

test('T10.111 a page of another origin signs no one in through a route of the application', async () => {
  const outcome = await signedIn()
  const post = (headers: Record<string, string>) => ({ method: 'POST', headers })
  const cookie = '__Host-torii-device=x'
  for (const foreign of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'https://app.example.evil.example' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { cookie },
  ]) {
    const response = new Headers()
    await assert.rejects(
      auth.setSessionCookie(response, outcome, post(foreign)),
      /^InvalidInputError: request comes from a page of another origin.+ https:\/\/app\.example/,
    )
    assert.throws(() => auth.sessionCookies(outcome, post(foreign)), /another origin/)
    assert.deepEqual(response.getSetCookie(), [])
  }
  for (const own of [{ origin: baseUrl }, { 'sec-fetch-site': 'same-origin' }, {}])
    assert.equal(auth.sessionCookies(outcome, post(own)).length, 2)
})

test('a result without a session sets nothing, and says what to check', async () => {
  for (const value of [undefined, {}, { ok: false }, { session: null, token: null }]) {
    const response = new Headers()
    await assert.rejects(
      auth.setSessionCookie(response, untyped(value)),
      /signedIn must have the session and the token of a sign-in: check outcome\.ok first/,
    )
    assert.deepEqual(response.getSetCookie(), [])
  }
})

test('redirectTo is a path of this site', async () => {
  for (const redirectTo of ['https://evil.example', '//evil.example', '/\\evil.example', 'sign-in'])
    await assert.rejects(auth.requireSession(get(), { redirectTo }), /redirectTo must be a path/)
})

test('what a route requires is spelled right, or refused', async () => {
  const wrong = [
    [{ levl: 2 }, 'option levl: is not an option; did you mean level?'],
    [{ level: 3 }, 'option level: must be 1 or 2'],
    [{ level: '2' }, 'option level: must be 1 or 2'],
    [{ recent: 'yes' }, 'option recent: must be true or false'],
  ] as const
  for (const [options, message] of wrong) {
    const given = [get(), options] as const
    await assert.rejects(Reflect.apply(auth.requireSession, auth, given), { message })
    assert.throws(() => Reflect.apply(auth.missingProof, auth, [null, options]), { message })
    for (const { requireSession } of [forExpress, forFastify, forHono])
      assert.throws(() => Reflect.apply(requireSession, null, [auth, options]), { message })
    const event = { locals: { signedIn: null } }
    assert.throws(
      () => Reflect.apply(forSvelteKit.requireSession, null, [event, assert.fail, options]),
      { message },
    )
  }
  for (const { requireUser } of [forExpress, forFastify, forHono])
    assert.throws(
      () => Reflect.apply(requireUser, null, [{}]),
      /auth must be the result of createHandler/,
    )
})
