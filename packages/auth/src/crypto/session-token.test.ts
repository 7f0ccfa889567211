import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { newSessionId, newUserId, parseSessionId, parseUserId } from 'torii-core'
import { test } from 'vitest'
import { formatSessionToken, newSessionSecret, parseSessionToken } from './session-token.js'

const ids = fc.tuple(fc.uuid().map(parseUserId), fc.uuid().map(parseSessionId))
const secrets = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('every token reads back as its ids and the hash of its secret', () => {
  fc.assert(
    fc.property(ids, secrets, ([userId, id], bytes) => {
      assert.ok(userId !== null && id !== null)
      const secret = Buffer.from(bytes)
      const key = parseSessionToken(formatSessionToken(userId, id, secret).reveal())
      const secretHash = createHash('sha256').update('torii:session:').update(secret).digest()
      assert.deepEqual(key, { userId, id, secretHash })
    }),
  )
})

test('the hash of one token is not overwritten by the next', () => {
  const tokens = Array.from({ length: 2 }, () =>
    formatSessionToken(newUserId(), newSessionId(), newSessionSecret()).reveal(),
  )
  const [one, two] = tokens.map((token) => parseSessionToken(token)?.secretHash)
  assert.notDeepEqual(one, two)
  assert.deepEqual(one, parseSessionToken(tokens[0])?.secretHash)
})

const token = formatSessionToken(newUserId(), newSessionId(), newSessionSecret())

test('a token has 94 characters that need no escaping, and prints as [redacted]', () => {
  assert.match(token.reveal(), /^torii_s_[A-Za-z0-9_-]{86}$/)
  for (const text of [String(token), JSON.stringify({ token }), inspect({ token })])
    assert.ok(text.includes('[redacted]') && !text.includes('torii_s_'))
})

test('one session has one token text: no other text of the same length is it', () => {
  const text = token.reveal()
  const key = parseSessionToken(text)
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.string({ minLength: 1, maxLength: 1 }), (at, other) => {
      const changed = text.slice(0, at) + other + text.slice(at + 1)
      if (changed !== text) assert.notDeepEqual(parseSessionToken(changed), key)
    }),
    { numRuns: 2000 },
  )
  // The last character of 64 bytes carries two bits of them; the other four must be zero.
  const last = text.at(-1) ?? ''
  for (const other of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=')
    if (other !== last && !'AQgw'.includes(other))
      assert.equal(parseSessionToken(text.slice(0, -1) + other), null)
})

test('anything that is not a token is null, whatever its type', () => {
  const text = token.reveal()
  const not: readonly unknown[] = [
    '',
    text.slice(0, -1),
    `${text}A`,
    ` ${text}`,
    text.toUpperCase(),
    text.replace('torii_s_', 'torii_m_'),
    `${text.slice(0, -2)}==`,
    `${text.slice(0, 40)}\u0000${text.slice(41)}`,
    `${text.slice(0, 40)}é${text.slice(41)}`,
    text.repeat(10_000),
    undefined,
    null,
    42,
    true,
    {},
    [],
    [text],
    Symbol('token'),
    token,
    new Date(),
    Buffer.from(text),
    { toString: () => text, length: text.length, startsWith: () => true },
  ]
  for (const value of not) assert.equal(parseSessionToken(value), null)
  fc.assert(fc.property(fc.anything(), (value) => assert.equal(parseSessionToken(value), null)))
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 86, maxLength: 86 }), (end) => {
      const key = parseSessionToken(`torii_s_${end}`)
      if (key !== null) assert.match(end, /^[A-Za-z0-9_-]{85}[AQgw]$/)
    }),
  )
})
