import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterEach, describe, test, vi } from 'vitest'
import { createHandler } from '../http/index.js'
import { goodPassword, newEmail, openTestSite } from '../test/site.test.support.js'
import { SoftwareAuthenticator } from '../webauthn/authenticator.test.support.js'
import { createClient, passkey, password, sessions, user } from './index.js'
import { openBrowser } from './page.test.support.js'

const site = await openTestSite({ keys: [{ id: 'k1', secret: randomBytes(32) }] })
const handler = createHandler(site.torii)
afterEach(() => vi.unstubAllGlobals())

type Signal = readonly [name: string, argument: Readonly<Record<string, unknown>>]
interface Ceremony {
  readonly mediation?: string
  readonly publicKey: {
    readonly challenge: ArrayBuffer
    readonly rp: { readonly id: string }
    readonly rpId: string
    readonly user: { readonly id: ArrayBuffer }
  }
}

const text = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('base64url')
const bytes = (value: string | undefined) =>
  Uint8Array.from(Buffer.from(value ?? '', 'base64url')).buffer

/** A page of a browser with a software authenticator, which has the Signal API and conditional creation unless it is `old`. */
function openPage({ conditionalCreate = true, old = false, refuses = false } = {}) {
  const signals: Signal[] = []
  const creations: (string | undefined)[] = []
  let authenticator = new SoftwareAuthenticator()
  const credentialOf = (made: { id: string; response: Record<string, unknown> }) => ({
    ...made,
    type: 'public-key',
    rawId: bytes(made.id),
    response: Object.fromEntries(
      Object.entries(made.response).map(([name, value]) => [
        name,
        typeof value === 'string' ? bytes(value) : value,
      ]),
    ),
    getClientExtensionResults: () => ({}),
  })
  const credentials = {
    async create({ mediation, publicKey }: Ceremony) {
      creations.push(mediation)
      authenticator = new SoftwareAuthenticator()
      const options = {
        challenge: text(publicKey.challenge),
        rp: publicKey.rp,
        user: { id: text(publicKey.user.id) },
      }
      const silent = { userPresent: false, userVerified: false }
      return credentialOf(authenticator.create(options, mediation === 'conditional' ? silent : {}))
    },
    async get({ publicKey }: Ceremony) {
      const options = { challenge: text(publicKey.challenge), rpId: publicKey.rpId }
      return credentialOf(authenticator.get(options))
    },
  }
  const signal = (name: string) => async (argument: Signal[1]) => {
    signals.push([name, argument])
    if (refuses) throw new DOMException('refused', 'SecurityError')
  }
  const names = [
    'signalUnknownCredential',
    'signalAllAcceptedCredentials',
    'signalCurrentUserDetails',
  ]
  const api = {
    getClientCapabilities: async () => ({ conditionalCreate }),
    ...Object.fromEntries(names.map((name) => [name, signal(name)])),
  }
  vi.stubGlobal('location', new URL('https://app.example'))
  vi.stubGlobal('navigator', { credentials })
  vi.stubGlobal('PublicKeyCredential', Object.assign(class {}, old ? {} : api))
  const browser = openBrowser(handler)
  const client = createClient({ fetch: browser.fetch })
  return {
    client,
    paths: browser.paths,
    signals,
    creations,
    credentialId: () => authenticator.credentialId.toString('base64url'),
    userId: () => authenticator.userHandle,
  }
}

async function signUp(page: ReturnType<typeof openPage>) {
  const email = newEmail()
  const made = await password.register(page.client, { email, password: goodPassword })
  assert.ok(made.ok)
  return email
}

describe('passkey.upgrade()', () => {
  test('creates a passkey in the background after a sign-in by password, which signs in later', async () => {
    const page = openPage()
    const email = await signUp(page)
    await sessions.signOut(page.client)
    assert.ok((await password.authenticate(page.client, { email, password: goodPassword })).ok)
    const added = await passkey.upgrade(page.client, { name: 'From my password' })
    assert.ok(added.ok, JSON.stringify(added))
    assert.equal(added.passkey.name, 'From my password')
    assert.deepEqual(page.creations, ['conditional'])
    await sessions.signOut(page.client)
    assert.ok((await passkey.authenticate(page.client)).ok)
    assert.deepEqual(page.signals, [])
  })

  test('sends nothing from a browser that cannot', async () => {
    for (const options of [{ conditionalCreate: false }, { old: true }]) {
      const page = openPage(options)
      await signUp(page)
      page.paths.length = 0
      const outcome = await passkey.upgrade(page.client)
      assert.equal(outcome.ok || outcome.error, 'unsupported')
      assert.deepEqual([page.paths, page.creations], [[], []])
    }
  })

  test('T10.202 is refused long after the sign-in, before the browser creates anything', async () => {
    const page = openPage()
    await signUp(page)
    await site.elapse(301)
    const outcome = await passkey.upgrade(page.client)
    assert.equal(outcome.ok || outcome.error, 'password_sign_in_required')
    assert.deepEqual(page.creations, [])
  })
})

describe('signals to authenticators', () => {
  test('remove() signals the passkeys that are left, under every user handle', async () => {
    const page = openPage()
    await signUp(page)
    const first = await passkey.register(page.client, { name: 'First' })
    const firstId = page.credentialId()
    const second = await passkey.register(page.client, { name: 'Second' })
    assert.ok(first.ok && second.ok)
    const userId = page.userId()
    assert.ok((await passkey.remove(page.client, second.passkey.id)).ok)
    assert.deepEqual(page.signals[0], [
      'signalAllAcceptedCredentials',
      { rpId: 'app.example', userId, allAcceptedCredentialIds: [firstId] },
    ])
    page.signals.length = 0
    assert.ok((await passkey.remove(page.client, first.passkey.id)).ok)
    assert.deepEqual(page.signals[0], [
      'signalAllAcceptedCredentials',
      { rpId: 'app.example', userId, allAcceptedCredentialIds: [] },
    ])
  })

  test('rename(), and signal() after a change of the profile, signal the present name and email address', async () => {
    const page = openPage()
    const email = await signUp(page)
    const added = await passkey.register(page.client)
    assert.ok(added.ok)
    assert.deepEqual(page.signals, [])
    assert.ok((await passkey.rename(page.client, added.passkey.id, 'Laptop')).ok)
    const userId = page.userId()
    const details = (displayName: string) => [
      'signalCurrentUserDetails',
      { rpId: 'app.example', userId, name: email, displayName },
    ]
    assert.deepEqual(page.signals[1], details(email))
    assert.ok((await user.update(page.client, { name: 'Ada' })).ok)
    page.signals.length = 0
    await passkey.signal(page.client)
    assert.deepEqual(page.signals[1], details('Ada'))
  })

  test('T10.212 a sign-in with a deleted passkey signals that it is unknown', async () => {
    const page = openPage()
    await signUp(page)
    const added = await passkey.register(page.client)
    assert.ok(added.ok)
    assert.ok((await passkey.remove(page.client, added.passkey.id)).ok)
    await sessions.signOut(page.client)
    page.signals.length = 0
    const outcome = await passkey.authenticate(page.client)
    assert.ok(!outcome.ok && outcome.error === 'invalid_credentials')
    assert.equal(outcome.reason, 'unknown_credential')
    assert.deepEqual(page.signals, [
      ['signalUnknownCredential', { rpId: 'app.example', credentialId: page.credentialId() }],
    ])
  })

  test('T10.212 a disabled account, and an expired challenge, signal nothing', async () => {
    const page = openPage()
    const email = await signUp(page)
    assert.ok((await passkey.register(page.client)).ok)
    const signIn = async () => {
      const outcome = await passkey.authenticate(page.client)
      assert.ok(!outcome.ok)
      assert.deepEqual([outcome.error, outcome.reason], ['invalid_credentials', undefined])
    }
    const person = (await site.storage.users.findByEmail(email)) ?? assert.fail('no account')
    await site.storage.users.disable(person.id)
    await signIn()
    await passkey.signal(page.client)
    await site.storage.users.enable(person.id)
    const hold = "update torii.passkey_challenges set expires_at = now() - interval '1 second'"
    const expiring = createClient({
      fetch: async (input, init) => {
        if (String(input).endsWith('/verify')) await site.db.query(hold)
        return openBrowser(handler).fetch(input, init)
      },
    })
    const late = await passkey.authenticate(expiring)
    assert.ok(!late.ok)
    assert.deepEqual([late.error, late.reason], ['invalid_credentials', undefined])
    assert.deepEqual(page.signals, [])
  })

  test('T10.210 a made-up passkey of an email address without any is not told from a real one', async () => {
    const asked = await site.torii.passkey.authenticateOptions({ email: newEmail() }, from)
    assert.ok(asked.ok)
    for (const { id } of asked.options.allowCredentials) {
      const credentialId = Buffer.from(id, 'base64url')
      const authenticator = new SoftwareAuthenticator({ credentialId })
      authenticator.userHandle = randomBytes(64).toString('base64url')
      const other = await site.torii.passkey.authenticateOptions({}, from)
      assert.ok(other.ok)
      for (const { options, challengeId } of [asked, other]) {
        const response = authenticator.get(options)
        const outcome = await site.torii.passkey.authenticate({ challengeId, response }, from)
        assert.deepEqual(outcome, { ok: false, reason: 'invalid_credentials' })
      }
    }
  })

  test('a registration in the background that the server refuses signals what it has', async () => {
    const page = openPage()
    const { fetch: send } = openBrowser(handler)
    const failing = createClient({
      fetch: async (input, init) => {
        if (String(input).endsWith('/verify'))
          await site.db.query('delete from torii.passkey_challenges')
        return send(input, init)
      },
    })
    await password.register(failing, { email: newEmail(), password: goodPassword })
    const outcome = await passkey.upgrade(failing)
    assert.equal(outcome.ok || outcome.error, 'invalid_token')
    assert.deepEqual(page.signals[0]?.[1].allAcceptedCredentialIds, [])
    assert.equal(page.signals[0]?.[1].userId, page.userId())
  })

  test('a browser that refuses signals, or has none, changes no outcome', async () => {
    for (const options of [{ refuses: true }, { old: true }]) {
      const page = openPage(options)
      await signUp(page)
      const added = await passkey.register(page.client)
      assert.ok(added.ok)
      page.paths.length = 0
      assert.ok((await passkey.remove(page.client, added.passkey.id)).ok)
      const asks = page.paths.includes('GET /auth/passkeys/signals')
      assert.equal(asks, options.old !== true)
    }
  })
})

const from = { ip: '203.0.113.7', userAgent: null }
