/** Expiry. The application is stopped, the times in the rows are moved, and it is started again. */
import assert from 'node:assert/strict'
import { addAuthenticator } from '../harness/authenticator.mjs'
import { lonelyJourney } from '../harness/journey.mjs'
import { newEmail, password } from '../harness/world.mjs'
import { signUp } from './actions.mjs'

lonelyJourney(
  'an expired link does not work; an existing session still does',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    await signUp(ada, mail)
    const late = await visitor()
    const { page } = late
    const email = newEmail()
    await page.goto('/sign-in/mail')
    await page.locator('#email').fill(email)
    await page.getByRole('button', { name: 'Email me a link' }).click()
    await page.getByRole('heading', { name: 'Check your email' }).waitFor()
    const link = await mail.link(email, 'magic-link')
    await site.between(
      `update ${site.schema}.magic_links set created_at = created_at - interval '1 day', expires_at = expires_at - interval '1 day'`,
    )
    late.expect(401, 'GET', '/auth/magic-link')
    await page.goto(link)
    await page.getByRole('heading', { name: 'This link is no longer valid' }).waitFor()
    await ada.page.goto('/account')
    assert.equal(new URL(ada.page.url()).pathname, '/account')
  },
)

lonelyJourney(
  'after ten minutes re-authentication is required: by password, by passkey, or canceled',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    const authenticator = await addAuthenticator(page)
    const add = async (name) => {
      await page.goto('/account/security')
      await page.getByRole('button', { name: 'Add passkey' }).click()
      await page.locator('#passkey-name').fill(name)
    }
    await add('Laptop')
    await authenticator.touchedDuring(async () => {
      await page.getByRole('button', { name: 'Continue' }).click()
      await page.getByText('Passkey added.').waitFor()
    })
    const former = (await ada.cookies())[0].value
    const anHour = `update ${site.schema}.sessions set created_at = created_at - interval '1 hour',
    authenticated_at = authenticated_at - interval '1 hour', last_active_at = last_active_at - interval '1 hour'`
    await site.between(anHour)

    // Canceled: nothing happens.
    ada.expect(403, 'GET', '/auth/user/export')
    await page.goto('/account/data')
    await page.getByRole('button', { name: 'Download' }).click()
    await page.getByRole('heading', { name: 'Confirm your identity' }).waitFor()
    await ada.look('dialog-reauthenticate')
    await page.keyboard.press('Escape')

    ada.expect(403, 'GET', '/auth/user/export')
    ada.expect(401, 'POST', '/auth/reauthenticate')
    await page.getByRole('button', { name: 'Download' }).click()
    await page.locator('#reauthenticate-password').fill('not the password at all')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('Incorrect password.').waitFor()
    await page.locator('#reauthenticate-password').fill(password)
    const downloaded = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await downloaded
    const renewed = (await ada.cookies())[0].value
    assert.notEqual(renewed, former, 'the cookie is exchanged')
    const old = await fetch(`${site.url}/auth/session`, { headers: { cookie: `torii=${former}` } })
    assert.equal(old.status, 401)

    await site.between(anHour)
    ada.expect(403, 'DELETE', '/auth/user')
    await page.goto('/account/data')
    await page.getByRole('button', { name: 'Delete account' }).click()
    await page.locator('#confirmation').fill(email)
    await page.getByRole('button', { name: 'Delete permanently' }).click()
    await authenticator.touchedDuring(async () => {
      await page.getByRole('button', { name: 'Use passkey' }).click()
      await page.getByText('Your account was deleted.').waitFor()
    })
  },
)
