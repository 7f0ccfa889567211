import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import {
  base64urlLength,
  decodeBase64url,
  decodeBase64urlExact,
  encodeBase64url,
} from './base64url.js'

test('decodeBase64url() decodes what encodeBase64url() wrote, for every length', () => {
  for (let length = 0; length <= 64; length++) {
    const bytes = randomBytes(length)
    const text = encodeBase64url(bytes)
    assert.equal(text.length, base64urlLength(length))
    assert.deepEqual(decodeBase64url(text, 64), bytes)
    assert.deepEqual(decodeBase64urlExact(text, length), bytes)
    assert.equal(decodeBase64urlExact(text, length + 1), null)
  }
})

test('encodeBase64url() encodes a view of a larger buffer, and nothing around it', () => {
  const bytes = randomBytes(64)
  assert.equal(
    encodeBase64url(bytes.subarray(7, 23)),
    Buffer.from(bytes.subarray(7, 23)).toString('base64url'),
  )
})

test('decodeBase64url() returns null for any other spelling, for longer values and for other types', () => {
  // "AB" has four unused bits, which Node's decoder ignores.
  for (const value of [
    'AB',
    'AA==',
    'A',
    '+/8A',
    'AA A',
    ' AAAA',
    'AAAA\n',
    'ÄAAA',
    null,
    undefined,
    42,
    {},
  ])
    assert.equal(decodeBase64url(value, 64), null, String(value))
  assert.equal(decodeBase64url(encodeBase64url(randomBytes(65)), 64), null)
})
