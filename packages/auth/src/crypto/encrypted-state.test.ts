import assert from 'node:assert/strict'
import { createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { InvalidOptionsError } from 'torii-core'
import { test } from 'vitest'
import type { StatePurpose } from './encrypted-state.js'
import {
  decodeState,
  decryptState,
  encryptState,
  longestStateLength,
  maxContentBytes,
} from './encrypted-state.js'
import { lengthPrefixed, resolveKeys } from './key-ring.js'

const newKey = (id: string) => ({ id, secret: randomBytes(32) })
// The last bits of the ids are one bit apart, so that a flipped bit names another key that exists.
const [k0, k1, long] = [newKey('k0'), newKey('k1'), newKey('k'.repeat(32))]
const ring = resolveKeys([k0, k1, long])
const purposes: readonly StatePurpose[] = ['oauth-states', 'oauth-redirects', 'id-token-nonces']
const binding = ['a browser', 'a provider']
const content = Buffer.from('what a client keeps')
const encrypted = () => encryptState(ring, 'oauth-states', content, binding)
const decrypted = (text: unknown) => decryptState(ring, 'oauth-states', text, binding)

test('any content is decrypted with its purpose and its binding, and with nothing else', () => {
  const parts = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array()), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: maxContentBytes }),
      parts,
      parts,
      fc.constantFrom(...purposes),
      (bytes, own, others, purpose) => {
        const text = encryptState(ring, purpose, bytes, own)
        assert.match(text, /^[\w-]+$/)
        assert.deepEqual(decryptState(ring, purpose, text, own), Buffer.from(bytes))
        for (const other of purposes.filter((one) => one !== purpose))
          assert.equal(decryptState(ring, other, text, own), null)
        if (!lengthPrefixed(own).equals(lengthPrefixed(others)))
          assert.equal(decryptState(ring, purpose, text, others), null)
      },
    ),
  )
})

test('the format is version, key id, salt, nonce, ciphertext and tag, under a key of the value', () => {
  const bytes = Buffer.from(encrypted(), 'base64url')
  assert.deepEqual([...bytes.subarray(0, 4)], [1, 2, ...Buffer.from('k0')])
  assert.equal(bytes.length, 4 + 20 + 12 + content.length + 16)
  const { key } = resolveKeys([k0]).writing('oauth-states')
  const [salt, nonce] = [bytes.subarray(4, 24), bytes.subarray(24, 36)]
  const ownKey = createHmac('sha256', key).update(lengthPrefixed(['torii:state-key:1', salt]))
  const decipher = createDecipheriv('aes-256-gcm', ownKey.digest(), nonce)
  decipher.setAAD(lengthPrefixed(['oauth-states', Uint8Array.of(1), 'k0', ...binding]))
  decipher.setAuthTag(bytes.subarray(-16))
  const text = decipher.update(bytes.subarray(36, -16))
  assert.deepEqual(Buffer.concat([text, decipher.final()]), content)
})

test('two values have nothing in common but the header', () => {
  const texts = Array.from({ length: 200 }, encrypted)
  for (const [from, to] of [
    [4, 24],
    [24, 36],
    [36, 55],
  ] as const) {
    const parts = texts.map((text) => Buffer.from(text, 'base64url').toString('hex', from, to))
    assert.equal(new Set(parts).size, texts.length)
  }
})

test('every changed bit, length and spelling is refused, and nothing throws', () => {
  const text = encrypted()
  const bytes = Buffer.from(text, 'base64url')
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    assert.equal(decrypted(changed.toString('base64url')), null, `bit ${bit}`)
  }
  for (let length = 0; length < bytes.length; length += 1)
    assert.equal(decrypted(bytes.toString('base64url', 0, length)), null)
  for (const other of [`${text}=`, ` ${text}`, `${text}A`, `${text}.`, '', null, undefined, 7, {}])
    assert.equal(decrypted(other), null)
  fc.assert(fc.property(fc.anything(), (value) => assert.equal(decrypted(value), null)))
})

test('a value under a rotated key is decrypted, one under a removed key is not', () => {
  const text = encryptState(resolveKeys([k1, k0]), 'oauth-states', content, binding)
  const under = (keys: readonly object[]) =>
    decryptState(resolveKeys(keys), 'oauth-states', text, binding)
  assert.deepEqual(under([k0, k1]), content)
  assert.equal(under([k0, long]), null)
  assert.equal(under([{ ...k0, id: 'k1' }]), null)
  assert.throws(
    () => decryptState(resolveKeys(undefined), 'oauth-states', text, binding),
    InvalidOptionsError,
  )
})

test('decodeState() accepts the format, genuine or not', () => {
  assert.ok(decodeState(encrypted()) !== null)
  const foreign = encryptState(resolveKeys([newKey('x')]), 'oauth-states', content, [])
  assert.ok(decodeState(foreign) !== null)
  for (const bytes of [randomBytes(10), Buffer.alloc(60), Buffer.alloc(60, 2), Buffer.alloc(60, 1)])
    assert.equal(
      decodeState(bytes.toString('base64url')) !== null,
      bytes[0] === 1 && bytes[1] === 1,
    )
})

test('longestStateLength() is the length under the longest key id', () => {
  const text = encryptState(resolveKeys([long]), 'oauth-states', content, binding)
  assert.equal(text.length, longestStateLength(content.length))
  assert.throws(() => encryptState(ring, 'oauth-states', randomBytes(2801), []), RangeError)
})
