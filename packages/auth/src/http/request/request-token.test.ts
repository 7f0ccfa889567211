import assert from 'node:assert/strict'
import { test } from 'vitest'
import { readCredentials } from './request-token.js'

const read = (headers: Record<string, string | string[]>) => {
  const fromNode = readCredentials(headers, 'torii')
  if (Object.values(headers).every((value) => typeof value === 'string'))
    assert.deepEqual(
      readCredentials(new Headers(headers as Record<string, string>), 'torii'),
      fromNode,
    )
  return fromNode
}

test('the cookie decides when it is alone', () => {
  assert.deepEqual(read({ cookie: 'torii=C' }), { token: 'C', cookie: 'C' })
  assert.deepEqual(read({}), { token: null, cookie: null })
})

test('a bearer token decides over the cookie', () => {
  for (const authorization of ['Bearer B', 'bearer B', 'BEARER   B', ' Bearer B '])
    assert.deepEqual(read({ authorization, cookie: 'torii=C' }), { token: 'B', cookie: 'C' })
})

test('a malformed bearer header opens nothing and does not fall back to the cookie', () => {
  for (const authorization of ['Bearer', 'Bearer ', 'Bearer a b', 'bearer "B"'])
    assert.notEqual(read({ authorization, cookie: 'torii=C' }).token, 'C')
})

test('other schemes and noise are ignored', () => {
  for (const authorization of ['Basic dXNlcjpwYXNz', '', ' ', ',', 'BearerB', 'Bearer=B', ':', 'é'])
    assert.deepEqual(read({ authorization, cookie: 'torii=C' }), { token: 'C', cookie: 'C' })
})

test('a header named get does not make headers of node into fetch headers', () => {
  assert.deepEqual(read({ get: 'x', cookie: 'torii=C' }), { token: 'C', cookie: 'C' })
  assert.deepEqual(read({ authorization: ['Bearer A', 'Bearer B'] }), { token: 'A', cookie: null })
})
