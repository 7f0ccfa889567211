import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'vitest'
import { parseExactJson, quoteInexactNumbers } from './exact-json.js'

test('numbers that JavaScript represents exactly stay numbers', () => {
  for (const [text, value] of [
    ['0', 0],
    ['-0', -0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
    ['3600.0', 3600],
    ['1e3', 1000],
    ['10E-1', 1],
    ['0.1', 0.1],
    ['-1.5e-7', -1.5e-7],
  ] as const)
    assert.equal(parseExactJson(text), value, text)
})

test('numbers that JavaScript would round become strings of their digits', () => {
  for (const text of [
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
    '948493988897554433',
    '1e21',
    '1.7976931348623157e308',
    '1e400',
    '1e-400',
    '0.12345678901234567890',
    '1.00000000000000000001',
    '9007199254740993.0',
  ])
    assert.equal(parseExactJson(text), text)
})

test('strings, keys and the rest of the text stay as they are', () => {
  const text = String.raw`{"id 948493988897554433":"948493988897554434","quoted \" 948493988897554435":"\\","list":[948493988897554436,{"deep":-948493988897554437}],"x":true,"y":null}`
  assert.deepEqual(parseExactJson(text), {
    'id 948493988897554433': '948493988897554434',
    'quoted " 948493988897554435': '\\',
    list: ['948493988897554436', { deep: '-948493988897554437' }],
    x: true,
    y: null,
  })
})

test('text that is not JSON stays as it is', () => {
  for (const text of [
    '',
    '948493988897554433 948493988897554433',
    '<p>948493988897554433</p>',
    '{"a":948493988897554433',
    'eyJ948493988897554433.948493988897554433.x',
  ])
    assert.equal(quoteInexactNumbers(text), text)
  assert.throws(() => parseExactJson('{'), SyntaxError)
})

test('two integers of any size are equal only if they were written alike', () => {
  const integer = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n })
  fc.assert(
    fc.property(integer, fc.bigInt({ min: 1n, max: 2000n }), (id, distance) => {
      const read = (value: bigint) => String(Object(parseExactJson(`{"id":${value}}`)).id)
      assert.equal(read(id), String(id))
      assert.notEqual(read(id), read(id + distance))
    }),
    { numRuns: 500 },
  )
})

test('JSON without inexact numbers is parsed as JSON.parse does, spaces and escapes included', () => {
  const value = fc.jsonValue()
  const isExact = (text: string) => !/\d{16}|\d[eE]/.test(text)
  fc.assert(
    fc.property(value, fc.nat(3), (given, spaces) => {
      const text = JSON.stringify(given, null, spaces)
      fc.pre(isExact(text))
      assert.deepEqual(parseExactJson(text), JSON.parse(text))
    }),
    { numRuns: 500 },
  )
})
