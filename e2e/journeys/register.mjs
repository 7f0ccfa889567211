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
  const mail = page.locator('article', { hasText: email }).first()
  const frame = mail.locator('iframe')
  if (!(await frame.isVisible())) await mail.getByRole('heading').click()
  const link = frame.contentFrame().getByRole('link').first()
  assert.ok((await link.getAttribute('href'))?.startsWith(`${site.url}/auth/email/verify?token=`))
  await ada.look('mailbox')
  await link.click()

  await page.waitForURL('**/auth/email/verify')
  assert.equal(new URL(page.url()).search, '')
  const held = await ada.context.cookies(`${site.url}/auth/email/verify`)
  assert.deepEqual(
    held.map(({ name, path, httpOnly, sameSite }) => [name, path, httpOnly, sameSite]).sort(),
    [
      ['torii-landing', '/', true, 'Lax'],
      ['torii-link', '/auth/email/verify', true, 'Lax'],
    ],
  )
  const elsewhere = await ada.context.cookies(`${site.url}/account`)
  assert.deepEqual(
    elsewhere.map(({ name }) => name),
    ['torii-landing'],
  )
  await page.getByText(email).waitFor()
  await ada.look('landing-verify')
  await page.locator('#password').fill(password)
  await page.getByRole('button', { name: 'Verify email address' }).click()
  await page.waitForURL('**/account')
  await page.getByRole('heading', { name: 'Ada Lovelace' }).waitFor()

  const kept = await ada.context.cookies(`${site.url}/auth/email/verify`)
  assert.deepEqual(
    kept.map(({ name }) => name).sort(),
    ['torii', 'torii-device', 'torii-landing'],
    'the cookie of the link is gone after use',
  )
  const session = kept.find(({ name }) => name === 'torii')
  assert.deepEqual(
    [session.name, session.path, session.httpOnly, session.sameSite, session.domain],
    ['torii', '/', true, 'Lax', 'localhost'],
  )
  assert.equal(await page.evaluate(() => document.cookie), '')
})

journey(
  'verify with a new password: the one that was set before no longer works',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = newEmail()
    await register(page, email)
    const other = await visitor()
    await other.page.goto(await mail.link(email, 'email/verify'))

    // A typing mistake changes nothing, and the button shows what was typed.
    other.expect(401, 'POST', '/auth/email/verify')
    await other.page.locator('#password').fill('a bridge over quite water')
    await other.page.getByRole('button', { name: 'Show password' }).click()
    assert.equal(await other.page.locator('#password').getAttribute('type'), 'text')
    await other.page.getByRole('button', { name: 'Hide password' }).click()
    assert.equal(await other.page.locator('#password').getAttribute('type'), 'password')
    await other.page.getByRole('button', { name: 'Verify email address' }).click()
    await other.page.getByText('Incorrect password.').waitFor()

    await other.page.getByText('Forgot your password, or never set one?').click()
    await other.look('landing-verify-new-password')
    await other.page.locator('#new-password').fill('a bridge over quiet water')
    await other.page.getByRole('button', { name: 'Set password and verify' }).click()
    await other.page.waitForURL('**/account')

    // The account belongs to the person who opened the mail; a password that was set before does not work.
    ada.expect(401, 'POST', '/auth/password/authenticate')
    await page.goto('/sign-in')
    await fill(page, { email, password })
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('Incorrect email address or password.').waitFor()
    await ada.look('sign-in-refused')

    // A forgotten password is replaced by mail.
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await page.locator('#email').fill(email)
    await page.getByRole('button', { name: 'Email me a link' }).click()
    await page.getByRole('heading', { name: 'Check your email' }).waitFor()
    await page.goto(await mail.link(email, 'password/reset'))
    await ada.look('landing-reset')
    await page.locator('#password').fill('eleven boats on a calm river')
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.getByText('You can sign in now.').waitFor()
    await ada.look('sign-in-ready')
    await fill(page, { email, password: 'eleven boats on a calm river' })
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL('**/account')
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
