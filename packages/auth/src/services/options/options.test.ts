import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { InvalidOptionsError } from 'torii-core'
import { test } from 'vitest'
import { KeyRing } from '../../crypto/key-ring.js'
import { englishMessages } from '../../mail/english.js'
import { github } from '../../oauth-client/providers/github.js'
import { defaults } from './defaults.js'
import type { ToriiOptions } from './options.js'
import { resolveOptions } from './options.js'

const baseUrl = 'https://app.example'

test('only baseUrl is required; every other option has a frozen default', () => {
  const { baseUrl: site, keys, log, onEvent, ...rest } = resolveOptions({ baseUrl })
  const { audit: _, jwt: __, ...given } = defaults
  assert.equal(site.origin, baseUrl)
  for (const hook of [log, onEvent]) assert.equal(typeof hook, 'function')
  assert.ok(keys instanceof KeyRing)
  const off = {
    ...{ requireVerifiedEmail: false, publicMetadata: null },
    ...{ profile: null, audit: null, keepAlive: null, mailer: null, jwt: null },
    importedSessions: null,
  }
  const mail = { ...given.mail, appName: 'app.example', messages: englishMessages }
  const [rpId, origins] = ['app.example', [baseUrl]]
  const passkey = { ...given.passkey, rpId, rpName: rpId, origins }
  const oauth = { ...given.oauth, providers: [] }
  const cookie = { ...given.cookie, secure: true }
  const signUp = { fields: null, metadata: null }
  assert.deepEqual(rest, { ...given, ...off, mail, oauth, passkey, cookie, signUp })
  for (const part of [rest.session, rest.password, rest.password.hashing, rest.bruteForce.account])
    assert.ok(Object.isFrozen(part))
})

test('the defaults are deeply frozen', () => {
  const check = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    assert.ok(Object.isFrozen(value))
    Object.values(value).forEach(check)
  }
  check(defaults)
})

test('each given value replaces its default only', () => {
  const resolved = resolveOptions({
    baseUrl,
    session: { idleSeconds: 600 },
    password: { minLength: 8, hashing: { maxWaiting: 0 } },
    bruteForce: { account: { cap: 5 } },
  })
  assert.deepEqual(resolved.session, { ...defaults.session, idleSeconds: 600 })
  assert.equal(resolved.password.minLength, 8)
  assert.equal(resolved.password.hashing.maxWaiting, 0)
  assert.equal(resolved.password.hashing.memoryKib, 19_456)
  assert.deepEqual(resolved.bruteForce.account, { ...defaults.bruteForce.account, cap: 5 })
  assert.deepEqual(resolved.bruteForce.ipAddress, defaults.bruteForce.ipAddress)
})

test('trusted browsers are off unless their days are given, and need keys', () => {
  const keys = [{ id: 'k1', secret: Buffer.from('0123456789abcdef0123456789abcdef') }]
  const resolve = (secondFactor: unknown, given: object = { keys }) =>
    Reflect.apply(resolveOptions, null, [{ baseUrl, ...given, secondFactor }]).secondFactor
  for (const off of [undefined, {}, { trustedBrowsers: false }, { trustedBrowsers: undefined }])
    assert.deepEqual(resolve(off), { required: 'optional', trustedBrowsers: false })
  const on = { trustedBrowsers: { days: 30 } }
  assert.deepEqual(resolve(on), { required: 'optional', ...on })
  const mailer = { send: () => Promise.resolve() }
  const required = (secondFactor: object) => () => resolve(secondFactor, { keys, mailer })
  for (const policy of ['per-user', 'always']) {
    assert.doesNotThrow(required({ required: policy, trustedBrowsers: false }))
    assert.throws(required({ required: policy, ...on }), /secondFactor\.trustedBrowsers/)
  }
  const refused: readonly (readonly [value: unknown, option: string])[] = [
    [true, 'secondFactor.trustedBrowsers'],
    [null, 'secondFactor.trustedBrowsers'],
    [30, 'secondFactor.trustedBrowsers'],
    [{}, 'secondFactor.trustedBrowsers'],
    [{ days: 0 }, 'secondFactor.trustedBrowsers.days'],
    [{ days: 91 }, 'secondFactor.trustedBrowsers.days'],
    [{ days: 1.5 }, 'secondFactor.trustedBrowsers.days'],
    [{ day: 30 }, 'secondFactor.trustedBrowsers.day'],
  ]
  for (const [trustedBrowsers, option] of refused)
    assert.throws(
      () => resolve({ trustedBrowsers }),
      (error) =>
        error instanceof InvalidOptionsError && error.message.startsWith(`option ${option}: `),
      option,
    )
  assert.throws(
    () => resolve(on, {}),
    (error) => error instanceof InvalidOptionsError && error.message.startsWith('option keys: '),
  )
})

test('providers need keys, and the message says how to make one', () => {
  const definition = github({ clientId: 'id', clientSecret: 'secret' })
  for (const providers of [[definition], [{ ...definition, enabled: false }]])
    assert.throws(
      () => resolveOptions({ baseUrl, oauth: { providers } }),
      (error) =>
        error instanceof InvalidOptionsError &&
        error.message.startsWith('option keys: is') &&
        /required with oauth\.providers: .*node -p/.test(error.message),
    )
  const keys = [{ id: 'k1', secret: new Uint8Array(32).map((_, index) => index) }]
  assert.equal(
    resolveOptions({ baseUrl, keys, oauth: { providers: [definition] } }).oauth.providers.length,
    1,
  )
  assert.ok(resolveOptions({ baseUrl, oauth: { providers: [] } }).keys.isEmpty)
})

const refused: readonly (readonly [option: string, given: Record<string, unknown>])[] = [
  ['baseUrl', { baseUrl: undefined }],
  ['sesion', { sesion: {} }],
  ['session', { session: 60 }],
  ['session', { session: null }],
  ['session.idle', { session: { idle: 60 } }],
  ['session.idleSeconds', { session: { idleSeconds: 2_592_001 } }],
  ['session.idleSeconds', { session: { idleSeconds: '600' } }],
  ['session.idleSeconds', { session: { idleSeconds: Number.NaN } }],
  ['session.absoluteSeconds', { session: { absoluteSeconds: 401 * 86_400 } }],
  ['session.touchSeconds', { session: { idleSeconds: 60, touchSeconds: 60 } }],
  ['session.touchSeconds', { session: { touchSeconds: 0 } }],
  ['password', { password: [] }],
  ['password.minLength', { password: { minLength: 7 } }],
  ['password.minLength', { password: { minLength: 65 } }],
  ['password.minLength', { password: { minLength: 15.5 } }],
  ['password.hashing.memoryKib', { password: { hashing: { memoryKib: 1024 } } }],
  ['password.hashing.memoryKib', { password: { hashing: { memoryKib: 1_048_576 } } }],
  ['password.hashing.passes', { password: { hashing: { passes: 1 } } }],
  ['password.hashing.passes', { password: { hashing: { memoryKib: 262_144, passes: 16 } } }],
  ['password.hashing.lanes', { password: { hashing: { lanes: 0 } } }],
  ['password.hashing.concurrency', { password: { hashing: { concurrency: 0 } } }],
  ['password.breached', { password: { breached: true } }],
  ['password.importedPassword', { password: { importedPassword: true } }],
  ['password.legacyVerifiers', { password: { legacyVerifiers: {} } }],
  ['password.legacyVerifiers', { password: { legacyVerifiers: [{ verify: async () => true }] } }],
  ['password.legacyVerifiers', { password: { legacyVerifiers: [null] } }],
  ['password.hashing.pepper', { password: { hashing: { pepper: 'yes' } } }],
  ['password.hashing.pepper', { password: { hashing: { pepper: true } } }],
  ['password.hashing.maxWaiting', { password: { hashing: { maxWaiting: -1 } } }],
  ['bruteForce.acount', { bruteForce: { acount: {} } }],
  // A session of the account has the other 20 of NIST's 100.
  ['bruteForce.account.limit', { bruteForce: { account: { limit: 81 } } }],
  ['bruteForce.codes.limit', { bruteForce: { codes: { limit: 101 } } }],
  ['bruteForce.account.cap', { bruteForce: { account: { cap: 11, limit: 10 } } }],
  ['bruteForce.account.lockSeconds', { bruteForce: { account: { lockSeconds: 3601 } } }],
  ['bruteForce.ipAddress.forgetSeconds', { bruteForce: { ipAddress: { forgetSeconds: 599 } } }],
  ['bruteForce.registrations.cap', { bruteForce: { registrations: { cap: 0 } } }],
  ['requireVerifiedEmail', { requireVerifiedEmail: 'yes' }],
  ['log', { log: {} }],
  ['magicLink.lifetimeSeconds', { magicLink: { lifetimeSeconds: 3601 } }],
  ['magicLink.signUp', { magicLink: { signUp: 'no' } }],
  ['magicLink.code', { magicLink: { code: 1 } }],
  ['keys', { magicLink: { code: true } }],
  ['mailer', { mailer: {} }],
  ['mailer', { mailer: 'smtp://mail.example' }],
  ['mail.appName', { mail: { appName: ' ' } }],
  ['mail.appName', { mail: { appName: 'Acme\r\nBcc: eve@example.net' } }],
  ['mail.messages.magic_links', { mail: { messages: { magic_links: () => null } } }],
  ['mail.messages.magic_link', { mail: { messages: { magic_link: 'Hello' } } }],
  ['mail.concurrency', { mail: { concurrency: 0 } }],
  ['mail.maxInMemory', { mail: { maxInMemory: 0 } }],
  ['mail.sendSeconds', { mail: { sendSeconds: 601 } }],
  ['mail.retrySeconds', { mail: { retrySeconds: 0 } }],
  ['mail.shutdownSeconds', { mail: { shutdownSeconds: -1 } }],
  ['mail.language', { mail: { language: 'de' } }],
]

for (const [option, given] of refused)
  test(`refused by its name: ${option} in ${JSON.stringify(given)}`, () => {
    assert.throws(
      // What JavaScript callers and configuration files can hand over.
      () => resolveOptions({ baseUrl, ...given } as ToriiOptions),
      (error) =>
        error instanceof InvalidOptionsError && error.message.startsWith(`option ${option}:`),
    )
  })

test('options that are not an object are refused', () => {
  for (const value of [undefined, null, 'https://app.example', []])
    assert.throws(() => resolveOptions(value as unknown as ToriiOptions), InvalidOptionsError)
})

test('requireVerifiedEmail without a mailer is refused with the fix', () => {
  assert.throws(
    () => resolveOptions({ baseUrl, requireVerifiedEmail: true }),
    /needs the option mailer/,
  )
})

test('requireVerifiedEmail is true by default with a mailer', () => {
  const mailer = { send: async () => undefined }
  assert.equal(resolveOptions({ baseUrl, mailer }).requireVerifiedEmail, true)
  assert.equal(
    resolveOptions({ baseUrl, mailer, requireVerifiedEmail: false }).requireVerifiedEmail,
    false,
  )
  assert.equal(resolveOptions({ baseUrl }).requireVerifiedEmail, false)
})

test('own messages replace the English ones one by one, and appName defaults to the host', () => {
  const magic_link = () => ({ subject: 's', text: 't', html: 'h' })
  const { mail } = resolveOptions({ baseUrl, mail: { messages: { magic_link } } })
  assert.equal(mail.messages.magic_link, magic_link)
  assert.equal(mail.messages.verify_email, englishMessages.verify_email)
  assert.equal(mail.appName, 'app.example')
})

test('docs/brute-force.md lists every rate limit by the name of its option', () => {
  const page = readFileSync(new URL('../../../../../docs/brute-force.md', import.meta.url), 'utf8')
  const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
  assert.deepEqual(listed.sort(), Object.keys(defaults.bruteForce).sort())
})
