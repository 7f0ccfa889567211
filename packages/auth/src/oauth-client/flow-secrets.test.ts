import assert from 'node:assert/strict'
import { createHmac, hash, randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import type { SessionActor } from 'torii-core'
import { newSessionId, newUserId } from 'torii-core'
import { test } from 'vitest'
import { lengthPrefixed, resolveKeys } from '../crypto/key-ring.js'
import type { FlowBinding, NewFlow } from './flow-secrets.js'
import {
  newFlowSecrets,
  newIdTokenNonce,
  readFlowSecrets,
  readIdTokenNonce,
} from './flow-secrets.js'

const newKey = (id: string) => ({ id, secret: randomBytes(32) })
const [k1, k2] = [newKey('k1'), newKey('k'.repeat(32))]
const keys = resolveKeys([k1])
const binding: FlowBinding = {
  provider: 'work',
  issuer: 'https://id.example',
  clientId: 'torii',
  redirectUri: 'https://app.example/auth/oauth/work/callback',
}
const expiresAt = new Date('2026-11-30T10:00:00.123Z')
const globalEpoch = 7
const start = (given: Partial<NewFlow> = {}) =>
  newFlowSecrets(keys, binding, {
    browser: null,
    redirectTo: null,
    remember: true,
    actor: null,
    expiresAt,
    globalEpoch,
    ...given,
  })
const read = (state: unknown, browser: unknown, to = binding, ring = keys) =>
  readFlowSecrets(ring, to, state, browser)
const actor: SessionActor = {
  userId: newUserId(),
  sessionId: newSessionId(),
  epochs: { session: 2_147_483_647, owner: 0 },
}

test('a flow is read back from the state and the cookie of the browser', () => {
  for (const given of [
    {},
    { actor },
    { redirectTo: '/basket?step=2#pay' },
    { actor, redirectTo: `/${'x'.repeat(2047)}` },
  ]) {
    const { browser, ...flow } = start(given)
    const content = { remember: true, actor: null, redirectTo: null, expiresAt, globalEpoch }
    const expected = { ...flow, ...content, ...given }
    assert.deepEqual(read(flow.state, browser.reveal()), expected)
    assert.deepEqual(read(flow.state, browser), expected)
  }
})

test('every flow has its own secrets, of 256 bits each, with no part in common', () => {
  const flows = Array.from({ length: 100 }, () => start())
  const texts = flows.flatMap(({ browser, verifier, nonce, key }) => [
    ...[browser.reveal(), verifier, nonce, Buffer.from(key.hash).toString('base64url')],
  ])
  for (const text of texts) assert.match(text, /^[\w-]{43}$/)
  // 32 random bytes follow the header.
  const random = flows.map(({ state }) => Buffer.from(state, 'base64url').toString('hex', 4, 36))
  assert.equal(new Set([...texts, ...random]).size, texts.length + random.length)
})

test('a browser keeps its secret, and yet each of its flows has its own verifier and nonce', () => {
  const first = start()
  const second = start({ browser: first.browser.reveal() })
  assert.equal(second.browser.reveal(), first.browser.reveal())
  for (const name of ['state', 'verifier', 'nonce'] as const)
    assert.notEqual(second[name], first[name])
})

test('flows of several tabs keep their redirects; the oldest one that does not fit is dropped', () => {
  const long = (name: string) => `/${name.repeat(1000)}`
  const tabs = ['/a', '/b', null, long('c'), '/d', long('e')]
  const flows: ReturnType<typeof start>[] = []
  for (const redirectTo of tabs)
    flows.push(start({ redirectTo, browser: flows.at(-1)?.browser ?? null }))
  const cookie = flows.at(-1)?.browser.reveal() ?? ''
  const redirects = () => flows.map(({ state }) => read(state, cookie)?.redirectTo)
  assert.deepEqual(redirects(), tabs)
  const last = start({ redirectTo: long('f'), browser: cookie })
  assert.equal(read(last.state, last.browser)?.redirectTo, long('f'))
  const left = flows.map(({ state }) => read(state, last.browser)?.redirectTo)
  assert.deepEqual(left, [null, null, null, null, '/d', long('e')])
})

test('the cookie fits into a browser and the state into a URL, with the longest of everything', () => {
  const ring = resolveKeys([k2])
  let browser: unknown = null
  for (let tab = 0; tab < 100; tab += 1) {
    const redirectTo = `/${'x'.repeat(tab % 2 === 0 ? 2047 : 40)}`
    const flow = newFlowSecrets(ring, binding, {
      browser,
      redirectTo,
      remember: true,
      actor,
      expiresAt,
      globalEpoch,
    })
    browser = flow.browser.reveal()
    // Browsers keep 4,096 characters of name and value.
    assert.ok(flow.browser.reveal().length <= 4000, String(flow.browser.reveal().length))
    // X takes 500 characters of state.
    assert.equal(flow.state.length, 179)
  }
  assert.equal(start().state.length, 86)
})

test('T5.71 T6.74 any other browser, provider, issuer, client or redirect URI is another flow', () => {
  const flow = start({ redirectTo: '/after' })
  const [secret, redirects] = flow.browser.reveal().split('.')
  const others: readonly (readonly [Partial<FlowBinding>, unknown])[] = [
    [{}, start().browser.reveal()],
    [{}, `${start().browser.reveal()}.${redirects}`],
    [{}, null],
    [{}, ''],
    [{}, `.${redirects}`],
    [{ provider: 'other' }, flow.browser],
    [{ issuer: 'https://id.example/' }, flow.browser],
    [{ clientId: 'torii2' }, flow.browser],
    [{ redirectUri: 'https://app.example/auth/oauth/other/callback' }, flow.browser],
  ]
  for (const [change, browser] of others)
    assert.equal(read(flow.state, browser, { ...binding, ...change }), null)
  // Without its redirects, or with those of another browser, the flow redirects to the default.
  const foreign = start({ redirectTo: '/elsewhere' }).browser.reveal().split('.')[1]
  for (const browser of [secret, `${secret}.`, `${secret}.${foreign}`, `${secret}.x.${redirects}`])
    assert.equal(read(flow.state, browser)?.redirectTo, null)
})

test('a state is valid under a rotated key, and not under a removed one', () => {
  const flow = start({ actor, redirectTo: '/after' })
  const rotated = read(flow.state, flow.browser, binding, resolveKeys([k2, k1]))
  assert.deepEqual([rotated?.redirectTo, rotated?.actor], ['/after', actor])
  assert.equal(read(flow.state, flow.browser, binding, resolveKeys([k2])), null)
  assert.equal(
    read(flow.state, flow.browser, binding, resolveKeys([{ ...k1, secret: k2.secret }])),
    null,
  )
})

test('what is bound cannot slip from one part into the next', () => {
  const { state, browser } = newFlowSecrets(
    keys,
    { ...binding, provider: 'ab', issuer: 'c' },
    { browser: null, redirectTo: null, remember: true, actor: null, expiresAt, globalEpoch },
  )
  assert.ok(read(state, browser, { ...binding, provider: 'ab', issuer: 'c' }) !== null)
  assert.equal(read(state, browser, { ...binding, provider: 'a', issuer: 'bc' }), null)
})

test('verifier and nonce are HMAC-SHA-256 under the browser secret, which the state alone does not give', () => {
  const flow = start()
  const derived = (purpose: string) =>
    createHmac('sha256', Buffer.from(flow.browser.reveal(), 'base64url'))
      .update(lengthPrefixed([`torii:oauth-${purpose}:2`, flow.state]))
      .digest('base64url')
  assert.equal(flow.verifier, derived('verifier'))
  assert.equal(flow.nonce, derived('nonce'))
  // Not the plain hash of the state, which anyone who sees the URL could compute.
  assert.notDeepEqual(flow.key.hash, hash('sha256', flow.state, 'buffer'))
})

test('the state shows nothing of the user who links', () => {
  const bytes = Buffer.from(start({ actor }).state, 'base64url').toString('hex')
  for (const id of [actor.userId, actor.sessionId])
    assert.ok(!bytes.includes(id.replaceAll('-', '')))
})

test('T6.74 a state in any other form is none, and nothing makes reading throw', () => {
  const { state, browser } = start()
  const spellings = [
    `${state}=`,
    state.slice(1),
    `${state}A`,
    ` ${state}`,
    state.replace(/.$/, '!'),
  ]
  for (const text of ['', ...spellings, 'B'.repeat(43), undefined, null, 7, {}, [state]])
    assert.equal(read(text, browser), null, String(text))
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (one, other) => {
      assert.equal(read(one, other), null)
      assert.equal(read(state, other), null)
      assert.match(start({ browser: one }).browser.reveal(), /^[\w-]{43}$/)
    }),
  )
})

test('a nonce of an ID token is bound to provider, issuer and audiences, and is no state', () => {
  const native = { provider: 'work', issuer: 'https://id.example', audiences: ['ios', 'web'] }
  const { nonce, key } = newIdTokenNonce(keys, native, { expiresAt, globalEpoch })
  assert.deepEqual(readIdTokenNonce(keys, native, nonce), { nonce, key })
  assert.deepEqual([key.expiresAt, key.globalEpoch], [expiresAt, globalEpoch])
  assert.equal(nonce.length, 86)
  for (const change of [
    { provider: 'play' },
    { issuer: 'https://other.example' },
    { audiences: ['ios'] },
    { audiences: ['web', 'ios'] },
  ])
    assert.equal(readIdTokenNonce(keys, { ...native, ...change }, nonce), null)
  assert.equal(readIdTokenNonce(resolveKeys([k2]), native, nonce), null)
  const { state, browser } = start()
  assert.equal(readIdTokenNonce(keys, native, state), null)
  assert.equal(read(nonce, browser), null)
})

test('the browser secret prints [redacted]', () => {
  const { browser } = start({ redirectTo: '/secret' })
  for (const text of [inspect(browser), JSON.stringify(browser), `${browser}`])
    assert.match(text, /^"?\[redacted\]"?$/)
})

test('a sign-in that is not to be remembered says so in its state, which is one byte longer', () => {
  for (const remember of [true, false]) {
    const { state, browser } = start({ remember })
    assert.equal(read(state, browser)?.remember, remember)
    assert.equal(read(state, browser)?.actor, null)
  }
  const { state, browser } = start({ actor })
  assert.deepEqual(read(state, browser)?.actor, actor)
  assert.ok(start({ remember: false }).state.length <= start().state.length + 2)
})
