import assert from 'node:assert/strict'
import { InvalidOptionsError } from 'torii-core'
import { test } from 'vitest'
import { resolveBaseUrl } from './base-url.js'

test('an https address is taken with its port and host', () => {
  assert.deepEqual(resolveBaseUrl('https://App.Example:8443/'), {
    origin: 'https://app.example:8443',
    host: 'app.example',
    secure: true,
    origins: ['https://app.example:8443'],
  })
})

test('a loopback address allows all three spellings of it, with its scheme and port', () => {
  for (const host of ['localhost', '127.0.0.1', '[::1]']) {
    const url = resolveBaseUrl(`http://${host}:3000`)
    assert.equal(url.origin, `http://${host}:3000`)
    assert.equal(url.secure, false)
    assert.deepEqual(url.origins, [
      'http://localhost:3000',
      'http://127.0.0.1:3000',
      'http://[::1]:3000',
    ])
  }
})

const refused: readonly unknown[] = [
  undefined,
  null,
  42,
  '',
  'app.example',
  '/auth',
  'ftp://app.example',
  'javascript:alert(1)',
  'http://app.example',
  'http://localhost.app.example',
  'http://127.0.0.2',
  'https://',
  'https://app.example/path',
  'https://app.example/.',
  'https://app.example/..',
  'https://app.example?',
  'https://app.example/?a=b',
  'https://app.example#',
  'https://user@app.example',
  'https://user:password@app.example',
  'https://@app.example',
  'https://app.example\\@evil.example',
  ' https://app.example',
  'https://app.example\n',
]

for (const value of refused)
  test(`refused: ${JSON.stringify(value)}`, () => {
    assert.throws(
      () => resolveBaseUrl(value),
      (error) =>
        error instanceof InvalidOptionsError && error.message.startsWith('option baseUrl:'),
    )
  })
