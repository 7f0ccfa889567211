import assert from 'node:assert/strict'
import { test } from 'vitest'
import { createHandler } from '../http/index.js'
import { goodPassword, newEmail, openTestSite } from '../test/site.test.support.js'
import { requestOf } from './next-request.js'

const { torii } = await openTestSite({ requireVerifiedEmail: false })
const auth = createHandler(torii)

test('T10.111 a server action that a foreign page sends has no session, and the page that a foreign link opens has one', async () => {
  const made = await torii.password.register(
    { email: newEmail(), password: goodPassword },
    { ip: null, userAgent: null },
  )
  assert.ok(made.ok && made.token !== null)
  const cookie = `__Host-torii=${made.token.reveal()}`
  const isSignedIn = async (sent: Record<string, string>) =>
    (await auth.getSession(requestOf(new Headers({ cookie, ...sent })))) !== null
  for (const foreign of [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'content-type': 'text/plain', 'sec-fetch-site': 'cross-site' },
    { 'next-action': 'x', 'sec-fetch-site': 'same-site' },
  ])
    assert.equal(await isSignedIn(foreign), false, JSON.stringify(foreign))
  const action = { 'next-action': 'x', origin: 'https://app.example' }
  for (const own of [action, {}, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }])
    assert.equal(await isSignedIn(own), true, JSON.stringify(own))
})
