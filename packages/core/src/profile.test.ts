import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test, vi } from 'vitest'
import { InvalidInputError } from './errors.js'
import { checkMetadata, checkName, checkPicture, profileLimits } from './profile.js'

const refuses = (operation: () => unknown, field: string): void =>
  assert.throws(operation, (error) => error instanceof InvalidInputError && error.field === field)
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })
const ofBytes = (bytes: number) => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) })

test('a name is kept as it is given', () => {
  for (const name of [
    null,
    'A',
    ' padded ',
    'Ünï 🙂',
    'O\'Neil \\ "x"',
    '𝒳'.repeat(200),
    'x'.repeat(200),
  ])
    assert.equal(checkName(name), name)
})

test('a name has 1 to 200 characters, counted as code points', () => {
  for (const name of ['', ' ', '\u3000', 'x'.repeat(201), '𝒳'.repeat(201), 'x'.repeat(1e5)])
    refuses(() => checkName(name), 'name')
})

test('a name is a text without controls, NUL and half surrogates', () => {
  for (const name of [
    'a\0',
    'a\n',
    'a\u0085',
    '\u007f',
    'a\ud800',
    '\udc00a',
    7,
    undefined,
    {},
    ['a'],
    new String('a'),
    Symbol('a'),
  ])
    refuses(() => checkName(name), 'name')
})

test('a picture is kept as it is given', () => {
  const longest = `https://example.com/${'p'.repeat(2048 - 20)}`
  for (const picture of [
    null,
    'https://example.com',
    'HTTPS://Example.com:8443/a?b=c#d',
    'https://bücher.example/🙂',
    'https://[::1]/x',
    longest,
  ])
    assert.equal(checkPicture(picture), picture)
})

test('a picture is an https URL of at most 2,048 bytes', () => {
  const tooLong = `https://example.com/${'p'.repeat(2049 - 20)}`
  for (const picture of [
    tooLong,
    `https://example.com/${'é'.repeat(1015)}`,
    '',
    'x',
    'http://example.com',
    '//example.com',
    'https:example.com',
    'https:///x',
    'https://',
    'javascript:alert(1)',
    'data:,x',
    'https://u:p@example.com',
    'https://u@example.com',
    'https://exa mple.com',
    ' https://example.com',
    'https://example.com\n',
    'ht\ntps://example.com',
    'https://example.com/"onerror=',
    "https://example.com/'",
    'https://example.com/<x>',
    'https://example.com\\@evil.example',
    'https://example.com/\0',
    'https://example.com/\ud800',
    'https://999.999.999.999/',
    7,
    undefined,
    {},
  ])
    refuses(() => checkPicture(picture), 'picture')
})

test('metadata comes back from its JSON as it was given', () => {
  const value = fc
    .jsonValue({ depthSize: 'medium', stringUnit: 'binary' })
    .filter((json) => !/\\u0000|\\ud[89a-f]/i.test(JSON.stringify(json)))
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), value), (given) => {
      const plain = { ...given }
      fc.pre(Buffer.byteLength(JSON.stringify(plain)) <= profileLimits.metadataBytes)
      fc.pre(!JSON.stringify(plain).includes('\\u0000') && !holdsNegativeZero(plain))
      assert.deepEqual(JSON.parse(checkMetadata(plain)), JSON.parse(JSON.stringify(plain)))
      assert.deepEqual(JSON.parse(checkMetadata(plain)), plain)
    }),
    { numRuns: 1000 },
  )
})

test('metadata is either refused by name or read back as given, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.anything({
        withDate: true,
        withMap: true,
        withSet: true,
        withBigInt: true,
        withSparseArray: true,
        withTypedArray: true,
        withNullPrototype: true,
        withBoxedValues: true,
      }),
      (value) => {
        try {
          assert.deepEqual(JSON.parse(checkMetadata(value)), JSON.parse(JSON.stringify(value)))
        } catch (error) {
          assert.ok(error instanceof InvalidInputError, String(error))
          assert.equal(error.field, 'metadata')
        }
      },
    ),
    { numRuns: 2000 },
  )
})

test('metadata has at most 16 KiB of JSON', () => {
  assert.equal(Buffer.byteLength(checkMetadata(ofBytes(profileLimits.metadataBytes))), 16_384)
  refuses(() => checkMetadata(ofBytes(profileLimits.metadataBytes + 1)), 'metadata')
  refuses(() => checkMetadata({ a: '"'.repeat(9000) }), 'metadata')
  refuses(() => checkMetadata({ a: 'é'.repeat(9000) }), 'metadata')
  refuses(() => checkMetadata({ ['k'.repeat(20_000)]: 1 }), 'metadata')
})

test('metadata nests at most 32 deep', () => {
  checkMetadata(nested(31))
  refuses(() => checkMetadata(nested(32)), 'metadata')
})

test('metadata is a plain object of what JSON can hold', () => {
  class Point {
    x = 1
  }
  const wrong = [
    undefined,
    () => 1,
    Symbol('x'),
    1n,
    NaN,
    Infinity,
    new Date(0),
    new Map(),
    new Set(),
    /x/,
    new Point(),
    Buffer.from('x'),
    new String('x'),
    Promise.resolve(),
    Object.assign([1], { 2: 3 }),
    [undefined],
    'a\0',
    'a\ud800',
  ]
  for (const value of [null, [], 'x', 1, true, ...wrong])
    refuses(() => checkMetadata(value), 'metadata')
  for (const value of wrong.slice(1)) {
    refuses(() => checkMetadata({ value }), 'metadata')
    refuses(() => checkMetadata({ value: [{ value }] }), 'metadata')
  }
  refuses(() => checkMetadata({ 'a\0': 1 }), 'metadata')
  refuses(() => checkMetadata({ '\udfff': 1 }), 'metadata')
})

test('a member of metadata that is undefined is absent', () => {
  assert.equal(checkMetadata({ a: undefined, b: { c: undefined } }), '{"b":{}}')
})

test('metadata may come without a prototype, and with any own key', () => {
  const text = '{"__proto__":{"polluted":true},"constructor":"x"}'
  const plain: object = JSON.parse(text)
  const bare: object = Object.assign(Object.create(null), plain)
  for (const given of [plain, bare]) assert.equal(checkMetadata(given), text)
})

test('what JSON.stringify would drop or ask twice is refused, unasked', () => {
  const getter = vi.fn(() => 'first one answer, then another')
  const hidden = Object.defineProperty({}, 'hidden', { value: 1, enumerable: false })
  for (const value of [
    Object.defineProperty({}, 'asked', { get: getter, enumerable: true }),
    hidden,
    { [Symbol('s')]: 1 },
    { toJSON: () => ({ other: true }) },
  ]) {
    refuses(() => checkMetadata(value), 'metadata')
    refuses(() => checkMetadata({ value }), 'metadata')
  }
  assert.equal(getter.mock.calls.length, 0)
})

test('metadata that refers to itself, or to one part many times, ends in a refusal', () => {
  const cyclic: Record<string, unknown> = {}
  cyclic.self = { again: [cyclic] }
  refuses(() => checkMetadata(cyclic), 'metadata')
  const bomb = Array.from({ length: 30 }).reduce<unknown>((inner) => [inner, inner], 'leaf')
  refuses(() => checkMetadata({ bomb }), 'metadata')
  refuses(() => checkMetadata({ long: Array.from({ length: 1e5 }, () => 0) }), 'metadata')
})

test('a huge text is refused without being read', () => {
  const match = vi.spyOn(RegExp.prototype, 'test')
  try {
    const huge = 'x'.repeat(1e5)
    refuses(() => checkName(huge), 'name')
    refuses(() => checkName(' '.repeat(1e5)), 'name')
    refuses(() => checkPicture(`https://example.com/${huge}`), 'picture')
    refuses(() => checkMetadata({ huge }), 'metadata')
    refuses(() => checkMetadata({ [huge]: 1 }), 'metadata')
    const longest = Math.max(0, ...match.mock.calls.map(([tested]) => String(tested).length))
    assert.ok(longest < 100, `a text of ${longest} was read`)
  } finally {
    vi.restoreAllMocks()
  }
})

/** JSON has no negative zero: `JSON.stringify(-0)` is `0`. */
function holdsNegativeZero(value: unknown): boolean {
  if (typeof value === 'object' && value !== null)
    return Object.values(value).some(holdsNegativeZero)
  return Object.is(value, -0)
}
