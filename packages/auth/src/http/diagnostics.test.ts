import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { PostgresStorage } from 'torii-storage-postgres'
import { testDatabase } from 'torii-testing'
import { afterAll, afterEach, beforeEach, test, vi } from 'vitest'
import type { ToriiOptions } from '../index.js'
import { InvalidOptionsError } from '../index.js'
import { baseUrl, newEmail, openTestSite, requestInfo } from '../test/site.test.support.js'
import { SoftwareAuthenticator } from '../webauthn/authenticator.test.support.js'
import { createHandler } from './index.js'
import { browser, signUp } from './test/client.test.support.js'

const keys = [{ id: 'k1', secret: randomBytes(32) }]
const site = await openTestSite()
const local = 'http://localhost:3000'

/** A browser on the pages of another Torii over the same database. */
const open = (options: Partial<ToriiOptions>, origin = options.baseUrl ?? baseUrl) =>
  browser(createHandler(site.with(options)), origin)

const eventsOf = (name: string) => site.events.filter(({ event }) => event === name)

beforeEach(() => {
  site.events.length = 0
})
afterEach(() => vi.restoreAllMocks())

test('on a database without tables the application answers 500, and stderr says to migrate', async () => {
  const { Torii } = await import('../torii.js')
  const storage = await PostgresStorage.connect((await testDatabase({ empty: true })).url)
  afterAll(() => storage.close())
  const lines: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0)
  const send = browser(createHandler(new Torii(storage, { baseUrl, keys })))
  const body = { email: newEmail(), password: 'a gate of two pillars' }
  const { status, text } = await send('POST', '/auth/password/register', { body })
  assert.deepEqual([status, text.includes('migrate')], [500, false])
  assert.equal(lines.length, 1, lines.join())
  assert.match(
    lines.join(),
    /^torii error: request_failed: POST password\/register answered 500: ERR_SCHEMA_OUTDATED: .*run "npx torii-storage-postgres migrate"/,
  )
  assert.doesNotMatch(lines.join(), /gate of two|@/)
})

test('requireSession logs the error for which it returns a 500', async () => {
  const handler = createHandler(site.torii)
  const { cookie } = await signUp(browser(handler))
  await site.db.query('alter table torii.sessions rename to elsewhere')
  const required = await handler.requireSession({ method: 'GET', headers: { cookie } })
  await site.db.query('alter table torii.elsewhere rename to sessions')
  assert.ok(!required.ok && required.response.status === 500)
  const [logged] = eventsOf('request_failed')
  assert.equal(Reflect.get(Object(logged), 'route'), 'requireSession')
})

const off = [
  ['mail', 'mailer', 'POST', 'password/reset/request', { email: 'ada@example.com' }],
  ['magicLink', 'mailer', 'POST', 'magic-link/request', { email: 'ada@example.com' }],
  ['passkey', 'keys', 'POST', 'passkeys/authenticate/options', {}],
  ['oauth', 'oauth.providers', 'GET', 'oauth/google/start', undefined],
  ['jwt', 'jwt', 'GET', 'jwks', undefined],
] as const

for (const [feature, option, method, path, body] of off)
  test(`${method} ${path} without the option ${option} is not_enabled, names the option and is logged once`, async () => {
    const send = open({})
    site.events.length = 0
    for (let times = 0; times < 3; times += 1) {
      const { status, json } = await send(method, `/auth/${path}`, { body })
      assert.deepEqual([status, json.error], [404, 'not_enabled'])
      assert.ok(json.message.includes(`the option ${option}`), json.message)
    }
    assert.deepEqual(site.events, [
      { level: 'warn', event: 'feature_not_enabled', feature, option },
    ])
  })

test('with magicLink: false the routes of magic links are not_enabled, and those of other mails are on', async () => {
  const mailer = { send: () => Promise.resolve() }
  const send = open({ magicLink: false, mailer })
  site.events.length = 0
  const token = 'torii_m_x'
  for (const [method, path, body] of [
    ['POST', 'magic-link/request', { email: newEmail() }],
    ['POST', 'magic-link/authenticate', { token }],
    ['POST', 'magic-link/authenticate', { email: newEmail(), code: '12345678' }],
    ['GET', `magic-link?token=${token}`, undefined],
  ] as const) {
    const { status, json } = await send(method, `/auth/${path}`, { body })
    assert.deepEqual([status, json.error], [404, 'not_enabled'], path)
    assert.match(json.message, /option magicLink/)
  }
  const option = 'magicLink'
  assert.deepEqual(site.events, [
    { level: 'warn', event: 'feature_not_enabled', feature: 'magicLink', option },
  ])
  const body = { email: newEmail() }
  assert.equal((await send('POST', '/auth/password/reset/request', { body })).status, 202)
})

test('a foreign Origin is logged with the expected ones, at most once a minute, and named in the answer on localhost only', async () => {
  const evil = 'https://evil.example'
  const send = open({})
  for (let times = 0; times < 100; times += 1) {
    const { json } = await send('POST', '/auth/sign-out', { headers: { origin: evil } })
    assert.equal(json.message, 'Requests from this origin are not allowed.')
  }
  const refused = { level: 'warn', event: 'origin_refused', origin: evil }
  assert.deepEqual(eventsOf('origin_refused'), [{ ...refused, expected: [baseUrl], count: 1 }])
  site.events.length = 0
  const vite = 'http://localhost:5173'
  const { json } = await open({ baseUrl: local }, vite)('POST', '/auth/sign-out')
  const expected = [local, 'http://127.0.0.1:3000', 'http://[::1]:3000']
  assert.ok(json.message.includes(expected.join(', ')), json.message)
  assert.doesNotMatch(json.message, /5173/)
  assert.deepEqual(eventsOf('origin_refused'), [{ ...refused, origin: vite, expected, count: 1 }])
})

test('getSession logs the foreign Origin for which it ignores a cookie', async () => {
  const handler = createHandler(site.with({}))
  const { cookie } = await signUp(browser(handler))
  site.events.length = 0
  const headers = { cookie, origin: `https://evil.example/${'x'.repeat(1000)}` }
  assert.equal(await handler.getSession({ method: 'POST', headers }), null)
  const [logged] = eventsOf('origin_refused')
  assert.equal(String(Reflect.get(Object(logged), 'origin')).length, 200)
  // Without a cookie nothing was ignored.
  const other = createHandler(site.with({}))
  await other.getSession({ method: 'POST', headers: { origin: 'https://evil.example' } })
  assert.equal(eventsOf('origin_refused').length, 1)
})

const onIpAddress = ['http://127.0.0.1:3000', 'http://[::1]:3000', 'https://203.0.113.7']

for (const url of onIpAddress)
  test(`with the base URL ${url} passkeys are refused where they are asked for: by option, by route and by call`, async () => {
    assert.throws(
      () => site.with({ baseUrl: url, keys, passkey: { rpName: 'Acme' } }),
      (error) =>
        error instanceof InvalidOptionsError &&
        /^option baseUrl: must not be an IP address with passkeys/.test(error.message),
    )
    const { json } = await open({ baseUrl: url, keys })(
      'POST',
      '/auth/passkeys/authenticate/options',
      { body: {} },
    )
    assert.equal(json.error, 'not_enabled')
    assert.match(json.message, /option baseUrl/)
    await assert.rejects(
      site.with({ baseUrl: url, keys }).passkey.authenticateOptions({}, requestInfo),
      /option baseUrl: must not be an IP address/,
    )
  })

test('a base URL on localhost, or one with explicit origins, has passkeys', async () => {
  const given = { rpId: 'app.example', origins: [baseUrl] }
  const withPasskeys = [
    open({ baseUrl: local, keys }),
    open({ baseUrl: 'https://203.0.113.7', keys, passkey: given }),
  ]
  for (const send of withPasskeys)
    assert.equal(
      (await send('POST', '/auth/passkeys/authenticate/options', { body: {} })).status,
      200,
    )
})

test('a passkey of another page is logged with the received and the expected origin and the RP ID, and the answer does not say so', async () => {
  const torii = site.with({ keys })
  const send = browser(createHandler(torii))
  const { cookie } = await signUp(send)
  const ask = async (path: string) => {
    const asked = await send('POST', `/auth/${path}`, { cookie, body: {} })
    return JSON.parse(asked.text) as { challengeId: string; options: never }
  }
  const phone = new SoftwareAuthenticator()
  const added = await ask('passkeys/register/options')
  const response = phone.create(added.options)
  await send('POST', '/auth/passkeys/register/verify', {
    cookie,
    body: { challengeId: added.challengeId, response },
  })
  site.events.length = 0
  const origin = 'https://other.example'
  for (let times = 0; times < 2; times += 1) {
    const { challengeId, options } = await ask('passkeys/authenticate/options')
    const body = { challengeId, response: phone.get(options, { origin }) }
    const { status, json } = await send('POST', '/auth/passkeys/authenticate/verify', { body })
    assert.deepEqual([status, json.error], [401, 'invalid_credentials'])
    assert.doesNotMatch(JSON.stringify(json), /origin|other\.example/)
  }
  assert.deepEqual(eventsOf('passkey_origin_refused'), [
    {
      level: 'warn',
      event: 'passkey_origin_refused',
      problem: 'origin',
      origin,
      topOrigin: null,
      expectedOrigins: [baseUrl],
      rpId: 'app.example',
      count: 1,
    },
  ])
})
