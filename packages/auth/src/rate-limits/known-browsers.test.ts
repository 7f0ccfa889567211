import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { newUserId, requireEmail } from 'torii-core'
import { afterEach, test, vi } from 'vitest'
import { resolveKeys } from '../crypto/key-ring.js'
import { knownBrowserSeconds, nextDeviceCookie, readDeviceCookie } from './known-browsers.js'

const newKey = (id: string) => ({ id, secret: randomBytes(32) })
const key = newKey('one')
const keys = resolveKeys([key])
const email = requireEmail('person@example.com')
const other = requireEmail('other@example.com')

function cookieFor(former: string | null, address = email, ring = keys): string {
  const cookie = nextDeviceCookie(ring, former, address)
  assert.ok(cookie !== null)
  return cookie
}

const idFor = (cookie: string | null, address = email, ring = keys) =>
  readDeviceCookie(ring, cookie)?.idFor(address) ?? null

afterEach(() => vi.useRealTimers())

test('a browser is known for the accounts that it signed in to, and for no others', () => {
  const cookie = cookieFor(null)
  assert.ok(idFor(cookie) !== null)
  assert.equal(idFor(cookie, other), null)
  const both = cookieFor(cookie, other)
  assert.equal(idFor(both), idFor(cookie))
  assert.ok(idFor(both, other) !== null && idFor(both, other) !== idFor(both))
  assert.equal(readDeviceCookie(keys, both)?.id, idFor(both, other), 'the last one')
})

test('each sign-in makes a new id; a sixth account replaces the oldest', () => {
  const cookie = cookieFor(null)
  const again = cookieFor(cookie)
  assert.ok(idFor(again) !== null && idFor(again) !== idFor(cookie))
  assert.equal(again.split('.').length, cookie.split('.').length)
  const others = Array.from({ length: 5 }, (_, at) => requireEmail(`other${at}@example.com`))
  const full = others.reduce((former: string, address) => cookieFor(former, address), cookie)
  assert.equal(idFor(full), null)
  assert.ok(others.every((address) => idFor(full, address) !== null))
  assert.ok(full.length <= 640, String(full.length))
})

test('after a sign-in a browser is known for the user too, whose id the cookie does not show', () => {
  const [user, stranger] = [newUserId(), newUserId()]
  const idForUser = (cookie: string | null, id = user, ring = keys) =>
    readDeviceCookie(ring, cookie)?.idForUser(id) ?? null
  const byReset = cookieFor(null)
  assert.equal(idForUser(byReset), null)
  const cookie = nextDeviceCookie(keys, byReset, email, user) ?? assert.fail()
  assert.notEqual(idForUser(cookie), null)
  assert.equal(idForUser(cookie), idFor(cookie))
  assert.equal(idForUser(cookie, stranger), null)
  assert.ok(!cookie.includes(user))
  // The keys of the application decide; a former one does too.
  const rotated = resolveKeys([newKey('two'), key])
  assert.equal(idForUser(cookie, user, rotated), idForUser(cookie))
  assert.equal(idForUser(cookie, user, resolveKeys([newKey('two')])), null)
  const five = Array.from({ length: 5 }, newUserId).reduce<string | null>(
    (former, id, at) => nextDeviceCookie(keys, former, requireEmail(`o${at}@example.com`), id),
    cookie,
  )
  assert.ok(five !== null && five.length <= 640, String(five?.length))
  assert.equal(idForUser(five), null)
})

test('two browsers have no text in common, and no cookie shows an email address', () => {
  const [one, two] = [cookieFor(null), cookieFor(null)]
  const parts = one.split(/[.:]/)
  // The time is the only part that could be the same.
  const same = parts.filter((part) => two.split(/[.:]/).includes(part))
  assert.ok(same.length <= 1 && same.every((part) => part.length < 10), same.join())
  const readable = Buffer.from(one, 'base64url').toString('latin1') + one
  for (const word of ['person', 'example']) assert.ok(!readable.includes(word))
})

test('nothing but a genuine cookie counts', () => {
  const cookie = cookieFor(null)
  for (let at = 0; at < cookie.length; at += 1) {
    const swapped = cookie[at] === 'A' ? 'B' : 'A'
    const changed = `${cookie.slice(0, at)}${swapped}${cookie.slice(at + 1)}`
    assert.equal(readDeviceCookie(keys, changed), null, `character ${at}`)
  }
  const [entry = '', whole = ''] = cookie.split('.')
  for (const made of [
    '',
    '.',
    entry,
    whole,
    `${entry}.`,
    `${entry}.${entry}.${whole}`,
    `${cookie}.`,
  ])
    assert.equal(readDeviceCookie(keys, made), null, made)
  fc.assert(fc.property(fc.string(), (text) => assert.equal(readDeviceCookie(keys, text), null)))
  assert.equal(readDeviceCookie(keys, 'a.'.repeat(1_000_000)), null)
})

test('an entry of one cookie is not valid in another', () => {
  const [mine = ''] = cookieFor(null).split('.')
  const [theirs = '', whole = ''] = cookieFor(null, other).split('.')
  assert.equal(readDeviceCookie(keys, `${mine}.${whole}`), null)
  assert.equal(readDeviceCookie(keys, `${theirs}.${mine}.${whole}`), null)
})

test('a browser is forgotten half a year after its last sign-in', () => {
  const cookie = cookieFor(null)
  const after = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000)
  vi.useFakeTimers({ toFake: ['Date'] })
  after(knownBrowserSeconds - 60)
  assert.ok(idFor(cookie) !== null)
  after(120)
  assert.equal(idFor(cookie), null)
})

test('a rotation of keys forgets no browser, removing its key does; without keys none is known', () => {
  const cookie = cookieFor(null)
  const [newer, none] = [newKey('two'), resolveKeys(undefined)]
  assert.equal(idFor(cookie, email, resolveKeys([newer, key])), idFor(cookie))
  assert.equal(idFor(cookie, email, resolveKeys([newer])), null)
  assert.equal(nextDeviceCookie(none, cookie, email), null)
  assert.equal(readDeviceCookie(none, cookie), null)
})
