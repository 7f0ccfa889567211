import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import { parseArgon2 } from '../../password-hashing/argon2.js'
import { createPasswordHashing } from '../../password-hashing/hashing.js'
import { normalizePassword } from '../../password-policy/text.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'

// What the options of a password mean to a whole site: the breached question and the pepper.

const asked: string[] = []
const leaked = 'a sentence that somebody leaked'
const mailbox = await openMailbox()
const site = await openTestSite({
  mailer: mailbox.mailer,
  password: {
    async breached(password) {
      asked.push(password)
      return password === leaked
    },
  },
})
const { torii } = site

const register = (email: string, password: string) =>
  torii.password.register({ email, password }, requestInfo)

/** A person who has verified their address, and is signed in. */
async function person() {
  const email = newEmail()
  assert.ok((await register(email, goodPassword)).ok)
  await torii.settled()
  const { token } = await mailbox.takeOne(email, 'verify_email')
  const outcome = await torii.email.verify({ token, password: goodPassword }, requestInfo)
  assert.ok(outcome.ok && outcome.token !== null)
  const valid = await torii.sessions.validate(outcome.token)
  assert.ok(valid !== null)
  return { email, valid }
}

const breached = (outcome: { ok: boolean; problem?: { reason: string } }) =>
  !outcome.ok && outcome.problem?.reason === 'breached'

test('T8.99 V6.2.12 a breached password is refused before any query when registering, changing, setting and resetting', async () => {
  const { email, valid } = await person()
  const reset = await torii.password.reset.create(email)
  assert.ok(reset !== null)
  const change = { currentPassword: goodPassword, newPassword: leaked }
  const operations = [
    () => register(newEmail(), leaked),
    () => torii.password.change(valid, change, requestInfo),
    () => torii.password.set(valid, { newPassword: leaked }, requestInfo),
    () => torii.password.reset.complete({ token: reset.token, password: leaked }, requestInfo),
  ]
  for (const operation of operations) {
    const { result, statements } = await site.counted<{ ok: boolean }>(operation)
    assert.ok(breached(result))
    assert.equal(statements, 0)
  }
})

test('T8.99 a breached password is refused with a verification, and the link stays valid', async () => {
  const email = newEmail()
  await register(email, goodPassword)
  await torii.settled()
  const { token } = await mailbox.takeOne(email, 'verify_email')
  assert.ok(breached(await torii.email.verify({ token, newPassword: leaked }, requestInfo)))
  assert.ok((await torii.email.verify({ token, password: goodPassword }, requestInfo)).ok)
})

test('T8.99 signing in never checks for breaches, even with a common or leaked password', async () => {
  const { email } = await person()
  await site.db.query(
    'update torii.passwords set hash = $1 where user_id = (select id from torii.users where email = $2)',
    [await hashOf('password'), email],
  )
  asked.length = 0
  const signIn = await torii.password.authenticate({ email, password: 'password' }, requestInfo)
  assert.ok(signIn.ok)
  assert.deepEqual(asked, [])
})

/** A hash as it was stored when no policy looked at the password. */
async function hashOf(text: string): Promise<string> {
  const read = normalizePassword(text)
  assert.ok(read.ok)
  const share = { reserved: false, ipAddress: null, account: null }
  const hasher = createPasswordHashing(torii.options).hasherFor(share)
  return (await hasher.hash(read.password)).reveal()
}

const newKey = (id: string) => ({ id, secret: randomBytes(32) })
const [first, second] = [newKey('first'), newKey('second')]
const peppered = { hashing: { pepper: true } }

async function storedHash(email: string): Promise<string> {
  const { rows } = await site.db.query<{ hash: string }>(
    'select p.hash from torii.passwords p join torii.users u on u.id = p.user_id where u.email = $1',
    [email],
  )
  return rows[0]?.hash ?? ''
}

const keyIdOf = async (email: string) => parseArgon2(await storedHash(email))?.keyId

test('turning the pepper on, rotating its key and turning it off: each sign-in stores the hash anew, once', async () => {
  const email = newEmail()
  const plain = site.with({})
  assert.ok((await plain.password.register({ email, password: goodPassword }, requestInfo)).ok)
  const stages = [
    [site.with({ keys: [first], password: peppered }), 'first'],
    [site.with({ keys: [second, first], password: peppered }), 'second'],
    [site.with({ keys: [second, first] }), null],
  ] as const
  for (const [stage, keyId] of stages) {
    const signIn = (password: string) =>
      site.counted(() => stage.password.authenticate({ email, password }, requestInfo))
    const before = await storedHash(email)
    assert.equal((await signIn('another long password')).result.ok, false)
    assert.equal(await storedHash(email), before)
    const { result, statements } = await signIn(goodPassword)
    assert.ok(result.ok)
    assert.equal(statements, 2)
    assert.equal(await keyIdOf(email), keyId)
    const once = await storedHash(email)
    assert.ok((await signIn(goodPassword)).result.ok)
    assert.equal(await storedHash(email), once)
  }
})

test('T4.56 with a pepper, unknown and wrong cost one statement each; a lost key is a wrong password', async () => {
  const torii = site.with({ keys: [first], password: peppered })
  const email = newEmail()
  assert.ok((await torii.password.register({ email, password: goodPassword }, requestInfo)).ok)
  const attempt = (by: typeof torii, address: string, password: string) =>
    site.counted(() => by.password.authenticate({ email: address, password }, requestInfo))
  const answers = [
    await attempt(torii, email, 'another long password'),
    await attempt(torii, newEmail(), goodPassword),
    await attempt(site.with({ keys: [second] }), email, goodPassword),
    await attempt(site.with({}), email, goodPassword),
  ]
  const invalid = { result: { ok: false, reason: 'invalid_credentials' }, statements: 1 }
  for (const answer of answers) assert.deepEqual(answer, invalid)
  assert.equal((await attempt(torii, email, goodPassword)).result.ok, true)
})
