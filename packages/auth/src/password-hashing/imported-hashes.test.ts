import assert from 'node:assert/strict'
import { hash as bcrypt } from '@node-rs/bcrypt'
import { newUserId, PasswordHash } from 'torii-core'
import { test } from 'vitest'
import type { ToriiOptions } from '../index.js'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../test/site.test.support.js'
import { createPasswordHashing } from './hashing.js'
import { readPasswordHash, wrapWeakHash } from './taking-in.js'

const site = await openTestSite()
const words = 'Grüße aus Köln'

/** An account whose hash comes from another system. */
async function importAccount(hash: string): Promise<string> {
  const email = newEmail()
  const user = { id: newUserId(), email, emailVerified: true }
  await site.storage.users.register({ ...user, passwordHash: new PasswordHash(hash) })
  return email
}

async function signIn(email: string, password: string, torii = site.torii): Promise<boolean> {
  return (await torii.password.authenticate({ email, password }, requestInfo)).ok
}

async function storedHash(email: string): Promise<string> {
  const { rows } = await site.db.query<{ hash: string }>(
    'select p.hash from torii.passwords p join torii.users u on u.id = p.user_id where u.email = $1',
    [email],
  )
  return rows[0]?.hash ?? ''
}

const hasher = createPasswordHashing(site.torii.options).hasherFor({
  reserved: false,
  ipAddress: null,
  account: null,
})
/** What an import stores for a weak hash. */
const wrap = (text: string) => wrapWeakHash(hasher, text)

const wrapped = await wrap('{SSHA}74JPcXE+rI+0nXHwjbgaVzqP7VtpLcV4')

for (const [source, hash] of [
  ['bcrypt', '$2y$04$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm'],
  ['Django', 'pbkdf2_sha256$12000$QkR3b2xxZmVmZmFh$NGLmB7Tv0PSSbtncVwju7EuqAS5tDig9+KfRleVKT3w='],
  [
    'Argon2i',
    '$argon2i$v=19$m=1024,t=2,p=2$MDEyMzQ1Njc4OWFiY2RlZg$nX3OWwTGV18sZsA7nBUEUJsvezBbQkLbNTvtyTLYMls',
  ],
  ['a wrapped salted SHA-1', wrapped],
  ['a wrapped phpass', await wrap('$P$5qL1BBQRjja0NoLH5UxJVlg.xoTcrz.')],
] as const)
  test(`a hash of ${source} lets its owner in, and is replaced by the sign-in`, async () => {
    const email = await importAccount(hash)
    assert.equal(await signIn(email, 'Grüße aus Koln'), false)
    assert.equal(await storedHash(email), hash)
    assert.equal(await signIn(email, words), true)
    assert.match(await storedHash(email), /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    assert.equal(await signIn(email, words), true)
    assert.equal(await signIn(email, 'Grüße aus Koln'), false)
  })

test('T8.92 of passwords that share their first 72 bytes, those that are longer leave the hash as it is', async () => {
  const right = 'correct horse battery staple '.repeat(3).slice(0, 72)
  const hash = await bcrypt(right, 4)
  const longer = ['x', 'xy', '\0'].map((end) => `${right}${end}`)
  const email = await importAccount(hash)
  for (const text of longer) assert.equal(await signIn(email, text), true)
  assert.equal(await storedHash(email), hash)
  assert.equal(await signIn(email, right.slice(0, -1)), false)
  // The whole password is known now: from here on only it signs in.
  assert.equal(await signIn(email, right), true)
  assert.match(await storedHash(email), /^\$argon2id\$/)
  for (const text of longer) assert.equal(await signIn(email, text), false)
  assert.equal(await signIn(email, right), true)
})

test('a password that was hashed as it was typed signs in, and both spellings after it', async () => {
  const decomposed = words.normalize('NFD')
  const email = await importAccount(await bcrypt(decomposed, 4))
  assert.equal(await signIn(email, words), false)
  assert.equal(await signIn(email, decomposed), true)
  assert.match(await storedHash(email), /^\$argon2id\$/)
  for (const text of [words, decomposed]) assert.equal(await signIn(email, text), true)
})

test('a decomposed spelling beyond 72 bytes leaves the hash, also where its NFC is shorter', async () => {
  const typed = 'é'.repeat(30).normalize('NFD')
  assert.deepEqual(
    [typed, typed.normalize('NFC')].map((text) => Buffer.byteLength(text)),
    [90, 60],
  )
  const hash = await bcrypt(typed, 4)
  const email = await importAccount(hash)
  assert.equal(await signIn(email, typed), true)
  assert.equal(await storedHash(email), hash)
})

test('no one signs in with a weak hash that is not wrapped, nor with its digits as the password', async () => {
  const digits = '5ca85a0b51faf664d0c29eacfdea0764981e781f'
  for (const weak of [digits, '{SSHA}74JPcXE+rI+0nXHwjbgaVzqP7VtpLcV4', await wrap(digits)]) {
    const email = await importAccount(weak)
    assert.equal(await signIn(email, digits), false)
    assert.equal(await signIn(email, words), weak.startsWith('$wrapped'))
  }
})

test('a wrapped hash whose Argon2id costs too much is refused', async () => {
  const email = await importAccount(wrapped.replace('m=19456', 'm=4194304'))
  site.events.length = 0
  assert.equal(await signIn(email, words), false)
  assert.deepEqual(
    site.events.map(({ event }) => event),
    ['stored_hash_refused'],
  )
})

test('a verifier of the application reads its own form, and where it fails the password is wrong', async () => {
  const reversed = (fails: boolean): Partial<ToriiOptions> => ({
    password: {
      legacyVerifiers: [
        {
          accepts: (stored) => stored.startsWith('reversed:'),
          async verify(password, stored) {
            if (fails) throw new Error('no such module')
            return stored === `reversed:${[...password].reverse().join('')}`
          },
        },
      ],
    },
  })
  const email = await importAccount(`reversed:${[...words].reverse().join('')}`)
  const failing = site.with(reversed(true))
  site.events.length = 0
  assert.equal(await signIn(email, words), false)
  assert.equal(await signIn(email, words, failing), false)
  assert.deepEqual(
    site.events.map(({ event }) => event),
    ['stored_hash_refused', 'legacy_verifier_failed'],
  )
  assert.equal(await signIn(email, words, site.with(reversed(false))), true)
  assert.match(await storedHash(email), /^\$argon2id\$/)
})

test('an import takes in what signs in, and nothing else', async () => {
  for (const [text, kind] of [
    [wrapped, 'accepted'],
    ['$2y$04$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm', 'accepted'],
    ['$imported$ada@old.example', 'accepted'],
    [(await hasher.hash(goodPassword as Parameters<typeof hasher.hash>[0])).reveal(), 'accepted'],
    ['5ca85a0b51faf664d0c29eacfdea0764981e781f', 'weak'],
    ['$imported$', 'unsupported'],
    ['$2y$31$abcdefghijklmnopqrstuu8CUm8kgrZsnboz/WhY60Zf2APZzRatm', 'unsupported'],
    [wrapped.replace('m=19456', 'm=4194304'), 'unsupported'],
    ['a password', 'unsupported'],
  ] as const)
    assert.equal(readPasswordHash(text), kind, text)
  await assert.rejects(wrap('a password'))
})
