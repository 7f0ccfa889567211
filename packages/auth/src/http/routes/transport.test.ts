import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, test } from 'vitest'
import { newLandingNonce } from '../../services/links/landing-form.js'
import { goodPassword, newEmail } from '../../test/site.test.support.js'
import { createHandler, createNodeHandler } from '../index.js'
import { membersOf } from '../schema/schema.js'
import { Browser } from '../test/browser.test.support.js'
import { browser } from '../test/client.test.support.js'
import type { Answered } from '../test/native-client.test.support.js'
import { nativeClient, transport } from '../test/native-client.test.support.js'
import {
  addPasskey,
  nativeIdToken,
  newInfo,
  newVisitor,
  options,
  site,
  torii,
} from '../test/route-site.test.support.js'
import { routes } from './routes.js'

const handler = createHandler(torii)

/** The routes that sign in, each with a valid body. */
const signIns: Readonly<Record<string, () => Promise<Readonly<Record<string, unknown>>>>> = {
  'password/register': async () => ({ email: newEmail(), password: goodPassword }),
  'password/authenticate': async () => ({
    email: (await newVisitor()).email,
    password: goodPassword,
  }),
  'magic-link/authenticate': async () => ({
    token: (await torii.magicLink.create({ email: newEmail() })).token.reveal(),
  }),
  'email/verify': async () => {
    const created = await torii.email.createVerification((await newVisitor()).email)
    return { token: created?.token.reveal(), password: goodPassword }
  },
  'passkeys/authenticate/verify': async () => {
    const { authenticator } = await addPasskey(await newVisitor())
    const asked = await torii.passkey.authenticateOptions({}, newInfo())
    assert.ok(asked.ok)
    return { challengeId: asked.challengeId, response: authenticator.get(asked.options) }
  },
  'oauth/work/id-token': nativeIdToken,
}

test('every route that can open a session or a pending sign-in takes the transport', () => {
  const signingIn = routes.filter(
    ({ responses, errors, body }) =>
      body !== null &&
      (errors.includes('second_factor_required') ||
        Object.values(responses).some(
          (content) =>
            typeof content === 'object' &&
            content !== null &&
            ['session', 'token', 'user'].every((name) => name in membersOf(content)),
        )),
  )
  const taking = (member: string) =>
    signingIn
      .filter(({ body }) => body !== null && member in membersOf(body))
      .map(({ path }) => path.replace(':provider', 'work'))
  assert.deepEqual(taking('transport').sort(), Object.keys(signIns).sort())
  assert.deepEqual(taking('pending').sort(), [
    'passkeys/register/verify',
    'second-factors/totp/confirm',
    'second-factors/verify',
  ])
  assert.equal(signingIn.length, taking('transport').length + taking('pending').length)
})

for (const [path, bodyOf] of Object.entries(signIns))
  describe(`sign-in by ${path}`, () => {
    test('a native application gets the token in the body, and no cookie', async () => {
      const send = nativeClient(handler)
      const { status, json } = await send('POST', path, { ...(await bodyOf()), transport })
      assert.ok(status === 200 || status === 201, JSON.stringify(json))
      assert.match(json.token ?? '', /^torii_s_/)
      const current = await send('GET', 'session', undefined, json.token)
      assert.deepEqual([current.status, current.json.session.id], [200, json.session.id])
    })

    test('T14.85 a browser does not, whatever tells that it is one; nothing is used', async () => {
      const body = await bodyOf()
      const send = browser(handler)
      for (const headers of [
        {},
        { origin: '', 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-site': 'same-origin' },
        { cookie: 'theme=dark' },
      ]) {
        const { result, statements } = await site.counted(() =>
          send('POST', `/auth/${path}`, { body: { ...body, transport }, headers }),
        )
        const { error, field } = result.json
        assert.deepEqual([result.status, error, field], [400, 'invalid_input', 'transport'])
        assert.equal(statements, 0)
      }
      const refused = await send('POST', `/auth/${path}`, {
        body: { ...body, transport },
        headers: { origin: '', cookie: 'theme=dark' },
      })
      assert.deepEqual([refused.status, refused.json.error], [403, 'origin_not_allowed'])
      // As before, in a browser.
      const { status, text, cookie } = await send('POST', `/auth/${path}`, { body })
      assert.ok(status === 200 || status === 201, text)
      assert.doesNotMatch(text, /torii_s_|"token"/)
      assert.match(cookie, /^__Host-torii=torii_s_/)
    })

    test('another transport is refused by its name before any statement; null and `cookie` are as without', async () => {
      const body = await bodyOf()
      const send = browser(handler)
      for (const wrong of ['x', '', 'Body', 'header', 1, true, ['body'], {}]) {
        const { result, statements } = await site.counted(() =>
          send('POST', `/auth/${path}`, { body: { ...body, transport: wrong } }),
        )
        const { error, field } = result.json
        assert.deepEqual([result.status, error, field], [400, 'invalid_input', 'transport'])
        assert.equal(statements, 0)
      }
      for (const cookie of [null, 'cookie']) {
        const own = await bodyOf()
        const answered = await send('POST', `/auth/${path}`, {
          body: { ...own, transport: cookie },
        })
        assert.match(answered.cookie, /^__Host-torii=torii_s_/)
      }
    })
  })

test('T14.85 the form of a page has no transport: what it sends as one is dropped', async () => {
  for (const wanted of ['x', transport]) {
    const { token } = await torii.magicLink.create({ email: newEmail() })
    const nonce = newLandingNonce()
    const page = new Browser(handler, newInfo().ip)
    page.cookies.set('__Host-torii-landing', nonce)
    const fields = { token: token.reveal(), nonce, transport: wanted }
    const posted = await page.send('POST', 'magic-link/authenticate', new URLSearchParams(fields))
    assert.equal(posted.status, 303)
    assert.ok(page.session !== undefined)
  }
})

test('the message of another transport says which there are', async () => {
  const body = { email: newEmail(), password: goodPassword, transport: 'header' }
  const { json } = await nativeClient(handler)('POST', 'password/authenticate', body)
  assert.equal(json.message, 'transport must be cookie or body.')
})

test('a session that the application had before stays, also where its token is sent along', async () => {
  const { token: former } = await newVisitor()
  const send = nativeClient(handler)
  const body = { email: (await newVisitor()).email, password: goodPassword, transport }
  assert.equal((await send('POST', 'password/authenticate', body, former)).status, 200)
  assert.notEqual(await torii.sessions.validate(former), null)
})

test('wrong passwords are counted as those of a browser', async () => {
  const { email } = await newVisitor()
  const send = nativeClient(createHandler(site.with(options)))
  const wrong = { email, password: 'not this one, surely', transport }
  const statuses: number[] = []
  for (let tries = 0; tries < 12; tries += 1)
    statuses.push((await send('POST', 'password/authenticate', wrong)).status)
  assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429])
})

test('fetch of Node.js is no browser: an application with it signs in through a real server', async () => {
  const origin = 'http://localhost:3000'
  const listener = createNodeHandler(createHandler(site.with({ ...options, baseUrl: origin })))
  const server = createServer((request, response) => void listener(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  // A TCP server's address is an object.
  const { port } = server.address() as AddressInfo
  const { email } = await newVisitor()
  const answered = await fetch(`http://127.0.0.1:${port}/auth/password/authenticate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password: goodPassword, transport }),
  })
  const { token } = (await answered.json()) as Answered
  const current = await fetch(`http://127.0.0.1:${port}/auth/session`, {
    headers: { authorization: `Bearer ${token}` },
  })
  assert.deepEqual([answered.status, current.status], [200, 200])
})
