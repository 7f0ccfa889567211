/** Browsers that sign in without the second factor. */
import assert from 'node:assert/strict'
import { addAuthenticator, withoutSuggestions } from '../harness/authenticator.mjs'
import { journey } from '../harness/journey.mjs'
import { signIn, signOut, signUp } from './actions.mjs'
import { addPasskey } from './passkey.mjs'
import { enterCode, signInHalfway, turnOn } from './second-factor-actions.mjs'

const panelOf = (page) => page.locator('#trusted-browsers')

/** Signs in with the password alone. The page does not ask for a passkey in the background, which needs two factors. */
async function signInAtOnce({ page }, email) {
  await signIn(page, email)
  await page.waitForURL('**/account')
}

journey(
  'a trusted browser signs in without a code at level 1, a sensitive change asks for one, and its removal ends it',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    const { app } = await turnOn(page)
    await panelOf(page).getByText('for 30 days').waitFor()
    await ada.look('security-no-trusted-browser')
    await signOut(page)

    await signInHalfway(ada, email)
    await page.getByLabel('Trust this browser').check()
    await ada.look('second-factor-trust')
    await enterCode(page, app.code())
    await page.waitForURL('**/account')
    const first = (await ada.cookies()).find(({ name }) => name === 'torii-trusted')
    assert.deepEqual([first?.httpOnly, first?.sameSite], [true, 'Lax'])
    await signOut(page)
    await signInAtOnce(ada, email)
    const next = (await ada.cookies()).find(({ name }) => name === 'torii-trusted')
    assert.notEqual(next?.value, first?.value)
    await page.goto('/account/sessions')
    await page.getByText('One factor').waitFor()
    assert.equal(await page.getByText('Two factors').count(), 0)

    // Another browser is not trusted by it.
    const phone = await visitor()
    await signInHalfway(phone, email)

    await page.goto('/account/security')
    const panel = panelOf(page)
    await panel.getByText('last used').waitFor()
    await ada.look('security-trusted-browser')
    ada.expect(403, 'POST', '/auth/second-factors/recovery-codes')
    await page.getByRole('button', { name: 'Create new codes' }).click()
    await page.locator('#replace-recovery-codes').getByRole('button', { name: 'Create' }).click()
    const dialog = page.getByRole('dialog', { name: 'Confirm your identity' })
    await dialog.getByText('This action requires a recent code.').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.keyboard.press('Escape')

    await panel.getByRole('button', { name: /^Remove Chrome/ }).click()
    await page.getByText('Browser removed.').waitFor()
    assert.equal(await panel.getByRole('listitem').count(), 0)
    await signOut(page)
    await signInHalfway(ada, email)
  },
)

journey(
  'a browser is trusted by a passkey too, and all trusted browsers are removed at once',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    await withoutSuggestions(page)
    const email = await signUp(ada, mail)
    const authenticator = await addAuthenticator(page)
    await addPasskey(page, authenticator, 'Laptop')
    const { app } = await turnOn(page)
    await signOut(page)

    const answerByPasskey = (trusts) =>
      authenticator.touchedDuring(async () => {
        await signInHalfway(ada, email)
        if (trusts) await page.getByLabel('Trust this browser').check()
        await page.getByRole('button', { name: 'Use a passkey' }).click()
        await page.waitForURL('**/account')
        await signOut(page)
      })
    // Without the checkbox it stays as it is.
    await answerByPasskey(false)
    await answerByPasskey(true)
    await signInAtOnce(ada, email)

    const phone = await visitor()
    await signInHalfway(phone, email)
    await phone.page.getByLabel('Trust this browser').check()
    await enterCode(phone.page, app.code())
    await phone.page.waitForURL('**/account')

    await page.goto('/account/security')
    const panel = panelOf(page)
    assert.equal(await panel.getByRole('listitem').count(), 2)
    await ada.look('security-trusted-browsers')
    await panel.getByRole('button', { name: 'Remove all' }).click()
    await page.getByText('Trusted browsers removed.').waitFor()
    await signOut(page)
    await signInHalfway(ada, email)
    await signOut(phone.page)
    await signInHalfway(phone, email)
  },
)
