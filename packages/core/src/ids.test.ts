import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'vitest'
import { newSessionId, newUserId, parseSessionId, parseUserId } from './ids.js'

const version7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const makers = [newUserId, newSessionId]
const parsers = [parseUserId, parseSessionId]
const millisecondsOf = (id: string): number => parseInt(id.slice(0, 13).replace('-', ''), 16)

test('ids are UUIDs of version 7 and the RFC variant', () => {
  for (const make of makers) for (let n = 0; n < 2000; n += 1) assert.match(make(), version7)
})

test('no two ids are the same', () => {
  const ids = Array.from({ length: 20_000 }, (_, n) => (n % 2 === 0 ? newUserId() : newSessionId()))
  assert.equal(new Set(ids).size, ids.length)
})

test('ids sort by the millisecond they were made in', () => {
  const before = Date.now()
  const times = Array.from({ length: 5000 }, () => millisecondsOf(newUserId()))
  const after = Date.now()
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  )
  assert.ok(before <= Math.min(...times) && Math.max(...times) <= after)
})

test('all 74 random bits vary', () => {
  const ids = Array.from({ length: 2000 }, () => BigInt(`0x${newUserId().replaceAll('-', '')}`))
  const ones = ids.reduce((all, id) => all | id, 0n)
  const zeros = ids.reduce((all, id) => all | ~id, 0n)
  const random = (0xfffn << 64n) | ((1n << 62n) - 1n)
  assert.equal(ones & random, random)
  assert.equal(zeros & random, random)
})

test('parsing takes a UUID of any version in any case', () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      for (const parse of parsers) {
        assert.equal(parse(id), id)
        assert.equal(parse(id.toUpperCase()), id)
      }
    }),
  )
  for (const make of makers) {
    const id = make()
    assert.equal(parseUserId(id), id)
  }
  assert.equal(
    parseUserId('00000000-0000-0000-0000-000000000000'),
    '00000000-0000-0000-0000-000000000000',
  )
})

test('parsing refuses every other text', () => {
  const id = newUserId()
  const texts = [
    '',
    ` ${id}`,
    `${id} `,
    `${id}\n`,
    `\n${id}`,
    `{${id}}`,
    `urn:uuid:${id}`,
    id.replaceAll('-', ''),
    id.slice(1),
    `${id}0`,
    id.replace('-', '_'),
    id.replace(/.$/, 'g'),
    `${id}\0`,
    id.replace(/\d/, '０'),
    `${id}${id}`,
    'a'.repeat(1e5),
  ]
  for (const text of texts)
    for (const parse of parsers) assert.equal(parse(text), null, text.slice(0, 60))
})

test('parsing never throws and never converts', () => {
  const id = newUserId()
  for (const value of [
    null,
    undefined,
    7,
    7n,
    Symbol('id'),
    [id],
    new String(id),
    { toString: () => id },
  ])
    for (const parse of parsers) assert.equal(parse(value), null)
  fc.assert(
    fc.property(fc.anything(), (value) => {
      for (const parse of parsers) assert.equal(parse(value), null)
    }),
  )
})
