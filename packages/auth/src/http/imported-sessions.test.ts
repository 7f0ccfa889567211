import assert from 'node:assert/strict'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { SessionLevel } from 'torii-core'
import { tokenHash } from 'torii-core'
import { test } from 'vitest'
import type { ToriiEvent, ToriiOptions } from '../index.js'
import {
  baseUrl,
  goodPassword,
  newEmail,
  openTestSite,
  requestInfo,
  signUp,
} from '../test/site.test.support.js'
import type { AuthHandler } from './index.js'
import { createHandler } from './index.js'
import { Browser } from './test/browser.test.support.js'

const secret = 'the secret of the other system'
const events: ToriiEvent[] = []
const base = {
  keys: [{ id: 'own', secret: randomBytes(32) }],
  onEvent: (event: ToriiEvent) => events.push(event),
}
const site = await openTestSite(base)
const siteFor = (importedSessions: NonNullable<ToriiOptions['importedSessions']>, more = {}) =>
  site.with({ ...base, importedSessions, ...more })
const fromBetterAuth = siteFor({ from: 'better-auth', secret })
const betterAuth = createHandler(fromBetterAuth, {
  pages: { signedIn: '/home', failed: '/failed' },
})
const betterAuthCookie = '__Secure-better-auth.session_token'
const day = 86_400_000
const mailing = { mailer: { send: async () => undefined }, mail: { appName: 'App' } }

const keyOf = (token: string) => tokenHash(createHash('sha256').update(token).digest())
const signed = (token: string, by = secret) =>
  encodeURIComponent(`${token}.${createHmac('sha256', by).update(token).digest('base64')}`)

/** A session of the other system, of a user who is here. */
async function imported(
  given: { level?: SessionLevel; userAgent?: string; verified?: boolean } = {},
) {
  const { user } = await signUp(site.torii)
  if (given.verified !== false) await site.storage.users.verifyEmail(user.id, user.email ?? '')
  const userId = user.id
  const token = randomBytes(24).toString('base64url')
  const session = {
    key: keyOf(token),
    userId,
    authenticatedAt: new Date(Date.now() - 3 * day),
    expiresAt: new Date(Date.now() + 5 * day),
    level: given.level ?? (1 as const),
    userAgent: given.userAgent ?? null,
  }
  assert.equal(await site.storage.sessions.importMany([session]), 1)
  return { token, ...session }
}

function browserWith(cookies: Readonly<Record<string, string>>, handler: AuthHandler = betterAuth) {
  const browser = new Browser(handler, requestInfo.ip)
  for (const [name, value] of Object.entries(cookies)) browser.cookies.set(name, value)
  return browser
}
const visit = (token: string) => browserWith({ [betterAuthCookie]: signed(token) })

const userIn = async (response: Response): Promise<string> => {
  assert.equal(response.status, 200, await response.clone().text())
  return ((await response.json()) as { user: { id: string } }).user.id
}

test('T15.10 the first request with the cookie of the other system opens a session, and later ones use it', async () => {
  const { userId, token, authenticatedAt, expiresAt } = await imported()
  const browser = visit(token)
  events.length = 0
  const { result, statements } = await site.counted(() => browser.send('GET', 'session'))
  // One opens the session, one validates it.
  assert.equal(statements, 2)
  assert.equal(await userIn(result), userId)
  const own = browser.session ?? assert.fail('no cookie')
  const valid = (await site.torii.sessions.validate(own)) ?? assert.fail('no session')
  assert.deepEqual(valid.session.methods, ['imported'])
  assert.equal(valid.session.level, 1)
  assert.deepEqual(valid.session.authenticatedAt, authenticatedAt)
  assert.ok(valid.session.absoluteExpiresAt.getTime() <= expiresAt.getTime() + 1000)
  assert.equal(valid.recent, false)
  assert.deepEqual(
    events.map(({ type, detail, userId: of }) => [type, detail, of]),
    [['session_continued', { sameUserAgent: true }, userId]],
  )
  const again = await site.counted(() => browser.send('GET', 'session'))
  assert.equal(again.statements, 1)
  assert.equal(browser.session, own)
})

test('T15.11 six first requests at once get the same session', async () => {
  const { userId, token } = await imported()
  const browsers = Array.from({ length: 6 }, () => visit(token))
  const answers = await Promise.all(browsers.map((browser) => browser.send('GET', 'user')))
  for (const answer of answers) assert.equal(await userIn(answer), userId)
  assert.equal(new Set(browsers.map(({ session }) => session)).size, 1)
  const valid = await site.torii.sessions.validate(browsers[0]?.session ?? '')
  assert.equal((await site.torii.sessions.list(valid ?? assert.fail())).length, 2)
})

test('T15.12 after signing out the cookie of the other system opens nothing, used or not', async () => {
  for (const isUsed of [true, false]) {
    const { token } = await imported()
    const browser = visit(token)
    if (isUsed) await userIn(await browser.send('GET', 'session'))
    assert.equal((await browser.send('POST', 'sign-out')).status, 204)
    assert.equal(browser.session, undefined)
    assert.equal((await browser.send('GET', 'session')).status, 401)
    assert.equal(browser.session, undefined)
  }
})

test('T15.12 a minute after its use the cookie of the other system opens nothing, although its session lives', async () => {
  const { token, key } = await imported()
  const browser = visit(token)
  await userIn(await browser.send('GET', 'session'))
  await site.db.query(
    `update torii.imported_sessions set used_at = used_at - interval '61 seconds' where key = $1`,
    [key],
  )
  assert.equal((await visit(token).send('GET', 'session')).status, 401)
  assert.equal((await browser.send('GET', 'session')).status, 200)
})

test('T15.13 a cookie counts only with the signature of the other system', async () => {
  const { token, userId } = await imported()
  const { length } = signed(token)
  const forged = [
    token,
    `${token}.`,
    `.${token}`,
    encodeURIComponent(`${token}.${'A'.repeat(43)}=`),
    signed(token, 'another secret'),
    signed(token).slice(0, length - 4),
    `${signed(token)}A`,
    '%',
    '',
    signed(''),
    signed('x'.repeat(5000)),
    signed(`${token}\u0000`),
  ]
  for (const value of forged) {
    const browser = browserWith({ [betterAuthCookie]: value })
    const { result, statements } = await site.counted(() => browser.send('GET', 'session'))
    assert.equal(result.status, 401, value)
    assert.equal(statements, 0, value)
  }
  // Without the prefix another host could have set it.
  const unprefixed = browserWith({ 'better-auth.session_token': signed(token) })
  assert.equal((await unprefixed.send('GET', 'session')).status, 401)
  assert.equal(await userIn(await visit(token).send('GET', 'session')), userId)
})

test('T15.14 the session of a user comes before one of another system, also a session that has ended', async () => {
  const { token } = await imported()
  const own = await signUp(site.torii)
  const browser = visit(token)
  browser.cookies.set('__Host-torii', own.token.reveal())
  assert.equal(await userIn(await browser.send('GET', 'session')), own.user.id)
  await site.torii.sessions.signOut(own.token)
  assert.equal((await browser.send('GET', 'session')).status, 401)
  const bearer = await betterAuth(
    new Request(`${baseUrl}/auth/session`, {
      headers: { authorization: 'Bearer x', cookie: `${betterAuthCookie}=${signed(token)}` },
    }),
  )
  assert.equal(bearer.status, 401)
})

test('T15.15 a request that another site makes, or a prefetch, continues no session', async () => {
  const { token, userId } = await imported()
  const cookie = `${betterAuthCookie}=${signed(token)}`
  const send = async (headers: Record<string, string>) =>
    betterAuth(new Request(`${baseUrl}/auth/session`, { headers: { cookie, ...headers } }))
  const foreign = [
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    { 'sec-purpose': 'prefetch' },
    { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  ]
  for (const headers of foreign) {
    const { result, statements } = await site.counted(() => send(headers as never))
    assert.equal(result.status, 401, JSON.stringify(headers))
    assert.equal(statements, 0)
    assert.deepEqual(result.headers.getSetCookie(), [])
  }
  assert.equal(await userIn(await send({ 'sec-fetch-site': 'same-origin' })), userId)
})

test('T15.16 where a second factor is due, the user waits for it, and a page leads there', async () => {
  const torii = siteFor(
    { from: 'better-auth', secret },
    { ...mailing, secondFactor: { required: 'always' } },
  )
  const handler = createHandler(torii)
  const { token } = await imported()
  const browser = browserWith({ [betterAuthCookie]: signed(token) }, handler)
  assert.equal((await browser.send('GET', 'session')).status, 401)
  assert.equal(browser.session, undefined)
  assert.ok(browser.pending)
  assert.notEqual(await torii.secondFactors.findPending(browser.pending), null)
  const page = await handler.requireSession(pageRequest(signed((await imported()).token)))
  assert.ok(!page.ok)
  assert.equal(page.response.status, 303)
  assert.equal(
    page.response.headers.get('location'),
    '/auth/second-factors/verify?redirectTo=%2Forders%3Fpage%3D2',
  )
  // The other system says that two factors were proved.
  const proved = await imported({ level: 2 })
  const trusted = browserWith({ [betterAuthCookie]: signed(proved.token) }, handler)
  assert.equal(await userIn(await trusted.send('GET', 'session')), proved.userId)
})

const pageRequest = (cookie: string, init: RequestInit = {}) =>
  new Request(`${baseUrl}/orders?page=2`, {
    ...init,
    headers: {
      cookie: `${betterAuthCookie}=${cookie}`,
      accept: 'text/html',
      'sec-fetch-site': 'none',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      ...init.headers,
    },
  })

test('requireSession() leads a page to itself with the cookie of the continued session, and to sign in without one', async () => {
  const { token, userId } = await imported()
  const redirectTo = '/sign-in'
  const first = await betterAuth.requireSession(pageRequest(signed(token)), { redirectTo })
  assert.ok(!first.ok)
  assert.equal(first.response.status, 303)
  assert.equal(first.response.headers.get('location'), '/orders?page=2')
  const [set = ''] = first.response.headers.getSetCookie()
  const [own = ''] = set.split(';')
  const second = await betterAuth.requireSession(
    new Request(`${baseUrl}/orders?page=2`, { headers: { cookie: own } }),
  )
  assert.ok(second.ok && second.user.id === userId)
  const unknown = await betterAuth.requireSession(pageRequest(signed('x'.repeat(32))), {
    redirectTo,
  })
  assert.ok(!unknown.ok)
  assert.equal(unknown.response.headers.get('location'), redirectTo)
  // A form that is posted is lost by a redirect, and a script reads no cookie.
  const { token: other } = await imported()
  for (const init of [
    { method: 'POST', headers: { origin: baseUrl } },
    { headers: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' } },
  ]) {
    const refused = await betterAuth.requireSession(pageRequest(signed(other), init))
    assert.ok(!refused.ok)
    assert.equal(refused.response.status, 401)
  }
})

test('requireSession() of Express below a router, and a path that a browser would read as a host', async () => {
  const { token, userId } = await imported()
  const headers = Object.fromEntries(pageRequest(signed(token)).headers)
  const hostile = await betterAuth.requireSession({
    method: 'GET',
    headers,
    url: '//evil.example/',
  } as never)
  assert.ok(!hostile.ok && hostile.response.status === 401)
  const express = { method: 'GET', headers, url: '/2', originalUrl: '/orders/2' }
  const answer = await betterAuth.requireSession(express as never)
  assert.ok(!answer.ok)
  assert.equal(answer.response.headers.get('location'), '/orders/2')
  assert.ok(userId)
})

test('continueSession() returns the session and sets its cookie, and is getSession() otherwise', async () => {
  const { token, userId } = await imported()
  const made = new Headers()
  const valid = await betterAuth.continueSession(pageRequest(signed(token)), made)
  assert.equal(valid?.user.id, userId)
  const [own = ''] = (made.getSetCookie()[0] ?? '').split(';')
  const unchanged = new Headers()
  const request = new Request(baseUrl, { headers: { cookie: own } })
  assert.equal((await betterAuth.continueSession(request, unchanged))?.user.id, userId)
  assert.deepEqual(unchanged.getSetCookie(), [])
  assert.equal(await betterAuth.continueSession(new Request(baseUrl), unchanged), null)
  const foreign = pageRequest(signed((await imported()).token), {
    method: 'POST',
    headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
  })
  assert.equal(await betterAuth.continueSession(foreign, unchanged), null)
  // A form of an old browser, which says nothing, and a browser whose own session has ended.
  const { token: other } = await imported()
  const cookieOfOther = `${betterAuthCookie}=${signed(other)}`
  const form = new Request(baseUrl, { method: 'POST', headers: { cookie: cookieOfOther } })
  assert.equal(await betterAuth.continueSession(form, unchanged), null)
  const { token: ended } = await signUp(site.torii)
  await site.torii.sessions.signOut(ended)
  const headers = { cookie: `__Host-torii=${ended.reveal()}; ${cookieOfOther}` }
  assert.equal(await betterAuth.continueSession(new Request(baseUrl, { headers }), unchanged), null)
  assert.deepEqual(unchanged.getSetCookie(), [])
})

test('T15.17 a session that goes on in another browser than it began in is told as such', async () => {
  const { token } = await imported({ userAgent: 'Another browser' })
  events.length = 0
  await userIn(await visit(token).send('GET', 'session'))
  assert.deepEqual(
    events.map(({ type, detail }) => [type, detail]),
    [['session_continued', { sameUserAgent: false }]],
  )
})

test('T15.18 unverified users of a site that requires a verified email address get no session', async () => {
  const torii = siteFor({ from: 'better-auth', secret }, mailing)
  assert.equal(torii.options.requireVerifiedEmail, true)
  const visitOf = ({ token }: { token: string }) =>
    browserWith({ [betterAuthCookie]: signed(token) }, createHandler(torii)).send('GET', 'session')
  assert.equal((await visitOf(await imported({ verified: false }))).status, 401)
  assert.equal((await visitOf(await imported())).status, 200)
})

test('the hook beforeSession refuses a continued session, and the cookie stays usable', async () => {
  let asked: string | null = null
  const beforeSession = ({ operation }: { operation: string }) => {
    asked = operation
    return { refuse: 'maintenance', message: 'Come back later.' }
  }
  const torii = siteFor({ from: 'better-auth', secret }, { hooks: { beforeSession } })
  const { token, userId } = await imported()
  const browser = browserWith({ [betterAuthCookie]: signed(token) }, createHandler(torii))
  assert.equal((await browser.send('GET', 'session')).status, 401)
  assert.equal(asked, 'sessions.continueImported')
  assert.equal(await userIn(await visit(token).send('GET', 'session')), userId)
})

test('the cookies of Auth.js, NextAuth.js 4 and Lucia, and one of another name', async () => {
  const systems = [
    [{ from: 'authjs' }, '__Secure-authjs.session-token'],
    [{ from: 'authjs' }, '__Secure-next-auth.session-token'],
    [{ from: 'lucia' }, 'auth_session'],
    [{ from: 'lucia', cookieName: 'sid' }, 'sid'],
  ] as const
  for (const [options, name] of systems) {
    const handler = createHandler(siteFor(options))
    const { token, userId } = await imported()
    const twice = new Request(`${baseUrl}/auth/session`, {
      headers: { cookie: `${name}=${token}; ${name}=${token}x` },
    })
    assert.equal((await handler(twice, requestInfo)).status, 401)
    const browser = browserWith({ [name]: token }, handler)
    assert.equal(await userIn(await browser.send('GET', 'session')), userId)
  }
})

test('T15.19 a stolen database and the cookie open nothing without the keys of the application', async () => {
  const { token } = await imported()
  const browser = visit(token)
  await userIn(await browser.send('GET', 'session'))
  const other = site.with({
    ...base,
    keys: [{ id: 'own', secret: randomBytes(32) }],
    importedSessions: { from: 'better-auth', secret },
  })
  const outcome = await other.sessions.continueImported(signed(token), requestInfo)
  assert.deepEqual(outcome, { ok: false, reason: 'invalid_token' })
})

test('the options of imported sessions are checked at the start', () => {
  const refusal = (importedSessions: unknown, more: Partial<ToriiOptions> = {}) => {
    try {
      site.with({ ...base, ...more, importedSessions: importedSessions as never })
    } catch (error) {
      return (error as Error).message
    }
    return null
  }
  assert.match(
    refusal({ from: 'better-auth' }) ?? '',
    /importedSessions\.secret: is missing: pass the secret of Better Auth/,
  )
  assert.match(
    refusal({ from: 'lucia', secret }) ?? '',
    /importedSessions\.secret: is for better-auth alone/,
  )
  assert.match(
    refusal({ from: 'devise' }) ?? '',
    /importedSessions\.from: must be one of better-auth, authjs, lucia/,
  )
  assert.match(
    refusal({ from: 'lucia', cookieName: 'a b' }) ?? '',
    /cookieName: must be the name of a cookie/,
  )
  assert.match(refusal({ from: 'lucia', cookie: 'x' }) ?? '', /importedSessions\.cookie/)
  assert.match(
    refusal({ from: 'lucia' }, { keys: undefined as never }) ?? '',
    /keys: is required for importedSessions/,
  )
  assert.match(
    refusal({ from: 'lucia' }, { profile: 'aal2' }) ?? '',
    /importedSessions: must be absent with profile aal2/,
  )
  assert.equal(refusal({ from: 'lucia' }), null)
  assert.ok(newEmail() && goodPassword)
})

test('without the option its methods say that it is required, and a cookie changes nothing', async () => {
  const { torii } = site
  for (const call of [
    () => torii.sessions.continueImported('x', requestInfo),
    () => torii.sessions.endImported('x'),
  ])
    await assert.rejects(call(), {
      code: 'ERR_INVALID_OPTIONS',
      message: /importedSessions: is required for sessions/,
    })
  const { token } = await imported()
  const browser = browserWith({ [betterAuthCookie]: signed(token) }, createHandler(torii))
  assert.equal((await browser.send('GET', 'session')).status, 401)
})
