/** The account pages. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { journey } from '../harness/journey.mjs'
import { newEmail, password } from '../harness/world.mjs'
import { fill, signIn, signUp } from './actions.mjs'

journey('change the name', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  await signUp(ada, mail)
  await page.locator('#name').fill('Ada <b>King</b>')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('heading', { name: 'Ada <b>King</b>' }).waitFor()
  await page.getByText('Profile saved.').waitFor()
  ada.expect(400, 'PATCH', '/auth/user')
  await page.locator('#picture').fill('javascript:alert(1)')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.locator('#picture[aria-invalid=true]').waitFor()
})

journey(
  'change the password: other sessions end, the old one no longer works',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    const phone = await visitor()
    await signIn(phone.page, email)
    await phone.page.waitForURL('**/account')
    await page.goto('/account/security')
    await ada.look('security')
    await page.getByRole('button', { name: 'Change password' }).click()
    await ada.look('dialog-change-password')
    ada.expect(401, 'POST', '/auth/password/change')
    await fill(page, {
      'current-password': 'not this one, I think',
      'new-password': 'a bridge over quiet water',
    })
    await page.locator('dialog[open]').getByRole('button', { name: 'Change password' }).click()
    await page.getByText('Incorrect password.').waitFor()
    await page.locator('#current-password').fill(password)
    await page.locator('dialog[open]').getByRole('button', { name: 'Change password' }).click()
    await page.getByText('Password changed. Your other sessions have ended.').waitFor()
    await mail.message(email, 'assword')
    await phone.page.reload()
    assert.equal(new URL(phone.page.url()).pathname, '/sign-in')
    phone.expect(401, 'POST', '/auth/password/authenticate')
    await signIn(phone.page, email)
    await phone.page.getByText('Incorrect email address or password.').waitFor()
    await signIn(phone.page, email, 'a bridge over quiet water')
    await phone.page.waitForURL('**/account')
  },
)

journey('remove the password, sign in by mail, and set one again', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  await signUp(ada, mail)
  await page.goto('/account/security')
  await page.getByRole('button', { name: 'Remove password' }).click()
  await page.locator('dialog[open]').getByRole('button', { name: 'Remove' }).click()
  await page.getByText('Password removed.').waitFor()
  await page.getByRole('button', { name: 'Set password' }).click()
  await page.locator('#first-password').fill('a bridge over quiet water')
  await page.getByRole('button', { name: 'Save password' }).click()
  await page.getByText('Password saved.').waitFor()
})

journey(
  'change the email address: only in the same browser, and both email addresses get a mail',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const former = await signUp(ada, mail)
    const phone = await visitor()
    await signIn(phone.page, former)
    await phone.page.waitForURL('**/account')
    const next = newEmail()
    await page.goto('/account/security')
    await page.getByRole('button', { name: 'Change email address' }).click()
    await page.locator('#new-email').fill(next)
    await page.getByRole('button', { name: 'Send link' }).click()
    await page.getByRole('heading', { name: 'Check your email' }).waitFor()
    await ada.look('dialog-change-email-sent')
    const link = await mail.link(next, 'email/change')

    const stranger = await visitor()
    stranger.expect(401, 'POST', '/auth/email/change/complete')
    await stranger.page.goto(link)
    await stranger.page.getByRole('button', { name: 'Change email address' }).click()
    await stranger.page.getByRole('alert').waitFor()
    await stranger.look('landing-change-email-refused')

    await page.goto(link)
    await ada.look('landing-change-email')
    await page.getByRole('button', { name: 'Change email address' }).click()
    await page.waitForURL('**/account/security*')
    await page.getByText(next).first().waitFor()
    await mail.message(former, 'ddress')
    await phone.page.goto('/account')
    assert.equal(new URL(phone.page.url()).pathname, '/sign-in')
    phone.expect(401, 'POST', '/auth/password/authenticate')
    await signIn(phone.page, former)
    await phone.page.getByText('Incorrect email address or password.').waitFor()
    await signIn(phone.page, next)
    await phone.page.waitForURL('**/account')
  },
)

journey('sessions: end one, then all others', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  const email = await signUp(ada, mail)
  const others = []
  for (let count = 0; count < 3; count += 1) {
    const other = await visitor()
    await signIn(other.page, email)
    await other.page.waitForURL('**/account')
    others.push(other)
  }
  await page.goto('/account/sessions')
  assert.equal(await page.locator('#sessions-and-devices li').count(), 4)
  await ada.look('sessions')
  await page.locator('#sessions-and-devices li').getByRole('button').first().click()
  await page.getByText('Session ended.').waitFor()
  assert.equal(await page.locator('#sessions-and-devices li').count(), 3)
  await page.getByRole('button', { name: 'Sign out all other sessions' }).click()
  await page.getByText('Signed out of 2 other sessions.').waitFor()
  assert.equal(await page.locator('#sessions-and-devices li').count(), 1)
  for (const other of others) {
    await other.page.goto('/account')
    assert.equal(new URL(other.page.url()).pathname, '/sign-in')
  }
  await page.reload()
  assert.equal(new URL(page.url()).pathname, '/account/sessions')
})

journey('export the data: a file with everything, and no secret', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  const email = await signUp(ada, mail)
  await page.goto('/account/data')
  await ada.look('data')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download' }).click(),
  ])
  assert.equal(download.suggestedFilename(), 'torii-export.json')
  const text = await readFile(await download.path(), 'utf8')
  assert.ok(text.includes(email))
  const [{ value: token }] = await ada.cookies()
  assert.ok(!text.includes(token) && !text.includes('$argon2'))
  assert.equal(typeof JSON.parse(text), 'object')
})

journey(
  'delete the account: it is gone, and the email address is free again',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    await page.goto('/account/data')
    await page.getByRole('button', { name: 'Delete account' }).click()
    await ada.look('dialog-delete-account')
    await page.keyboard.press('Escape')
    assert.equal(await page.locator('dialog[open]').count(), 0)
    await page.getByRole('button', { name: 'Delete account' }).click()
    await page.locator('#confirmation').fill('not the email address')
    await page.getByRole('button', { name: 'Delete permanently' }).click()
    await page.getByText(`Type ${email} to confirm.`).waitFor()
    await page.locator('#confirmation').fill(email)
    await page.getByRole('button', { name: 'Delete permanently' }).click()
    await page.getByText('Your account was deleted.').waitFor()
    ada.expect(401, 'POST', '/auth/password/authenticate')
    await signIn(page, email)
    await page.getByText('Incorrect email address or password.').waitFor()
  },
)
