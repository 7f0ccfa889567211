/** Registration, from a new email address to a session. */
import assert from 'node:assert/strict'
import { journey } from '../harness/journey.mjs'
import { newEmail, password } from '../harness/world.mjs'
import { fill, register } from './actions.mjs'

journey('register, and verify the email address with the password', async ({ visitor, site }) => {
  const ada = await visitor()
  const { page } = ada
  const email = newEmail()
  await register(page, email)
  await ada.look('register-sent')
  assert.deepEqual(await ada.cookies(), [])

  // The development mailbox is a page too, and its link is clickable.
  await page.getByRole('link', { name: 'Open development mailbox' }).click()
  await ada.look('mailbox')
  const link = page.locator('article', { hasText: email }).first().getByRole('link').first()
  assert.ok((await link.getAttribute('href'))?.startsWith(`${site.url}/auth/email/verify?token=`))
  await link.click()

  await page.waitForURL('**/auth/email/verify')
  assert.equal(new URL(page.url()).search, '')
  const [held, ...more] = await ada.context.cookies(`${site.url}/auth/email/verify`)
  assert.deepEqual(more, [])
  assert.deepEqual(
    [held.name, held.path, held.httpOnly, held.sameSite],
    ['torii-link', '/auth/email/verify', true, 'Lax'],
  )
  assert.deepEqual(await ada.context.cookies(`${site.url}/account`), [])
  assert.equal(await page.getByText(email).count(), 0, 'the address is masked')
  await ada.look('landing-verify')
  await page.locator('#password').fill(password)
  await page.getByRole('button', { name: 'Verify email address' }).click()
  await page.waitForURL('**/account')
  await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor()

  const [session, ...others] = await ada.context.cookies(`${site.url}/auth/email/verify`)
  assert.deepEqual(others, [], 'the cookie of the link is gone after use')
  assert.deepEqual(
    [session.name, session.path, session.httpOnly, session.sameSite, session.domain],
    ['torii', '/', true, 'Lax', 'localhost'],
  )
  assert.equal(await page.evaluate(() => document.cookie), '')
})

journey(
  'verify without the password: it no longer works, and a new one is set by mail',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = newEmail()
    await register(page, email)
    const other = await visitor()
    await other.page.goto(await mail.link(email, 'email/verify'))
    await other.page.getByRole('button', { name: 'Verify email address' }).click()
    await other.page.getByText('You can sign in now.').waitFor()
    await other.look('sign-in-ready')

    // The account belongs to the person who opened the mail; a password that was set before does not work.
    ada.expect(401, 'POST', '/auth/password/authenticate')
    await page.goto('/sign-in')
    await fill(page, { email, password })
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('Incorrect email address or password.').waitFor()
    await ada.look('sign-in-refused')

    await other.page.getByRole('link', { name: 'Forgot your password?' }).click()
    await other.page.locator('#email').fill(email)
    await other.page.getByRole('button', { name: 'Email me a link' }).click()
    await other.page.getByRole('heading', { name: 'Check your email' }).waitFor()
    await other.page.goto(await mail.link(email, 'password/reset'))
    await other.look('landing-reset')
    await other.page.locator('#password').fill('a bridge over quiet water')
    await other.page.getByRole('button', { name: 'Set password' }).click()
    await other.page.getByText('You can sign in now.').waitFor()
    await fill(other.page, { email, password: 'a bridge over quiet water' })
    await other.page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await other.page.waitForURL('**/account')
  },
)

journey(
  'register a second time: the same page, and the owner gets a mail',
  async ({ visitor, mail }) => {
    const { page } = await visitor()
    const email = newEmail()
    await register(page, email)
    const first = await mail.link(email, 'email/verify')
    assert.ok(first)
    await register(page, email)
    await mail.message(email, '')
  },
)

journey(
  'a common password and an invalid email address are shown at their fields',
  async ({ visitor }) => {
    const ada = await visitor()
    const { page } = ada
    await page.goto('/register')
    await fill(page, { email: 'ada', password: 'x' })
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByText('Enter a complete email address.').waitFor()
    ada.expect(422, 'POST', '/auth/password/register')
    await fill(page, { email: newEmail(), password: 'password1234567' })
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.locator('#password[aria-invalid=true]').waitFor()
    assert.notEqual(await page.locator('#password-error').textContent(), '')
    await ada.look('register-refused')
  },
)
