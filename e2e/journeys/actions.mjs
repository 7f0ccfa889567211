/** Steps that several journeys share. */
import assert from 'node:assert/strict'
import { newEmail, password } from '../harness/world.mjs'

export async function fill(page, fields) {
  for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value)
}

/** Fills in the registration form and sends it. */
export async function register(page, email, name = 'Ada Lovelace') {
  await page.goto('/register')
  await fill(page, { name, email, password })
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('heading', { name: 'Check your email' }).waitFor()
}

/**
 * Creates an account with a verified email address, signs it in and opens its first page. This runs over HTTP, since
 * the journeys of register.mjs cover the pages.
 */
export async function signUp({ page }, mail, name = 'Ada Lovelace') {
  const email = newEmail()
  await post(page, 'password/register', { email, password, name })
  const token = new URL(await mail.link(email, 'email/verify')).searchParams.get('token')
  await post(page, 'email/verify', { token, password })
  await page.goto('/account')
  return email
}

/** Sends a request like a page of the site, with the cookies of the browser. */
async function post(page, route, data) {
  const answer = await page.request.post(`/auth/${route}`, {
    data,
    headers: { 'sec-fetch-site': 'same-origin' },
  })
  assert.ok(answer.ok(), `${route}: ${answer.status()}`)
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

/** Waits until the authenticator has no passkey: browsers signal to it in the background. */
export async function forgotten(authenticator) {
  const deadline = Date.now() + 5000
  while ((await authenticator.credentials()).length > 0) {
    assert.ok(Date.now() < deadline, 'the authenticator still has a passkey')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
