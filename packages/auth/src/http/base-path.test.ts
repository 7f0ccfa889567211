import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, test } from 'vitest'
import { github } from '../index.js'
import { openMailbox } from '../test/mailbox.test.support.js'
import {
  baseUrl,
  newEmail,
  openTestSite,
  goodPassword as password,
} from '../test/site.test.support.js'
import { createHandler, createNodeHandler } from './index.js'

const basePath = '/api/sign_in-v2'
const mailbox = await openMailbox()
const site = await openTestSite({
  basePath,
  mailer: mailbox.mailer,
  oauth: { providers: [github({ clientId: 'id', clientSecret: 'secret' })] },
})
const handler = createHandler(site.torii)

const send = (method: string, path: string, body?: object, headers: Record<string, string> = {}) =>
  handler(
    new Request(`${baseUrl}${path}`, {
      method,
      headers: { origin: baseUrl, 'content-type': 'application/json', ...headers },
      body: body === undefined ? null : JSON.stringify(body),
    }),
  )

test('with basePath the routes are there, and nowhere else', async () => {
  assert.equal(handler.basePath, basePath)
  assert.equal((await send('GET', `${basePath}/health`)).status, 200)
  for (const path of ['/auth/health', '/health', `${basePath}x/health`, `/x${basePath}/health`])
    assert.equal((await send('GET', path)).status, 404, path)
})

test('with basePath a link in a mail, its cookie, its page and its form lead there', async () => {
  const email = newEmail()
  const made = await send('POST', `${basePath}/password/register`, { email, password })
  assert.equal(made.status, 202)
  await site.torii.settled()
  const { text, token } = await mailbox.takeOne(email, 'verify_email')
  assert.ok(text.includes(`${baseUrl}${basePath}/email/verify?token=${token}`), text)
  const opened = await send('GET', `${basePath}/email/verify?token=${token}`)
  assert.deepEqual(
    [opened.status, opened.headers.get('location')],
    [303, `${basePath}/email/verify`],
  )
  const [cookie = '', landing = ''] = opened.headers.getSetCookie()
  assert.ok(cookie.includes(`; Path=${basePath}/email/verify;`), cookie)
  const page = await send('GET', `${basePath}/email/verify`, undefined, {
    cookie: `${cookie.split(';')[0]}; ${landing.split(';')[0]}`,
  })
  assert.ok((await page.text()).includes(`action="${basePath}/email/verify"`))
  const posted = await handler(
    new Request(`${baseUrl}${basePath}/email/verify`, {
      method: 'POST',
      headers: {
        origin: baseUrl,
        'content-type': 'application/x-www-form-urlencoded',
        cookie: landing.split(';')[0] ?? '',
      },
      body: new URLSearchParams({
        token,
        password,
        nonce: landing.split(/[=;]/)[1] ?? '',
      }).toString(),
    }),
  )
  assert.equal(posted.status, 303)
  const cookies = posted.headers.getSetCookie()
  assert.ok(cookies.some((one) => one.startsWith('__Host-torii=') && one.includes('; Path=/;')))
  assert.ok(cookies.some((one) => one.includes(`; Path=${basePath}/email/verify; Max-Age=0;`)))
})

test('with basePath a provider sends the browser back there', async () => {
  const started = await send('GET', `${basePath}/oauth/github/start`)
  assert.equal(started.status, 303)
  const { searchParams } = new URL(started.headers.get('location') ?? '')
  assert.equal(searchParams.get('redirect_uri'), `${baseUrl}${basePath}/oauth/github/callback`)
})

test('with basePath the OpenAPI document has its paths there', async () => {
  const { paths } = JSON.parse(await (await send('GET', `${basePath}/openapi.json`)).text())
  const names = Object.keys(paths)
  assert.ok(names.length > 30)
  for (const name of names) assert.ok(name.startsWith(`${basePath}/`), name)
})

test('with basePath the node adapter serves what is there, and passes on the rest', async () => {
  const listener = createNodeHandler(handler)
  const server = createServer((request, response) => {
    void listener(request, response, () => response.writeHead(299).end())
  }).listen(0, '127.0.0.1')
  afterAll(() => server.close())
  await once(server, 'listening')
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo
  const statusOf = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status
  assert.equal(await statusOf(`${basePath}/health`), 200)
  assert.equal(await statusOf(`${basePath}/nothing`), 404)
  assert.equal(await statusOf('/auth/health'), 299)
  assert.equal(await statusOf('/api'), 299)
})
