import assert from 'node:assert/strict'
import { InvalidInputError, parseSessionId } from 'torii-core'
import { test } from 'vitest'
import { hashOfForm, newLandingNonce, readLandingNonce, sessionOfForm } from './landing-form.js'

const [nonce, other] = [newLandingNonce(), newLandingNonce()]

test('the session of a form depends on the token and on the nonce, and is the same each time', () => {
  const { id, secret } = sessionOfForm(nonce, 'torii_m_one')
  assert.deepEqual(sessionOfForm(nonce, 'torii_m_one'), { id, secret })
  assert.equal(parseSessionId(id), id)
  assert.match(id, /^.{14}8.{4}[89ab]/)
  assert.equal(secret.length, 32)
  for (const different of [
    sessionOfForm(other, 'torii_m_one'),
    sessionOfForm(nonce, 'torii_m_two'),
  ]) {
    assert.notEqual(different.id, id)
    assert.notDeepEqual(different.secret, secret)
  }
})

test('the hash of a form depends on its nonce, its purpose and each of its fields', () => {
  const hashes = [
    hashOfForm(nonce, 'verify_email', []),
    hashOfForm(other, 'verify_email', []),
    hashOfForm(nonce, 'magic_link', []),
    hashOfForm(nonce, 'verify_email', ['password', 'x']),
    hashOfForm(nonce, 'verify_email', ['new_password', 'x']),
    hashOfForm(nonce, 'verify_email', ['passwordx', '']),
    hashOfForm(nonce, 'verify_email', ['password', 'y']),
  ].map((hash) => Buffer.from(hash).toString('hex'))
  assert.equal(new Set(hashes).size, hashes.length)
  assert.deepEqual(hashOfForm(nonce, 'magic_link', []), hashOfForm(nonce, 'magic_link', []))
})

test('a nonce is 256 bits in one spelling, or absent', () => {
  assert.equal(readLandingNonce(nonce), nonce)
  for (const absent of [null, undefined]) assert.equal(readLandingNonce(absent), null)
  for (const wrong of ['', 'x', `${nonce}A`, `${nonce}=`, nonce.slice(1), 1, {}, [nonce]])
    assert.throws(() => readLandingNonce(wrong), InvalidInputError)
})
