import assert from 'node:assert/strict'
import { workProvider } from '../../oauth-client/provider-client.test.support.js'
import { goodPassword } from '../../test/site.test.support.js'
import type { AuthHandler } from '../index.js'
import { createHandler } from '../index.js'
import { Browser } from './browser.test.support.js'
import type { Visitor } from './route-site.test.support.js'
import {
  completedFlow,
  newInfo,
  options,
  provider,
  site,
  torii,
} from './route-site.test.support.js'
import type { FactorVisitor } from './second-factor-inputs.test.support.js'
import { newFactorVisitor } from './second-factor-inputs.test.support.js'

/** The same site, whose provider is trusted with email addresses. */
const trusting = site.with({
  ...options,
  oauth: { providers: [{ ...workProvider(provider.origin), trustEmail: true }] },
})
export const handler = createHandler(trusting, { pages: { signedIn: '/home', failed: '/sign-in' } })

/** A browser with an IP address that no other one has; `by` answers it. */
export const newBrowser = (by: AuthHandler = handler) => new Browser(by, newInfo().ip)

/** Signs in with the password, and returns what the answer says of the second factor. */
export async function halfway(visitor: Visitor, browser = newBrowser()) {
  const { email } = visitor
  const response = await browser.send('POST', 'password/authenticate', {
    email,
    password: goodPassword,
  })
  assert.equal(response.status, 401)
  const body = (await response.json()) as {
    error: string
    message: string
    pendingId: string
    factors: string[]
  }
  assert.equal(body.error, 'second_factor_required')
  return { browser, ...body }
}

/** The code of this moment, as if its time step were a later one than that of the last code. */
export const codeAgain = (visitor: FactorVisitor) =>
  site.db
    .query('update torii.totp_factors set last_step = last_step - 2 where user_id = $1', [
      visitor.valid.user.id,
    ])
    .then(() => visitor.app.code())

/** Every way to a session, for a user who has a second factor. */
export const ways: Readonly<
  Record<string, (visitor: FactorVisitor, browser: Browser) => Promise<Response>>
> = {
  password: ({ email }, browser) =>
    browser.send('POST', 'password/authenticate', { email, password: goodPassword }),
  'magic link': async ({ email }, browser) => {
    const { token } = await torii.magicLink.create({ email })
    return browser.send('POST', 'magic-link/authenticate', { token: token.reveal() })
  },
  'mailed code': async ({ email }, browser) => {
    const { code } = await torii.magicLink.create({ email })
    return browser.send('POST', 'magic-link/authenticate', { email, code })
  },
  'verification link with the password': async (visitor, browser) => {
    const { email } = visitor
    await site.db.query('update torii.users set email_verified_at = null where email = $1', [email])
    const created = await torii.email.createVerification(email)
    const token = created?.token.reveal() ?? assert.fail()
    return browser.send('POST', 'email/verify', { token, password: goodPassword })
  },
  'known identity': async (visitor, browser) => {
    const sub = `known-${visitor.email}`
    const linked = await completedFlow(visitor, true, { sub })
    assert.ok(
      (await torii.oauth.callback('work', { ...linked, valid: visitor.valid }, newInfo())).ok,
    )
    const { query, browser: secret } = await completedFlow(null, true, { sub })
    browser.cookies.set('__Host-torii-flow', secret.reveal())
    return browser.send('GET', `oauth/work/callback?${query}`)
  },
  'new identity with the email address': async ({ email }, browser) => {
    const { query, browser: secret } = await completedFlow(null, true, { email })
    browser.cookies.set('__Host-torii-flow', secret.reveal())
    return browser.send('GET', `oauth/work/callback?${query}`)
  },
}

/** With a verified email address, which a first proof of the mailbox would otherwise take the factor along with. */
export async function verifiedVisitor(): Promise<FactorVisitor> {
  const visitor = await newFactorVisitor()
  await torii.admin.verifyEmail(visitor.valid.user.id, visitor.email)
  return visitor
}

/** The id that the page of the browser carries. */
export async function pendingIdOf(browser: Browser): Promise<string> {
  const page = await browser.send('GET', 'second-factors/verify')
  assert.equal(page.status, 200)
  return /name="pendingId" value="([^"]+)"/.exec(await page.text())?.[1] ?? assert.fail()
}
