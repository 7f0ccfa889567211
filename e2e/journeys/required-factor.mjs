/** A second factor that the application asks of every user. */
import assert from 'node:assert/strict'
import { addAuthenticator } from '../harness/authenticator.mjs'
import { appWithKey } from '../harness/authenticator-app.mjs'
import { journey } from '../harness/journey.mjs'
import { newEmail, password } from '../harness/world.mjs'
import { signIn, signUp } from './actions.mjs'
import { openConsole, openUser } from './console.mjs'
import { signInHalfway, turnOn, verifyPath } from './second-factor-actions.mjs'

const startPath = '/auth/second-factors/totp/start'
const confirmPath = '/auth/second-factors/totp/confirm'

/** Proves the password of a new user in the page of the application; the outcome says what to enroll. */
async function beginSignIn({ page, expect }, email) {
  await page.goto('/')
  await page.waitForFunction(() => window.client !== undefined)
  expect(401, 'POST', '/auth/password/authenticate')
  return page.evaluate(
    ([person]) => window.torii.password.authenticate(window.client, person),
    [{ email, password }],
  )
}

journey(
  'a user sets up the second factor that is required during the sign-in: mailed code, key, first code, recovery codes',
  async ({ visitor, enrollingSite }) => {
    const site = await enrollingSite()
    const email = newEmail()
    await site.signUp(email, password)
    const ada = await visitor(site.newVisitor)
    const { page } = ada
    const refused = await beginSignIn(ada, email)
    assert.deepEqual(
      [refused.status, refused.enroll],
      ['second_factor_required', ['totp', 'passkey']],
    )

    await page.goto(verifyPath)
    await page.getByRole('heading', { name: 'Set up two-factor authentication' }).waitFor()
    await ada.look('required-factor-start')
    ada.expect(403, 'POST', startPath)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('We have sent a code to your email address.').waitFor()
    await ada.look('required-factor-mailed-code')
    const { code } = await site.mailbox.next(email, { kind: 'enrollment_code' })
    ada.expect(422, 'POST', startPath)
    await page.getByLabel('Code from the email').fill('00000000')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('This code is wrong or has expired.').waitFor()
    await page.getByLabel('Code from the email').fill(code)
    await page.getByRole('button', { name: 'Continue' }).click()

    const key = await page.locator('code').first().textContent()
    await ada.look('required-factor-scan')
    const app = appWithKey(key)
    ada.expect(422, 'POST', confirmPath)
    await page.getByLabel('Code from the app').fill(app.wrongCode())
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('This code is wrong').waitFor()
    await page.getByLabel('Code from the app').fill(app.code())
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('heading', { name: 'Keep your recovery codes' }).waitFor()
    await ada.look('required-factor-recovery-codes')
    assert.equal(await page.locator('.codes li').count(), 10)
    await page.getByRole('link', { name: 'Continue' }).click()
    await page.waitForURL('**/home')
    await page.waitForFunction(() => window.client !== undefined)
    const current = await page.evaluate(() => window.torii.secondFactors.get(window.client))
    assert.deepEqual([current.level, current.required], [2, true])
  },
)

journey(
  'a user sets up a passkey instead, which then is the second factor, and the first one before the password',
  async ({ visitor, enrollingSite }) => {
    const site = await enrollingSite()
    const email = newEmail()
    await site.signUp(email, password)
    const ada = await visitor(site.newVisitor)
    const { page } = ada
    // A key without a PIN.
    const authenticator = await addAuthenticator(page, { verifies: false })
    await beginSignIn(ada, email)
    await page.goto(verifyPath)
    ada.expect(403, 'POST', startPath)
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('We have sent a code to your email address.').waitFor()
    const { code } = await site.mailbox.next(email, { kind: 'enrollment_code' })
    await page.getByLabel('Code from the email').fill(code)
    await page.getByRole('button', { name: 'Continue' }).click()
    await ada.look('required-factor-passkey')
    await authenticator.touchedDuring(async () => {
      await page.getByRole('button', { name: 'Set up a passkey instead' }).click()
      await page.waitForURL('**/home')
    })
    await page.waitForFunction(() => window.client !== undefined)
    const current = await page.evaluate(() => window.torii.secondFactors.get(window.client))
    assert.deepEqual([current.level, current.totp], [2, null])
    await page.evaluate(() => window.torii.sessions.signOut(window.client))

    const { factors } = await beginSignIn(ada, email)
    assert.deepEqual(factors, ['passkey'])
    await page.goto(verifyPath)
    await authenticator.touchedDuring(async () => {
      await page.getByRole('button', { name: 'Use a passkey' }).click()
      await page.waitForURL('**/home')
    })
    await page.waitForFunction(() => window.client !== undefined)
    await page.evaluate(() => window.torii.sessions.signOut(window.client))

    // It is possession alone, and the password is what is missing.
    ada.expect(401, 'POST', '/auth/passkeys/authenticate/verify')
    const first = await authenticator.touchedDuring(() =>
      page.evaluate(
        ([person]) => window.torii.passkey.authenticate(window.client, person),
        [{ email }],
      ),
    )
    assert.deepEqual(
      [first.status, first.message, first.factors],
      ['second_factor_required', 'Enter your password to complete the sign-in.', ['password']],
    )
    await page.goto(verifyPath)
    await ada.look('second-factor-password')
    ada.expect(422, 'POST', verifyPath)
    await page.getByLabel('Password', { exact: true }).fill('not this one')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').getByText('Incorrect password.').waitFor()
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL('**/home')
    await page.waitForFunction(() => window.client !== undefined)
    const complete = await page.evaluate(() => window.torii.secondFactors.get(window.client))
    assert.equal(complete.level, 2)
  },
)

journey(
  'a form of the application sets up a passkey: mailed code, prompt, signed in',
  async ({ visitor, enrollingSite }) => {
    const site = await enrollingSite()
    const email = newEmail()
    await site.signUp(email, password)
    const ada = await visitor(site.newVisitor)
    const { page } = ada
    const authenticator = await addAuthenticator(page)
    const { pendingId } = await beginSignIn(ada, email)
    const register = (given) =>
      page.evaluate(
        ([signIn]) => window.torii.secondFactors.registerPasskey(window.client, signIn),
        [{ pendingId, ...given }],
      )
    ada.expect(403, 'POST', '/auth/passkeys/register/options')
    assert.equal((await register({})).error, 'email_code_required')
    const { code: emailCode } = await site.mailbox.next(email, { kind: 'enrollment_code' })
    const made = await authenticator.touchedDuring(() => register({ emailCode, name: 'Laptop' }))
    assert.deepEqual([made.ok, made.passkey?.name, made.user?.email], [true, 'Laptop', email])
    const current = await page.evaluate(() => window.torii.secondFactors.get(window.client))
    assert.equal(current.level, 2)
  },
)

journey(
  'a second factor that the administrator requires: the account page says until when, and no browser is trusted',
  async ({ visitor, graceSite }) => {
    const { site, mail, newVisitor } = await graceSite()
    const ada = await visitor(newVisitor)
    const { page } = ada
    const email = await signUp(ada, mail)
    const administrator = await visitor(newVisitor)
    await openConsole(administrator, site)
    await openUser(administrator.page, site, email)
    await administrator.page.locator('summary', { hasText: 'Require a second factor' }).click()
    await administrator.look('console-require-second-factor')
    await administrator.page.getByRole('button', { name: 'Require a second factor' }).click()
    await administrator.page.getByText('Second factor required. All').waitFor()

    await page.goto('/account')
    assert.equal(new URL(page.url()).pathname, '/sign-in')
    await signIn(page, email)
    await page.waitForURL('**/account')
    await page.goto('/account/security')
    const panel = page.locator('#two-factor-authentication')
    const end = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' })
    await panel.getByText(`Set it up until ${end.format(Date.now() + 14 * 86_400_000)}.`).waitFor()
    await ada.look('security-factor-required')
    await turnOn(page)
    assert.equal(await panel.getByText('Set it up until').count(), 0)
    await panel.getByRole('button', { name: 'Turn off' }).waitFor()

    assert.equal(await page.locator('#trusted-browsers').count(), 0)
    const phone = await visitor(newVisitor)
    await signInHalfway(phone, email)
    assert.equal(await phone.page.getByLabel('Trust this browser').count(), 0)
  },
)
