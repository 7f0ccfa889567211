/** The sign-in form of an application, in a browser. No page of Torii is part of it. */
import assert from 'node:assert/strict'

const password = 'seven lanterns at the gate'

/**
 * Signs up, out and in by the forms at /sign-up, /sign-in and /account, with refused passwords on the way. `refused` has the
 * statuses by which the application answers them; where it redirects instead, none.
 */
export async function walkOwnForm(
  { page, context, expect, look, cookies },
  { email, name, refused },
) {
  const at = async (path) => {
    await page.waitForURL((url) => url.pathname === path)
  }
  const send = async (button, typed) => {
    await page.getByLabel('Email').fill(email)
    await page.getByLabel('Password').fill(typed)
    await page.getByRole('button', { name: button }).click()
  }
  const isSignedIn = async () => {
    await at('/account')
    await page.getByText(email).first().waitFor()
  }
  const isSignedOut = async () => {
    await at('/sign-in')
    await page.goto('/account')
    await at('/sign-in')
    assert.deepEqual(await cookies(), [])
  }
  const isRefused = (words) => page.getByRole('alert').filter({ hasText: words }).waitFor()

  await page.goto('/account')
  await isSignedOut()

  await page.goto('/sign-up')
  if (refused) expect(refused.signUp, 'POST', '/sign-up')
  await send('Create account', 'too short')
  await isRefused('15 characters')
  assert.deepEqual(await cookies(), [])
  await send('Create account', password)
  await isSignedIn()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await isSignedOut()

  await look(`own-form-${name}`)
  if (refused) expect(refused.signIn, 'POST', '/sign-in')
  await send('Sign in', 'seven lanterns at the dam')
  await isRefused('email address')
  assert.deepEqual(await cookies(), [])
  await send('Sign in', password)
  await isSignedIn()
  const [cookie, ...others] = await cookies()
  assert.deepEqual(others, [])
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite], ['torii', true, 'Lax'])

  await page.reload()
  await isSignedIn()
  const second = await context.newPage()
  await second.goto('/')
  await second.getByText(email).first().waitFor()
  await second.close()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await isSignedOut()
  // A copy of the cookie is worth nothing any more.
  await context.addCookies([cookie])
  await page.goto('/account')
  await at('/sign-in')
}
