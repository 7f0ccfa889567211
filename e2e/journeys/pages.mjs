/** The pages for everybody. */
import assert from 'node:assert/strict'
import { journey } from '../harness/journey.mjs'

const pages = [
  ['home', '/'],
  ['register', '/register'],
  ['sign-in', '/sign-in'],
  ['sign-in-by-mail', '/sign-in/mail'],
  ['forgot-password', '/forgot-password'],
]

journey('the pages for everybody', async ({ visitor }) => {
  const { page, look } = await visitor()
  for (const [name, path] of pages) {
    await page.goto(path)
    await look(name)
  }
})

journey('an address that leads nowhere', async ({ visitor }) => {
  const { page, look, expect } = await visitor()
  expect(404, 'GET', '/nowhere')
  await page.goto('/nowhere')
  await look('not-found')
})

journey('the pages of an account lead to signing in', async ({ visitor }) => {
  const { page } = await visitor()
  for (const path of ['/account', '/account/security', '/account/sessions', '/account/data']) {
    await page.goto(path)
    assert.equal(new URL(page.url()).pathname, '/sign-in')
  }
})

journey('the keyboard gets past the header at once', async ({ visitor }) => {
  const { page } = await visitor()
  await page.goto('/')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'content')
})
