import assert from 'node:assert/strict'
import { InvalidInputError } from 'torii-core'
import { test } from 'vitest'
import { readRequestInfo } from './request-info.js'

const userAgentOf = (userAgent: unknown) => readRequestInfo({ ip: null, userAgent }).userAgent

test('the IP address is stored in its canonical form', () => {
  assert.equal(readRequestInfo({ ip: '[2001:DB8::0001]:443', userAgent: null }).ip, '2001:db8::1')
  assert.equal(readRequestInfo({ ip: '::ffff:203.0.113.7' }).ip, '203.0.113.7')
  for (const ip of ['unknown', 42, undefined, null, {}])
    assert.equal(readRequestInfo({ ip }).ip, null)
})

test('a user agent is cut at 512 characters or 1,024 bytes, never inside a character', () => {
  assert.equal(userAgentOf('Mozilla/5.0 (X11)'), 'Mozilla/5.0 (X11)')
  assert.equal(userAgentOf('x'.repeat(1_048_576)), 'x'.repeat(512))
  assert.equal(userAgentOf('é'.repeat(600)), 'é'.repeat(512))
  assert.equal(userAgentOf('🦊'.repeat(600)), '🦊'.repeat(256))
  assert.equal(userAgentOf(`x${'🦊'.repeat(600)}`), `x${'🦊'.repeat(255)}`)
})

test('controls, invisible marks and lone surrogates are replaced', () => {
  assert.equal(userAgentOf('a\r\nb\0c\u202ed\ud800e\u2028f'), 'a��b�c�d�e�f')
})

test('an empty user agent is null', () => {
  for (const value of ['', '   ', null, undefined, 42, ['Mozilla']])
    assert.equal(userAgentOf(value), null)
})

test('missing request information is refused, since it would disable the rate limits', () => {
  for (const value of [undefined, null, '203.0.113.7', 42])
    assert.throws(() => readRequestInfo(value), InvalidInputError)
})

test('validated request information cannot be changed, because it is not validated again', () => {
  const info = readRequestInfo({ ip: '203.0.113.7', userAgent: 'Test/1.0' })
  assert.equal(readRequestInfo(info), info)
  assert.throws(() => Object.assign(info, { ip: 'not an address' }), TypeError)
  const copy = { ...info, ip: 'not an address' }
  assert.equal(readRequestInfo(copy).ip, null)
})
