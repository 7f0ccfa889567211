/** What people do on more than one journey. */
import { newEmail, password } from '../harness/world.mjs'

export async function fill(page, fields) {
  for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value)
}

/** Types into the registration form and sends it. */
export async function register(page, email, name = 'Ada Lovelace') {
  await page.goto('/register')
  await fill(page, { name, email, password })
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('heading', { name: 'Check your mail' }).waitFor()
}

/** A new account whose address is verified, signed in. */
export async function signUp({ page }, mail, name = 'Ada Lovelace') {
  const email = newEmail()
  await register(page, email, name)
  await page.goto(await mail.link(email, 'email/verify'))
  await page.locator('#password').fill(password)
  await page.getByRole('button', { name: 'Confirm and sign in' }).click()
  await page.waitForURL('**/account')
  return email
}

export async function signIn(page, email, typed = password) {
  await page.goto('/sign-in')
  await fill(page, { email, password: typed })
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

export async function signOut(page) {
  await page.getByRole('button', { name: 'Sign out', exact: true }).first().click()
  await page.getByText('You are signed out.').waitFor()
}
