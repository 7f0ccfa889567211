import assert from 'node:assert/strict'
import { newSessionId, newUserId, SessionToken } from 'torii-core'
import { test } from 'vitest'
import { resolveOptions } from '../../services/options/options.js'
import { clearedCookie, cookieName, findCookie, sessionCookie } from './cookie.js'

const onHttps = resolveOptions({ baseUrl: 'https://app.example' })
const onLocalhost = resolveOptions({ baseUrl: 'http://localhost:3000' })
const https = onHttps.cookie
const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000)
const session = {
  id: newSessionId(),
  userId: newUserId(),
  methods: ['password'] as const,
  level: 1 as const,
  level2At: null,
  ip: null,
  userAgent: null,
  createdAt: at(0),
  authenticatedAt: at(0),
  lastActiveAt: at(0),
  expiresAt: at(60),
  absoluteExpiresAt: at(90_000.9),
}

test('V3.3.1 V3.3.2 on https the cookie carries the prefix that binds it to this host, and lives as long as the session', () => {
  assert.equal(cookieName(https), '__Host-torii')
  assert.equal(
    sessionCookie(onHttps, session, new SessionToken('TOKEN')),
    '__Host-torii=TOKEN; Path=/; Max-Age=90000; HttpOnly; SameSite=Lax; Secure',
  )
  assert.equal(
    clearedCookie(https),
    '__Host-torii=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure',
  )
})

test('T10.140 the cookie of a session that is not remembered goes when the browser closes', () => {
  const token = new SessionToken('TOKEN')
  const withLife = (seconds: number, options = onHttps) =>
    sessionCookie(options, { ...session, absoluteExpiresAt: at(seconds) }, token)
  assert.equal(withLife(86_400), '__Host-torii=TOKEN; Path=/; HttpOnly; SameSite=Lax; Secure')
  assert.match(withLife(86_401), /Max-Age=86401;/)
  // Where all sessions are that short, there is no difference.
  const short = resolveOptions({
    baseUrl: 'https://app.example',
    session: { absoluteSeconds: 3600, unrememberedSeconds: 3600, idleSeconds: 3600 },
  })
  assert.match(withLife(3600, short), /Max-Age=3600;/)
})

test('on http://localhost the cookie has no prefix and no Secure', () => {
  assert.equal(
    sessionCookie(onLocalhost, session, new SessionToken('TOKEN')),
    'torii=TOKEN; Path=/; Max-Age=90000; HttpOnly; SameSite=Lax',
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
