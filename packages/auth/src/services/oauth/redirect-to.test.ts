import assert from 'node:assert/strict'
import fc from 'fast-check'
import { test } from 'vitest'
import { checkRedirectTo } from './redirect-to.js'

const origins = ['https://good.com', 'https://admin.good.com:8443']

const taken: readonly (readonly [given: string, target?: string])[] = [
  ['/'],
  ['/account'],
  ['/account?tab=security&x=%2F%2Fevil#top'],
  ['/a/../b', '/b'],
  ['/login?next=https://evil.example'],
  ['https://good.com', 'https://good.com/'],
  ['https://good.com/account'],
  ['HTTPS://GOOD.COM/account', 'https://good.com/account'],
  ['https://admin.good.com:8443/users?page=2'],
]
for (const [given, target = given] of taken)
  test(`taken: ${given}`, () => assert.equal(checkRedirectTo(given, origins), target))

const refused: readonly unknown[] = [
  ...[
    '//evil',
    '///evil',
    '/\\evil',
    '\\/evil',
    '\\\\evil',
    'https:evil',
    'https:/evil',
    'http:evil',
  ],
  ...[
    'https:///evil',
    'javascript:alert(1)',
    'JavaScript:alert(1)',
    'data:text/html,x',
    'evil',
    '',
  ],
  ...['%2f%2fevil', '/%2f%2fevil', '/%2Fevil', '/%5cevil', '/%5Cevil', 'https://good.com@evil'],
  ...['https://good.com:x@evil/', 'https://user@good.com/', 'https://good.com.evil', '/.//evil'],
  ...['/..//evil', '/x/..//evil', '/./%2fevil', 'https://good.com//evil', 'http://good.com/'],
  ...['https://good。com/', 'https://good．com', 'https://good｡com', '/。/evil', '/\u2215evil'],
  ...[
    'https://good.com:8443/',
    'https://sub.good.com/',
    'https://admin.good.com/',
    'ftp://good.com/',
  ],
  ...['/\tevil', '/\n/evil', '\t//evil', ' /account', '/account ', '/a\0b', '/\r\nset-cookie: a=b'],
  ...[
    '//good.com/',
    '?next=/',
    '#top',
    'https://',
    'https://[',
    'https://%zz',
    'https://good.com\\@evil',
  ],
  `/${'a'.repeat(2048)}`,
  ...[undefined, null, 7, {}, [], ['/account'], new URL('https://good.com/')],
]
for (const given of refused)
  test(`T6.81 falls back to the default: ${JSON.stringify(given)?.slice(0, 60)}`, () =>
    assert.equal(checkRedirectTo(given, origins), null))

test('without an origin nothing is taken', () => assert.equal(checkRedirectTo('/', []), null))

test('T6.81 whatever is taken leads every parser to one of the origins', () => {
  const parts = fc.constantFrom(
    ...['/', '//', '\\', ':', '@', '.', '..', '?', '#', '%2f', '%5c', '%', 'https:', 'http:', '\t'],
    ...['javascript:', 'good.com', 'evil.example', 'https://good.com', '。', '\u0000', 'a'],
  )
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 8 }), (list) => {
      const target = checkRedirectTo(list.join(''), origins)
      if (target === null) return
      assert.ok(origins.includes(new URL(target, 'https://good.com').origin), target)
      assert.doesNotMatch(decodeURI(target.replace(/%(?!2f|5c)/gi, '%25')), /^\/[/\\]/)
    }),
    { numRuns: 20_000 },
  )
})
