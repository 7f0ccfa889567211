/** The public pages. */
import assert from 'node:assert/strict'
import { journey } from '../harness/journey.mjs'

const pages = [
  ['home', '/'],
  ['register', '/register'],
  ['sign-in', '/sign-in'],
  ['sign-in-by-mail', '/sign-in/mail'],
  ['forgot-password', '/forgot-password'],
]

journey('the public pages', async ({ visitor }) => {
  const { page, look } = await visitor()
  for (const [name, path] of pages) {
    await page.goto(path)
    await look(name)
  }
})

journey('an unknown page', async ({ visitor }) => {
  const { page, look, expect } = await visitor()
  expect(404, 'GET', '/nowhere')
  await page.goto('/nowhere')
  await look('not-found')
})

journey('account pages redirect to sign-in', async ({ visitor }) => {
  const { page } = await visitor()
  for (const path of ['/account', '/account/security', '/account/sessions', '/account/data']) {
    await page.goto(path)
    assert.equal(new URL(page.url()).pathname, '/sign-in')
  }
})

journey('the skip link moves the focus past the header', async ({ visitor }) => {
  const { page } = await visitor()
  await page.goto('/')
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement?.className), 'skip')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'content')
})

journey(
  'the harness notices errors, failed requests and policy violations',
  async ({ newVisitor, site }) => {
    const careless = await newVisitor()
    const { page } = careless
    careless.expect(418, 'GET', '/teapot')
    await page.goto('/sign-in')
    await page.evaluate(async () => {
      console.error('said on the console')
      setTimeout(() => {
        throw new Error('thrown on the page')
      })
      const image = document.createElement('img')
      document.body.append(image)
      document.body.setAttribute('style', 'color: red')
      document.body.insertAdjacentElement('beforeend', document.createElement('button'))
      await (await fetch('/auth/session')).text()
      await fetch('http://localhost:9/').catch(() => undefined)
    })
    await careless.look('careless')
    await assert.rejects(careless.close(), ({ message }) => {
      for (const seen of [
        'said on the console',
        'thrown on the page',
        'Content Security Policy',
        'GET /auth/session: status 401',
        'GET /teapot: no status 418',
        'axe image-alt',
        'axe button-name',
      ])
        assert.ok(message.includes(seen), `${seen} was not seen in ${site.url}`)
      return true
    })
  },
)
