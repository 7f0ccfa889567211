import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { newUserId, requireEmail } from 'torii-core'
import { test } from 'vitest'
import { resolveBaseUrl } from '../../base/base-url.js'
import type { LinkPurpose } from './link-token.js'
import {
  formatMagicToken,
  formatVerificationToken,
  hashLinkSecret,
  mailLink,
  newLinkSecret,
  newMagicLinkSecret,
  parseMagicToken,
  parseVerificationToken,
} from './link-token.js'

const purposes = ['verify_email', 'reset_password', 'change_email'] as const
const secret = newLinkSecret()
const email = requireEmail('person@example.com')
const magicSecret = newMagicLinkSecret(email)
const userId = newUserId()

test('a token parses to the values that it was formatted from', () => {
  const sha256 = (purpose: string) =>
    createHash('sha256').update(`torii:${purpose}:`).update(secret).digest()
  const digest = createHash('sha256').update('torii:magic_link:').update(magicSecret).digest()
  assert.deepEqual(parseMagicToken(formatMagicToken(magicSecret).reveal()), digest)
  for (const purpose of purposes) {
    const token = formatVerificationToken(purpose, userId, secret)
    assert.deepEqual(parseVerificationToken(purpose, token), {
      userId,
      secretHash: sha256(purpose),
    })
  }
})

test('T1.9 a token of one purpose is invalid for another, even with its prefix replaced', () => {
  const hashes = new Set<string>()
  for (const purpose of [...purposes, 'magic_link'] satisfies LinkPurpose[])
    hashes.add(Buffer.from(hashLinkSecret(purpose, secret)).toString('hex'))
  assert.equal(hashes.size, 4)
  for (const purpose of purposes) {
    const token = formatVerificationToken(purpose, userId, secret).reveal()
    for (const other of purposes.filter((name) => name !== purpose))
      assert.equal(parseVerificationToken(other, token), null)
    assert.equal(parseMagicToken(token), null)
    assert.equal(parseMagicToken(token.replace(/^torii_._/, 'torii_m_')), null)
  }
})

test('a magic link carries a routing key of its email address, which is part of what is hashed', () => {
  const route = createHash('sha256').update('torii:link-route:person@example.com').digest()
  assert.equal(magicSecret.length, 40)
  assert.deepEqual(magicSecret.subarray(0, 8), route.subarray(0, 8))
  assert.notDeepEqual(newMagicLinkSecret(email), magicSecret)
  const rerouted = Buffer.concat([Buffer.alloc(8), magicSecret.subarray(8)])
  const hashes = [magicSecret, rerouted].map((bytes) =>
    parseMagicToken(formatMagicToken(bytes).reveal()),
  )
  assert.notDeepEqual(hashes[0], hashes[1])
})

test('a token has one spelling; every other text is invalid', () => {
  const magic = formatMagicToken(magicSecret).reveal()
  const verification = formatVerificationToken('verify_email', userId, secret).reveal()
  const spoilt = (text: string) => [
    `${text}=`,
    `${text}A`,
    ` ${text}`,
    text.slice(0, -1),
    text.replace(/^torii/, 'Torii'),
    // Unused bits of the last character set: the decoder ignores them.
    text.slice(0, -1) + String.fromCharCode(text.charCodeAt(text.length - 1) + 1),
  ]
  for (const text of [...spoilt(magic), undefined, null, 1, {}, [magic], ''])
    assert.equal(parseMagicToken(text), null)
  for (const text of spoilt(verification).slice(0, 5))
    assert.equal(parseVerificationToken('verify_email', text), null)
})

test('token and link print as [redacted]; the link leads to its page under the base URL', () => {
  const token = formatMagicToken(magicSecret)
  const link = mailLink(
    { baseUrl: resolveBaseUrl('https://app.example'), basePath: '/auth' },
    'magic_link',
    token,
  )
  assert.equal(link.reveal(), `https://app.example/auth/magic-link?token=${token.reveal()}`)
  for (const text of [String(link), JSON.stringify({ link, token }), inspect({ link, token })])
    assert.ok(!text.includes('torii_m_') && text.includes('[redacted]'))
})
