/** Sign-in at the local provider. */
import assert from 'node:assert/strict'
import { journey } from '../harness/journey.mjs'
import { newEmail } from '../harness/world.mjs'
import { signOut, signUp } from './actions.mjs'

export const atProvider = async (page, email, name) => {
  await page.getByRole('heading', { name: 'Local provider' }).waitFor()
  await page.locator('#email').fill(email)
  await page.locator('#name').fill(name)
  await page.getByRole('button', { name: /^Continue to/ }).click()
}

journey('sign in at the provider twice as the same user', async ({ visitor }) => {
  const grace = await visitor()
  const { page } = grace
  const email = newEmail()
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Continue with Local provider' }).click()
  await grace.look('provider')
  await atProvider(page, email, 'Grace Hopper')
  await page.waitForURL('**/account')
  await page.getByRole('heading', { name: 'Grace Hopper' }).waitFor()
  await page.goto('/account/security')
  await page.getByText('You sign in without a password.').waitFor()
  await grace.look('security-provider-only')
  await signOut(page)

  const again = await visitor()
  await again.page.goto('/register')
  await again.page.getByRole('link', { name: 'Continue with Local provider' }).click()
  await atProvider(again.page, email, 'Grace Hopper')
  await again.page.waitForURL('**/account')
  await again.page.getByRole('heading', { name: 'Grace Hopper' }).waitFor()
})

journey('decline at the provider', async ({ visitor }) => {
  const grace = await visitor()
  const { page } = grace
  await page.goto('/sign-in')
  await page.getByRole('link', { name: 'Continue with Local provider' }).click()
  await page.getByRole('link', { name: 'Decline' }).click()
  await page.getByText('You canceled the sign-in at the provider. Nothing was changed.').waitFor()
  // A reload does not repeat the message.
  await page.waitForURL((url) => url.search === '')
  await grace.look('sign-in-declined')
  assert.ok((await grace.cookies()).every(({ name }) => name !== 'torii'))
})

journey('connect an account of the provider, and disconnect it', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  await signUp(ada, mail)
  const elsewhere = newEmail()
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Connect Local provider' }).click()
  await atProvider(page, elsewhere, 'Ada elsewhere')
  await page.waitForURL('**/account/security*')
  const connected = page.locator('#connected-accounts')
  await connected.getByText(elsewhere).waitFor()
  assert.equal(
    await connected.getByRole('button', { name: 'Connect Local provider', exact: true }).count(),
    0,
  )
  await ada.look('security-connected')
  await connected.getByRole('button', { name: /^Disconnect/ }).click()
  await page.getByText('Account disconnected.').waitFor()
  assert.equal(await connected.getByText(elsewhere).count(), 0)
})

journey('a provider account of another user is not connected', async ({ visitor, mail }) => {
  const grace = await visitor()
  const email = newEmail()
  await grace.page.goto('/sign-in')
  await grace.page.getByRole('link', { name: 'Continue with Local provider' }).click()
  await atProvider(grace.page, email, 'Grace Hopper')
  await grace.page.waitForURL('**/account')

  const ada = await visitor()
  await signUp(ada, mail)
  await ada.page.goto('/account/security')
  await ada.page.getByRole('button', { name: 'Connect Local provider' }).click()
  await atProvider(ada.page, email, 'Grace Hopper')
  await ada.page.getByText('already connected to another account').waitFor()
  assert.equal(new URL(ada.page.url()).pathname, '/account/security')
})

journey(
  'disconnect the only provider account: the verified email address is another sign-in method',
  async ({ visitor }) => {
    const grace = await visitor()
    const { page } = grace
    await page.goto('/sign-in')
    await page.getByRole('link', { name: 'Continue with Local provider' }).click()
    await atProvider(page, newEmail(), 'Grace Hopper')
    await page.waitForURL('**/account')
    const { user } = await (await page.request.get('/auth/session')).json()
    assert.equal(user.emailVerified, true)
    // The verified email address is a sign-in method, so the provider account can be disconnected.
    await page.goto('/account/security')
    await page.getByRole('button', { name: /^Disconnect/ }).click()
    await page.getByText('Account disconnected.').waitFor()
  },
)
