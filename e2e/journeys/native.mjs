/** Signing in without cookies: an application outside of browsers does, and no page. */
import assert from 'node:assert/strict'
import { journey } from '../harness/journey.mjs'
import { password } from '../harness/world.mjs'
import { signUp } from './actions.mjs'
import { turnOn } from './second-factor-actions.mjs'

const signInPath = '/auth/password/authenticate'
const verifyPath = '/auth/second-factors/verify'

/** What a script of a page tries, to look like no browser. */
const disguises = [
  {},
  { credentials: 'omit', referrerPolicy: 'no-referrer' },
  { credentials: 'omit', mode: 'same-origin', headers: { origin: '', 'sec-fetch-site': '' } },
  { credentials: 'omit', cache: 'no-store', keepalive: true },
]

journey(
  'a native application signs in with a code and without a cookie, and no script of a page gets its token that way',
  async ({ visitor, mail, site }) => {
    const ada = await visitor()
    const { page } = ada
    const email = await signUp(ada, mail)
    const { app } = await turnOn(page)

    const outside = async (path, body) => {
      const answered = await fetch(`${site.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      assert.deepEqual(answered.headers.getSetCookie(), [])
      return { status: answered.status, ...(await answered.json()) }
    }
    const inside = (path, body, disguise) =>
      page.evaluate(
        async ([path, body, { headers, ...init }]) => {
          const answered = await fetch(path, {
            method: 'POST',
            ...init,
            headers: { ...headers, 'content-type': 'application/json' },
            body,
          })
          return { status: answered.status, ...(await answered.json()) }
        },
        [path, JSON.stringify(body), disguise],
      )

    const credentials = { email, password, transport: 'body' }
    const { status, pendingId, pending } = await outside(signInPath, credentials)
    assert.deepEqual([status, /^torii_p_/.test(pending)], [401, true])
    const answer = { pendingId, pending, code: app.code() }
    for (const disguise of disguises)
      for (const [path, body, field] of [
        [signInPath, credentials, 'transport'],
        [verifyPath, answer, 'pending'],
      ]) {
        ada.expect(400, 'POST', path)
        const refused = await inside(path, body, disguise)
        assert.deepEqual(
          [refused.status, refused.error, refused.field],
          [400, 'invalid_input', field],
        )
      }
    const { token } = await outside(verifyPath, answer)
    const current = await fetch(`${site.url}/auth/session`, {
      headers: { authorization: `Bearer ${token}` },
    })
    const { session, user } = await current.json()
    assert.deepEqual([session.level, session.current, user.email], [2, true, email])
  },
)
