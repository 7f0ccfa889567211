import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, test } from 'vitest'
import type { ApplicationRequest, AuthHandler, CookieTarget } from '../http/index.js'
import { createHandler } from '../http/index.js'
import { goodPassword, newEmail, openTestSite } from '../test/site.test.support.js'
import * as forExpress from './express.js'
import * as forFastify from './fastify.js'
import * as forHono from './hono.js'

const site = await openTestSite({
  baseUrl: 'http://localhost:3000',
  requireVerifiedEmail: false,
  keys: [{ id: 'k1', secret: randomBytes(32) }],
})
const { torii } = site
const origin = 'http://localhost:3000'

interface Credentials {
  email: string
  password: string
}

/** The routes that an application writes itself, the same in every framework. */
const own = (auth: AuthHandler) => ({
  async register(request: ApplicationRequest, response: CookieTarget, given: Credentials) {
    const made = await torii.password.register(given, auth.requestInfo(request))
    if (!made.ok || made.session === null) throw new Error('not registered')
    await auth.setSessionCookie(response, made, request)
    return made.session.ip
  },
  async signIn(request: ApplicationRequest, response: CookieTarget, given: Credentials) {
    const signedIn = await torii.password.authenticate(given, auth.requestInfo(request))
    if (signedIn.ok) await auth.setSessionCookie(response, signedIn, request)
    return signedIn.ok
  },
  async signOut(request: object, response: CookieTarget) {
    const valid = forExpress.sessionOf(request)
    await torii.sessions.revoke(valid, valid.session.id)
    auth.clearSessionCookie(response)
    return true
  },
})

interface Server {
  readonly url: string
  stop(): unknown
}

async function startExpress(auth: AuthHandler): Promise<Server> {
  const { requireSession, requireUser, userOf } = forExpress
  const routes = own(auth)
  const app = express()
  app.use(express.json())
  app.post('/register', async (request, response) => {
    response.json(await routes.register(request, response, request.body))
  })
  app.post('/sign-in', async (request, response) => {
    response.json(await routes.signIn(request, response, request.body))
  })
  app.post('/sign-out', requireSession(auth), async (request, response) => {
    response.json(await routes.signOut(request, response))
  })
  app.get('/me', requireUser(auth, { redirectTo: '/sign-in' }), (request, response) => {
    response.json(userOf(request).email)
  })
  app.get(
    '/recent',
    requireSession(() => auth, { recent: true }),
    (_request, response) => {
      response.json(true)
    },
  )
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() }
}

async function startFastify(auth: AuthHandler): Promise<Server> {
  const { requireSession, requireUser, userOf } = forFastify
  const routes = own(auth)
  const app = Fastify()
  app.post<{ Body: Credentials }>('/register', (request, reply) =>
    routes.register(request, reply, request.body).then((ip) => JSON.stringify(ip)),
  )
  app.post<{ Body: Credentials }>('/sign-in', (request, reply) =>
    routes.signIn(request, reply, request.body),
  )
  app.post('/sign-out', { preHandler: requireSession(auth) }, (request, reply) =>
    routes.signOut(request, reply),
  )
  app.get('/me', { preHandler: requireUser(auth, { redirectTo: '/sign-in' }) }, async (request) =>
    JSON.stringify(userOf(request).email),
  )
  app.get('/recent', { onRequest: requireSession(() => auth, { recent: true }) }, async () => true)
  return { url: await app.listen({ port: 0, host: '127.0.0.1' }), stop: () => app.close() }
}

async function startHono(auth: AuthHandler): Promise<Server> {
  const { requireSession, requireUser, userOf } = forHono
  const routes = own(auth)
  const app = new Hono()
  app.post('/register', async (context) =>
    context.json(await routes.register(context, context, await context.req.json())),
  )
  app.post('/sign-in', async (context) =>
    context.json(await routes.signIn(context, context, await context.req.json())),
  )
  app.post('/sign-out', requireSession(auth), async (context) =>
    context.json(await routes.signOut(context, context)),
  )
  app.get('/me', requireUser(auth, { redirectTo: '/sign-in' }), (context) =>
    context.json(userOf(context).email),
  )
  app.get(
    '/recent',
    requireSession(() => auth, { recent: true }),
    (context) => context.json(true),
  )
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() }
}

/** Requests a page as a browser that opens it: `fetch` sends another mode. */
async function navigate(url: string): Promise<[status: number | undefined, location: string]> {
  const asked = request(url, { headers: { 'sec-fetch-mode': 'navigate' } }).end()
  // What the event is documented to bring.
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  response.resume()
  return [response.statusCode, response.headers.location ?? '']
}

const servers = { express: startExpress, fastify: startFastify, hono: startHono }

for (const [name, start] of Object.entries(servers))
  describe(`the application's own routes in ${name}`, () => {
    let server: Server
    beforeAll(async () => {
      server = await start(createHandler(torii))
    })
    afterAll(() => server.stop())

    async function send(
      method: string,
      path: string,
      sent: Record<string, string> = {},
      body?: object,
    ) {
      const headers = { origin, 'content-type': 'application/json', ...sent }
      const content = body === undefined ? {} : { body: JSON.stringify(body) }
      const response = await fetch(server.url + path, {
        method,
        headers,
        redirect: 'manual',
        ...content,
      })
      const cookies = response.headers.getSetCookie()
      const json: unknown = JSON.parse((await response.text()) || 'null')
      return { status: response.status, headers: response.headers, json, cookies }
    }
    const namesOf = (cookies: readonly string[]) => cookies.map((cookie) => cookie.split('=')[0])
    const carried = (cookies: readonly string[]) =>
      cookies.map((cookie) => cookie.split(';')[0]).join('; ')

    test('a sign-in route sets the cookies of session and device, and ends the former session', async () => {
      const given = { email: newEmail(), password: goodPassword }
      const registered = await send('POST', '/register', {}, given)
      // Registering proves nothing about the mailbox, so it makes no known browser.
      assert.deepEqual([registered.json, namesOf(registered.cookies)], ['127.0.0.1', ['torii']])
      const former = carried(registered.cookies)
      assert.equal((await send('GET', '/me', { cookie: former })).json, given.email)
      const signedIn = await send('POST', '/sign-in', { cookie: former }, given)
      assert.deepEqual(namesOf(signedIn.cookies), ['torii', 'torii-device'])
      for (const cookie of signedIn.cookies)
        assert.match(cookie, /; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/)
      assert.equal((await send('GET', '/me', { cookie: carried(signedIn.cookies) })).status, 200)
      assert.equal((await send('GET', '/me', { cookie: former })).status, 401)
    })

    test('a sign-out route deletes the cookie and ends the session', async () => {
      const given = { email: newEmail(), password: goodPassword }
      const cookie = carried((await send('POST', '/register', {}, given)).cookies)
      const signedOut = await send('POST', '/sign-out', { cookie }, {})
      assert.deepEqual(signedOut.cookies, ['torii=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax'])
      assert.equal((await send('GET', '/me', { cookie })).status, 401)
    })

    test('without a session a program gets 401 in JSON and a browser a redirect; a foreign page gets nothing', async () => {
      const refused = await send('GET', '/me')
      assert.deepEqual(
        [refused.status, Reflect.get(Object(refused.json), 'error')],
        [401, 'unauthenticated'],
      )
      assert.deepEqual(await navigate(`${server.url}/me`), [303, '/sign-in'])
      const given = { email: newEmail(), password: goodPassword }
      const cookie = carried((await send('POST', '/register', {}, given)).cookies)
      const foreign = { cookie, origin: 'https://evil.example' }
      assert.equal((await send('POST', '/sign-out', foreign, {})).status, 401)
      assert.equal((await send('GET', '/me', { cookie })).status, 200)
    })

    test('recent: an authentication that is too old is 403', async () => {
      const given = { email: newEmail(), password: goodPassword }
      const cookie = carried((await send('POST', '/register', {}, given)).cookies)
      assert.equal((await send('GET', '/recent', { cookie })).status, 200)
      await site.elapse(700)
      const old = await send('GET', '/recent', { cookie })
      assert.deepEqual(
        [old.status, Reflect.get(Object(old.json), 'error')],
        [403, 'reauthentication_required'],
      )
    })
  })

test('a route without the middleware throws, and says what to put before it', () => {
  assert.throws(() => forExpress.userOf({}), {
    code: 'ERR_MISUSE',
    message: 'this route has no session: put requireUser(auth) or requireSession(auth) before it',
  })
})
