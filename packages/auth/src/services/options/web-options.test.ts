import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import { github } from '../../oauth-client/providers/github.js'
import type { ToriiOptions } from './options.js'
import { resolveOptions } from './options.js'

const baseUrl = 'https://api.acme.example'
const keys = [{ id: 'k1', secret: randomBytes(32) }]
const refuses = (given: object, message: RegExp) =>
  // What JavaScript callers and configuration files can hand over.
  assert.throws(() => resolveOptions({ baseUrl, ...given } as ToriiOptions), { message })

test('T10.125 trustedOrigins are exact origins: https, or http on localhost', () => {
  const origins = ['https://app.acme.example', 'https://app.acme.example:8443']
  const local = ['http://localhost:5173', 'http://127.0.0.1:5173', 'http://[::1]:5173']
  const given = [...origins, ...local]
  const resolved = resolveOptions({ baseUrl, trustedOrigins: [...given, ...given] })
  assert.deepEqual(resolved.trustedOrigins, given)
  assert.ok(Object.isFrozen(resolved.trustedOrigins))
  for (const wrong of [
    '*',
    'null',
    '',
    'https://*.acme.example',
    'https://app.acme.example/',
    'https://app.acme.example/path',
    'https://app.acme.example?x',
    'https://app.acme.example#x',
    'https://App.acme.example',
    'https://app.acme.example:443',
    'https://user@app.acme.example',
    'http://app.acme.example',
    'http://localhost.acme.example',
    'ws://app.acme.example',
    'app.acme.example',
    '//app.acme.example',
    ' https://app.acme.example',
    'https://app.acme.example, https://other.example',
    null,
    42,
    ['https://app.acme.example'],
  ])
    refuses(
      { trustedOrigins: [origins[0], wrong] },
      /^option trustedOrigins: entry 2 must be an exact origin like https:\/\/app\.example: https/,
    )
  for (const list of ['https://app.acme.example', {}, null, Array(33).fill(origins[0])])
    refuses({ trustedOrigins: list }, /^option trustedOrigins: must be a list of at most 32/)
})

test('T10.125 cookie.domain is the host of the base URL or a domain above it, and never one that browsers ignore', () => {
  for (const domain of ['api.acme.example', 'acme.example', null])
    assert.equal(resolveOptions({ baseUrl, cookie: { domain } }).cookie.domain, domain)
  for (const domain of [
    'app.acme.example',
    'evilacme.example',
    'cme.example',
    'x.api.acme.example',
  ])
    refuses({ cookie: { domain } }, /^option cookie\.domain: must be the host of baseUrl/)
  for (const domain of [
    'example',
    'localhost',
    '.acme.example',
    'acme.example.',
    'Acme.example',
    'https://acme.example',
    'acme.example:443',
    '*.acme.example',
    'acme.example; Secure',
    '203.0.113.7',
    '[::1]',
    '',
    42,
  ])
    refuses({ cookie: { domain } }, /^option cookie\.domain: must be a domain like acme\.example/)
  for (const [host, domain] of [
    ['http://localhost:3000', 'localhost'],
    ['https://localhost', 'localhost'],
    ['https://203.0.113.7', '203.0.113.7'],
    ['https://203.0.113.7', '113.7'],
    ['http://127.0.0.1:3000', 'acme.example'],
  ])
    refuses({ baseUrl: host, cookie: { domain } }, /^option cookie\.domain: must be/)
})

test('T10.125 cookie.name has no prefix, and is no name of another cookie', () => {
  for (const name of ['torii', 'shop', 'Shop_2', 'a', 'my-shop'])
    assert.equal(resolveOptions({ baseUrl, cookie: { name } }).cookie.name, name)
  for (const name of [
    '__Host-shop',
    '__Secure-shop',
    '__x',
    '',
    'a b',
    'a=b',
    'a;b',
    'é',
    'a.b',
    42,
  ])
    refuses({ cookie: { name } }, /^option cookie\.name: must be 1 to 64 letters/)
  refuses({ cookie: { name: 'x'.repeat(65) } }, /^option cookie\.name: must be 1 to 64 letters/)
  for (const suffix of ['device', 'link', 'landing', 'flow', 'flow-name', 'pending'])
    refuses(
      { cookie: { name: `shop-${suffix}` } },
      /^option cookie\.name: must not end like another/,
    )
})

test('T10.125 cookie.sameSite is lax or strict: none is refused, and strict with providers', () => {
  assert.equal(
    resolveOptions({ baseUrl, cookie: { sameSite: 'strict' } }).cookie.sameSite,
    'strict',
  )
  refuses(
    { cookie: { sameSite: 'none' } },
    /^option cookie\.sameSite: must not be none: every site could send requests.*bearer tokens/,
  )
  for (const sameSite of ['None', 'Lax', '', null, true])
    refuses({ cookie: { sameSite } }, /^option cookie\.sameSite: must be lax or strict$/)
  const oauth = { providers: [github({ clientId: 'id', clientSecret: 'secret' })] }
  refuses(
    { keys, oauth, cookie: { sameSite: 'strict' } },
    /^option cookie\.sameSite: must be lax with oauth\.providers/,
  )
  refuses({ cookie: { samesite: 'lax' } }, /^option cookie\.samesite: .*cookie\.sameSite/)
})

test('T10.129 passkeys are accepted on trusted origins within the RP ID, and one outside of it is refused', () => {
  const app = 'https://app.acme.example'
  const shop = 'https://shop.example'
  const trusted = { baseUrl, keys, trustedOrigins: [app, shop] }
  const above = resolveOptions({ ...trusted, passkey: { rpId: 'acme.example' } })
  assert.deepEqual(above.passkey.origins, [baseUrl, app])
  refuses(
    { ...trusted, passkey: {} },
    /^option passkey\.rpId: must be a domain above the trusted origin https:\/\/app\.acme\.example too.*passkey\.origins/,
  )
  const only = { rpId: 'acme.example', origins: [baseUrl] }
  assert.deepEqual(resolveOptions({ ...trusted, passkey: only }).passkey.origins, [baseUrl])
  assert.deepEqual(resolveOptions(trusted).passkey.origins, [baseUrl])
  const vite = ['http://localhost:5173', 'http://127.0.0.1:5173']
  const dev = { baseUrl: 'http://localhost:3000', keys, trustedOrigins: vite, passkey: {} }
  assert.deepEqual(resolveOptions(dev).passkey.origins, ['http://localhost:3000', vite[0]])
})

test('passkey.hints are distinct hints of WebAuthn, in the order of preference', () => {
  const hintsOf = (hints: unknown) =>
    resolveOptions({ baseUrl, keys, passkey: { hints } } as ToriiOptions).passkey.hints
  assert.deepEqual(resolveOptions({ baseUrl, keys }).passkey.hints, [])
  const all = ['hybrid', 'security-key', 'client-device']
  assert.deepEqual(hintsOf(all), all)
  assert.ok(Object.isFrozen(hintsOf(all)))
  for (const wrong of [
    'hybrid',
    ['phone'],
    ['hybrid', 'hybrid'],
    [...all, 'hybrid'],
    [null],
    {},
    7,
  ])
    refuses(
      { keys, passkey: { hints: wrong } },
      /^option passkey\.hints: must be a list of security-key, client-device, hybrid/,
    )
})

test('passkey.upgradeSeconds is 0 to 300', () => {
  assert.equal(resolveOptions({ baseUrl, keys }).passkey.upgradeSeconds, 300)
  for (const wrong of [-1, 301, 1.5, '60', null])
    refuses(
      { keys, passkey: { upgradeSeconds: wrong } },
      /^option passkey\.upgradeSeconds: must be a whole number from 0 to 300/,
    )
})
