import assert from 'node:assert/strict'
import { afterEach, test, vi } from 'vitest'
import type { Failure, FailureCode } from './index.js'
import { createClient, passkey, secondFactors } from './index.js'

const page = 'http://127.0.0.1:3000'

/** A browser whose passkey prompt fails with an error of this name. */
function openPage({
  prompt,
  isSecureContext = true,
}: {
  prompt?: string
  isSecureContext?: boolean
}) {
  const fail = () => Promise.reject(new DOMException('refused', prompt))
  vi.stubGlobal('location', new URL(page))
  vi.stubGlobal('isSecureContext', isSecureContext)
  vi.stubGlobal('navigator', { credentials: { get: fail, create: fail } })
  if (prompt !== undefined) vi.stubGlobal('PublicKeyCredential', class {})
}
afterEach(() => vi.unstubAllGlobals())

const options = {
  challenge: 'AAAA',
  rpId: 'localhost',
  rp: { id: 'localhost', name: 'Acme' },
  user: { id: 'AAAA', name: 'ada', displayName: 'Ada' },
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
}
const client = createClient({
  fetch: async () => Response.json({ challengeId: 'AAAA', options }),
})
const operations = {
  register: () => passkey.register(client),
  authenticate: () => passkey.authenticate(client),
  reauthenticate: () => passkey.reauthenticate(client),
  verifyByPasskey: () => secondFactors.verifyByPasskey(client, { pendingId: 'x' }),
}

for (const [name, run] of Object.entries(operations)) {
  test(`passkey.${name}() on a page of another domain is misconfigured, and says where to open the page`, async () => {
    openPage({ prompt: 'SecurityError' })
    const outcome = await run()
    assert.deepEqual(outcome, {
      ok: false,
      error: 'misconfigured',
      ...(['authenticate', 'verifyByPasskey'].includes(name) ? { status: 'failed' } : {}),
      message: `Passkeys do not work on ${page}. Open the page on localhost, or change the options baseUrl and passkey.rpId of the server.`,
    })
  })

  test(`passkey.${name}() that the user cancels is cancelled`, async () => {
    openPage({ prompt: 'NotAllowedError' })
    const outcome = await run()
    assert.equal(outcome.ok || outcome.error, 'cancelled')
  })

  test(`passkey.${name}() on a plain http page is misconfigured, and in an old browser unsupported`, async () => {
    openPage({ isSecureContext: false })
    const outcome = await run()
    assert.equal(outcome.ok || outcome.error, 'misconfigured')
    openPage({})
    const old = await run()
    assert.equal(old.ok || old.error, 'unsupported')
  })
}

test('secondFactors.verifyByPasskey() sends whether the user trusts the browser, only where it is said', async () => {
  openPage({ prompt: '' })
  const bytes = new Uint8Array(1).buffer
  const response = { clientDataJSON: bytes, authenticatorData: bytes, signature: bytes }
  const credential = { id: 'AA', rawId: bytes, type: 'public-key', response }
  const get = async () => ({ ...credential, getClientExtensionResults: () => ({}) })
  vi.stubGlobal('navigator', { credentials: { get } })
  const sent: unknown[] = []
  const recording = createClient({
    fetch: async (_input, init) => {
      const body = JSON.parse(String(init?.body))
      sent.push([body.pendingId, body.challengeId, body.trustBrowser])
      return Response.json({ challengeId: 'AAAA', options })
    },
  })
  await secondFactors.verifyByPasskey(recording, { pendingId: 'x' })
  await secondFactors.verifyByPasskey(recording, { pendingId: 'x', trustBrowser: true })
  const start = ['x', undefined, undefined]
  assert.deepEqual(sent, [start, ['x', 'AAAA', undefined], start, ['x', 'AAAA', true]])
})

test('the error of a failure is a union that a switch narrows', async () => {
  const failing = (body: object): Promise<{ ok: true } | Failure> =>
    createClient({ fetch: async () => Response.json(body, { status: 422 }) }).send('POST', 'user')
  const rejected = await failing({ error: 'password_rejected', message: 'm', reason: 'too_short' })
  assert.ok(!rejected.ok)
  switch (rejected.error) {
    case 'password_rejected': {
      const reason: 'too_short' | 'too_long' | 'malformed' | 'guessable' | 'common' | 'breached' =
        rejected.reason
      assert.equal(reason, 'too_short')
      break
    }
    default:
      assert.fail(rejected.error)
  }
  // @ts-expect-error: a code that does not exist is a compile error
  const unknown: FailureCode = 'passwort_rejected'
  assert.ok(unknown)
})
