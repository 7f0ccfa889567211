import assert from 'node:assert/strict'
import { InvalidOptionsError, newSessionId, requireEmail } from 'torii-core'
import { test } from 'vitest'
import { applicationKey } from '../services/magic-link/mailbox.test.support.js'
import { KeyRing } from './key-ring.js'
import { codeCandidates, hashCode, newCode, readCode } from './mailed-code.js'

const of = (email: string) => ({ purpose: 'magic-link', subject: requireEmail(email) }) as const
const [ada, eve] = [of('ada@example.com'), of('eve@example.com')]
const enrollment = { purpose: 'enrollment', subject: newSessionId() } as const
const [one, two] = [applicationKey('one', 1), applicationKey('two', 99)]

test('newCode() returns eight digits with leading zeros, never the same twice in a row', () => {
  const codes = Array.from({ length: 2000 }, newCode)
  assert.ok(codes.every((code) => /^[0-9]{8}$/.test(code)))
  assert.ok(new Set(codes).size > 1990)
  assert.ok(codes.some((code) => code.startsWith('0')))
})

test('readCode() accepts eight ASCII digits with spaces and hyphens, and nothing else', () => {
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

test('the hash of a code depends on its subject and the key', () => {
  const hashes = [
    hashCode(new KeyRing([one]), ada, '01234567'),
    hashCode(new KeyRing([one]), eve, '01234567'),
    hashCode(new KeyRing([one]), enrollment, '01234567'),
    hashCode(new KeyRing([two]), ada, '01234567'),
    hashCode(new KeyRing([one]), ada, '01234568'),
  ].map((hash) => Buffer.from(hash).toString('hex'))
  assert.equal(new Set(hashes).size, 5)
})

test('codeCandidates() returns one hash per key, the current key first', () => {
  const ring = new KeyRing([two, one])
  for (const code of ['01234567', '']) {
    const candidates = codeCandidates(ring, ada, code)
    assert.deepEqual(candidates, [
      hashCode(new KeyRing([two]), ada, code),
      hashCode(new KeyRing([one]), ada, code),
    ])
  }
})

test('codes need keys', () => {
  assert.throws(() => hashCode(new KeyRing([]), ada, '01234567'), InvalidOptionsError)
  assert.throws(() => codeCandidates(new KeyRing([]), ada, '01234567'), InvalidOptionsError)
})
