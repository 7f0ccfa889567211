/** Two-factor authentication: turning it on, and signing in with it. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { addAuthenticator, withoutSuggestions } from '../harness/authenticator.mjs'
import { journey } from '../harness/journey.mjs'
import { newEmail } from '../harness/world.mjs'
import { signIn, signOut, signUp } from './actions.mjs'
import { addPasskey, signInByPasskey } from './passkey.mjs'
import { atProvider } from './provider.mjs'
import {
  confirmSetup,
  enterCode,
  enterRecoveryCode,
  recoveryCodesOf,
  signInHalfway,
  startSetup,
  turnOn,
  verifyPath,
} from './second-factor-actions.mjs'

const panelOf = (page) => page.locator('#two-factor-authentication')

journey(
  'turn on two-factor authentication: a wrong code, the right one, and the recovery codes kept',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page, context } = ada
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const email = await signUp(ada, mail)
    const phone = await visitor()
    await signIn(phone.page, email)
    await phone.page.waitForURL('**/account')

    const app = await startSetup(page)
    const picture = page.getByRole('img', { name: 'QR code for your authenticator app' })
    assert.ok(await picture.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)))
    await ada.look('dialog-authenticator-app')
    ada.expect(422, 'POST', '/auth/second-factors/totp/confirm')
    await confirmSetup(page, app.wrongCode())
    await page.getByText('This code is wrong').waitFor()
    await confirmSetup(page, app.code())
    await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor()
    await ada.look('dialog-recovery-codes')
    const codes = await recoveryCodesOf(page)
    assert.equal(new Set(codes).size, 10)

    await page.getByRole('button', { name: 'Copy' }).click()
    await page.getByRole('button', { name: 'Copied' }).waitFor()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    assert.deepEqual(copied.split('\n'), codes)
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download' }).click()
    const file = await downloading
    assert.equal(file.suggestedFilename(), 'recovery-codes.txt')
    assert.ok((await readFile(await file.path(), 'utf8')).includes(codes.join('\n')))
    await page.emulateMedia({ media: 'print' })
    assert.deepEqual(
      await page.evaluate(() =>
        ['h1', '#recovery-codes h2', '#recovery-codes pre', '#recovery-codes button'].map((one) =>
          document.querySelector(one).checkVisibility({ visibilityProperty: true }),
        ),
      ),
      [false, true, true, false],
    )
    await page.emulateMedia({ media: null })

    // Escape does not hide what is shown only once.
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'I have kept them' }).click()
    await page.getByText('Two-factor authentication is on.').waitFor()
    await panelOf(page).getByText('10 of 10 left.').waitFor()
    await ada.look('security-two-factors')
    await mail.message(email, 'Two-factor authentication is on')
    await phone.page.reload()
    assert.equal(new URL(phone.page.url()).pathname, '/sign-in')
  },
)

journey(
  'sign in with the password and the code: a wrong code, then the right one, which works once',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    const { app } = await turnOn(page)
    await signOut(page)

    await signInHalfway(ada, email)
    await ada.look('second-factor')
    assert.ok(!(await ada.cookies()).some(({ name }) => name === 'torii'))
    ada.expect(422, 'POST', verifyPath)
    await enterCode(page, app.wrongCode())
    await page.getByRole('alert').getByText('This code is wrong').waitFor()
    await ada.look('second-factor-refused')
    const code = app.code()
    await enterCode(page, code)
    await page.waitForURL('**/account')
    await page.goto('/account/sessions')
    await page.getByText('Password, Authenticator app').waitFor()
    await page.getByText('Two factors').waitFor()
    await ada.look('sessions-two-factors')

    const phone = await visitor()
    await signInHalfway(phone, email)
    phone.expect(422, 'POST', verifyPath)
    await enterCode(phone.page, code)
    await phone.page.getByRole('alert').getByText('used before').waitFor()
  },
)

journey(
  'sign in by a magic link, and by its code, with the second factor',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    const { app, recoveryCodes } = await turnOn(page)
    await signOut(page)

    const request = async () => {
      await page.goto('/sign-in/mail')
      await page.locator('#email').fill(email)
      await page.getByRole('button', { name: 'Email me a link' }).click()
      await page.getByRole('heading', { name: 'Check your email' }).waitFor()
    }
    await request()
    await page.goto(await mail.link(email, 'magic-link'))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(`**${verifyPath}`)
    await enterCode(page, app.code())
    await page.waitForURL('**/account')
    await signOut(page)

    await request()
    const { text } = await mail.message(email, 'ign in')
    const [code] = /\b(\d{4} ?\d{4})\b/.exec(text)
    ada.expect(401, 'POST', '/auth/magic-link/authenticate')
    await page.locator('#code').fill(code)
    await page.getByRole('button', { name: 'Sign in with code' }).click()
    await page.waitForURL(`**${verifyPath}`)
    await enterRecoveryCode(page, recoveryCodes[0])
    await page.waitForURL('**/account')
  },
)

journey('sign in at the provider with the second factor', async ({ visitor }) => {
  const grace = await visitor()
  const { page } = grace
  const email = newEmail()
  const toProvider = async () => {
    await page.goto('/sign-in')
    await page.getByRole('link', { name: 'Continue with Local provider' }).click()
  }
  await toProvider()
  await atProvider(page, email, 'Grace Hopper')
  await page.waitForURL('**/account')
  const { app } = await turnOn(page)
  await signOut(page)
  await toProvider()
  if (new URL(page.url()).pathname !== verifyPath) await atProvider(page, email, 'Grace Hopper')
  await page.waitForURL(({ pathname }) => pathname === verifyPath)
  await enterCode(page, app.code())
  await page.waitForURL('**/account')
  await page.goto('/account/sessions')
  await page.getByText('Connected account, Authenticator app').waitFor()
})

journey(
  'a recovery code signs in once, and the owner gets a mail with the number left',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    const { recoveryCodes } = await turnOn(page)
    await signOut(page)
    await signInHalfway(ada, email)
    await page.getByText('No access to your authenticator app?').click()
    await ada.look('second-factor-recovery')
    await page.reload()
    // As people type it.
    await enterRecoveryCode(page, recoveryCodes[3].toLowerCase().replaceAll('-', ' '))
    await page.waitForURL('**/account')
    const { text } = await mail.message(email, 'recovery code was used')
    assert.match(text, /9 recovery codes are left/)
    await page.goto('/account/security')
    await panelOf(page).getByText('9 of 10 left.').waitFor()
    await signOut(page)
    await signInHalfway(ada, email)
    ada.expect(422, 'POST', verifyPath)
    await enterRecoveryCode(page, recoveryCodes[3])
    await page.getByRole('alert').waitFor()
    assert.equal(new URL(page.url()).pathname, verifyPath)
  },
)

journey('a passkey signs in without the code', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  await withoutSuggestions(page)
  const email = await signUp(ada, mail)
  const authenticator = await addAuthenticator(page)
  await addPasskey(page, authenticator, 'Laptop')
  await turnOn(page)
  await signOut(page)
  // Who has no code at hand leaves its page, and signs in with the passkey instead.
  await signInHalfway(ada, email)
  await page.getByRole('link', { name: 'Sign in another way' }).click()
  await page.waitForURL('**/sign-in')
  await signInByPasskey(page, authenticator, () => page.waitForURL('**/account'))
  await page.goto('/account/sessions')
  await page.getByText('Two factors').waitFor()
  assert.deepEqual(
    (await ada.cookies()).filter(({ name }) => name === 'torii-pending'),
    [],
  )
})

journey(
  'a passkey is the second factor after the password: a copy of it is refused, and the code still works',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    await withoutSuggestions(page)
    const email = await signUp(ada, mail)
    const authenticator = await addAuthenticator(page)
    await addPasskey(page, authenticator, 'Laptop')
    const { app } = await turnOn(page)
    await signOut(page)
    await signInHalfway(ada, email)
    await ada.look('second-factor-passkey')
    const use = page.getByRole('button', { name: 'Use a passkey' })
    // A copy whose count is behind.
    ada.expect(422, 'POST', verifyPath)
    await authenticator.rewind(0)
    await authenticator.touchedDuring(async () => {
      await use.click()
      await page.getByRole('alert').getByText('This passkey could not be verified.').waitFor()
    })
    await ada.look('second-factor-passkey-refused')
    await authenticator.rewind(20)
    await authenticator.touchedDuring(async () => {
      await use.click()
      await page.waitForURL('**/account')
    })
    await page.goto('/account/sessions')
    await page.getByText('Password, Passkey').waitFor()
    await page.getByText('Two factors').waitFor()
    await signOut(page)

    const phone = await visitor()
    await signInHalfway(phone, email)
    await enterCode(phone.page, app.code())
    await phone.page.waitForURL('**/account')
  },
)

journey(
  'this was not me: the owner undoes what a thief of the password turned on, and chooses a new password',
  async ({ visitor, mail }) => {
    const thief = await visitor()
    await withoutSuggestions(thief.page)
    const email = await signUp(thief, mail)
    const authenticator = await addAuthenticator(thief.page)
    await turnOn(thief.page)
    await addPasskey(thief.page, authenticator, 'Of the thief')

    const owner = await visitor()
    const { page } = owner
    await page.goto(await mail.link(email, 'second-factors/undo'))
    await page.getByRole('heading', { name: 'You did not turn on' }).waitFor()
    await owner.look('undo-second-factor')
    await page.getByRole('button', { name: 'This was not me' }).click()
    await page.waitForURL('**/sign-in*')
    await thief.page.reload()
    assert.equal(new URL(thief.page.url()).pathname, '/sign-in')

    const next = 'another gate of two red pillars'
    await page.goto(await mail.link(email, 'password/reset'))
    await page.getByLabel('New password').fill(next)
    await page.getByRole('button', { name: 'Set password' }).click()
    await page.waitForURL('**/sign-in*')
    await signIn(page, email, next)
    await page.waitForURL('**/account')
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Turn on two-factor authentication' }).waitFor()
    assert.equal(await page.getByText('Of the thief').count(), 0)
  },
)

journey(
  'two tabs: a code counts for the sign-in that the browser began last',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page, context } = ada
    const email = await signUp(ada, mail)
    const { app } = await turnOn(page)
    await signOut(page)
    await signInHalfway(ada, email)
    const second = await context.newPage()
    await signInHalfway({ page: second, expect: ada.expect }, email)
    ada.expect(401, 'POST', verifyPath)
    await enterCode(page, app.code())
    await page.getByRole('alert').getByText('This sign-in has expired').waitFor()
    await enterCode(second, app.code())
    await second.waitForURL('**/account')
    // The first tab has nothing left to answer.
    ada.expect(401, 'GET', verifyPath)
    await page.goto(verifyPath)
    await page.getByRole('heading', { name: 'This sign-in has expired' }).waitFor()
    await ada.look('second-factor-expired')
  },
)

journey('five wrong codes end the sign-in', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  const email = await signUp(ada, mail)
  const { app } = await turnOn(page)
  await signOut(page)
  await signInHalfway(ada, email)
  for (const status of [422, 422, 422, 422, 401]) {
    ada.expect(status, 'POST', verifyPath)
    const answered = page.waitForResponse(`**${verifyPath}`)
    await enterCode(page, app.wrongCode())
    assert.equal((await answered).status(), status)
    await page.waitForLoadState()
  }
  await page.getByRole('heading', { name: 'This sign-in has expired' }).waitFor()
  await page.getByRole('link', { name: 'Back' }).click()
  await page.waitForURL('**/sign-in*')
})
