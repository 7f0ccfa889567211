import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'vitest'
import { totpCode } from '../../one-time-codes/totp.js'
import { baseUrl, goodPassword } from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import {
  codeAgain,
  halfway,
  handler,
  newBrowser,
  pendingIdOf,
  verifiedVisitor,
  ways,
} from '../test/factor-browser.test.support.js'
import type { Visitor } from '../test/route-site.test.support.js'
import {
  addPasskey,
  completedFlow,
  newInfo,
  newVisitor,
  site,
  takeMails,
  tokenIn,
  torii,
} from '../test/route-site.test.support.js'
import { newFactorVisitor } from '../test/second-factor-inputs.test.support.js'

const sessionsOf = async ({ valid: { user } }: Visitor) => {
  const { rows } = await site.db.query(
    'select count(*)::int as n from torii.sessions where user_id = $1',
    [user.id],
  )
  return rows[0]?.n
}

for (const [way, signIn] of Object.entries(ways))
  test(`T14.30 ${way}: no session is opened before the code, and one at level 2 after it`, async () => {
    const visitor = await verifiedVisitor()
    const before = await sessionsOf(visitor)
    const browser = newBrowser()
    const response = await signIn(visitor, browser)
    assert.equal(browser.session, undefined)
    assert.equal(await sessionsOf(visitor), before)
    assert.match(browser.pending ?? '', /^torii_p_/)
    if (response.status === 303)
      assert.equal(response.headers.get('location'), '/auth/second-factors/verify')
    else assert.equal(response.status, 401)
    const pendingId = await pendingIdOf(browser)
    const verified = await browser.send('POST', 'second-factors/verify', {
      pendingId,
      code: await codeAgain(visitor),
    })
    assert.equal(verified.status, 200, await verified.clone().text())
    const { session, user } = (await verified.json()) as {
      session: { level: number }
      user: { email: string }
    }
    assert.deepEqual([session.level, user.email], [2, visitor.email])
    assert.equal(browser.pending, undefined)
    assert.equal((await browser.send('GET', 'session')).status, 200)
    const { rows } = await site.db.query(
      'select count(*)::int as n from torii.oauth_accounts where user_id = $1',
      [visitor.valid.user.id],
    )
    assert.equal(rows[0]?.n, way.includes('identity') ? 1 : 0)
  })

describe('the answer of a sign-in that waits', () => {
  test('T14.31 has no token: that is in a cookie that no script can read', async () => {
    const visitor = await newFactorVisitor()
    const { email } = visitor
    const response = await newBrowser().send('POST', 'password/authenticate', {
      email,
      password: goodPassword,
    })
    const text = await response.text()
    assert.doesNotMatch(text, /torii_[ps]_/)
    const [cookie = '', ...more] = response.headers.getSetCookie()
    assert.equal(more.length, 0)
    assert.match(
      cookie,
      /^__Host-torii-pending=torii_p_[\w-]{86}; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    )
    const { factors, expiresAt } = JSON.parse(text)
    assert.deepEqual(factors, ['totp', 'recovery_code'])
    assert.ok(Date.parse(expiresAt) > Date.now())
  })

  test('T14.32 of two tabs, only the one whose sign-in the cookie holds can go on', async () => {
    const visitor = await newFactorVisitor()
    const first = await halfway(visitor)
    const second = await halfway(visitor, first.browser)
    const code = await codeAgain(visitor)
    const { browser } = first
    const refused = await browser.send('POST', 'second-factors/verify', {
      pendingId: first.pendingId,
      code,
    })
    assert.equal(refused.status, 401)
    const { pendingId } = second
    const opened = await browser.send('POST', 'second-factors/verify', { pendingId, code })
    assert.equal(opened.status, 200)
  })

  test('a wrong code says how many tries are left, and the sixth answer ends the cookie', async () => {
    const visitor = await newFactorVisitor()
    const { browser, pendingId } = await halfway(visitor)
    const code = visitor.app.wrongCode()
    for (const triesLeft of [4, 3, 2, 1, 0]) {
      const wrong = await browser.send('POST', 'second-factors/verify', { pendingId, code })
      assert.equal(wrong.status, 422)
      const body = (await wrong.json()) as { error: string; triesLeft: number }
      assert.deepEqual([body.error, body.triesLeft], ['invalid_code', triesLeft])
    }
    const ended = await browser.send('POST', 'second-factors/verify', { pendingId, code })
    assert.equal(ended.status, 401)
    assert.equal(browser.pending, undefined)
  })

  test('a passkey that is not verified uses a try, with a message of its own', async () => {
    const visitor = await newFactorVisitor()
    await addPasskey(visitor)
    const { browser, pendingId } = await halfway(visitor)
    const other = await halfway(visitor)
    const wrongTab = { pendingId: other.pendingId }
    const refused = await browser.send('POST', 'second-factors/passkey/options', wrongTab)
    assert.equal(refused.status, 401)
    const started = await browser.send('POST', 'second-factors/passkey/options', { pendingId })
    const { challengeId, options } = (await started.json()) as {
      challengeId: string
      options: { challenge: string }
    }
    const response = new SoftwareAuthenticator().get(options)
    const wrong = { pendingId, challengeId, response }
    const answered = await browser.send('POST', 'second-factors/verify', wrong)
    assert.equal(answered.status, 422)
    const body = (await answered.json()) as { message: string; triesLeft: number }
    assert.deepEqual([body.message, body.triesLeft], ['This passkey could not be verified.', 4])
    const malformed = { ...wrong, response: { id: 7 } }
    assert.equal((await browser.send('POST', 'second-factors/verify', malformed)).status, 400)
    const { rows } = await site.db.query('select tries from torii.pending_sign_ins where id = $1', [
      pendingId,
    ])
    assert.equal(rows[0]?.tries, 2)
  })

  test('bad input is refused before anything is counted', async () => {
    const visitor = await newFactorVisitor()
    const { browser, pendingId } = await halfway(visitor)
    for (const body of [
      { pendingId },
      { pendingId, code: '123456', recoveryCode: 'x' },
      { pendingId, code: 123_456 },
      { pendingId, code: '123456', challengeId: 'x', response: {} },
      { pendingId, challengeId: 'x' },
      { pendingId, response: {} },
      { pendingId, challengeId: 'x', response: 'x' },
      { code: '123456' },
    ])
      assert.equal((await browser.send('POST', 'second-factors/verify', body)).status, 400)
    const { rows } = await site.db.query('select tries from torii.pending_sign_ins where id = $1', [
      pendingId,
    ])
    assert.equal(rows[0]?.tries, 0)
  })

  test('signing out ends it', async () => {
    const { browser } = await halfway(await newFactorVisitor())
    const token = browser.pending ?? assert.fail()
    assert.equal((await browser.send('POST', 'sign-out')).status, 204)
    assert.equal(browser.pending, undefined)
    assert.equal(await torii.secondFactors.findPending(token), null)
  })

  test('the session of the browser from before ends when the new one opens, and not earlier', async () => {
    const visitor = await newFactorVisitor()
    const other = await newVisitor()
    const browser = newBrowser()
    browser.cookies.set('__Host-torii', other.token)
    const { pendingId } = await halfway(visitor, browser)
    assert.notEqual(await torii.sessions.validate(other.token), null)
    const code = await codeAgain(visitor)
    assert.equal(
      (await browser.send('POST', 'second-factors/verify', { pendingId, code })).status,
      200,
    )
    assert.equal(await torii.sessions.validate(other.token), null)
  })
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
    const page = await newBrowser().send('GET', 'second-factors/verify')
    assert.equal(page.status, 401)
    assert.match(await page.text(), /This sign-in has expired[\s\S]*href="\/sign-in"/)
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

describe('the signed-in user', () => {
  async function signedIn() {
    const visitor = await newVisitor()
    const browser = newBrowser()
    browser.cookies.set('__Host-torii', visitor.token)
    return { browser, visitor }
  }

  test('turns the second factor on and off; the cookie follows', async () => {
    const { browser } = await signedIn()
    const before = await browser.send('GET', 'second-factors')
    assert.deepEqual(await before.json(), {
      level: 1,
      level2At: null,
      totp: null,
      recoveryCodes: { remaining: 0 },
      trustedBrowsers: [],
      required: false,
      graceEndsAt: null,
    })
    const started = await browser.send('POST', 'second-factors/totp/start')
    assert.equal(started.headers.get('cache-control'), 'no-store')
    const { secret, uri, qr } = (await started.json()) as Record<string, string>
    assert.match(uri ?? '', new RegExp(`secret=${secret}&`))
    assert.match(qr ?? '', /^<svg/)
    const former = browser.session
    const step = Math.floor(Date.now() / 30_000)
    const confirmed = await browser.send('POST', 'second-factors/totp/confirm', {
      code: totpCode(decodeBase32(secret ?? ''), step),
    })
    assert.equal(confirmed.status, 201, await confirmed.clone().text())
    const body = (await confirmed.json()) as { recoveryCodes: string[] }
    assert.deepEqual([body.recoveryCodes.length, 'token' in body], [10, false])
    assert.notEqual(browser.session, former)
    const after = (await (await browser.send('GET', 'second-factors')).json()) as {
      level: number
      recoveryCodes: object
    }
    assert.deepEqual([after.level, after.recoveryCodes], [2, { remaining: 10 }])
    const codes = await browser.send('POST', 'second-factors/recovery-codes')
    assert.equal(((await codes.json()) as { recoveryCodes: string[] }).recoveryCodes.length, 10)
    assert.equal((await browser.send('DELETE', 'second-factors/totp')).status, 204)
    assert.equal((await browser.send('DELETE', 'second-factors/totp')).status, 404)
  })

  test('T14.33 needs a recent proof of two factors for sensitive changes, which a code gives', async () => {
    const visitor = await newFactorVisitor()
    const browser = newBrowser()
    browser.cookies.set('__Host-torii', visitor.token)
    await site.db.query(
      `update torii.sessions set level2_at = level2_at - interval '20 minutes' where id = $1`,
      [visitor.valid.session.id],
    )
    const sensitive = () => browser.send('POST', 'token')
    const change = { currentPassword: goodPassword, newPassword: 'another gate of two pillars' }
    assert.equal((await browser.send('POST', 'password/change', change)).status, 403)
    const refused = await sensitive()
    assert.equal(refused.status, 403)
    const { message: _, ...body } = (await refused.json()) as { message: string }
    assert.deepEqual(body, {
      error: 'level_required',
      level: 2,
      methods: ['totp', 'recovery_code', 'passkey'],
    })
    const byPassword = await browser.send('POST', 'reauthenticate', { password: goodPassword })
    assert.equal(byPassword.status, 204)
    assert.equal((await sensitive()).status, 403)
    const code = await codeAgain(visitor)
    assert.equal((await browser.send('POST', 'reauthenticate', { code })).status, 204)
    assert.equal((await sensitive()).status, 201)
    assert.equal((await browser.send('POST', 'password/change', change)).status, 204)
  })

  test('one proof is sent; two at once are refused and none is used, and a wrong recovery code says so', async () => {
    const visitor = await newFactorVisitor()
    const browser = newBrowser()
    browser.cookies.set('__Host-torii', visitor.token)
    const code = await codeAgain(visitor)
    const response = {}
    for (const proofs of [
      {},
      { code, password: goodPassword },
      { code, recoveryCode: 'AAAAA-AAAAA' },
      { code, challengeId: 'x', response },
      { code, response },
      { password: goodPassword, challengeId: 'x', response },
      { challengeId: 'x' },
    ]) {
      const refused = await browser.send('POST', 'reauthenticate', proofs)
      const { error, message } = (await refused.json()) as { error: string; message: string }
      assert.deepEqual(
        [refused.status, error, message],
        [
          400,
          'invalid_input',
          'Send one of password, challengeId with response, code and recoveryCode.',
        ],
        JSON.stringify(Object.keys(proofs)),
      )
    }
    assert.equal((await browser.send('POST', 'reauthenticate', { code })).status, 204)
    const wrong = await browser.send('POST', 'reauthenticate', { recoveryCode: 'AAAAA-AAAAA' })
    const { error, message } = (await wrong.json()) as { error: string; message: string }
    assert.deepEqual(
      [wrong.status, error, message],
      [
        422,
        'invalid_code',
        'This recovery code is wrong, or it was used before. Enter another one.',
      ],
    )
  })

  test('a bearer gets its new token in the answer', async () => {
    const visitor = await newFactorVisitor()
    const code = await codeAgain(visitor)
    const send = (method: string, path: string, token: string, body?: object) =>
      handler(
        new Request(`${baseUrl}/auth/${path}`, {
          method,
          headers: {
            authorization: `Bearer ${token}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        }),
        newInfo(),
      )
    const raised = await send('POST', 'reauthenticate', visitor.token, { code })
    assert.equal(raised.status, 200)
    const { token } = (await raised.json()) as { token: string }
    assert.equal((await send('GET', 'session', visitor.token)).status, 401)
    const removed = await send('DELETE', 'second-factors/totp', token)
    assert.equal(removed.status, 200)
    const { token: last } = (await removed.json()) as { token: string }
    assert.equal((await send('GET', 'session', last)).status, 200)
  })
})

/** RFC 4648 section 6. */
function decodeBase32(text: string): Buffer {
  const bits = [...text]
    .map((character) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(character).toString(2).padStart(5, '0'),
    )
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
