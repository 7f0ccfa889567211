import assert from 'node:assert/strict'
import { test } from 'vitest'
import { createHandler } from '../http/index.js'
import { goodPassword, newEmail, openTestSite } from '../test/site.test.support.js'
import { createClient, oauth, password, sessions, user } from './index.js'

const api = 'https://api.acme.example'
const app = 'https://app.acme.example'
const basePath = '/api/sign-in'
const site = await openTestSite({ baseUrl: api, basePath, trustedOrigins: [app] })
const handler = createHandler(site.torii)

/** `fetch` of a page on the other origin, which keeps cookies only if the request has credentials. */
function openPage() {
  const seen: Request[] = []
  let cookie = ''
  const send = async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init)
    request.headers.set('origin', app)
    if (request.credentials === 'include' && cookie !== '') request.headers.set('cookie', cookie)
    seen.push(request)
    const response = await handler(request)
    assert.equal(response.headers.get('access-control-allow-origin'), app)
    const [set] = response.headers.getSetCookie()
    if (request.credentials === 'include' && set !== undefined) cookie = set.split(';', 1)[0] ?? ''
    return response
  }
  return { seen, fetch: send, token: () => cookie.slice(cookie.indexOf('=') + 1) }
}

test('with baseUrl and basePath the client works from another origin, with its cookie', async () => {
  const page = openPage()
  const client = createClient({ baseUrl: api, basePath, fetch: page.fetch })
  const email = newEmail()
  const made = await password.register(client, { email, password: goodPassword })
  assert.ok(made.ok)
  const current = await sessions.current(client)
  assert.equal(current.ok && current.user.email, email)
  assert.ok((await sessions.signOut(client)).ok)
  const after = await sessions.current(client)
  assert.equal(after.ok || after.error, 'unauthenticated')
  for (const { url, credentials } of page.seen) {
    assert.ok(url.startsWith(`${api}${basePath}/`), url)
    assert.equal(credentials, 'include')
  }
  assert.equal(
    oauth.startUrl('github', { baseUrl: api, basePath, redirectTo: `${app}/home` }),
    `${api}${basePath}/oauth/github/start?redirectTo=https%3A%2F%2Fapp.acme.example%2Fhome`,
  )
})

test('with token the client sends the bearer token and no cookie, and without a value neither', async () => {
  const page = openPage()
  const withCookie = createClient({ baseUrl: api, basePath, fetch: page.fetch })
  await password.register(withCookie, { email: newEmail(), password: goodPassword })
  let token: string | null = page.token()
  page.seen.length = 0
  const client = createClient({ baseUrl: api, basePath, fetch: page.fetch, token: () => token })
  const renamed = await user.update(client, { name: 'Ada' })
  assert.equal(renamed.ok && renamed.user.name, 'Ada')
  token = null
  const none = await sessions.current(client)
  assert.equal(none.ok || none.error, 'unauthenticated')
  for (const { credentials, headers } of page.seen)
    assert.deepEqual([credentials, headers.get('cookie')], ['omit', null])
  assert.deepEqual(
    page.seen.map(({ headers }) => headers.get('authorization')?.split(' ', 1)[0]),
    ['Bearer', undefined],
  )
})
