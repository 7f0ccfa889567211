import assert from 'node:assert/strict'
import type { UserId } from 'torii-core'
import { newUserId } from 'torii-core'
import { describe, test } from 'vitest'
import { resolveKeys } from '../../crypto/key-ring.js'
import { hashRecoveryCode } from '../../one-time-codes/recovery-codes.js'
import { hashImportedCode, recoveryCodeHashes } from './stored-recovery-code.js'

describe('recovery codes of another system', () => {
  const ring = (...ids: readonly string[]) =>
    resolveKeys(ids.map((id) => ({ id, secret: Buffer.alloc(32, id) })))
  const [ada, ben] = [newUserId(), newUserId()]
  const hex = (hash: Uint8Array | null) => hash && Buffer.from(hash).toString('hex')
  const stored = hex(hashImportedCode(ring('k1'), ada, 'aBcDe-FgHiJ'))
  const typed = (keys: ReturnType<typeof ring>, user: UserId, code: string) =>
    recoveryCodeHashes(keys, user, code).map(hex)

  test('T14.92 are stored under a key of the application, for one user', () => {
    for (const code of ['aBcDe-FgHiJ', 'ABCDE FGHIJ', 'abcdefgh1j'])
      assert.deepEqual(typed(ring('k1'), ada, code), [stored])
    assert.deepEqual(typed(ring('k2', 'k1'), ada, 'abcdefghij')[1], stored)
    for (const [keys, user, code] of [
      [ring('k2'), ada, 'abcdefghij'],
      [ring('k1'), ben, 'abcdefghij'],
      [ring('k1'), ada, 'abcdefghik'],
    ] as const)
      assert.ok(!typed(keys, user, code).includes(stored))
  })

  test('have at least 40 bits, counted by their length', () => {
    for (const code of [
      '1234567',
      'abcdefg',
      '123456789012',
      '',
      '-- --',
      'ünïcödé!',
      'a'.repeat(65),
    ])
      assert.equal(hashImportedCode(ring('k1'), ada, code), null, code)
    for (const code of ['12345abc', '1234567890123', 'abcd-efgh', 'a'.repeat(64)])
      assert.ok(hashImportedCode(ring('k1'), ada, code), code)
  })

  test('are those of Torii where they have its form, and the empty text where they are none', () => {
    const own = 'ABCDE-FGHJK-MNPQR-STVWX-YZ234'
    assert.deepEqual(typed(ring('k2', 'k1'), ben, own), [hex(hashRecoveryCode(own))])
    assert.equal(hex(hashImportedCode(ring('k1'), ada, own)), hex(hashRecoveryCode(own)))
    for (const code of ['', '\u0000', 'é'.repeat(10), 'x'.repeat(65)])
      assert.deepEqual(typed(ring('k1'), ada, code), [hex(hashRecoveryCode(''))])
  })
})
