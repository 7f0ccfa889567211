import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import { Torii } from 'torii-auth'
import { PostgresStorage } from 'torii-storage-postgres'
import { createApp } from './app.js'
import { openBrowser } from './browser.js'
import { startProvider } from './provider.js'

const ada = { sub: 'ada', email: 'ada@example.com', email_verified: true, name: 'Ada' }
const mails: { to: string; link: string }[] = []
const keys = [{ id: 'k1', secret: randomBytes(32) }]

const provider = await startProvider('http://localhost:3000/auth/callback/work', ada)
const storage = await PostgresStorage.connect('pglite:')
await storage.migrate()
const app = createApp({
  storage,
  secret: randomBytes(32).toString('hex'),
  keys,
  provider: provider.settings,
  sendMail: async (to, link) => void mails.push({ to, link }),
})
after(async () => {
  await storage.close()
  await provider.stop()
})

const signedIn = async (browser: ReturnType<typeof openBrowser>) =>
  (await app.session(browser.request()))?.user?.email ?? null

void test('a person of the provider signs in, returns, and signs out', async () => {
  for (const time of ['first', 'second']) {
    const browser = openBrowser(app.auth)
    assert.equal(await signedIn(browser), null)
    await browser.submit('/auth/signin/work')
    assert.equal(await signedIn(browser), ada.email, `the ${time} sign-in`)
    const request = browser.request()
    await browser.submit('/auth/signout')
    assert.equal(await signedIn(browser), null)
    // The session has ended, not only its cookie.
    assert.equal(await app.session(request), null)
  }
  const { users } = await storage.users.list()
  assert.deepEqual(
    users.map(({ email, emailVerified, name }) => ({ email, emailVerified, name })),
    [{ email: ada.email, emailVerified: true, name: 'Ada' }],
  )
})

void test('a magic link signs in once: a new user, and the one of the provider', async () => {
  for (const email of ['grace@example.com', ada.email]) {
    const browser = openBrowser(app.auth)
    await browser.submit('/auth/signin/email', { email })
    const mail = mails.at(-1)
    assert.equal(mail?.to, email)
    assert.equal(await signedIn(browser), null)
    await browser.visit(mail?.link ?? '')
    assert.equal(await signedIn(browser), email)
    const stranger = openBrowser(app.auth)
    await stranger.visit(mail?.link ?? '')
    assert.equal(await signedIn(stranger), null)
  }
  // The provider had verified the address, so its account stays.
  const browser = openBrowser(app.auth)
  await browser.submit('/auth/signin/work')
  assert.equal(await signedIn(browser), ada.email)
})

void test('torii-auth reads the session of Auth.js, and ends it', async () => {
  const torii = new Torii(storage, { baseUrl: 'https://app.example', keys })
  const browser = openBrowser(app.auth)
  await browser.submit('/auth/signin/work')
  const token = browser.cookies().find((value) => value.startsWith('torii_s_')) ?? ''
  const session = await torii.sessions.validate(token)
  assert.ok(session !== null)
  assert.equal(session.user.email, ada.email)
  await torii.sessions.revokeAll(session)
  assert.equal(await signedIn(browser), null)
})
