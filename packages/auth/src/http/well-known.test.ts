import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, test } from 'vitest'
import { createHandle } from '../frameworks/sveltekit.js'
import { resolveOptions } from '../services/options/options.js'
import {
  baseUrl,
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../test/site.test.support.js'
import { SoftwareAuthenticator } from '../webauthn/authenticator.test.support.js'
import type { HandlerOptions } from './index.js'
import { createHandler, createNodeHandler } from './index.js'

const keys = [{ id: 'k1', secret: randomBytes(32) }]
const trusted = 'https://account.app.example'
const related = 'https://app.test'
const android = `android:apk-key-hash:${'a'.repeat(43)}`
const given = {
  keys,
  trustedOrigins: [trusted],
  passkey: { origins: [baseUrl, trusted, related, android] },
}
const site = await openTestSite(given)
const wellKnown = {
  changePassword: '/account/password',
  enrollPasskey: '/account/passkeys/new',
  managePasskeys: `${trusted}/passkeys`,
}
const auth = createHandler(site.torii, { wellKnown })
const paths = ['change-password', 'passkey-endpoints', 'webauthn'].map(
  (path) => `/.well-known/${path}`,
)

const ask = (path: string, handler = auth, init: RequestInit = {}) =>
  handler(new Request(baseUrl + path, init))

test('/.well-known/change-password redirects to the page of the application, for a while, without a statement', async () => {
  site.statements.length = 0
  for (const [page, location] of [
    ['/account/password', '/account/password'],
    [`${trusted}/password?from=manager`, `${trusted}/password?from=manager`],
  ]) {
    const handler = createHandler(site.torii, { wellKnown: { changePassword: page ?? '' } })
    for (const method of ['GET', 'HEAD']) {
      const response = await ask('/.well-known/change-password', handler, { method })
      assert.equal(response.status, 303)
      assert.equal(response.headers.get('location'), new URL(location ?? '', baseUrl).href)
      assert.equal(response.headers.get('cache-control'), 'no-store')
    }
  }
  assert.deepEqual(site.statements, [])
})

test('/.well-known/passkey-endpoints names the pages by their full URLs, and only those that exist', async () => {
  const response = await ask('/.well-known/passkey-endpoints')
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.deepEqual(await response.json(), {
    enroll: `${baseUrl}/account/passkeys/new`,
    manage: `${trusted}/passkeys`,
  })
  const one = createHandler(site.torii, { wellKnown: { managePasskeys: '/passkeys' } })
  const only = await ask('/.well-known/passkey-endpoints', one)
  assert.deepEqual(await only.json(), { manage: `${baseUrl}/passkeys` })
})

test('T10.220 /.well-known/webauthn names the origins outside of the RP ID, and no others', async () => {
  const response = await ask('/.well-known/webauthn')
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.deepEqual(await response.json(), { origins: [related] })
})

test('paths that no option asks for are left to the application', async () => {
  const none = await openTestSite({ keys })
  assert.deepEqual(createHandler(none.torii).wellKnownPaths, [])
  const off = { wellKnown: { relatedOrigins: false } }
  assert.deepEqual(createHandler(site.torii, off).wellKnownPaths, [])
  assert.deepEqual(createHandler(site.torii).wellKnownPaths, ['/.well-known/webauthn'])
  assert.deepEqual(auth.wellKnownPaths, paths)
  for (const path of paths) {
    assert.equal((await ask(path, createHandler(none.torii))).status, 404)
    assert.equal((await ask(`${path}/`)).status, 404)
    assert.equal((await ask(`/auth${path}`)).status, 404)
  }
})

test('no other method is allowed, whatever its Origin', async () => {
  for (const path of paths)
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const response = await ask(path, auth, {
        method,
        headers: { origin: 'https://evil.example' },
      })
      assert.deepEqual([response.status, response.headers.get('allow')], [405, 'GET, HEAD'])
    }
})

test('T10.221 a page of another site, and pages of passkeys that are off, are refused', async () => {
  const refuses = (options: object, message: RegExp, torii = site.torii) =>
    // What JavaScript callers can hand over.
    assert.throws(() => createHandler(torii, options as HandlerOptions), { message })
  for (const page of ['https://evil.example/', '//evil.example', '/\\evil.example', 'account', 7])
    for (const name of ['changePassword', 'enrollPasskey', 'managePasskeys'])
      refuses(
        { wellKnown: { [name]: page } },
        new RegExp(`^option wellKnown\\.${name}: must be a path of this site`),
      )
  refuses(
    { wellKnown: { changePasswort: '/x' } },
    /^option wellKnown\.changePasswort: .*changePassword/,
  )
  refuses(
    { wellKnown: { relatedOrigins: 'yes' } },
    /^option wellKnown\.relatedOrigins: must be true/,
  )
  const without = site.with({})
  refuses(
    { wellKnown: { enrollPasskey: '/x' } },
    /^option wellKnown\.enrollPasskey: must not be set while passkeys are off: they need the option keys/,
    without,
  )
  assert.ok(createHandler(without, { wellKnown: { changePassword: '/x' } }))
})

test('createNodeHandler() serves these paths before the application, and the application may serve them before', async () => {
  const app = express()
  app.get('/.well-known/webauthn', (_request, response) => void response.json('mine'))
  app.use(createNodeHandler(auth))
  app.use((request, response) => void response.json(request.path))
  const server = app.listen(0, '127.0.0.1')
  afterAll(() => server.close())
  await once(server, 'listening')
  // A TCP server's address is an object.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const get = async (path: string) => {
    const response = await fetch(url + path, { redirect: 'manual' })
    return {
      status: response.status,
      location: response.headers.get('location'),
      text: await response.text(),
    }
  }
  assert.equal((await get('/.well-known/webauthn')).text, '"mine"')
  assert.equal((await get('/.well-known/change-password')).location, `${baseUrl}/account/password`)
  assert.match((await get('/.well-known/passkey-endpoints?x')).text, /"enroll"/)
  assert.equal((await get('/.well-known/security.txt')).text, '"/.well-known/security.txt"')
})

test('createHandle() of SvelteKit serves these paths, and no other below /.well-known', async () => {
  const handle = createHandle(auth)
  const send = (path: string) => {
    const request = new Request(baseUrl + path)
    const event = {
      request,
      url: new URL(request.url),
      locals: { signedIn: null },
      cookies: new Headers(),
      getClientAddress: () => requestInfo.ip,
    }
    return handle({ event, resolve: () => new Response('own') })
  }
  assert.equal((await send('/.well-known/change-password')).status, 303)
  assert.equal(await (await send('/.well-known/security.txt')).text(), 'own')
})

test('T10.220 a passkey is registered and used on a related origin, and on no other', async () => {
  const { torii } = site
  const made = await torii.password.register({ email: newEmail(), password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  const valid = (await torii.sessions.validate(made.token)) ?? assert.fail('no session')
  const registerOn = async (origin: string) => {
    const authenticator = new SoftwareAuthenticator({ origin })
    const asked = await torii.passkey.registerOptions(valid, requestInfo)
    assert.ok(asked.ok)
    const response = authenticator.create(asked.options)
    const { challengeId } = asked
    const added = await torii.passkey.register(valid, { challengeId, response }, requestInfo)
    return { added, authenticator }
  }
  const { added, authenticator } = await registerOn(related)
  assert.ok(added.ok, JSON.stringify(added))
  const asked = await torii.passkey.authenticateOptions({}, requestInfo)
  assert.ok(asked.ok)
  assert.equal(asked.options.rpId, 'app.example')
  const response = authenticator.get(asked.options)
  const { challengeId } = asked
  assert.ok((await torii.passkey.authenticate({ challengeId, response }, requestInfo)).ok)
  for (const origin of ['https://other.test', 'https://sub.app.test', 'https://app.test:8443'])
    assert.deepEqual((await registerOn(origin)).added, {
      ok: false,
      reason: 'passkey_rejected',
      problem: 'origin',
    })
})

test('T10.220 the site of a related origin has the RP ID of another site, one of whose pages it names', () => {
  const options = {
    baseUrl: related,
    keys,
    passkey: { rpId: 'app.example', origins: [baseUrl, related] },
  }
  assert.deepEqual(resolveOptions(options).passkey.origins, [baseUrl, related])
  assert.throws(
    () => resolveOptions({ ...options, passkey: { rpId: 'app.example', origins: [related] } }),
    { message: /^option passkey\.rpId: must be the host of at least one origin/ },
  )
})
