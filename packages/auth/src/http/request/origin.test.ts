import assert from 'node:assert/strict'
import { test } from 'vitest'
import { resolveBaseUrl } from '../../base/base-url.js'
import { isOutsideBrowser, isOwnOrigin } from './origin.js'

const site = resolveBaseUrl('https://app.example')
const cookie = 'a=b'

const validated: readonly (readonly [allowed: boolean, headers: Record<string, string>])[] = [
  [true, { origin: 'https://app.example' }],
  [true, { origin: 'https://app.example', cookie }],
  [true, { 'sec-fetch-site': 'same-origin', cookie }],
  [true, { origin: 'null', 'sec-fetch-site': 'same-origin', cookie }],
  [true, {}],
  [true, { authorization: 'Bearer x' }],
  [false, { cookie }],
  [false, { cookie: '' }],
  [false, { origin: 'null' }],
  [false, { origin: '' }],
  [false, { origin: 'https://evil.example' }],
  [false, { origin: 'https://evil.example', cookie }],
  [false, { origin: 'https://evil.example', authorization: 'Bearer x' }],
  [false, { origin: 'https://sub.app.example' }],
  [false, { origin: 'https://app.example.evil.example' }],
  [false, { origin: 'https://evilapp.example' }],
  [false, { origin: 'https://app.example:8443' }],
  [false, { origin: 'http://app.example' }],
  [false, { origin: 'https://app.example/' }],
  [false, { origin: 'HTTPS://APP.EXAMPLE' }],
  [false, { origin: 'https://app.example, https://evil.example' }],
  [false, { 'sec-fetch-site': 'cross-site' }],
  [false, { 'sec-fetch-site': 'same-site', cookie }],
  [false, { 'sec-fetch-site': 'none' }],
  [false, { referer: 'https://app.example/', cookie }],
]

for (const [allowed, headers] of validated)
  test(`a POST with ${JSON.stringify(headers)} ${allowed ? 'passes' : 'is refused'}`, () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', undefined]) {
      assert.equal(isOwnOrigin(method, new Headers(headers), site), allowed)
      assert.equal(isOwnOrigin(method, headers, site), allowed)
    }
    assert.equal(isOwnOrigin('GET', headers, site), true)
    assert.equal(isOwnOrigin('HEAD', headers, site), true)
  })

test('a request without Origin, Sec-Fetch-Site and Cookie comes from no browser; any of them from one', () => {
  const outside = validated.filter(([, headers]) => isOutsideBrowser(new Headers(headers)))
  assert.deepEqual(
    outside.map(([, headers]) => headers),
    [{}, { authorization: 'Bearer x' }],
  )
})

test('localhost, 127.0.0.1 and [::1] are one site, with the same port and scheme', () => {
  const local = resolveBaseUrl('http://localhost:3000')
  const allows = (origin: string) => isOwnOrigin('POST', { origin, cookie }, local)
  for (const host of ['localhost', '127.0.0.1', '[::1]']) assert.ok(allows(`http://${host}:3000`))
  for (const origin of [
    'http://localhost',
    'http://localhost:3001',
    'https://localhost:3000',
    'http://127.0.0.2:3000',
  ])
    assert.ok(!allows(origin))
})
