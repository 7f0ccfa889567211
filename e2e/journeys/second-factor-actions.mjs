/** Steps of two-factor authentication that several journeys share. */
import { appWithKey, earlierCode } from '../harness/authenticator-app.mjs'
import { signIn } from './actions.mjs'

export const verifyPath = '/auth/second-factors/verify'
export const recoveryCodesOf = async (page) =>
  (await page.locator('pre[data-fill=codes]').textContent()).split('\n')

/** Opens the setup on the security page, and returns the app with its key. */
export async function startSetup(page) {
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Turn on two-factor authentication' }).click()
  await page.getByRole('heading', { name: 'Set up your authenticator app' }).waitFor()
  return appWithKey(await page.locator('[data-fill=secret]').textContent())
}

export async function confirmSetup(page, code) {
  await page.locator('#first-code').fill(code)
  await page.locator('#enroll-totp').getByRole('button', { name: 'Turn on' }).click()
}

/** Turns two-factor authentication on. The code of the present step is left for a sign-in. */
export async function turnOn(page) {
  const app = await startSetup(page)
  await confirmSetup(page, await earlierCode(app))
  await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
  const recoveryCodes = await recoveryCodesOf(page)
  await page.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByText('Two-factor authentication is on.').waitFor()
  return { app, recoveryCodes }
}

/** Signs in with the password, as far as the page of the second factor. */
export async function signInHalfway({ page, expect }, email) {
  expect(401, 'POST', '/auth/password/authenticate')
  await signIn(page, email)
  await page.waitForURL(`**${verifyPath}`)
}

export async function enterCode(page, code) {
  await page.getByLabel('Code', { exact: true }).fill(code)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

export async function enterRecoveryCode(page, code) {
  await page.getByText('No access to your authenticator app?').click()
  await page.getByLabel('Recovery code').fill(code)
  await page.getByRole('button', { name: 'Sign in with the recovery code' }).click()
}
