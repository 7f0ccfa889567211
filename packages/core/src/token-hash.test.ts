import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { test } from 'vitest'
import { InvalidInputError } from './errors.js'
import type { RateLimitKey, TokenHash } from './token-hash.js'
import { rateLimitKey, tokenHash } from './token-hash.js'

const marks = [
  [tokenHash, 'secretHash'],
  [rateLimitKey, 'key'],
] as const

test('32 bytes are marked and stay the same bytes', () => {
  for (const [mark] of marks)
    for (const digest of [
      new Uint8Array(32),
      randomBytes(32),
      createHash('sha256').update('x').digest(),
    ]) {
      assert.deepEqual(Buffer.from(mark(digest)), Buffer.from(digest))
    }
})

test('everything else is refused by name', () => {
  const right = randomBytes(32)
  const wrong: unknown[] = [
    ...[0, 16, 31, 33, 64, 1 << 20].map((length) => new Uint8Array(length)),
    ...[
      null,
      undefined,
      32,
      'x'.repeat(32),
      right.toString('hex'),
      right.toString('base64url'),
      Array.from(right),
      right.buffer.slice(0, 32),
    ],
    ...[
      new Uint16Array(32),
      new Uint8ClampedArray(32),
      new DataView(new ArrayBuffer(32)),
      { length: 32 },
      { ...right, length: 32 },
      Symbol('x'),
    ],
  ]
  for (const [mark, field] of marks)
    for (const value of wrong)
      assert.throws(
        () => Reflect.apply(mark, null, [value]),
        (error) => error instanceof InvalidInputError && error.field === field,
      )
})

test('a text, plain bytes and the other kind do not compile', () => {
  // @ts-expect-error plain bytes were marked by nobody
  const plain: TokenHash = new Uint8Array(32)
  // @ts-expect-error a token hash is counted under no account
  const key: RateLimitKey = tokenHash(new Uint8Array(32))
  // @ts-expect-error a text is no digest
  assert.throws(() => tokenHash('x'.repeat(32)), InvalidInputError)
  assert.equal(plain.length + key.length, 64)
})
