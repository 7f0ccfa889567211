import assert from 'node:assert/strict'
import { InvalidOptionsError, requireEmail } from 'torii-core'
import { test } from 'vitest'
import { KeyRing } from '../../crypto/key-ring.js'
import { codeCandidates, hashCode, newCode, readCode } from './code.js'
import { applicationKey } from './mailbox.test.support.js'

const [ada, eve] = [requireEmail('ada@example.com'), requireEmail('eve@example.com')]
const [one, two] = [applicationKey('one', 1), applicationKey('two', 99)]

test('codes are eight digits, leading zeros included, and none comes twice in a row', () => {
  const codes = Array.from({ length: 2000 }, newCode)
  assert.ok(codes.every((code) => /^[0-9]{8}$/.test(code)))
  assert.ok(new Set(codes).size > 1990)
  assert.ok(codes.some((code) => code.startsWith('0')))
})

test('what is typed is eight ASCII digits between spaces and hyphens, or no code at all', () => {
  for (const typed of ['01234567', '0123 4567', ' 01-23-45-67\n', '0\u00a01234567'])
    assert.equal(readCode(typed), '01234567')
  const none = [
    '',
    '0123456',
    '012345678',
    '0123456a',
    '٠١٢٣٤٥٦٧',
    '１２３４５６７８',
    '01234567\0',
  ]
  for (const typed of [...none, `01234567${' '.repeat(100_000)}`]) assert.equal(readCode(typed), '')
})

test('the same digits are another hash for another address and under another key', () => {
  const hashes = [
    hashCode(new KeyRing([one]), ada, '01234567'),
    hashCode(new KeyRing([one]), eve, '01234567'),
    hashCode(new KeyRing([two]), ada, '01234567'),
    hashCode(new KeyRing([one]), ada, '01234568'),
  ].map((hash) => Buffer.from(hash).toString('hex'))
  assert.equal(new Set(hashes).size, 4)
})

test('candidates are one per key, whatever was typed, the writing one first', () => {
  const ring = new KeyRing([two, one])
  for (const code of ['01234567', '']) {
    const candidates = codeCandidates(ring, ada, code)
    assert.deepEqual(candidates, [
      hashCode(new KeyRing([two]), ada, code),
      hashCode(new KeyRing([one]), ada, code),
    ])
  }
})

test('without keys there are no codes', () => {
  assert.throws(() => hashCode(new KeyRing([]), ada, '01234567'), InvalidOptionsError)
  assert.throws(() => codeCandidates(new KeyRing([]), ada, '01234567'), InvalidOptionsError)
})
