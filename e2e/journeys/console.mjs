/** The administrator console, which accepts the secret that the process prints. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { withForeignPage } from '../harness/foreign-page.mjs'
import { lonelyJourney } from '../harness/journey.mjs'
import { password } from '../harness/world.mjs'
import { fill, signIn, signUp } from './actions.mjs'

/** Signs in with the secret that was printed last. Opening the page prints one if none is unused. */
export async function openConsole({ page }, site) {
  await page.goto(`${site.admin()}/sign-in`)
  const secret = site.adminSecret()
  await page.locator('#secret').fill(secret)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  return secret
}

export async function openUser(page, site, email) {
  await page.goto(`${site.admin()}/users`)
  await page.locator('#search').fill(email)
  await page.getByRole('button', { name: 'Search' }).click()
  await page.getByRole('link', { name: email }).click()
  await page.getByRole('heading', { level: 1, name: email }).waitFor()
}

lonelyJourney(
  'only the printed secret opens the console, once, with a cookie of its own',
  async ({ visitor, site }) => {
    const administrator = await visitor()
    const { page } = administrator
    await page.goto(`${site.admin()}/users`)
    assert.equal(new URL(page.url()).pathname, '/sign-in')
    await administrator.look('console-sign-in')
    administrator.expect(401, 'POST', '/sign-in')
    await page.locator('#secret').fill('not the secret')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Incorrect secret.').waitFor()
    await administrator.look('console-sign-in-refused')
    const secret = await openConsole(administrator, site)
    assert.equal(new URL(page.url()).search, '')
    const [cookie, ...more] = await administrator.cookies()
    assert.deepEqual(more, [])
    assert.notEqual(cookie.name, 'torii')
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict'])

    const second = await visitor()
    second.expect(401, 'POST', '/sign-in')
    await second.page.goto(`${site.admin()}/sign-in`)
    await second.page.locator('#secret').fill(secret)
    await second.page.getByRole('button', { name: 'Sign in' }).click()
    await second.page.getByText('Incorrect secret.').waitFor()

    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL('**/sign-in')
    await page.goBack()
    await page.waitForLoadState()
    assert.equal(new URL(page.url()).pathname, '/sign-in')
  },
)

lonelyJourney(
  'the administrator finds a user, ends a session, disables and enables the account',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const email = await signUp(ada, mail)
    const phone = await visitor()
    await signIn(phone.page, email)
    await phone.page.waitForURL('**/account')

    const administrator = await visitor()
    const { page } = administrator
    await openConsole(administrator, site)
    await administrator.look('console-overview')
    await page.getByRole('link', { name: '7 days' }).click()
    await page.getByText('Show as table').click()
    await administrator.look('console-overview-table')
    await page.goto(`${site.admin()}/users`)
    await administrator.look('console-users')
    await openUser(page, site, email)
    await administrator.look('console-user')

    await page
      .getByRole('button', { name: /^End session of/ })
      .first()
      .click()
    await page.getByText('Session ended.').waitFor()
    const live = []
    for (const one of [ada, phone])
      live.push((await one.page.request.get('/auth/session')).status())
    assert.deepEqual(live.sort(), [200, 401])

    await page.locator('summary', { hasText: 'Disable account' }).click()
    await page.getByRole('button', { name: 'Disable account' }).click()
    await page.getByText('Account disabled.').waitFor()
    await administrator.look('console-user-disabled')
    await page.goto(`${site.admin()}/users`)
    await page.getByRole('link', { name: 'Disabled' }).click()
    await page.getByText('1 user', { exact: true }).waitFor()
    await page.locator('#search').fill('lovelace')
    await page.getByRole('button', { name: 'Search' }).click()
    await openUser(page, site, email)
    for (const one of [ada, phone])
      assert.equal((await one.page.request.get('/auth/session')).status(), 401)
    // The response is the same as for a wrong password, so an attacker learns nothing.
    ada.expect(401, 'POST', '/auth/password/authenticate')
    await signIn(ada.page, email)
    await ada.page.getByText('Incorrect email address or password.').waitFor()

    await page.getByRole('button', { name: 'Enable account' }).click()
    await page.getByText('The user can sign in again.').waitFor()
    await signIn(ada.page, email)
    await ada.page.waitForURL('**/account')
    await page.goto(`${site.admin()}/trail`)
    await page.getByText('Account disabled by an administrator').waitFor()
    await page.getByRole('link', { name: email }).first().waitFor()
    await administrator.look('console-trail')
  },
)

lonelyJourney(
  'the administrator unlocks an account after wrong passwords',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    await ada.context.clearCookies()
    const guess = (data) =>
      page.request.post('/auth/password/authenticate', { data, headers: { origin: site.url } })
    for (let tries = 0; tries < 10; tries += 1)
      assert.equal(
        (await guess({ email, password: `guess number ${tries} of mine` })).status(),
        401,
      )
    assert.equal((await guess({ email, password })).status(), 429)

    const administrator = await visitor()
    await openConsole(administrator, site)
    await openUser(administrator.page, site, email)
    await administrator.look('console-user-locked')
    await administrator.page.getByRole('button', { name: 'Unlock and reset' }).click()
    await administrator.page.getByText('Account unlocked.').waitFor()
    await page.goto('/sign-in')
    await fill(page, { email, password })
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.waitForURL('**/account')
  },
)

lonelyJourney(
  'the console accepts no form of another page and no other host name',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const email = await signUp(ada, mail)
    const administrator = await visitor()
    const { page } = administrator
    await openConsole(administrator, site)
    await openUser(page, site, email)
    const { pathname, hostname, port } = new URL(page.url())

    // With the console's host name, so that it counts as the same site and the browser sends the cookie.
    const stranger = await administrator.context.newPage()
    administrator.expect(403, 'POST', `${pathname}/disable`)
    const action = `${site.admin()}${pathname}/disable`
    const html = `<form method="post" action="${action}"><button>Win</button></form>`
    await withForeignPage({ hostname, html }, async (address) => {
      await stranger.goto(address)
      await stranger.getByRole('button', { name: 'Win' }).click()
      await stranger.getByText('Another page sent this form').waitFor()
    })
    await page.reload()
    assert.equal(await page.locator('summary', { hasText: 'Disable account' }).count(), 1)

    const asked = request({
      hostname,
      port,
      path: pathname,
      headers: { host: `console.example:${port}` },
    })
    const status = await new Promise((resolve, reject) => {
      asked
        .on('response', (response) => resolve(response.resume().statusCode))
        .on('error', reject)
        .end()
    })
    assert.equal(status, 421)
  },
)
