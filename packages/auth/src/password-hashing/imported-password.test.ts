import assert from 'node:assert/strict'
import { newUserId, PasswordHash } from 'torii-core'
import { test } from 'vitest'
import type { ToriiOptions } from '../index.js'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../test/site.test.support.js'
import type { ImportedPasswordLogEvent } from './imported-password.js'
import { createImportedPasswords } from './imported-password.js'

const site = await openTestSite()

/** An account whose password only the old system knows. */
async function importAccount(there: string): Promise<string> {
  const email = newEmail()
  const passwordHash = new PasswordHash(`$imported$${there}`)
  await site.storage.users.register({ id: newUserId(), email, emailVerified: true, passwordHash })
  return email
}

async function storedHash(email: string): Promise<string> {
  const { rows } = await site.db.query<{ hash: string }>(
    'select p.hash from torii.passwords p join torii.users u on u.id = p.user_id where u.email = $1',
    [email],
  )
  return rows[0]?.hash ?? ''
}

/** A Torii beside an old system, which notes what it was asked. */
function beside(passwords: Record<string, string>, options: Partial<ToriiOptions> = {}) {
  const asked: (readonly [email: string, password: string])[] = []
  const torii = site.with({
    ...options,
    password: {
      async importedPassword(email, password) {
        asked.push([email, password])
        return passwords[email] === password
      },
    },
  })
  const signIn = async (email: string, password: string) =>
    (await torii.password.authenticate({ email, password }, requestInfo)).ok
  return { asked, torii, signIn }
}

test('the old system is asked with its own address and what was typed, and once', async () => {
  const typed = 'Grüße aus Köln'.normalize('NFD')
  const { asked, signIn } = beside({ 'ada@old.example': typed })
  const email = await importAccount('ada@old.example')
  assert.equal(await signIn(email, 'not the right one'), false)
  assert.equal(await storedHash(email), '$imported$ada@old.example')
  assert.equal(await signIn(email, typed), true)
  assert.deepEqual(asked, [
    ['ada@old.example', 'not the right one'],
    ['ada@old.example', typed],
  ])
  assert.match(await storedHash(email), /^\$argon2id\$/)
  for (const text of [typed, typed.normalize('NFC')]) assert.equal(await signIn(email, text), true)
  assert.equal(asked.length, 2)
})

test('a wrong password of any other account asks about a random one, so that all refusals take as long', async () => {
  const { asked, signIn, torii } = beside({})
  const [unknown, waiting, disabled] = [
    newEmail(),
    await importAccount('w@old.example'),
    newEmail(),
  ]
  const known = newEmail()
  for (const email of [known, disabled])
    assert.ok((await torii.password.register({ email, password: goodPassword }, requestInfo)).ok)
  await site.db.query('update torii.users set disabled_at = now() where email = $1', [disabled])
  const wrong = 'not the right one'
  for (const [email, password] of [
    [unknown, wrong],
    [known, wrong],
    [disabled, goodPassword],
    [known, '\ud800'],
    [waiting, '\ud800'],
    [waiting, wrong],
  ] as const) {
    asked.length = 0
    assert.equal(await signIn(email, password), false)
    assert.equal(asked.length, 1)
    const [address, question] = asked[0] ?? []
    const isReal = email === waiting && password === wrong
    assert.equal(address, isReal ? 'w@old.example' : email)
    assert.equal(question === password, isReal)
  }
  asked.length = 0
  assert.equal(await signIn(known, goodPassword), true)
  assert.deepEqual(asked, [])
})

test('a right password of an unverified address asks in vain too', async () => {
  const { asked, torii, signIn } = beside(
    {},
    { mailer: { send: async () => undefined }, requireVerifiedEmail: true },
  )
  const email = newEmail()
  assert.ok((await torii.password.register({ email, password: goodPassword }, requestInfo)).ok)
  assert.equal(await signIn(email, goodPassword), false)
  assert.equal(asked.length, 1)
  assert.notEqual(asked[0]?.[1], goodPassword)
})

test('attempts are counted before the old system is asked', async () => {
  const { asked, signIn } = beside({ 'c@old.example': goodPassword })
  const email = await importAccount('c@old.example')
  const cap = site.torii.options.bruteForce.account.cap
  await Promise.all(Array.from({ length: 2 * cap }, () => signIn(email, 'not the right one')))
  assert.equal(asked.length, cap)
  assert.equal(await signIn(email, goodPassword), false)
  assert.equal(asked.length, cap)
})

test('a password that was removed or changed here never comes back from the old system', async () => {
  const { signIn } = beside({ 'r@old.example': goodPassword })
  const email = await importAccount('r@old.example')
  await site.db.query(
    'delete from torii.passwords p using torii.users u where u.id = p.user_id and u.email = $1',
    [email],
  )
  assert.equal(await signIn(email, goodPassword), false)
})

test('without the option, and where the old system fails, the password is wrong', async () => {
  const email = await importAccount('f@old.example')
  const failing = site.with({
    password: {
      async importedPassword() {
        throw new Error('out of order')
      },
    },
  })
  site.events.length = 0
  for (const torii of [site.torii, failing]) {
    const input = { email, password: goodPassword }
    assert.equal((await torii.password.authenticate(input, requestInfo)).ok, false)
  }
  assert.deepEqual(
    site.events.map(({ event }) => event),
    ['stored_hash_refused', 'imported_password_failed'],
  )
  assert.ok(!JSON.stringify(site.events).includes(goodPassword))
})

test('a late or crowded old system, and an answer that is not plainly true, refuse', async () => {
  const events: ImportedPasswordLogEvent[] = []
  const limits = { seconds: 0.05, concurrency: 1 }
  const ask = (hook: (email: string) => Promise<unknown>) =>
    createImportedPasswords(hook as never, (event) => events.push(event), limits)
  const late = ask(() => new Promise(() => undefined))
  assert.deepEqual(await Promise.all([late?.ask('a', 'b'), late?.ask('c', 'd')]), [false, false])
  assert.equal(events.length, 2)
  assert.equal(await ask(async () => 'yes')?.ask('a', 'b'), false)
})
