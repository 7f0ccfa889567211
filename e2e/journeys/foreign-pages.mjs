/** Pages of other sites in the browser of a signed-in user. */
import assert from 'node:assert/strict'
import { withForeignPage } from '../harness/foreign-page.mjs'
import { journey } from '../harness/journey.mjs'
import { newEmail } from '../harness/world.mjs'
import { signUp } from './actions.mjs'

const isSignedIn = async (page) => (await page.request.get('/auth/session')).ok()

journey(
  'a page of another site that sends requests with the user’s cookie changes nothing',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    await signUp(ada, mail)
    await withForeignPage({}, async (address) => {
      await page.goto(address)
      const actions = [
        ['POST', 'sign-out'],
        ['POST', 'sessions/revoke-others'],
        ['POST', 'password/change'],
      ]
      for (const [method, route] of actions) {
        ada.expect(403, method, `/auth/${route}`)
        await page.evaluate(
          ([url, init]) =>
            fetch(url, { ...init, credentials: 'include', mode: 'no-cors', body: '{}' }),
          [`${site.url}/auth/${route}`, { method }],
        )
      }
      assert.ok(await isSignedIn(page))
    })
  },
)

journey(
  'a form of another site cannot sign the user in to another account',
  async ({ visitor, mail, site }) => {
    const attacker = await visitor()
    const email = newEmail()
    await attacker.page.goto('/sign-in/mail')
    await attacker.page.locator('#email').fill(email)
    await attacker.page.getByRole('button', { name: 'Email me a link' }).click()
    await attacker.page.getByRole('heading', { name: 'Check your email' }).waitFor()
    const token = new URL(await mail.link(email, 'magic-link')).searchParams.get('token')
    const html = `<form method="post" action="${site.url}/auth/magic-link/authenticate"><input name="token" value="${token}"><button>Win</button></form>`
    await withForeignPage({ html }, async (address) => {
      const ada = await visitor()
      ada.expect(403, 'POST', '/auth/magic-link/authenticate')
      await ada.page.goto(address)
      await ada.page.getByRole('button', { name: 'Win' }).click()
      await ada.page.waitForURL('**/auth/magic-link/authenticate')
      assert.deepEqual(await ada.cookies(), [])
    })
  },
)

journey('no page of the site is shown in a frame of another site', async ({ newVisitor, site }) => {
  for (const path of ['/sign-in', '/auth/magic-link']) {
    const ada = await newVisitor()
    if (path !== '/sign-in') ada.expect(401, 'GET', path)
    const html = `<iframe title="A prize" src="${site.url}${path}"></iframe>`
    await withForeignPage({ html }, async (address) => {
      await ada.page.goto(address)
      await ada.page.waitForLoadState('networkidle')
      const [, framed] = ada.page.frames()
      assert.match(framed.url(), /^chrome-error:/)
    })
    // The browser reports the reason, and no other problem.
    await assert.rejects(ada.close(), ({ message }) => /frame-ancestors 'none'/.test(message))
  }
})
