import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'vitest'
import { workProvider } from '../../oauth-client/provider-client.test.support.js'
import { goodPassword } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import type { Browser } from '../test/browser.test.support.js'
import {
  newBrowser as browserOf,
  codeAgain,
  halfway,
  pendingIdOf,
  verifiedVisitor,
  ways,
} from '../test/factor-browser.test.support.js'
import { addPasskey, options, provider, site, torii } from '../test/route-site.test.support.js'
import type { FactorVisitor } from '../test/second-factor-inputs.test.support.js'

/** The same site with trusted browsers. */
const trusting = site.with({
  ...options,
  secondFactor: { trustedBrowsers: { days: 30 } },
  oauth: { providers: [{ ...workProvider(provider.origin), trustEmail: true }] },
})
const pages = { signedIn: '/home', failed: '/sign-in' }
const handler = createHandler(trusting, { pages })
const cookieName = '__Host-torii-trusted'

const newBrowser = () => browserOf(handler)

/** Signs in with a code, in a browser that is trusted from then on. */
async function trust(visitor: FactorVisitor, browser = newBrowser()): Promise<Response> {
  const { pendingId } = await halfway(visitor, browser)
  const code = await codeAgain(visitor)
  const answer = { pendingId, code, trustBrowser: true }
  const response = await browser.send('POST', 'second-factors/verify', answer)
  assert.equal(response.status, 200, await response.clone().text())
  return response
}

async function trustedBrowser(visitor: FactorVisitor): Promise<Browser> {
  const browser = newBrowser()
  await trust(visitor, browser)
  assert.ok(browser.cookies.has(cookieName))
  return browser
}

/** Signs in with the password, and says whether that opened a session. */
async function signsIn({ email }: FactorVisitor, browser: Browser): Promise<boolean> {
  const body = { email, password: goodPassword }
  const { status } = await browser.send('POST', 'password/authenticate', body)
  assert.ok(status === 200 || status === 401, String(status))
  return status === 200
}

/** The same browser, signed out: the cookies that a sign-out leaves. */
async function signedOut(browser: Browser): Promise<Browser> {
  assert.equal((await browser.send('POST', 'sign-out')).status, 204)
  assert.equal(browser.session, undefined)
  return browser
}

interface Factors {
  readonly level: number
  readonly trustedBrowsers: readonly { readonly id: string; readonly lastUsedAt: string | null }[]
}

const factorsOf = async (browser: Browser) =>
  (await (await browser.send('GET', 'second-factors')).json()) as Factors

for (const [way, signIn] of Object.entries(ways))
  test(`T14.50 ${way}: a trusted browser opens a session of level 1, which proves no second factor`, async () => {
    const visitor = await verifiedVisitor()
    const browser = await signedOut(await trustedBrowser(visitor))
    const former = browser.cookies.get(cookieName)
    const response = await signIn(visitor, browser)
    if (way === 'new identity with the email address') {
      assert.equal(browser.session, undefined)
      assert.ok(browser.pending)
      assert.equal(browser.cookies.get(cookieName), former)
      return assert.equal(await signsIn(visitor, browser), true)
    }
    assert.ok(browser.session, `${response.status} ${await response.text()}`)
    assert.equal(browser.pending, undefined)
    assert.notEqual(browser.cookies.get(cookieName), former)
    const { level, trustedBrowsers } = await factorsOf(browser)
    assert.equal(level, 1)
    assert.equal(trustedBrowsers.length, 1)
    // What asks for a recent proof of two factors goes on asking.
    assert.equal((await browser.send('POST', 'token')).status, 403)
    const code = await codeAgain(visitor)
    assert.equal((await browser.send('POST', 'reauthenticate', { code })).status, 204)
    assert.equal((await browser.send('POST', 'token')).status, 201)
  })

describe('T14.51 the secret of a trusted browser', () => {
  test('is replaced by every sign-in: the former cookie opens nothing', async () => {
    const visitor = await verifiedVisitor()
    const browser = await trustedBrowser(visitor)
    const thief = newBrowser()
    thief.cookies.set(cookieName, browser.cookies.get(cookieName) ?? assert.fail())
    assert.equal(await signsIn(visitor, browser), true)
    assert.equal(await signsIn(visitor, thief), false)
    assert.equal(await signsIn(visitor, browser), true)
  })

  test('is in a cookie that no script can read, and that names no account', async () => {
    const visitor = await verifiedVisitor()
    const response = await trust(visitor)
    const set = response.headers.getSetCookie().find((cookie) => cookie.startsWith(cookieName))
    assert.match(
      set ?? '',
      /^__Host-torii-trusted=[\w-]{64}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure$/,
    )
    assert.doesNotMatch(await response.text(), /[\w-]{64}/)
    const { rows } = await site.db.query(
      'select encode(secret_hash, $2) as hash from torii.trusted_browsers where user_id = $1',
      [visitor.valid.user.id, 'base64'],
    )
    const secret = Buffer.from(set?.slice(cookieName.length + 1, -1) ?? '', 'base64url')
    assert.ok(!secret.includes(Buffer.from(String(rows[0]?.hash), 'base64')))
    // Separated by purpose from the hash of every other secret.
    const hashed = createHash('sha256').update('torii:trusted-browser:')
    assert.equal(hashed.update(secret.subarray(0, 32)).digest('base64'), rows[0]?.hash)
  })

  test('is that of one account: it opens nothing for another, and five accounts fit', async () => {
    const visitors: FactorVisitor[] = []
    for (let index = 0; index < 6; index += 1) visitors.push(await verifiedVisitor())
    const [first = assert.fail(), ...others] = visitors
    const browser = await trustedBrowser(first)
    const [second = assert.fail()] = others
    assert.equal(await signsIn(second, browser), false)
    for (const visitor of others.slice(0, 4)) await trust(visitor, browser)
    assert.equal(browser.cookies.get(cookieName)?.split('.').length, 5)
    assert.equal(await signsIn(first, browser), true)
    // The sixth takes the place of the one that was used longest ago.
    await trust(others[4] ?? assert.fail(), browser)
    assert.equal(browser.cookies.get(cookieName)?.split('.').length, 5)
    assert.equal(await signsIn(first, browser), true)
    assert.equal(await signsIn(second, browser), false)
  })

  test('is the same in both answers of a double click', async () => {
    const visitor = await verifiedVisitor()
    const browser = await signedOut(await trustedBrowser(visitor))
    const { token } = await torii.magicLink.create({ email: visitor.email })
    await browser.send('GET', `magic-link?token=${token.reveal()}`)
    const nonce = browser.cookies.get('__Host-torii-landing') ?? assert.fail()
    const form = new URLSearchParams({ token: token.reveal(), nonce })
    const former = browser.cookies.get(cookieName) ?? assert.fail()
    const cookies = []
    for (const _ of ['once', 'a double click']) {
      browser.cookies.set(cookieName, former)
      const posted = await browser.send('POST', 'magic-link/authenticate', form)
      assert.equal(posted.headers.get('location'), '/home')
      cookies.push(browser.cookies.get(cookieName))
    }
    assert.equal(cookies[0], cookies[1])
    assert.equal(await signsIn(visitor, browser), true)
  })

  test('is ignored where the cookie is malformed, or is there twice', async () => {
    const visitor = await verifiedVisitor()
    const genuine = (await trustedBrowser(visitor)).cookies.get(cookieName) ?? assert.fail()
    for (const value of ['', 'x', `${genuine}x`, `${genuine}.`.repeat(6), genuine.slice(1)]) {
      const browser = newBrowser()
      browser.cookies.set(cookieName, value)
      assert.equal(await signsIn(visitor, browser), false, value)
    }
    const twice = newBrowser()
    twice.cookies.set(cookieName, `${genuine}; ${cookieName}=${genuine}`)
    assert.equal(await signsIn(visitor, twice), false)
  })
})

/** The answer of the visitor's passkey to the pending sign-in of the browser. */
async function passkeyAnswer(
  browser: Browser,
  pendingId: string,
  { authenticator }: Awaited<ReturnType<typeof addPasskey>>,
) {
  const started = await browser.send('POST', 'second-factors/passkey/options', { pendingId })
  const { challengeId, options: asked } = (await started.json()) as {
    challengeId: string
    options: { challenge: string }
  }
  return { pendingId, challengeId, response: authenticator.get(asked) }
}

describe('T14.52 a browser is trusted', () => {
  test('by a passkey, where the user asked for it', async () => {
    const visitor = await verifiedVisitor()
    const added = await addPasskey(visitor)
    for (const trustBrowser of [undefined, null, false, true]) {
      const { browser, pendingId } = await halfway(visitor, newBrowser())
      const answer = { ...(await passkeyAnswer(browser, pendingId, added)), trustBrowser }
      const answered = await browser.send('POST', 'second-factors/verify', answer)
      assert.equal(answered.status, 200, await answered.clone().text())
      assert.equal(browser.cookies.has(cookieName), trustBrowser === true)
      if (trustBrowser !== true) continue
      assert.deepEqual((await factorsOf(browser)).level, 2)
      assert.equal(await signsIn(visitor, await signedOut(browser)), true)
      const { level, trustedBrowsers } = await factorsOf(browser)
      assert.deepEqual([level, trustedBrowsers.length], [1, 1])
    }
  })

  test('only where the user asked for it with a code of the authenticator app or a passkey', async () => {
    const visitor = await verifiedVisitor()
    for (const answer of [
      { code: '' },
      { code: '', trustBrowser: false },
      { recoveryCode: visitor.recoveryCodes[0], trustBrowser: true },
    ]) {
      const { browser, pendingId } = await halfway(visitor, newBrowser())
      const code = await codeAgain(visitor)
      const sent = { pendingId, ...answer, ...('code' in answer ? { code } : {}) }
      assert.equal((await browser.send('POST', 'second-factors/verify', sent)).status, 200)
      assert.equal(browser.cookies.has(cookieName), false)
    }
    const { browser, pendingId } = await halfway(visitor, newBrowser())
    const wrong = { pendingId, code: visitor.app.wrongCode(), trustBrowser: true }
    assert.equal((await browser.send('POST', 'second-factors/verify', wrong)).status, 422)
    assert.equal(browser.cookies.has(cookieName), false)
    const text = { pendingId, code: '123456', trustBrowser: 'yes' }
    assert.equal((await browser.send('POST', 'second-factors/verify', text)).status, 400)
    const { rows } = await site.db.query(
      'select 1 from torii.trusted_browsers where user_id = $1',
      [visitor.valid.user.id],
    )
    assert.equal(rows.length, 0)
  })

  test('only while the option allows it', async () => {
    const visitor = await verifiedVisitor()
    const without = browserOf()
    const { pendingId } = await halfway(visitor, without)
    const code = await codeAgain(visitor)
    const asked = { pendingId, code, trustBrowser: true }
    assert.equal((await without.send('POST', 'second-factors/verify', asked)).status, 200)
    assert.equal(without.cookies.has(cookieName), false)
    const browser = await trustedBrowser(visitor)
    without.cookies.set(cookieName, browser.cookies.get(cookieName) ?? assert.fail())
    assert.equal(await signsIn(visitor, without), false)
    assert.deepEqual((await factorsOf(without)).trustedBrowsers, [])
    assert.equal(await signsIn(visitor, browser), true)
  })

  test('until its time is over, which no sign-in extends', async () => {
    const visitor = await verifiedVisitor()
    const browser = await trustedBrowser(visitor)
    const age = (days: number) =>
      site.db.query(
        `update torii.trusted_browsers set created_at = created_at - make_interval(days => $2),
           expires_at = expires_at - make_interval(days => $2) where user_id = $1`,
        [visitor.valid.user.id, days],
      )
    await age(29)
    assert.equal(await signsIn(visitor, browser), true)
    await age(1)
    assert.equal(await signsIn(visitor, browser), false)
  })

  test('until the sessions of the user are ended, or they remove it', async () => {
    const visitor = await verifiedVisitor()
    const [browser, other] = [await trustedBrowser(visitor), await trustedBrowser(visitor)]
    const { trustedBrowsers } = await factorsOf(browser)
    assert.equal(trustedBrowsers.length, 2)
    const [{ id } = assert.fail()] = trustedBrowsers
    const path = 'second-factors/trusted-browsers'
    assert.equal((await browser.send('DELETE', `${path}/${id.toUpperCase()}`)).status, 404)
    assert.equal((await browser.send('DELETE', `${path}/${id}`)).status, 204)
    assert.equal((await browser.send('DELETE', `${path}/${id}`)).status, 404)
    assert.equal(await signsIn(visitor, other), false)
    assert.equal(await signsIn(visitor, browser), true)
    assert.equal((await browser.send('DELETE', path)).status, 204)
    assert.equal(await signsIn(visitor, browser), false)
    const third = await trustedBrowser(visitor)
    assert.equal((await third.send('POST', 'sessions/revoke-others')).status, 200)
    assert.deepEqual((await factorsOf(third)).trustedBrowsers, [])
    assert.equal(await signsIn(visitor, await signedOut(third)), false)
  })

  test('until an administrator removes the second factor, and not by the next one', async () => {
    const visitor = await verifiedVisitor()
    const browser = await trustedBrowser(visitor)
    assert.equal(await torii.admin.resetSecondFactors(visitor.valid.user.id), true)
    const { rows } = await site.db.query(
      'select 1 from torii.trusted_browsers where user_id = $1',
      [visitor.valid.user.id],
    )
    assert.equal(rows.length, 0)
    assert.equal(await signsIn(visitor, browser), true)
    // As an enrollment does.
    await site.db.query(
      'update torii.users set second_factor_epoch = owner_epoch, session_epoch = session_epoch + 1 where id = $1',
      [visitor.valid.user.id],
    )
    assert.equal(await signsIn(visitor, browser), false)
  })
})

describe('the page of the second factor', () => {
  test('has the checkbox only where browsers are trusted, in the language of the browser', async () => {
    const visitor = await verifiedVisitor()
    const { browser: without } = await halfway(visitor)
    assert.doesNotMatch(
      await (await without.send('GET', 'second-factors/verify')).text(),
      /trustBrowser/,
    )
    const { browser } = await halfway(visitor, newBrowser())
    const html = await (await browser.send('GET', 'second-factors/verify')).text()
    // The recovery code has none.
    assert.equal(html.match(/<input type="checkbox" name="trustBrowser" value="true">/g)?.length, 1)
    const pendingId = await pendingIdOf(browser)
    const nonce = browser.cookies.get('__Host-torii-landing') ?? assert.fail()
    const code = await codeAgain(visitor)
    const form = new URLSearchParams({ pendingId, nonce, code, trustBrowser: 'true' })
    assert.equal((await browser.send('POST', 'second-factors/verify', form)).status, 303)
    assert.equal(await signsIn(visitor, await signedOut(browser)), true)
  })

  test('sends the checkbox with the passkey as well', async () => {
    const visitor = await verifiedVisitor()
    const added = await addPasskey(visitor)
    const { browser, pendingId } = await halfway(visitor, newBrowser())
    const html = await (await browser.send('GET', 'second-factors/verify')).text()
    assert.match(html, /data-passkey=/)
    assert.equal(html.match(/<input[^>]*name="trustBrowser"/g)?.length, 1)
    assert.match(html, /\[name=trustBrowser\]:checked/)
    const answer = await passkeyAnswer(browser, pendingId, added)
    const nonce = browser.cookies.get('__Host-torii-landing') ?? assert.fail()
    const response = JSON.stringify(answer.response)
    const form = new URLSearchParams({ ...answer, response, nonce, trustBrowser: 'true' })
    assert.equal((await browser.send('POST', 'second-factors/verify', form)).status, 303)
    assert.equal(await signsIn(visitor, await signedOut(browser)), true)
  })
})
