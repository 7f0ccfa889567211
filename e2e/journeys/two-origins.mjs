/** A page on one host, Torii on another: over TLS, with the browser's own rules of sites, cookies and CORS. */
import assert from 'node:assert/strict'
import { journey } from '../harness/journey.mjs'
import { newEmail, password } from '../harness/world.mjs'
import { fill } from './actions.mjs'

const sessionPath = '/auth/session'
/** What Chromium reports of a response that the page must not read. */
const blocked = /blocked by CORS policy|net::ERR_FAILED/

const press = (page, name) => page.getByRole('button', { name }).click()
const shows = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor()
const open = (page, origin, api) => page.goto(`${origin}/#${api}`)

/** Opens the page on the trusted origin, and signs up there. */
async function signUp(person, { urls, api }) {
  const email = newEmail()
  person.expect(401, 'GET', sessionPath)
  await open(person.page, urls.app, api)
  await shows(person.page, 'unauthenticated')
  await fill(person.page, { email, password })
  await press(person.page, 'Sign up')
  await shows(person.page, `Signed in as ${email}`)
  return email
}

/** Sends a request from the current page; 'blocked' if the page cannot read the response. */
const send = (page, url, init = {}) =>
  page.evaluate(
    async ([url, init]) => {
      try {
        const response = await fetch(url, { credentials: 'include', ...init })
        return response.type === 'opaque' ? 'opaque' : await response.text()
      } catch {
        return 'blocked'
      }
    },
    [url, init],
  )

journey(
  'two origins: a user signs up, stays signed in, signs out and in again',
  async ({ visitor, twoOrigins }) => {
    const { plain: world } = await twoOrigins()
    const ada = await visitor(() => world.newVisitor())
    const { page, context } = ada
    const email = await signUp(ada, world)
    await page.reload()
    await shows(page, `Signed in as ${email}`)
    const [cookie, ...others] = await context.cookies(world.api)
    assert.deepEqual(others, [])
    assert.deepEqual(
      [cookie.name, cookie.domain, cookie.sameSite, cookie.httpOnly, cookie.secure],
      ['__Host-torii', 'api.acme.example', 'Lax', true, true],
    )
    ada.expect(401, 'GET', sessionPath)
    await press(page, 'Sign out')
    await shows(page, 'unauthenticated')
    ada.expect(401, 'GET', sessionPath)
    await page.reload()
    await shows(page, 'unauthenticated')
    await fill(page, { email, password })
    await press(page, 'Sign in')
    await shows(page, `Signed in as ${email}`)
    assert.ok(world.received.some(({ method }) => method === 'OPTIONS'))
  },
)

journey(
  'two origins: a page of the same site that is not trusted can neither read nor act',
  async ({ visitor, twoOrigins }) => {
    const { plain: world } = await twoOrigins()
    const { urls, api, received } = world
    const ada = await visitor(() => world.newVisitor(blocked))
    const { page } = ada
    const email = await signUp(ada, world)
    await open(page, urls.evil, api)
    await shows(page, 'network')
    const before = received.length
    assert.equal(await send(page, `${api}${sessionPath}`), 'blocked')
    const headers = { 'content-type': 'application/json' }
    const change = { method: 'PATCH', headers, body: '{"name":"Eve"}' }
    assert.equal(await send(page, `${api}/auth/user`, change), 'blocked')
    ada.expect(403, 'POST', '/auth/sign-out')
    const simple = { method: 'POST', mode: 'no-cors' }
    assert.equal(await send(page, `${api}/auth/sign-out`, simple), 'opaque')
    // The browser sent the cookie, as to a page of the same site: only Torii and CORS stood in the way.
    const carried = received
      .slice(before)
      .filter(({ origin, cookie }) => origin === urls.evil && cookie?.startsWith('__Host-torii='))
    assert.deepEqual(
      carried.map(({ method, origin }) => [method, origin]),
      [
        ['GET', urls.evil],
        ['POST', urls.evil],
      ],
    )
    assert.ok(!received.some(({ method, origin }) => method === 'PATCH' && origin === urls.evil))
    await open(page, urls.app, api)
    await shows(page, `Signed in as ${email}`)
  },
)

journey(
  'two origins: a trusted page of another site has no cookies, and works by bearer token',
  async ({ visitor, twoOrigins }) => {
    const { plain: world } = await twoOrigins()
    const { urls, api, received } = world
    const ada = await visitor(() => world.newVisitor(blocked))
    const { page } = ada
    const email = await signUp(ada, world)
    const { token } = JSON.parse(await send(page, `${api}/auth/token`, { method: 'POST' }))
    await open(page, urls.shop, api)
    await shows(page, 'network')
    const current = await page.evaluate(
      async (held) => window.sessions.current(window.clientFor(held)),
      token,
    )
    assert.equal(current.user?.email, email)
    const fromShop = received.filter(({ origin }) => origin === urls.shop)
    assert.ok(fromShop.length >= 2)
    assert.ok(fromShop.every(({ cookie }) => cookie === undefined))
  },
)

journey(
  'two origins: with a domain, a cookie that another host adds signs no one in as someone else',
  async ({ visitor, twoOrigins }) => {
    const { domain: world } = await twoOrigins()
    const { urls, api } = world
    const eve = await visitor(() => world.newVisitor())
    await signUp(eve, world)
    const [planted] = await eve.context.cookies(api)
    const ada = await visitor(() => world.newVisitor(blocked))
    const { page } = ada
    const email = await signUp(ada, world)
    assert.deepEqual([planted.name, planted.domain], ['__Secure-torii', '.acme.example'])
    await page.reload()
    await shows(page, `Signed in as ${email}`)
    await open(page, urls.evil, api)
    // A longer path, so that the browser sends it first.
    const second = {
      name: planted.name,
      value: planted.value,
      domain: 'acme.example',
      path: '/auth/',
    }
    await page.evaluate((cookie) => window.cookieStore.set(cookie), second)
    ada.expect(401, 'GET', sessionPath)
    await open(page, urls.app, api)
    await shows(page, 'unauthenticated')
    const last = world.received.at(-1)
    assert.equal(last.cookie.split('__Secure-torii=').length, 3)
  },
)
