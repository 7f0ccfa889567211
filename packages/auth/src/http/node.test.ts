import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import express from 'express'
import { InvalidOptionsError } from 'torii-core'
import { afterAll, test } from 'vitest'
import { newEmail, openTestSite, goodPassword as password } from '../test/site.test.support.js'
import { createHandler, createNodeHandler } from './index.js'
import { parse } from './test/client.test.support.js'

const origin = 'http://localhost:3000'
const site = await openTestSite({ baseUrl: origin })
const auth = createHandler(site.torii)

/** Serves on a free port and answers with its base address. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  // A TCP server's address is an object.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { origin, 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

async function registerAt(url: string, headers: Record<string, string> = {}) {
  const response = await post(
    `${url}/auth/password/register`,
    { email: newEmail(), password },
    headers,
  )
  assert.equal(response.status, 201)
  return {
    json: parse(await response.text()),
    cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '',
  }
}

const listener = createNodeHandler(auth)
const plain = await serve((request, response) => void listener(request, response))

const app = express()
app.use(createNodeHandler(auth))
app.use(express.json())
app.post('/echo', (request, response) => void response.json(request.body))
app.get('/me', async (request, response) => {
  const valid = await auth.getSession(request)
  if (valid === null) return void response.status(401).end()
  response.json({ email: valid.user.email })
})
const inExpress = await serve(app)

const mounted = express()
mounted.use('/auth', createNodeHandler(auth))
const inMount = await serve(mounted)

for (const [name, url] of [
  ['node:http', plain],
  ['Express', inExpress],
  ['Express under /auth', inMount],
] as const)
  test(`a whole visit through ${name}`, async () => {
    const { json, cookie } = await registerAt(url)
    assert.match(cookie, /^torii=torii_s_/)
    const session = await fetch(`${url}/auth/session`, { headers: { cookie } })
    assert.deepEqual(await session.json(), json)
    assert.equal(session.headers.get('cache-control'), 'no-store')
    assert.equal(
      (await fetch(`${url}/auth/session`, { method: 'HEAD', headers: { cookie } })).status,
      200,
    )
    const signOut = await fetch(`${url}/auth/sign-out`, {
      method: 'POST',
      headers: { cookie, origin },
    })
    assert.equal(signOut.status, 204)
    assert.equal((await fetch(`${url}/auth/session`, { headers: { cookie } })).status, 401)
  })

test('in Express, other paths and their bodies reach the application, which can get the session', async () => {
  assert.deepEqual(await (await post(`${inExpress}/echo`, { hello: 'there' })).json(), {
    hello: 'there',
  })
  const { cookie, json } = await registerAt(inExpress)
  const me = await fetch(`${inExpress}/me`, { headers: { cookie } })
  assert.deepEqual(await me.json(), { email: json.user.email })
  assert.equal((await fetch(`${inExpress}/me`)).status, 401)
})

test('without next, paths outside the base path are 404', async () => {
  assert.equal((await fetch(`${plain}/elsewhere`)).status, 404)
})

test('mounted after a body parser, routes with a body respond with advice, and routes without one work', async () => {
  const late = express()
  late.use(express.json())
  late.use(createNodeHandler(auth))
  const url = await serve(late)
  const refused = await post(`${url}/auth/password/register`, { email: newEmail(), password })
  assert.equal(refused.status, 400)
  assert.match(
    parse(await refused.text()).message,
    /mount the Torii handler before express\.json\(\)/,
  )
  assert.equal((await post(`${url}/auth/sign-out`, {})).status, 204)
})

test('a body that a parser has read before Torii is logged once, for JSON and for forms, with what to change', async () => {
  const { lineOf } = await import('../services/options/stderr-log.js')
  const torii = site.with({ baseUrl: origin, mailer: { send: async () => undefined } })
  const json = JSON.stringify({ token: 'x' })
  const isReadEvent = ({ event }: { event: string }) => event === 'body_already_read'
  for (const [parser, type, body] of [
    [express.json(), 'application/json', json],
    [express.urlencoded({ extended: false }), 'application/x-www-form-urlencoded', 'token=x'],
  ] as const) {
    site.events.length = 0
    const late = express()
    late.use(parser)
    late.use(createNodeHandler(createHandler(torii)))
    const url = await serve(late)
    for (const path of ['email/verify', 'password/reset/complete', 'email/verify']) {
      const headers = { 'content-type': type }
      const refused = await post(`${url}/auth/${path}`, body, headers)
      assert.equal(refused.status, 400)
    }
    const event = { level: 'warn', event: 'body_already_read', route: 'POST email/verify' } as const
    assert.deepEqual(site.events.filter(isReadEvent), [event])
    assert.match(lineOf(event), /Mount the Torii handler before express\.json\(\)/)
  }
})

test('mistakes of a client are no body that was read before Torii', async () => {
  site.events.length = 0
  const url = await serve((request, response) => void listener(request, response))
  for (const body of ['', '{', '[]']) {
    const refused = await post(`${url}/auth/password/register`, body)
    assert.equal(refused.status, 400)
  }
  assert.deepEqual(site.events, [])
})

/** Sends a request line as it is, which fetch would tidy up. */
async function rawStatus(url: string, target: string, method = 'GET'): Promise<number> {
  const sent = httpRequest(url, { method, path: target }).end()
  const [response] = await once(sent, 'response')
  response.resume()
  return response.statusCode
}

test('the node adapter reaches no route by a second spelling of its path', async () => {
  const spellings = [
    '//auth/session',
    '/auth//session',
    '/auth/./session',
    '/auth/x/../session',
    '/auth/%2e%2e/auth/session',
    '/x/../auth/session',
    '/auth\\session',
    '/auth/session/',
    '/auth/session;x',
    '/auth/sess%69on',
    '/AUTH/session',
    '/auth/session#x',
    '/auth/session%00',
    'http://evil.example/auth/session',
    '//evil.example/auth/session',
    '*',
    '/auth/session/%2e',
    '/auth/%2e/session',
  ]
  for (const target of spellings)
    for (const url of [plain, inExpress]) assert.equal(await rawStatus(url, target), 404, target)
  for (const target of ['/auth/session', '/auth/session?', '/auth/session?a=/../b'])
    assert.equal(await rawStatus(plain, target), 401)
})

test('methods that fetch does not support get the same response as other unknown methods', async () => {
  for (const method of ['TRACE', 'OPTIONS', 'PROPFIND', 'PUT'])
    assert.equal(await rawStatus(plain, '/auth/session', method), 405)
})

async function ipSeen(hops: number, forwardedFor: string | undefined): Promise<string | null> {
  const behind = createNodeHandler(auth, { trustedProxyHops: hops })
  const url = await serve((request, response) => void behind(request, response))
  const headers = forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }
  return (await registerAt(url, headers)).json.session.ip
}

test('T10.114 the client is who the trusted proxies saw, whatever is forged in front of them', async () => {
  assert.equal(await ipSeen(0, undefined), '127.0.0.1')
  assert.equal(await ipSeen(0, '6.6.6.6'), '127.0.0.1')
  assert.equal(await ipSeen(1, '6.6.6.6, 2001:DB8::7'), '2001:db8::7')
  assert.equal(await ipSeen(2, '6.6.6.6, 203.0.113.7, 10.0.0.2'), '203.0.113.7')
  for (const trustedProxyHops of [-1, 1.5, 99])
    assert.throws(() => createNodeHandler(auth, { trustedProxyHops }), InvalidOptionsError)
})

test('a body beyond the limit is 413 before it has arrived completely, and the server keeps serving', async () => {
  assert.equal((await post(`${plain}/auth/password/register`, 'x'.repeat(10_000_000))).status, 413)
  const headers = { origin, 'content-type': 'application/json', 'transfer-encoding': 'chunked' }
  const sent = httpRequest(`${plain}/auth/password/register`, { method: 'POST', headers })
  sent.write('x'.repeat(20_000))
  const [response] = await once(sent, 'response')
  assert.equal(response.statusCode, 413)
  sent.on('error', () => {}).destroy()
  await registerAt(plain)
})

test('a client that disconnects in the middle of a body affects no other request', async () => {
  let done: Promise<void> | undefined
  const url = await serve((request, response) => {
    done = listener(request, response)
  })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(
    `POST /auth/password/register HTTP/1.1\r\nhost: x\r\norigin: ${origin}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"email"`,
  )
  while (done === undefined) await new Promise((turn) => setImmediate(turn))
  socket.destroy()
  await done
  await registerAt(url)
})

test('a wrapped handler that rejects is 500, or reaches the application’s own error handler', async () => {
  const rejects = async () => {
    throw new Error('wrapped')
  }
  const failing = createNodeHandler(Object.assign(rejects, { basePath: auth.basePath }))
  const alone = await serve((request, response) => void failing(request, response))
  assert.equal((await fetch(`${alone}/auth/session`)).status, 500)
  const caught = express()
  caught.use(failing)
  const onError: express.ErrorRequestHandler = (error, _request, response, _next) =>
    void response.status(599).end(error.message)
  caught.use(onError)
  const answer = await fetch(`${await serve(caught)}/auth/session`)
  assert.deepEqual([answer.status, await answer.text()], [599, 'wrapped'])
})
