/** Passkeys, with a virtual authenticator in the browser. */
import assert from 'node:assert/strict'
import { addAuthenticator, withoutSuggestions } from '../harness/authenticator.mjs'
import { journey } from '../harness/journey.mjs'
import { forgotten, signOut, signUp } from './actions.mjs'

export async function addPasskey(page, authenticator, name) {
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Add passkey' }).click()
  await page.locator('#passkey-name').fill(name)
  await authenticator.touchedDuring(async () => {
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.locator('#passkeys').getByText(name, { exact: true }).waitFor()
  })
}

export const signInByPasskey = (page, authenticator, landed) =>
  authenticator.touchedDuring(async () => {
    await page.getByRole('button', { name: 'Sign in with passkey' }).click()
    await landed()
  })

journey(
  'a passkey is added, signs in without an email address, is renamed and deleted',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    await withoutSuggestions(page)
    await signUp(ada, mail)
    const authenticator = await addAuthenticator(page)
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Add passkey' }).click()
    await ada.look('dialog-add-passkey')
    await addPasskey(page, authenticator, 'Laptop')
    const [made] = await authenticator.credentials()
    assert.equal(made.isResidentCredential, true)
    assert.equal(made.rpId, 'localhost')
    await ada.look('security-passkey')

    await signOut(page)
    await page.goto('/sign-in')
    await signInByPasskey(page, authenticator, () => page.waitForURL('**/account'))
    await page.goto('/account/sessions')
    await page.getByText('Passkey', { exact: true }).first().waitFor()
    assert.ok((await authenticator.credentials())[0].signCount > made.signCount)

    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Rename Laptop' }).click()
    await page.locator('dialog[open] input[name=name]').fill('Old laptop')
    await page.locator('dialog[open]').getByRole('button', { name: 'Save' }).click()
    await page.getByText('Passkey renamed.').waitFor()
    const [deleted] = await authenticator.credentials()
    await page.getByRole('button', { name: 'Delete Old laptop' }).click()
    await ada.look('dialog-delete-passkey')
    await page.locator('dialog[open]').getByRole('button', { name: 'Delete' }).click()
    await page.getByText('Passkey deleted.').waitFor()
    await forgotten(authenticator)

    await signOut(page)
    await authenticator.restore(deleted)
    ada.expect(401, 'POST', '/auth/passkeys/authenticate/verify')
    await page.goto('/sign-in')
    await signInByPasskey(page, authenticator, () =>
      page
        .getByText('This passkey does not belong to an account. Use another sign-in method.')
        .waitFor(),
    )
    await forgotten(authenticator)
  },
)

journey(
  'a passkey is offered among the suggestions for the email address',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    await signUp(ada, mail)
    const authenticator = await addAuthenticator(page)
    await addPasskey(page, authenticator, 'Laptop')
    await signOut(page)
    await authenticator.touchedDuring(async () => {
      await page.goto('/sign-in')
      await page.waitForURL('**/account')
    })
  },
)

journey('the same authenticator is not registered twice', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  await signUp(ada, mail)
  const authenticator = await addAuthenticator(page)
  await addPasskey(page, authenticator, 'Laptop')
  await page.getByRole('button', { name: 'Add passkey' }).click()
  await authenticator.touchedDuring(async () => {
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('This device already has a passkey.').waitFor()
  })
  assert.equal((await authenticator.credentials()).length, 1)
})

journey('an authenticator without user verification signs no one in', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  await signUp(ada, mail)
  const authenticator = await addAuthenticator(page)
  await addPasskey(page, authenticator, 'Laptop')
  await signOut(page)
  await authenticator.setVerified(false)
  await page.goto('/sign-in')
  await signInByPasskey(page, authenticator, () =>
    page.getByText('The passkey prompt was canceled. Try again.').waitFor(),
  )
  assert.deepEqual(await ada.cookies(), [])
  await authenticator.setVerified(true)
  await signInByPasskey(page, authenticator, () => page.waitForURL('**/account'))
})

journey('a copied passkey whose counter goes backwards is refused', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  await withoutSuggestions(page)
  await signUp(ada, mail)
  const authenticator = await addAuthenticator(page)
  await addPasskey(page, authenticator, 'Laptop')
  for (let times = 0; times < 2; times += 1) {
    await signOut(page)
    await page.goto('/sign-in')
    await signInByPasskey(page, authenticator, () => page.waitForURL('**/account'))
  }
  await signOut(page)
  await authenticator.rewind(1)
  ada.expect(401, 'POST', '/auth/passkeys/authenticate/verify')
  await page.goto('/sign-in')
  await signInByPasskey(page, authenticator, () =>
    page.locator('form[data-action=sign-in-passkey] .form-error:not(:empty)').waitFor(),
  )
  assert.deepEqual(await ada.cookies(), [])
  // The original, whose counter went on, still signs in.
  await authenticator.rewind(100)
  await signInByPasskey(page, authenticator, () => page.waitForURL('**/account'))
})
