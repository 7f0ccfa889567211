import assert from 'node:assert/strict'
import { createHmac, hash } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { test } from 'vitest'
import type { FlowBinding } from './flow-secrets.js'
import { newFlowSecrets, readFlowSecrets } from './flow-secrets.js'

const binding: FlowBinding = {
  provider: 'work',
  issuer: 'https://id.example',
  clientId: 'torii',
  redirectUri: 'https://app.example/auth/oauth/work/callback',
}
const start = (browser: unknown = null) => newFlowSecrets(binding, browser)

test('what starts is read back from the state and the browser secret', () => {
  const flow = start()
  const read = readFlowSecrets(binding, flow.state, flow.browser.reveal())
  assert.ok(read !== null)
  assert.deepEqual({ ...read, browser: null }, { ...flow, browser: null })
  assert.equal(read.browser.reveal(), flow.browser.reveal())
})

test('every flow has its own secrets, of 256 bits each, with no part in common', () => {
  const flows = Array.from({ length: 100 }, () => start())
  const texts = flows.flatMap(({ state, browser, verifier, nonce, stateHash, browserHash }) => [
    ...[state, browser.reveal(), verifier, nonce],
    ...[stateHash, browserHash].map((bytes) => Buffer.from(bytes).toString('base64url')),
  ])
  assert.equal(new Set(texts).size, texts.length)
  for (const text of texts) assert.match(text, /^[\w-]{43}$/)
})

test('a browser keeps its secret, and yet each of its flows has its own verifier and nonce', () => {
  const first = start()
  const second = start(first.browser.reveal())
  assert.equal(second.browser.reveal(), first.browser.reveal())
  assert.deepEqual(second.browserHash, first.browserHash)
  for (const name of ['state', 'verifier', 'nonce'] as const)
    assert.notEqual(second[name], first[name])
})

test('T5.71 T6.74 any other browser, provider, issuer, client or redirect URI is another flow', () => {
  const flow = start()
  const others: readonly (readonly [Partial<FlowBinding>, unknown])[] = [
    [{}, start().browser.reveal()],
    [{}, null],
    [{}, ''],
    [{ provider: 'other' }, flow.browser],
    [{ issuer: 'https://id.example/' }, flow.browser],
    [{ clientId: 'torii2' }, flow.browser],
    [{ redirectUri: 'https://app.example/auth/oauth/other/callback' }, flow.browser],
  ]
  for (const [change, browser] of others) {
    const read = readFlowSecrets({ ...binding, ...change }, flow.state, browser)
    assert.ok(read !== null)
    assert.deepEqual(read.stateHash, flow.stateHash, 'so that the state is used up')
    assert.notDeepEqual(read.browserHash, flow.browserHash)
  }
})

test('what is bound cannot slip from one part into the next', () => {
  const browser = start().browser
  const one = newFlowSecrets({ ...binding, provider: 'ab', issuer: 'c' }, browser)
  const other = newFlowSecrets({ ...binding, provider: 'a', issuer: 'bc' }, browser)
  assert.notDeepEqual(one.browserHash, other.browserHash)
})

test('verifier and nonce are HMAC-SHA-256 under the browser secret, which the state alone does not give', () => {
  const flow = start()
  const state = Buffer.from(flow.state, 'base64url')
  const derived = (purpose: string) => {
    const name = Buffer.from(`torii:oauth-${purpose}:1`)
    const input = Buffer.concat([
      Buffer.from([0, 0, 0, name.length]),
      name,
      Buffer.from([0, 0, 0, 32]),
      state,
    ])
    const key = Buffer.from(flow.browser.reveal(), 'base64url')
    return createHmac('sha256', key).update(input).digest('base64url')
  }
  assert.equal(flow.verifier, derived('verifier'))
  assert.equal(flow.nonce, derived('nonce'))
  // Not the plain hash of the state either, which somebody who sees the URL could compute.
  assert.notDeepEqual(flow.stateHash, hash('sha256', state, 'buffer'))
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
    assert.equal(readFlowSecrets(binding, text, browser), null, String(text))
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (one, other) => {
      readFlowSecrets(binding, one, other)
      assert.notEqual(readFlowSecrets(binding, state, other), null)
      assert.match(newFlowSecrets(binding, one).browser.reveal(), /^[\w-]{43}$/)
    }),
  )
})

test('the browser secret prints [redacted]', () => {
  const { browser } = start()
  for (const text of [inspect(browser), JSON.stringify(browser), `${browser}`])
    assert.match(text, /^"?\[redacted\]"?$/)
})
