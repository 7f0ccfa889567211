import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'vitest'
import { goodPassword } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import {
  codeAgain,
  halfway,
  newBrowser,
  pendingIdOf,
  verifiedVisitor,
} from '../test/factor-browser.test.support.js'
import {
  addPasskey,
  completedFlow,
  newVisitor,
  options,
  site,
  takeMails,
  tokenIn,
  torii,
} from '../test/route-site.test.support.js'
import { newFactorVisitor } from '../test/second-factor-inputs.test.support.js'

/** What an owner does whose link is spent: no new one can be requested. */
const noNewLink = /already used\. If you did not turn on [^.]* contact the support\./

test('T14.91 a factor that an import could not read: no code is asked for, and the page says what to do', async () => {
  const visitor = await newFactorVisitor()
  await site.db.query('delete from torii.totp_factors where user_id = $1', [visitor.valid.user.id])
  const browser = newBrowser()
  const { pendingId, factors } = await halfway(visitor, browser)
  assert.deepEqual(factors, ['totp', 'recovery_code'])
  await site.db.query('delete from torii.recovery_codes where user_id = $1', [
    visitor.valid.user.id,
  ])
  const pending = await torii.secondFactors.findPending(browser.pending ?? '')
  assert.deepEqual([pending?.id, pending?.factors, pending?.mustEnroll], [pendingId, [], false])
  const html = await (await browser.send('GET', 'second-factors/verify')).text()
  assert.match(html, /ask for your second factor to be reset/)
  assert.doesNotMatch(html, /name="(?:code|recoveryCode|password)"/)
  const again = await newBrowser().send('POST', 'password/authenticate', {
    email: visitor.email,
    password: goodPassword,
  })
  const { message } = (await again.json()) as { message: string }
  assert.match(message, /ask for your second factor to be reset/)
})

describe('the page that undoes a second factor', () => {
  async function undoable() {
    const visitor = await newFactorVisitor()
    const mails = await takeMails()
    const mail = mails.find(
      ({ to, kind }) => to === visitor.email && kind === 'second_factor_added',
    )
    return { visitor, token: tokenIn(mail) }
  }

  test('T14.60 opening it changes nothing; its button undoes, twice in one browser with one success', async () => {
    const { visitor, token } = await undoable()
    const browser = newBrowser()
    for (let visit = 0; visit < 3; visit += 1) {
      const opened = await browser.send('GET', `second-factors/undo?token=${token}`)
      assert.deepEqual(
        [opened.status, opened.headers.get('location')],
        [303, '/auth/second-factors/undo'],
      )
    }
    const page = await browser.send('GET', 'second-factors/undo')
    assert.equal(page.status, 200)
    const html = await page.text()
    assert.ok(html.includes(`<strong>${visitor.email}</strong>`))
    assert.match(html, /<button type="submit">This was not me<\/button>/)
    assert.match(html, /If you turned it on yourself, close this page/)
    assert.doesNotMatch(html, /Nothing has changed/)
    assert.notEqual(await torii.sessions.validate(visitor.token), null)
    const nonce = browser.cookies.get('__Host-torii-landing') ?? assert.fail()
    const foreign = new URLSearchParams({ token, nonce: 'x'.repeat(43) })
    assert.equal((await browser.send('POST', 'second-factors/undo', foreign)).status, 401)
    assert.notEqual(await torii.sessions.validate(visitor.token), null)
    for (let click = 0; click < 2; click += 1) {
      const posted = await browser.send(
        'POST',
        'second-factors/undo',
        new URLSearchParams({ token, nonce }),
      )
      assert.deepEqual([posted.status, posted.headers.get('location')], [303, '/'])
    }
    assert.equal(await torii.sessions.validate(visitor.token), null)
    const json = await newBrowser().send('POST', 'second-factors/undo', { token })
    assert.equal(json.status, 401)
    assert.match(((await json.json()) as { message: string }).message, noNewLink)
    const again = await newBrowser().send('POST', 'second-factors/undo', foreign)
    assert.match(await again.text(), noNewLink)
  })

  test('a program posts the token, and gets no content', async () => {
    const { token } = await undoable()
    const done = await newBrowser().send('POST', 'second-factors/undo', { token })
    assert.equal(done.status, 204)
  })
})

describe('the page of the second factor', () => {
  test('posts a code and leads to the application; a wrong one shows the page again', async () => {
    const visitor = await newFactorVisitor()
    const { browser } = await halfway(visitor)
    const page = await browser.send('GET', 'second-factors/verify')
    const html = await page.text()
    assert.match(html, /<h1>Two-factor authentication<\/h1>/)
    assert.match(html, /inputmode="numeric" autocomplete="one-time-code"/)
    assert.match(html, /<a href="\/sign-in">Sign in another way<\/a>/)
    assert.doesNotMatch(html, /If you did not request this/)
    const fields = Object.fromEntries(
      [...html.matchAll(/type="hidden" name="(\w+)" value="([^"]+)"/g)].map(([, name, value]) => [
        name,
        value,
      ]),
    )
    const post = (more: Record<string, string>) =>
      browser.send('POST', 'second-factors/verify', new URLSearchParams({ ...fields, ...more }))
    const wrong = await post({ code: visitor.app.wrongCode() })
    assert.equal(wrong.status, 422)
    assert.match(await wrong.text(), /role="alert">This code is wrong/)
    const right = await post({ code: await codeAgain(visitor) })
    assert.equal(right.status, 303)
    assert.equal(right.headers.get('location'), '/home')
    assert.ok(browser.session)
  })

  test('T14.29 leads where a flow of a provider was to lead, also after a wrong code, and never out of the application', async () => {
    const visitor = await verifiedVisitor()
    const browser = newBrowser()
    const person = { email: visitor.email }
    const flow = await completedFlow(null, true, person, '/books?page=2')
    browser.cookies.set('__Host-torii-flow', flow.browser.reveal())
    const callback = await browser.send('GET', `oauth/work/callback?${flow.query}`)
    const location = callback.headers.get('location') ?? ''
    assert.equal(location, '/auth/second-factors/verify?redirectTo=%2Fbooks%3Fpage%3D2')
    const open = async (path: string) => (await browser.send('GET', path)).text()
    const hidden = (html: string) =>
      new URLSearchParams(
        [...html.matchAll(/type="hidden" name="(\w+)" value="([^"]+)"/g)].map(
          ([, name = '', value = '']): [string, string] => [name, value],
        ),
      )
    const post = (fields: URLSearchParams, code: string) => {
      fields.set('code', code)
      return browser.send('POST', 'second-factors/verify', fields)
    }
    const fields = hidden(await open(location.slice('/auth/'.length)))
    assert.equal(fields.get('redirectTo'), '/books?page=2')
    const wrong = await post(fields, visitor.app.wrongCode())
    const again = hidden(await wrong.text())
    assert.equal(again.get('redirectTo'), '/books?page=2')
    for (const outside of ['https://evil.example/', '//evil.example', '/\\evil.example']) {
      const path = `second-factors/verify?redirectTo=${encodeURIComponent(outside)}`
      assert.equal(hidden(await open(path)).get('redirectTo'), null, outside)
    }
    const right = await post(again, await codeAgain(visitor))
    assert.deepEqual([right.status, right.headers.get('location')], [303, '/books?page=2'])
    const next = await halfway(visitor)
    const own = hidden(await (await next.browser.send('GET', 'second-factors/verify')).text())
    own.set('redirectTo', 'https://evil.example/')
    own.set('code', await codeAgain(visitor))
    const posted = await next.browser.send('POST', 'second-factors/verify', own)
    assert.deepEqual([posted.status, posted.headers.get('location')], [303, '/home'])
  })

  test('T14.70 signs in with a passkey: the script asks for options and posts the form', async () => {
    const visitor = await newFactorVisitor()
    const { authenticator } = await addPasskey(visitor)
    const { browser, pendingId, factors } = await halfway(visitor)
    assert.deepEqual(factors, ['totp', 'recovery_code', 'passkey'])
    const page = await browser.send('GET', 'second-factors/verify')
    const html = await page.text()
    const [, script = ''] = /<script>([\s\S]*?)<\/script>/.exec(html) ?? []
    const policy = page.headers.get('content-security-policy') ?? ''
    const hash = createHash('sha256').update(script).digest('base64')
    assert.ok(policy.includes(`; script-src 'sha256-${hash}'; connect-src 'self'; `), policy)
    const [form = ''] = /<form[^>]* data-passkey=[\s\S]*?<\/form>/.exec(html) ?? []
    // Without the script the button would do nothing.
    assert.match(form, / hidden data-passkey="\/auth\/second-factors\/passkey\/options"/)
    const started = await browser.send('POST', 'second-factors/passkey/options', { pendingId })
    assert.equal(started.status, 200)
    const { challengeId, options } = (await started.json()) as {
      challengeId: string
      options: { challenge: string }
    }
    const nonce = browser.cookies.get('__Host-torii-landing') ?? assert.fail()
    const post = (response: string) =>
      browser.send(
        'POST',
        'second-factors/verify',
        new URLSearchParams({ pendingId, nonce, challengeId, response }),
      )
    for (const text of ['no JSON', '[]', '7']) assert.equal((await post(text)).status, 400)
    const signed = await post(JSON.stringify(authenticator.get(options)))
    assert.deepEqual([signed.status, signed.headers.get('location')], [303, '/home'])
    assert.ok(browser.session)
  })

  test('has no script and no button for a user without a passkey', async () => {
    const { browser } = await halfway(await newFactorVisitor())
    const page = await browser.send('GET', 'second-factors/verify')
    assert.doesNotMatch(await page.text(), /<script|data-passkey/)
    assert.doesNotMatch(page.headers.get('content-security-policy') ?? '', /script-src|connect-src/)
  })

  test('asks a user without an authenticator application for the passkey alone', async () => {
    const visitor = await newVisitor()
    await addPasskey(visitor)
    await torii.admin.verifyEmail(visitor.valid.user.id, visitor.email)
    const secondFactor = { required: 'always' } as const
    const requiring = site.with({ ...options, secondFactor, requireVerifiedEmail: true })
    const { browser, factors, message } = await halfway(
      visitor,
      newBrowser(createHandler(requiring)),
    )
    assert.deepEqual([factors, message], [['passkey'], 'Use your passkey to complete the sign-in.'])
    const html = await (await browser.send('GET', 'second-factors/verify')).text()
    assert.match(html, /<p>Use your passkey to complete the sign-in\.<\/p>/)
    assert.match(html, / data-passkey=/)
    assert.doesNotMatch(html, /name="code"|name="recoveryCode"/)
  })

  test('asks for the password after a passkey that does not verify its user', async () => {
    const visitor = await newFactorVisitor()
    const { authenticator } = await addPasskey(visitor)
    const lenient = site.with({ ...options, passkey: { userVerification: 'preferred' } })
    const browser = newBrowser(createHandler(lenient, { pages: { signedIn: '/home' } }))
    const asked = await browser.send('POST', 'passkeys/authenticate/options', {})
    const started = (await asked.json()) as { challengeId: string; options: { challenge: string } }
    const response = authenticator.get(started.options, { userVerified: false })
    const { challengeId } = started
    const waits = await browser.send('POST', 'passkeys/authenticate/verify', {
      challengeId,
      response,
    })
    const { factors, message } = (await waits.json()) as { factors: string[]; message: string }
    assert.deepEqual([waits.status, factors], [401, ['totp', 'recovery_code', 'password']])
    assert.equal(message, 'Enter your password to complete the sign-in.')
    const html = await (await browser.send('GET', 'second-factors/verify')).text()
    assert.match(html, /Enter your password to complete the sign-in\./)
    const [form = ''] = /<form[\s\S]*?<\/form>/.exec(html) ?? []
    assert.match(form, /type="password" autocomplete="current-password"/)
    assert.match(html, /<summary>Use a code instead\?<\/summary>/)
    const hidden = [...form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)]
    const fields = new URLSearchParams(
      Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value])),
    )
    fields.set('password', 'wrong')
    const wrong = await browser.send('POST', 'second-factors/verify', fields)
    assert.equal(wrong.status, 422)
    assert.match(await wrong.text(), /role="alert">Incorrect password\./)
    fields.set('password', goodPassword)
    const done = await browser.send('POST', 'second-factors/verify', fields)
    assert.deepEqual([done.status, done.headers.get('location')], [303, '/home'])
    const session = await browser.send('GET', 'session')
    assert.equal(((await session.json()) as { session: { level: number } }).session.level, 2)
  })

  test('asks for another sign-in method where the passkey was the first factor, and is the only one', async () => {
    const visitor = await newVisitor()
    const { authenticator } = await addPasskey(visitor)
    await torii.admin.verifyEmail(visitor.valid.user.id, visitor.email)
    await site.db.query('delete from torii.passwords where user_id = $1', [visitor.valid.user.id])
    const requiring = site.with({
      ...options,
      secondFactor: { required: 'always' },
      requireVerifiedEmail: true,
      passkey: { userVerification: 'preferred' },
    })
    const browser = newBrowser(createHandler(requiring))
    const asked = await browser.send('POST', 'passkeys/authenticate/options', {})
    const started = (await asked.json()) as { challengeId: string; options: { challenge: string } }
    const response = authenticator.get(started.options, { userVerified: false })
    const { challengeId } = started
    const waits = await browser.send('POST', 'passkeys/authenticate/verify', {
      challengeId,
      response,
    })
    const { factors, message } = (await waits.json()) as { factors: string[]; message: string }
    assert.deepEqual([waits.status, factors], [401, []])
    assert.match(message, /Sign in with another method first, then with the passkey\./)
    const html = await (await browser.send('GET', 'second-factors/verify')).text()
    assert.match(html, /Sign in with another method first[\s\S]*>Sign in another way</)
    assert.doesNotMatch(html, /<form/)
  })

  test('takes a recovery code, and refuses a form of another site', async () => {
    const visitor = await newFactorVisitor()
    const { browser } = await halfway(visitor)
    const pendingId = await pendingIdOf(browser)
    const [recoveryCode = ''] = visitor.recoveryCodes
    const foreign = await browser.send(
      'POST',
      'second-factors/verify',
      new URLSearchParams({ pendingId, recoveryCode, nonce: 'x'.repeat(43) }),
    )
    assert.equal(foreign.status, 401)
    const nonce = browser.cookies.get('__Host-torii-landing') ?? assert.fail()
    const own = await browser.send(
      'POST',
      'second-factors/verify',
      new URLSearchParams({ pendingId, recoveryCode, nonce }),
    )
    assert.equal(own.status, 303)
  })

  test('without a sign-in that waits it leads back to the sign-in', async () => {
    const browser = newBrowser()
    browser.cookies.set('__Host-torii-pending', 'torii_p_x')
    const page = await browser.send('GET', 'second-factors/verify')
    assert.equal(page.status, 401)
    assert.match(await page.text(), /This sign-in has expired[\s\S]*href="\/sign-in"/)
    assert.equal(browser.pending, undefined)
  })

  test('a form of a mailed link leads to it', async () => {
    const visitor = await verifiedVisitor()
    const browser = newBrowser()
    const { token } = await torii.magicLink.create({ email: visitor.email })
    const moved = await browser.send('GET', `magic-link?token=${token.reveal()}`)
    assert.equal(moved.status, 303)
    const nonce = browser.cookies.get('__Host-torii-landing') ?? assert.fail()
    const form = new URLSearchParams({ token: token.reveal(), nonce })
    for (const _ of ['once', 'a double click']) {
      const posted = await browser.send('POST', 'magic-link/authenticate', form)
      assert.equal(posted.status, 303)
      assert.equal(posted.headers.get('location'), '/auth/second-factors/verify')
      assert.ok(browser.pending)
    }
    assert.equal((await browser.send('GET', 'second-factors/verify')).status, 200)
  })
})
