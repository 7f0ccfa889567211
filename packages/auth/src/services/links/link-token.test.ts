import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { newUserId } from 'torii-core'
import { test } from 'vitest'
import { resolveBaseUrl } from '../../base/base-url.js'
import type { LinkPurpose } from './link-token.js'
import {
  formatMagicToken,
  formatVerificationToken,
  hashLinkSecret,
  mailLink,
  newLinkSecret,
  parseMagicToken,
  parseVerificationToken,
} from './link-token.js'

const purposes = ['verify_email', 'reset_password', 'change_email'] as const
const secret = newLinkSecret()
const userId = newUserId()

test('a token reads back as what it was made of', () => {
  const sha256 = (purpose: string) =>
    createHash('sha256').update(`torii:${purpose}:`).update(secret).digest()
  assert.deepEqual(parseMagicToken(formatMagicToken(secret).reveal()), sha256('magic_link'))
  for (const purpose of purposes) {
    const token = formatVerificationToken(purpose, userId, secret)
    assert.deepEqual(parseVerificationToken(purpose, token), {
      userId,
      secretHash: sha256(purpose),
    })
  }
})

test('T1.9 a token of one purpose is nothing under another, not even with the prefix exchanged', () => {
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

test('one token has one spelling; everything else is no token', () => {
  const magic = formatMagicToken(secret).reveal()
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
  const token = formatMagicToken(secret)
  const link = mailLink(resolveBaseUrl('https://app.example'), 'magic_link', token)
  assert.equal(link.reveal(), `https://app.example/auth/magic-link?token=${token.reveal()}`)
  for (const text of [String(link), JSON.stringify({ link, token }), inspect({ link, token })])
    assert.ok(!text.includes('torii_m_') && text.includes('[redacted]'))
})
