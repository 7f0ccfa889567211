import assert from 'node:assert/strict'
import { test } from 'vitest'
import { ciphertext } from './ciphertext.js'
import { InvalidInputError } from './errors.js'

test('ciphertext() marks 1 to 65,536 bytes, which stay the very same', () => {
  for (const length of [1, 65_536]) {
    const bytes = new Uint8Array(length)
    assert.equal(ciphertext(bytes), bytes)
  }
})

test('ciphertext() refuses everything else', () => {
  const bad: readonly unknown[] = [
    new Uint8Array(0),
    new Uint8Array(65_537),
    new ArrayBuffer(8),
    new Uint16Array(8),
    [1, 2, 3],
    'a text',
    null,
    undefined,
    {},
  ]
  for (const value of bad)
    assert.throws(() => Reflect.apply(ciphertext, null, [value]), InvalidInputError)
})
