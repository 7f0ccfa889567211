import assert from 'node:assert/strict'
import { test } from 'vitest'
import { resolveOptions } from '../../services/options/options.js'
import { readRequestTokens } from './request-token.js'

const { cookie: site } = resolveOptions({ baseUrl: 'http://localhost:3000' })

const read = (headers: Record<string, string | string[]>) => {
  const fromNode = readRequestTokens(headers, site)
  if (Object.values(headers).every((value) => typeof value === 'string'))
    assert.deepEqual(
      readRequestTokens(new Headers(headers as Record<string, string>), site),
      fromNode,
    )
  return fromNode
}

test('without a bearer token, the cookie authenticates', () => {
  assert.deepEqual(read({ cookie: 'torii=C' }), { token: 'C', cookie: 'C', cookies: ['C'] })
  assert.deepEqual(read({}), { token: null, cookie: null, cookies: [] })
})

test('a bearer token takes precedence over the cookie', () => {
  for (const authorization of ['Bearer B', 'bearer B', 'BEARER   B', ' Bearer B '])
    assert.deepEqual(read({ authorization, cookie: 'torii=C' }), {
      token: 'B',
      cookie: 'C',
      cookies: ['C'],
    })
})

test('a malformed bearer header authenticates no one and does not fall back to the cookie', () => {
  for (const authorization of ['Bearer', 'Bearer ', 'Bearer a b', 'bearer "B"'])
    assert.notEqual(read({ authorization, cookie: 'torii=C' }).token, 'C')
})

test('other schemes and noise are ignored', () => {
  for (const authorization of ['Basic dXNlcjpwYXNz', '', ' ', ',', 'BearerB', 'Bearer=B', ':', 'é'])
    assert.deepEqual(read({ authorization, cookie: 'torii=C' }), {
      token: 'C',
      cookie: 'C',
      cookies: ['C'],
    })
})

test('node:http headers with a header named get are not mistaken for fetch headers', () => {
  assert.deepEqual(read({ get: 'x', cookie: 'torii=C' }), {
    token: 'C',
    cookie: 'C',
    cookies: ['C'],
  })
  assert.deepEqual(read({ authorization: ['Bearer A', 'Bearer B'] }), {
    token: 'A',
    cookie: null,
    cookies: [],
  })
})
