/** Pages of somebody else that act on the browser of a person who is signed in. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { journey } from '../harness/journey.mjs'
import { newEmail } from '../harness/world.mjs'
import { signUp } from './acts.mjs'

/** A page on a port of its own. On localhost it is the same site as the application, so its cookies go along. */
async function serveForeignPage(html) {
  const server = createServer((_request, response) => {
    response
      .writeHead(200, { 'content-type': 'text/html' })
      .end(`<!doctype html><title>Prizes</title>${html}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return { url: `http://localhost:${server.address().port}/`, stop }
}

const isSignedIn = async (page) => (await page.request.get('/auth/session')).ok()

journey(
  'a foreign page that sends requests with the person’s cookie changes nothing',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    await signUp(ada, mail)
    const foreign = await serveForeignPage('')
    try {
      await page.goto(foreign.url)
      const acts = [
        ['POST', 'sign-out'],
        ['POST', 'sessions/revoke-others'],
        ['POST', 'password/change'],
      ]
      for (const [method, route] of acts) {
        ada.expect(403, method, `/auth/${route}`)
        await page.evaluate(
          ([url, init]) =>
            fetch(url, { ...init, credentials: 'include', mode: 'no-cors', body: '{}' }),
          [`${site.url}/auth/${route}`, { method }],
        )
      }
      assert.ok(await isSignedIn(page))
    } finally {
      await foreign.stop()
    }
  },
)

journey(
  'a foreign form cannot sign the person in as somebody else',
  async ({ visitor, mail, site }) => {
    const attacker = await visitor()
    const email = newEmail()
    await attacker.page.goto('/sign-in/mail')
    await attacker.page.locator('#email').fill(email)
    await attacker.page.getByRole('button', { name: 'Mail me a link' }).click()
    await attacker.page.getByRole('heading', { name: 'Check your mail' }).waitFor()
    const token = new URL(await mail.link(email, 'magic-link')).searchParams.get('token')
    const foreign = await serveForeignPage(
      `<form method="post" action="${site.url}/auth/magic-link/authenticate"><input name="token" value="${token}"><button>Win</button></form>`,
    )
    try {
      const ada = await visitor()
      ada.expect(403, 'POST', '/auth/magic-link/authenticate')
      await ada.page.goto(foreign.url)
      await ada.page.getByRole('button', { name: 'Win' }).click()
      await ada.page.waitForURL('**/auth/magic-link/authenticate')
      assert.deepEqual(await ada.cookies(), [])
    } finally {
      await foreign.stop()
    }
  },
)

journey('no page of the site shows inside a foreign frame', async ({ visitor, site }) => {
  const ada = await visitor()
  const { page } = ada
  for (const path of ['/sign-in', '/auth/magic-link']) {
    const answer = await fetch(site.url + path)
    assert.match(answer.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
    assert.equal(answer.headers.get('x-frame-options'), 'DENY')
  }
  await page.goto('/sign-in')
  assert.equal(await page.evaluate(() => window.opener), null)
})
