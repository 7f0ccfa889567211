import assert from 'node:assert/strict'
import { newSessionId, newUserId, SessionToken } from 'torii-core'
import { test } from 'vitest'
import { resolveOptions } from '../../services/options/options.js'
import { clearedCookie, cookieName, findCookie, sessionCookie } from './cookie.js'

const { cookie: https } = resolveOptions({ baseUrl: 'https://app.example' })
const { cookie: localhost } = resolveOptions({ baseUrl: 'http://localhost:3000' })
const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000)
const session = {
  id: newSessionId(),
  userId: newUserId(),
  methods: ['password'] as const,
  ip: null,
  userAgent: null,
  createdAt: at(0),
  authenticatedAt: at(0),
  lastActiveAt: at(0),
  expiresAt: at(60),
  absoluteExpiresAt: at(3600.9),
}

test('V3.3.1 V3.3.2 on https the cookie carries the prefix that binds it to this host, and lives as long as the session', () => {
  assert.equal(cookieName(https), '__Host-torii')
  assert.equal(
    sessionCookie(https, session, new SessionToken('TOKEN')),
    '__Host-torii=TOKEN; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax; Secure',
  )
  assert.equal(
    clearedCookie(https),
    '__Host-torii=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
  )
})

test('on http://localhost the cookie has no prefix and no Secure', () => {
  assert.equal(
    sessionCookie(localhost, session, new SessionToken('TOKEN')),
    'torii=TOKEN; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax',
  )
})

test('findCookie() returns the first cookie of the exact name, and null for malformed headers', () => {
  const cases: readonly (readonly [header: string | null, value: string | null])[] = [
    [null, null],
    ['', null],
    [';;;', null],
    ['torii', null],
    ['=torii', null],
    ['torii=a', 'a'],
    ['torii=', ''],
    ['torii=a; torii=b', 'a'],
    ['x=1; torii=a; y=2', 'a'],
    [' torii = a ', 'a'],
    ['torii=a=b', 'a=b'],
    ['Torii=a', null],
    ['xtorii=a; torii-2=b; __Host-torii=c', null],
    ['torii=%41', '%41'],
    ['torii="a"', '"a"'],
    ['__proto__=x; torii=a', 'a'],
  ]
  for (const [header, value] of cases)
    assert.equal(findCookie(header, 'torii'), value, String(header))
})
