/** Mailed links: scanners, tabs, replaced and used links. */
import assert from 'node:assert/strict'
import { journey } from '../harness/journey.mjs'
import { newEmail } from '../harness/world.mjs'

async function requestLink(page, email) {
  await page.goto('/sign-in/mail')
  await page.locator('#email').fill(email)
  await page.getByRole('button', { name: 'Email me a link' }).click()
  await page.getByRole('heading', { name: 'Check your email' }).waitFor()
}

const seesExpiredLink = (page) =>
  page.getByRole('heading', { name: 'This link is no longer valid' }).waitFor()

journey('a used link no longer works', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  const email = newEmail()
  await requestLink(page, email)
  const link = await mail.link(email, 'magic-link')
  await page.goto(link)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/account')
  const thief = await visitor()
  thief.expect(401, 'GET', '/auth/magic-link')
  await thief.page.goto(link)
  await seesExpiredLink(thief.page)
  await thief.look('landing-dead')
  assert.deepEqual(
    (await thief.cookies()).map(({ name }) => name),
    ['torii-landing'],
    'the nonce of the browser, and no token',
  )
})

journey('a scanner that opens the link first uses nothing up', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  const email = newEmail()
  await requestLink(page, email)
  const link = await mail.link(email, 'magic-link')
  for (const method of ['HEAD', 'GET', 'GET', 'HEAD']) {
    const scanned = await fetch(link, { method, headers: { 'user-agent': 'MailScanner/1.0' } })
    assert.ok(scanned.status < 500)
  }
  // A scanner that keeps cookies and follows redirects, but does not press the button.
  const scanner = await visitor()
  await scanner.page.goto(link)
  await scanner.page.getByRole('button', { name: 'Sign in' }).waitFor()
  await page.goto(link)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL('**/account')
})

journey(
  'one link in two tabs of one browser: both buttons lead to the same session',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = newEmail()
    await requestLink(page, email)
    const link = await mail.link(email, 'magic-link')
    const second = await ada.context.newPage()
    await page.goto(link)
    await second.goto(link)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/account')
    const session = async () =>
      (await ada.cookies()).find(({ name }) => name === 'torii')?.value ?? assert.fail('no session')
    const opened = await session()
    await second.getByRole('button', { name: 'Sign in' }).click()
    await second.waitForURL('**/account')
    assert.equal(await session(), opened)
    await page.reload()
    assert.equal(new URL(page.url()).pathname, '/account')
  },
)

journey('a double click on the button of a magic link signs in', async ({ visitor, mail }) => {
  const ada = await visitor()
  const { page } = ada
  const email = newEmail()
  await requestLink(page, email)
  await page.goto(await mail.link(email, 'magic-link'))
  await page.getByText(email).waitFor()
  const posts = []
  page.on('request', (request) => {
    if (request.method() === 'POST') posts.push(new URL(request.url()).pathname)
  })
  await page.getByRole('button', { name: 'Sign in' }).dblclick()
  await page.waitForURL('**/account')
  assert.deepEqual(new Set(posts), new Set(['/auth/magic-link/authenticate']))
  await page.reload()
  assert.equal(new URL(page.url()).pathname, '/account')
})

journey(
  'an older link works after a newer one was requested, and ends the newer one',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = newEmail()
    await requestLink(page, email)
    const older = await mail.link(email, 'magic-link')
    await requestLink(page, email)
    const newer = await mail.link(email, 'magic-link')
    await page.goto(older)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/account')
    ada.expect(401, 'GET', '/auth/magic-link')
    await page.goto(newer)
    await seesExpiredLink(page)
  },
)

journey(
  'the back button after a link was used shows that it has expired',
  async ({ visitor, mail }) => {
    const ada = await visitor()
    const { page } = ada
    const email = newEmail()
    await requestLink(page, email)
    await page.goto(await mail.link(email, 'magic-link'))
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL('**/account')
    ada.expect(401, 'GET', '/auth/magic-link')
    await page.goBack()
    await seesExpiredLink(page)
  },
)
