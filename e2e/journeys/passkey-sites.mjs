/** Passkeys of several sites over TLS, and what browsers signal to authenticators. */
import assert from 'node:assert/strict'
import { addAuthenticator } from '../harness/authenticator.mjs'
import { journey } from '../harness/journey.mjs'
import { newEmail, password } from '../harness/world.mjs'
import { forgotten } from './actions.mjs'

const verifyPath = '/auth/passkeys/authenticate/verify'

async function open(page, url) {
  await page.goto(url)
  await page.waitForFunction(() => window.client !== undefined)
}

/** Signs up on the own site, in a browser with an authenticator. */
async function signUp({ page }, { urls }) {
  await open(page, urls.own)
  const email = newEmail()
  const signedUp = await page.evaluate(
    ([person]) => window.torii.password.register(window.client, person),
    [{ email, password }],
  )
  assert.equal(signedUp.status, 'signed_in')
  return { email, authenticator: await addAuthenticator(page) }
}

const register = (page, authenticator) =>
  authenticator.touchedDuring(() =>
    page.evaluate(() => window.torii.passkey.register(window.client, { name: 'Laptop' })),
  )

const signIn = (page, authenticator) =>
  authenticator.touchedDuring(() =>
    page.evaluate(() => window.torii.passkey.authenticate(window.client)),
  )

journey(
  'a passkey signs in on a related origin that /.well-known/webauthn names, and on no other site',
  async ({ visitor, passkeySites }) => {
    const sites = await passkeySites()
    const ada = await visitor(sites.newVisitor)
    const { page } = ada
    const { email, authenticator } = await signUp(ada, sites)
    assert.equal((await register(page, authenticator)).ok, true)
    await open(page, sites.urls.related)
    const signedIn = await signIn(page, authenticator)
    assert.deepEqual([signedIn.status, signedIn.user.email], ['signed_in', email])
    assert.ok(sites.received().includes('acme.example/.well-known/webauthn'))
    await open(page, sites.urls.stranger)
    const refused = await signIn(page, authenticator)
    assert.equal(refused.error, 'misconfigured')
  },
)

journey(
  'an authenticator learns the present name of its user, and forgets a passkey that was deleted or is unknown',
  async ({ visitor, passkeySites }) => {
    const sites = await passkeySites()
    const ada = await visitor(sites.newVisitor)
    const { page } = ada
    const { email, authenticator } = await signUp(ada, sites)
    const added = await register(page, authenticator)
    const [made] = await authenticator.credentials()
    assert.deepEqual([made.userName, made.userDisplayName], [email, email])
    await page.evaluate(async () => {
      await window.torii.user.update(window.client, { name: 'Ada Lovelace' })
      await window.torii.passkey.signal(window.client)
    })
    const [renamed] = await authenticator.credentials()
    assert.deepEqual([renamed.userName, renamed.userDisplayName], [email, 'Ada Lovelace'])
    const removed = await page.evaluate(
      (id) => window.torii.passkey.remove(window.client, id),
      added.passkey.id,
    )
    assert.equal(removed.ok, true)
    await forgotten(authenticator)
    await authenticator.restore(renamed)
    ada.expect(401, 'POST', verifyPath)
    const refused = await signIn(page, authenticator)
    assert.deepEqual([refused.error, refused.reason], ['invalid_credentials', 'unknown_credential'])
    await forgotten(authenticator)
  },
)

journey(
  'an authenticator keeps the passkey of a disabled account',
  async ({ visitor, passkeySites }) => {
    const sites = await passkeySites()
    const ada = await visitor(sites.newVisitor)
    const { page } = ada
    const { email, authenticator } = await signUp(ada, sites)
    assert.equal((await register(page, authenticator)).ok, true)
    const { id } = await sites.storage.users.findByEmail(email)
    await sites.storage.users.disable(id)
    ada.expect(401, 'POST', verifyPath)
    const refused = await signIn(page, authenticator)
    assert.deepEqual([refused.error, refused.reason], ['invalid_credentials', undefined])
    ada.expect(401, 'GET', '/auth/passkeys/signals')
    await page.evaluate(() => window.torii.passkey.signal(window.client))
    assert.equal((await authenticator.credentials()).length, 1)
  },
)

// Chromium creates passkeys in the background only by its own password manager: the virtual authenticator never answers.
journey(
  'a passkey in the background that no password manager creates ends as soon as the user adds one',
  async ({ visitor, passkeySites }) => {
    const sites = await passkeySites()
    const ada = await visitor(sites.newVisitor)
    const { page } = ada
    const { authenticator } = await signUp(ada, sites)
    const started = page.waitForResponse('**/auth/passkeys/upgrade/options')
    await page.evaluate(() => {
      window.upgraded = window.torii.passkey.upgrade(window.client)
    })
    assert.equal((await started).status(), 200)
    assert.equal((await register(page, authenticator)).ok, true)
    assert.equal(await page.evaluate(async () => (await window.upgraded).error), 'cancelled')
  },
)

journey(
  'password managers find the pages for passwords and passkeys',
  async ({ visitor, passkeySites }) => {
    const sites = await passkeySites()
    const { page } = await visitor(sites.newVisitor)
    await page.goto(`${sites.urls.own}/.well-known/change-password`)
    assert.equal(page.url(), `${sites.urls.own}/password`)
    const endpoints = await page.evaluate(async () =>
      (await fetch('/.well-known/passkey-endpoints')).json(),
    )
    assert.deepEqual(endpoints, {
      enroll: `${sites.urls.own}/passkeys/new`,
      manage: `${sites.urls.own}/passkeys`,
    })
  },
)
