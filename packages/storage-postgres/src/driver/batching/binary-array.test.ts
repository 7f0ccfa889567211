import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { binaryArray } from './binary-array.js'

test('PostgreSQL reads each binary array as the values that went in', async () => {
  const { query } = await testDatabase({ empty: true })
  for (const length of [0, 1, 2, 300]) {
    const uuids = Array.from({ length }, () => randomUUID())
    const hashes = Array.from({ length }, (_, n) => (n % 5 === 1 ? null : randomBytes(n % 40)))
    const numbers = Array.from({ length }, (_, n) =>
      n % 3 === 1 ? null : (n % 2 ? -1 : 1) * (2 ** 31 - 1 - n),
    )
    const times = Array.from({ length }, (_, n) =>
      n % 3 === 1 ? null : (n % 2 ? -1 : 1) * (1.8e9 + n / 7),
    )
    const texts = Array.from({ length }, (_, n) =>
      n % 3 === 1 ? null : '"Ü,{}\\\u2028'.repeat(n % 4),
    )
    const { rows } = await query(
      'select $1::uuid[] as u, $2::bytea[] as b, $3::int4[] as n, $4::text[] as t, $5::float8[] as f',
      [
        binaryArray('uuid', uuids),
        binaryArray('bytea', hashes),
        binaryArray('int4', numbers),
        binaryArray('text', texts),
        binaryArray('float8', times),
      ],
    )
    assert.deepEqual(rows, [{ u: uuids, b: hashes, n: numbers, t: texts, f: times }])
  }
})

test('what is not of the type is refused', () => {
  for (const value of ['', 'x', `${randomUUID().slice(0, -1)}x`, `${randomUUID()}0`, 7, null])
    assert.throws(() => binaryArray('uuid', [value]), TypeError)
  for (const value of ['ab', undefined, [1]])
    assert.throws(() => binaryArray('bytea', [value]), TypeError)
  for (const value of [7, undefined]) assert.throws(() => binaryArray('text', [value]), TypeError)
  for (const value of ['1', 1.5, Number.NaN])
    assert.throws(() => binaryArray('int4', [value]), TypeError)
  for (const value of ['1', undefined])
    assert.throws(() => binaryArray('float8', [value]), TypeError)
  assert.throws(() => binaryArray('int4', [2 ** 31]), RangeError)
})
