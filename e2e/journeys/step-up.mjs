/** The second factor before sensitive changes, and its loss. Time passes, so these run alone. */
import assert from 'node:assert/strict'
import { addAuthenticator } from '../harness/authenticator.mjs'
import { lonelyJourney } from '../harness/journey.mjs'
import { newEmail } from '../harness/world.mjs'
import { signIn, signOut, signUp } from './actions.mjs'
import { openConsole, openUser } from './console.mjs'
import { addPasskey } from './passkey.mjs'
import { enterCode, recoveryCodesOf, signInHalfway, turnOn } from './second-factor-actions.mjs'

/** The codes of this moment work once more, as if a minute had passed; proofs of two factors are an hour old. */
const anHourLater = ({ schema }) => [
  `update ${schema}.totp_factors set last_step = last_step - 120`,
  `update ${schema}.sessions set created_at = created_at - interval '1 hour', last_active_at = last_active_at - interval '1 hour',
   authenticated_at = authenticated_at - interval '1 hour', level2_at = level2_at - interval '1 hour'`,
]

lonelyJourney(
  'after ten minutes a sensitive change requires the second factor: by code or recovery code',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    await signUp(ada, mail)
    const { app, recoveryCodes } = await turnOn(page)

    await site.between(...anHourLater(site))
    ada.expect(403, 'GET', '/auth/user/export')
    ada.expect(422, 'POST', '/auth/reauthenticate')
    await page.goto('/account/data')
    await page.getByRole('button', { name: 'Download' }).click()
    await page.getByRole('heading', { name: 'Confirm your identity' }).waitFor()
    assert.equal(await page.locator('#reauthenticate-password').count(), 0)
    await ada.look('dialog-step-up')
    await page.locator('#reauthenticate-code').fill(app.wrongCode())
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('This code is wrong').waitFor()
    await page.locator('#reauthenticate-code').fill(app.code())
    const downloaded = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Confirm' }).click()
    await downloaded

    await site.between(...anHourLater(site))
    ada.expect(403, 'POST', '/auth/second-factors/recovery-codes')
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Create new codes' }).click()
    await page.locator('dialog[open]').getByRole('button', { name: 'Create new codes' }).click()
    await page.getByText('No access to your authenticator app?').click()
    await ada.look('dialog-step-up-recovery')
    await page.locator('#reauthenticate-recovery-code').fill(recoveryCodes[0])
    await page.getByRole('button', { name: 'Use recovery code' }).click()
    await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    const replaced = await recoveryCodesOf(page)
    assert.ok(replaced.every((code) => !recoveryCodes.includes(code)))
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByText('Your new recovery codes are active.').waitFor()
  },
)

lonelyJourney(
  'turning two-factor authentication off requires it once more: here by passkey',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    const authenticator = await addAuthenticator(page)
    await addPasskey(page, authenticator, 'Laptop')
    await turnOn(page)

    await site.between(...anHourLater(site))
    ada.expect(403, 'DELETE', '/auth/second-factors/totp')
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Turn off two-factor authentication' }).click()
    await ada.look('dialog-turn-off')
    await page.locator('dialog[open]').getByRole('button', { name: 'Turn off' }).click()
    await authenticator.touchedDuring(async () => {
      await page.getByRole('button', { name: 'Use passkey' }).click()
      await page.getByText('Two-factor authentication is off.').waitFor()
    })
    await mail.message(email, 'Two-factor authentication is off')
    await signOut(page)
    await signIn(page, email)
    await page.waitForURL('**/account')
  },
)

lonelyJourney(
  'the link of an email change waits until the user has signed in with the code again',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    const { app } = await turnOn(page)
    const next = newEmail()
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Change email address' }).click()
    await page.locator('#new-email').fill(next)
    await page.getByRole('button', { name: 'Send link' }).click()
    await page.getByRole('heading', { name: 'Check your email' }).waitFor()
    const link = await mail.link(next, 'email/change')
    await site.between(...anHourLater(site))
    ada.expect(403, 'POST', '/auth/email/change/complete')
    await page.goto(link)
    await page.getByRole('button', { name: 'Change email address' }).click()
    await page.getByText('sign in again with your authenticator app').waitFor()
    await ada.look('landing-change-email-waits')
    await page.goto('/account')
    await signOut(page)
    await signInHalfway(ada, email)
    await enterCode(page, app.code())
    await page.waitForURL('**/account')
    await page.goto(link)
    await page.getByRole('button', { name: 'Change email address' }).click()
    await page.waitForURL('**/account/security*')
    await page.getByText(next).first().waitFor()
  },
)

lonelyJourney(
  'the administrator resets the second factors of a user who has lost them',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    await turnOn(page)
    const administrator = await visitor()
    await openConsole(administrator, site)
    await openUser(administrator.page, site, email)
    await administrator.page.getByText('10 recovery codes left').waitFor()
    await administrator.look('console-user-two-factors')
    await administrator.page.locator('summary', { hasText: 'Reset second factors' }).click()
    await administrator.look('console-user-reset-factors')
    await administrator.page.getByRole('button', { name: 'Reset second factors' }).click()
    await administrator.page.getByText('Second factors removed.').waitFor()
    await mail.message(email, 'Two-factor authentication is off')
    await page.goto('/account')
    assert.equal(new URL(page.url()).pathname, '/sign-in')
    await signIn(page, email)
    await page.waitForURL('**/account')
    await page.goto('/account/sessions')
    await page.getByText('One factor').waitFor()
  },
)
