import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test, vi } from 'vitest'
import { InvalidInputError } from './errors.js'
import { checkText, countCodePoints, isStorable } from './text.js'

const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
  .map((units) => String.fromCharCode(...units))
const refuses = (value: unknown, limits: Parameters<typeof checkText>[2] = {}): void =>
  assert.throws(
    () => checkText(value, 'field', limits),
    (error) => error instanceof InvalidInputError && error.field === 'field',
  )

test('a text is storable without NUL and without half of a surrogate pair', () => {
  for (const text of ['', 'a', '🙂', '\u{10ffff}', '\uffff\ufdd0', '\u0001\n\u007f'])
    assert.equal(isStorable(text), true)
  for (const text of ['\0', 'a\0b', '\ud800', 'a\udfff', '\udc00\ud800', '🙂\ud83d', '\ud83d🙂'])
    assert.equal(isStorable(text), false)
})

test('a storable text is exactly one that UTF-8 brings back, without NUL', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string({ unit: 'binary' })), (text) => {
      assert.equal(isStorable(text), Buffer.from(text).toString() === text && !text.includes('\0'))
    }),
    { numRuns: 2000 },
  )
})

test('code points are counted as a person counts them', () => {
  assert.deepEqual(
    ['', 'abc', 'é', 'e\u0301', '🙂', '👩‍👧', '\ud800'].map(countCodePoints),
    [0, 3, 1, 2, 1, 3, 1],
  )
  fc.assert(
    fc.property(fc.oneof(anyText, fc.string({ unit: 'binary' })), (text) =>
      assert.equal(countCodePoints(text), Array.from(text).length),
    ),
  )
})

test('a text within its limits is given back as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      fc.pre(isStorable(text))
      const limits = { codePoints: countCodePoints(text), bytes: Buffer.byteLength(text) }
      for (const given of [{}, limits, { codePoints: limits.codePoints }, { bytes: limits.bytes }])
        assert.equal(checkText(text, 'field', given), text)
    }),
  )
})

test('a text one over a limit is refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      refuses(text, { codePoints: countCodePoints(text) - 1 })
      refuses(text, { bytes: Buffer.byteLength(text) - 1 })
    }),
  )
})

test('everything else than a storable text is refused', () => {
  for (const value of [
    null,
    undefined,
    7,
    7n,
    true,
    {},
    [],
    ['a'],
    new String('a'),
    Symbol('a'),
    () => 'a',
    { toString: () => 'a' },
    'a\0',
    '\ud800',
  ])
    refuses(value)
})

test('a huge text is refused without being walked', () => {
  const byteLength = vi.spyOn(Buffer, 'byteLength')
  const iterate = vi.spyOn(String.prototype, Symbol.iterator)
  const match = vi.spyOn(RegExp.prototype, 'test')
  try {
    refuses('x'.repeat(1e5), { codePoints: 200 })
    refuses('x'.repeat(1e5), { bytes: 200 })
    refuses('\0'.repeat(1e5), { codePoints: 200, bytes: 800 })
    assert.equal(
      byteLength.mock.calls.length + iterate.mock.calls.length + match.mock.calls.length,
      0,
    )
  } finally {
    vi.restoreAllMocks()
  }
})

test('a refusal does not repeat the text', () => {
  assert.throws(
    () => checkText('m4rk3r\0', 'field', {}),
    (error) => error instanceof Error && !error.message.includes('m4rk3r'),
  )
})
