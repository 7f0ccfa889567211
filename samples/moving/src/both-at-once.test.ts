import assert from 'node:assert/strict'
import { test } from 'node:test'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { emailIn, openBrowser, origin } from './browser.js'
import { openSite } from './site.js'
import { writeThrough } from './write-through.js'

const secret = 'a secret of this sample, of no other use, long enough'
const first = 'lamp otter cargo violin'
const second = 'cedar planet mosaic ferry'
const site = await openSite()
const mails: string[] = []

/** The old application. `hooks` are those of the week in which both run. */
const oldApplication = (hooks?: ReturnType<typeof writeThrough>) =>
  betterAuth({
    database: site.oldPool,
    secret,
    baseURL: origin,
    user: { deleteUser: { enabled: true } },
    emailAndPassword: {
      enabled: true,
      sendResetPassword: async ({ token }) => void mails.push(token),
      ...(hooks === undefined ? {} : { onPasswordReset: hooks.onPasswordReset }),
    },
    ...(hooks === undefined ? {} : { databaseHooks: hooks.databaseHooks }),
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
  })
const before = oldApplication()
const old: ReturnType<typeof oldApplication> = oldApplication(
  writeThrough(() => old, site.storage, site.torii),
)
const torii = site.continuing({ from: 'better-auth', secret })

const post = async (browser: ReturnType<typeof openBrowser>, path: string, body: object) => {
  const response = await browser.send('POST', path, body)
  assert.equal(response.status, 200, `${path} ${await response.clone().text()}`)
}
async function signUp(application: typeof old, email: string) {
  const browser = openBrowser(application.handler)
  await post(browser, '/api/auth/sign-up/email', { email, name: 'A', password: first })
  return browser
}
const changePassword = (browser: ReturnType<typeof openBrowser>, from: string, to: string) =>
  post(browser, '/api/auth/change-password', { currentPassword: from, newPassword: to })
async function signInHere(email: string, password: string) {
  const browser = openBrowser(torii)
  const path = '/auth/password/authenticate'
  const { status } = await browser.send('POST', path, { email, password })
  return status === 200 ? browser : null
}
const idOf = async (email: string) => {
  const { rows } = await site.pool.query('select id from torii.users where email = $1', [email])
  return rows[0]?.id as string | undefined
}
const since = ['--since', new Date(Date.now() - 3_600_000).toISOString()]

void test('the first import takes those who are there', async () => {
  await (await getMigrations(before.options)).runMigrations()
  for (const name of ['ada', 'ben', 'cleo', 'dan', 'eve'])
    await signUp(before, `${name}@example.com`)
  const { imported } = await site.importFrom('better-auth', ['--sessions-days', '0'])
  assert.equal(imported, 5)
})

void test('who signs up at the old side during the week is signed in at both, and can sign in here', async () => {
  const browser = await signUp(old, 'fay@example.com')
  assert.equal(await emailIn(openBrowser(torii, browser.cookies)), 'fay@example.com')
  assert.ok(await signInHere('fay@example.com', first))
  assert.equal(await signInHere('fay@example.com', second), null)
})

void test('who signs in at the old side during the week is signed in here too', async () => {
  const browser = openBrowser(old.handler)
  const input = { email: 'ada@example.com', password: first }
  await post(browser, '/api/auth/sign-in/email', input)
  assert.equal(await emailIn(openBrowser(torii, browser.cookies)), 'ada@example.com')
})

void test('a password that is changed or reset at the old side counts here at once', async () => {
  const browser = openBrowser(old.handler)
  await post(browser, '/api/auth/sign-in/email', { email: 'ben@example.com', password: first })
  assert.equal(await emailIn(openBrowser(torii, browser.cookies)), 'ben@example.com')
  assert.equal(await emailIn(openBrowser(torii, browser.cookies)), 'ben@example.com')
  await changePassword(browser, first, second)
  // The change ends the sessions here. The user signs in once.
  const again = openBrowser(old.handler)
  await post(again, '/api/auth/sign-in/email', { email: 'ben@example.com', password: second })
  for (const { cookies } of [browser, again])
    assert.equal(await emailIn(openBrowser(torii, cookies)), null)
  assert.equal(await emailIn(openBrowser(torii, browser.cookies)), null)
  await post(openBrowser(old.handler), '/api/auth/request-password-reset', {
    email: 'cleo@example.com',
  })
  const token = mails[0] ?? assert.fail('no mail')
  await post(openBrowser(old.handler), '/api/auth/reset-password', { token, newPassword: second })
  for (const email of ['ben@example.com', 'cleo@example.com']) {
    assert.equal(await signInHere(email, first), null, email)
    assert.ok(await signInHere(email, second), email)
  }
})

void test('a later run changes nothing that was changed here, makes nothing twice and brings nobody back', async () => {
  const dan = (await signInHere('dan@example.com', first)) ?? assert.fail()
  const passwords = { currentPassword: first, newPassword: second }
  assert.equal((await dan.send('POST', '/auth/password/change', passwords)).status, 204)
  await site.torii.admin.delete((await idOf('eve@example.com')) ?? assert.fail())
  // Without the hooks, as if they had failed.
  const gus = await signUp(before, 'gus@example.com')
  for (const name of ['dan', 'eve']) {
    const browser = openBrowser(before.handler)
    await post(browser, '/api/auth/sign-in/email', {
      email: `${name}@example.com`,
      password: first,
    })
    await changePassword(browser, first, 'quartz ribbon tundra anchor')
  }
  const { imported, skipped } = await site.importFrom('better-auth', since)
  assert.deepEqual({ imported, skipped }, { imported: 1, skipped: [] })
  const { imported: none, updated } = await site.importFrom('better-auth', since)
  assert.deepEqual([none, updated], [0, undefined])
  assert.ok(await signInHere('dan@example.com', second))
  assert.ok(await signInHere('gus@example.com', first))
  assert.equal(await idOf('eve@example.com'), undefined)
  assert.equal(await emailIn(openBrowser(torii, gus.cookies)), 'gus@example.com')
  const { rows } = await site.pool.query('select count(*)::int as users from torii.users')
  assert.deepEqual(rows, [{ users: 6 }])
  const { differences } = await site.importFrom('better-auth', ['--verify'])
  assert.deepEqual(
    differences.map(({ reason, count }: { reason: string; count: number }) => [reason, count]),
    [['account_removed', 1]],
  )
})

void test('a user who is deleted at the old side is deleted here', async () => {
  const browser = await signUp(old, 'ida@example.com')
  assert.ok(await idOf('ida@example.com'))
  await post(browser, '/api/auth/delete-user', { password: first })
  assert.equal(await idOf('ida@example.com'), undefined)
})

void test('a new password of the old side counts here too, also of a user who has signed in here by password', async () => {
  const browser = openBrowser(old.handler)
  await post(browser, '/api/auth/sign-in/email', { email: 'fay@example.com', password: first })
  assert.ok(await signInHere('fay@example.com', first))
  await changePassword(browser, first, second)
  assert.ok(await signInHere('fay@example.com', second))
  assert.equal(await signInHere('fay@example.com', first), null)
})

void test('the old side goes on: nothing was written into it, and a user who returns signs in there', async () => {
  for (const [name, password] of [
    ['ada', first],
    ['ben', second],
    ['fay', second],
    ['dan', 'quartz ribbon tundra anchor'],
  ]) {
    const input = { email: `${name}@example.com`, password }
    await post(openBrowser(before.handler), '/api/auth/sign-in/email', input)
  }
  // Known here alone, and found by the query of docs/both-at-once.md.
  const browser = openBrowser(torii)
  await browser.send('POST', '/auth/password/register', {
    email: 'hal@example.com',
    password: first,
  })
  const { rows } = await site.pool.query(
    `select u.email from torii.users u left join torii.imported_users m on m.user_id = u.id where m.user_id is null`,
  )
  assert.deepEqual(rows, [{ email: 'hal@example.com' }])
})
