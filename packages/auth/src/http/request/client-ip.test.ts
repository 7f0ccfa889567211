import assert from 'node:assert/strict'
import { InvalidOptionsError } from 'torii-core'
import { test } from 'vitest'
import { checkTrustedProxyHops, clientIp } from './client-ip.js'

const socket = '10.0.0.1'

const cases: readonly (readonly [
  hops: number,
  forwardedFor: string | undefined,
  ip: string | null,
])[] = [
  [0, undefined, '10.0.0.1'],
  [0, '203.0.113.7', '10.0.0.1'],
  [1, undefined, '10.0.0.1'],
  [1, '203.0.113.7', '203.0.113.7'],
  [1, '6.6.6.6, 203.0.113.7', '203.0.113.7'],
  [1, '6.6.6.6,5.5.5.5,[2001:DB8::1]:443', '2001:db8::1'],
  [1, '203.0.113.7, garbage', null],
  [1, '', null],
  [1, '203.0.113.7,', null],
  [2, '203.0.113.7, 10.0.0.2', '203.0.113.7'],
  [2, '6.6.6.6, 203.0.113.7, 10.0.0.2', '203.0.113.7'],
  [2, '203.0.113.7', '203.0.113.7'],
  [2, undefined, '10.0.0.1'],
  [16, '6.6.6.6, 203.0.113.7', '6.6.6.6'],
]

for (const [hops, forwardedFor, ip] of cases)
  test(`${hops} hops, X-Forwarded-For ${JSON.stringify(forwardedFor)}: ${ip}`, () => {
    assert.equal(clientIp(socket, forwardedFor, hops), ip)
  })

test('a socket without an address (a Unix socket) is unknown, unless a proxy says more', () => {
  assert.equal(clientIp(undefined, undefined, 0), null)
  assert.equal(clientIp(undefined, '203.0.113.7', 1), '203.0.113.7')
})

test('hops are a small whole number', () => {
  for (const value of [-1, 0.5, 17, Number.NaN, '1', true, null, undefined])
    assert.throws(() => checkTrustedProxyHops(value), InvalidOptionsError)
})
