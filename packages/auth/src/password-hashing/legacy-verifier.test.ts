import assert from 'node:assert/strict'
import bcrypt from 'bcryptjs'
import { newUserId, PasswordHash } from 'torii-core'
import { test } from 'vitest'
import { newEmail, openTestSite, requestInfo } from '../test/site.test.support.js'
import { createBcryptVerifier } from './legacy-verifier.js'

const verifier = createBcryptVerifier(bcrypt.compare)
const site = await openTestSite({ password: { legacyVerifiers: [verifier] } })

/** An account whose hash comes from another system. */
async function importAccount(hash: string): Promise<string> {
  const email = newEmail()
  const user = { id: newUserId(), email, emailVerified: true }
  await site.storage.users.register({ ...user, passwordHash: new PasswordHash(hash) })
  return email
}

const signIn = async (email: string, password: string) =>
  (await site.torii.password.authenticate({ email, password }, requestInfo)).ok

async function storedHash(email: string): Promise<string> {
  const { rows } = await site.db.query<{ hash: string }>(
    'select p.hash from torii.passwords p join torii.users u on u.id = p.user_id where u.email = $1',
    [email],
  )
  return rows[0]?.hash ?? ''
}

test('a bcrypt hash lets its owner in and is made Argon2id by it', async () => {
  for (const version of ['2a', '2b', '2y']) {
    const hash = (await bcrypt.hash('imported password', 4)).replace('$2b$', `$${version}$`)
    const email = await importAccount(hash)
    assert.equal(await signIn(email, 'imported passwore'), false)
    assert.equal(await storedHash(email), hash)
    assert.equal(await signIn(email, 'imported password'), true)
    assert.match(await storedHash(email), /^\$argon2id\$/)
    assert.equal(await signIn(email, 'imported password'), true)
  }
})

test('T8.92: of passwords that share their first 72 bytes only the right one signs in, before and after the rehash', async () => {
  const right = 'correct horse battery staple '.repeat(3).slice(0, 72)
  const hash = await bcrypt.hash(right, 4)
  const longer = ['x', 'xy', ' '].map((end) => `${right}${end}`)
  for (const text of longer) assert.ok(await bcrypt.compare(text, hash), 'bcrypt takes them all')
  const email = await importAccount(hash)
  for (const text of longer) assert.equal(await signIn(email, text), false)
  assert.equal(await signIn(email, right.slice(0, -1)), false)
  assert.equal(await signIn(email, right), true)
  assert.match(await storedHash(email), /^\$argon2id\$/)
  for (const text of longer) assert.equal(await signIn(email, text), false)
  assert.equal(await signIn(email, right), true)
})

test('T8.92: a password of more than 72 bytes is refused, also where its first 72 bytes match the hash', async () => {
  const right = 'é'.repeat(37)
  const email = await importAccount(await bcrypt.hash(right, 4))
  for (const text of [right, right.slice(0, 36), `${right.slice(0, 36)}x`])
    assert.equal(await signIn(email, text), text === right.slice(0, 36))
})

test('takes the forms and costs of bcrypt that are computed in about a second, and no others', () => {
  const rest = 'R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW'
  for (const start of ['$2b$12$', '$2a$10$', '$2y$14$', '$2b$04$'])
    assert.equal(verifier.accepts(`${start}${rest}`), true)
  const refused = [
    `$2b$15$${rest}`,
    `$2b$31$${rest}`,
    `$2b$03$${rest}`,
    `$2x$12$${rest}`,
    `$2$12$${rest}`,
    `$2b$12$${rest.slice(1)}`,
    `$2b$12$${rest}\n`,
    `$2b$12$${rest}A`,
    '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
    '',
  ]
  for (const text of refused) assert.equal(verifier.accepts(text), false, text)
})

test('without a verifier, or where it fails, an imported hash is a wrong password', async () => {
  const email = await importAccount(await bcrypt.hash('imported password', 4))
  const plain = site.with({})
  const failing = site.with({
    password: {
      legacyVerifiers: [
        createBcryptVerifier(async () => {
          throw new Error('no such module')
        }),
      ],
    },
  })
  site.events.length = 0
  for (const torii of [plain, failing]) {
    const input = { email, password: 'imported password' }
    assert.equal((await torii.password.authenticate(input, requestInfo)).ok, false)
  }
  assert.deepEqual(
    site.events.map(({ event }) => event),
    ['stored_hash_refused', 'legacy_verifier_failed'],
  )
})
