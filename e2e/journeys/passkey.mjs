/** Passkeys, with an authenticator inside the browser. */
import assert from 'node:assert/strict'
import { addAuthenticator, withoutSuggestions } from '../harness/authenticator.mjs'
import { journey } from '../harness/journey.mjs'
import { signOut, signUp } from './acts.mjs'

async function addPasskey(page, authenticator, name) {
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await page.locator('#passkey-name').fill(name)
  await authenticator.touchedDuring(async () => {
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.locator('#passkeys').getByText(name, { exact: true }).waitFor()
  })
}

const signInByPasskey = (page, authenticator, landed) =>
  authenticator.touchedDuring(async () => {
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await landed()
  })

journey(
  'a passkey is added, signs in without an address, is renamed and deleted',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    await withoutSuggestions(page)
    await signUp(ada, mail)
    const authenticator = await addAuthenticator(page)
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Add a passkey' }).click()
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
    await page.getByText('Renamed.').waitFor()
    await page.getByRole('button', { name: 'Delete Old laptop' }).click()
    await ada.look('dialog-delete-passkey')
    await page.getByRole('button', { name: 'Delete it' }).click()
    await page.getByText('The passkey is deleted.').waitFor()

    await signOut(page)
    ada.expect(401, 'POST', '/auth/passkeys/authenticate/verify')
    await page.goto('/sign-in')
    await signInByPasskey(page, authenticator, () =>
      page.getByText('No account here knows this passkey any more.').waitFor(),
    )
  },
)

journey('a passkey is offered among the suggestions for the address', async ({ visitor, mail }) => {
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
})

journey('the same authenticator is not registered twice', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  await signUp(ada, mail)
  const authenticator = await addAuthenticator(page)
  await addPasskey(page, authenticator, 'Laptop')
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await authenticator.touchedDuring(async () => {
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('This device has a passkey here already.').waitFor()
  })
  assert.equal((await authenticator.credentials()).length, 1)
})

journey(
  'an authenticator that cannot tell who is there signs nobody in',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    await signUp(ada, mail)
    const authenticator = await addAuthenticator(page)
    await addPasskey(page, authenticator, 'Laptop')
    await signOut(page)
    await authenticator.setVerified(false)
    await page.goto('/sign-in')
    await signInByPasskey(page, authenticator, () =>
      page.getByText('No passkey was used. Try again when you are ready.').waitFor(),
    )
    assert.deepEqual(await ada.cookies(), [])
    await authenticator.setVerified(true)
    await signInByPasskey(page, authenticator, () => page.waitForURL('**/account'))
  },
)

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
  // The original, which has counted on, still signs in.
  await authenticator.rewind(100)
  await signInByPasskey(page, authenticator, () => page.waitForURL('**/account'))
})
