import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { InvalidInputError, InvalidOptionsError, ToriiError } from 'torii-core'
import { test } from 'vitest'
import { resolveKeys } from '../crypto/key-ring.js'
import { decryptTokens, encryptTokens } from './provider-tokens.js'
import { createTokenEncryption } from './token-encryption.js'

const keys = [{ id: 'k1', secret: randomBytes(32) }]
const owner = { provider: 'work', subject: '7' }
const granted = { accessToken: 'access', refreshToken: null, expiresAt: 4e12, scope: 'email' }

test('createTokenEncryption() and Torii decrypt what the other has encrypted', () => {
  const encryption = createTokenEncryption(keys)
  const theirs = encryptTokens(resolveKeys(keys), granted, owner)
  assert.deepEqual(encryption.decrypt(theirs, owner), granted)
  const tokens = encryption.encrypt(granted, owner)
  assert.deepEqual(decryptTokens(resolveKeys(keys), { ...owner, tokens }), granted)
})

test('tokens of another identity, and under another key, are not decrypted', () => {
  const tokens = createTokenEncryption(keys).encrypt(granted, owner)
  const others = [
    () => createTokenEncryption(keys).decrypt(tokens, { ...owner, subject: '8' }),
    () => createTokenEncryption([{ id: 'k1', secret: randomBytes(32) }]).decrypt(tokens, owner),
  ]
  for (const decrypt of others)
    assert.throws(
      decrypt,
      (error) => error instanceof ToriiError && error.code === 'ERR_DECRYPTION',
    )
})

test('missing keys and unusable tokens are refused', () => {
  for (const wrong of [undefined, []] as unknown as (typeof keys)[])
    assert.throws(() => createTokenEncryption(wrong), InvalidOptionsError)
  const tooLarge = { accessToken: 'x'.repeat(70_000) }
  assert.throws(() => createTokenEncryption(keys).encrypt(tooLarge, owner), InvalidInputError)
})
