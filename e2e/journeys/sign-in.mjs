/** Sign-in with a password, a magic link or a code, and sign-out. */
import assert from 'node:assert/strict'
import { journey } from '../harness/journey.mjs'
import { newEmail, password } from '../harness/world.mjs'
import { fill, signIn, signOut, signUp } from './actions.mjs'

journey(
  'sign out, a wrong password, the right one, and back to the requested page',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    await ada.look('account')
    await signOut(page)
    assert.deepEqual(await ada.cookies(), [])

    ada.expect(401, 'POST', '/auth/password/authenticate')
    await signIn(page, email, 'not the password at all')
    await page.getByText('Incorrect email address or password.').waitFor()
    await page.goto('/account/data')
    await fill(page, { email, password })
    // The next page asks the password manager for a passkey, in the background.
    const asked = page.waitForResponse('**/auth/passkeys/upgrade/options')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL('**/account/data')
    assert.equal((await asked).status(), 200)
    const cookies = await ada.cookies()
    assert.deepEqual(
      cookies.map(({ name, httpOnly, sameSite, path }) => ({ name, httpOnly, sameSite, path })),
      [{ name: 'torii', httpOnly: true, sameSite: 'Lax', path: '/' }],
    )
    assert.ok(cookies[0].expires * 1000 > Date.now())
    assert.ok(await ada.isKnown())
    await page.goto('/sign-in')
    assert.equal(page.url(), `${site.url}/account`)
  },
)

journey(
  'the typed email address goes along from page to page, in no URL, and is forgotten after the sign-in',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    await signOut(page)
    const urls = []
    page.on('request', (request) => urls.push(request.url(), request.headers().referer))
    const shows = (value) =>
      page.waitForFunction((text) => document.querySelector('#email').value === text, value)
    await page.goto('/sign-in')
    await fill(page, { email })
    for (const [way, path] of [
      ['Forgot your password?', '/forgot-password'],
      ['Back to sign in', '/sign-in'],
      ['Email me a link', '/sign-in/mail'],
      ['Sign in another way', '/sign-in'],
      ['Create account', '/register'],
    ]) {
      await page.locator('#content').getByRole('link', { name: way }).click()
      await page.waitForURL(`${site.url}${path}`)
      await shows(email)
    }
    const other = await page.context().newPage()
    await other.goto('/sign-in')
    assert.equal(await other.locator('#email').inputValue(), '')
    await page.locator('#content').getByRole('link', { name: 'Sign in' }).click()
    await shows(email)
    await fill(page, { password })
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL('**/account')
    assert.equal(await page.evaluate(() => sessionStorage.getItem('torii-email')), null)
    await signOut(page)
    await page.goto('/sign-in')
    assert.equal(await page.locator('#email').inputValue(), '')
    for (const url of urls) assert.doesNotMatch(url ?? '', /example\.com|%40/)
  },
)

journey('the back button shows nothing after signing out', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  const email = await signUp(ada, mail)
  await page.goto('/account/sessions')
  await page.goto('/account/security')
  await signOut(page)
  for (let back = 0; back < 3; back += 1) {
    await page.goBack()
    await page.waitForLoadState()
    assert.equal(new URL(page.url()).pathname, '/sign-in')
    assert.equal(await page.getByText(email).count(), 0)
  }
})

journey('one account in two tabs: signing out in one ends the other', async ({ visitor, mail }) => {
  const ada = await visitor()
  await signUp(ada, mail)
  const second = await ada.context.newPage()
  await second.goto('/account')
  await signOut(ada.page)
  ada.expect(401, 'PATCH', '/auth/user')
  await second.locator('#name').fill('Somebody else')
  await second.getByRole('button', { name: 'Save' }).click()
  await second.waitForURL('**/sign-in?to=%2Faccount')
  await second.getByText('Your session has ended. Sign in to continue.').waitFor()
})

journey(
  'a magic link signs in with a new and with a known email address',
  async ({ visitor, mail }) => {
    const email = newEmail()
    for (const isKnown of [false, true]) {
      const ada = await visitor()
      const { page } = ada
      await page.goto('/sign-in/mail')
      await page.locator('#email').fill(email)
      await page.getByRole('button', { name: 'Email me a link' }).click()
      await page.getByRole('heading', { name: 'Check your email' }).waitFor()
      await page.goto(await mail.link(email, 'magic-link'))
      assert.equal(new URL(page.url()).search, '')
      if (isKnown) await ada.look('landing-sign-in')
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.waitForURL('**/account')
      await page.getByRole('heading', { name: email }).waitFor()
      assert.deepEqual((await ada.cookies()).map(({ name }) => name).sort(), [
        'torii',
        'torii-landing',
      ])
    }
  },
)

journey('the code signs in on another device; a wrong one does not', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  const email = newEmail()
  await page.goto('/sign-in/mail')
  await page.locator('#email').fill(email)
  await page.getByRole('button', { name: 'Email me a link' }).click()
  await page.getByRole('heading', { name: 'Check your email' }).waitFor()
  await ada.look('sign-in-mail-sent')
  const { text } = await mail.message(email, 'ign in')
  const code = /\b(\d{3} ?\d{3}|\d{6,8})\b/.exec(text)?.[0] ?? ''
  const wrong = code.replace(/^\d/, (digit) => String((Number(digit) + 1) % 10))
  ada.expect(401, 'POST', '/auth/magic-link/authenticate')
  await page.locator('#code').fill(wrong)
  await page.getByRole('button', { name: 'Sign in with code' }).click()
  await page.getByText('This code is incorrect or has expired.').waitFor()
  await page.locator('#code').fill(code)
  await page.getByRole('button', { name: 'Sign in with code' }).click()
  await page.waitForURL('**/account')
})

journey(
  'too many wrong passwords: the wait is shown, also for an unknown email address',
  async ({ visitor }) => {
    const ada = await visitor()
    const { page } = ada
    const email = newEmail()
    await page.goto('/sign-in')
    await fill(page, { email, password: 'not the password at all' })
    const send = async () => {
      const answered = page.waitForResponse('**/auth/password/authenticate')
      await page.getByRole('button', { name: 'Sign in', exact: true }).click()
      return (await answered).status()
    }
    for (let tries = 0; tries < 10; tries += 1) {
      ada.expect(401, 'POST', '/auth/password/authenticate')
      assert.equal(await send(), 401)
      await page.locator('button[aria-busy]').waitFor({ state: 'detached' })
    }
    ada.expect(429, 'POST', '/auth/password/authenticate')
    assert.equal(await send(), 429)
    await page.getByText('Try again in').waitFor()
    await ada.look('sign-in-too-many')
  },
)
