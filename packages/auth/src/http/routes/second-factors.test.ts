import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import { AuthenticatorApp } from '../../one-time-codes/authenticator-app.test.support.js'
import { totpCode } from '../../one-time-codes/totp.js'
import { readDeviceCookie } from '../../rate-limits/known-browsers.js'
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
import { addPasskey, newInfo, newVisitor, site, torii } from '../test/route-site.test.support.js'
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

  for (const path of ['second-factors/verify', 'second-factors/passkey/options'])
    test(`a wrong code says how many tries are left, and the sixth answer ends the cookie: ${path}`, async () => {
      const visitor = await newFactorVisitor()
      const { browser, pendingId } = await halfway(visitor)
      const code = visitor.app.wrongCode()
      for (const triesLeft of [4, 3, 2, 1, 0]) {
        const wrong = await browser.send('POST', 'second-factors/verify', { pendingId, code })
        assert.equal(wrong.status, 422)
        const body = (await wrong.json()) as { error: string; triesLeft: number }
        assert.deepEqual([body.error, body.triesLeft], ['invalid_code', triesLeft])
      }
      const answer = path === 'second-factors/verify' ? { pendingId, code } : { pendingId }
      const ended = await browser.send('POST', path, answer)
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

  test('a browser is known for the user from the code on, and not from the password', async () => {
    const visitor = await newFactorVisitor()
    const { browser, pendingId } = await halfway(visitor)
    const isKnown = () => {
      const cookie = browser.cookies.get('__Host-torii-device') ?? null
      const known = readDeviceCookie(torii.options.keys, cookie)
      return known !== null && known.idForUser(visitor.valid.user.id) !== null
    }
    assert.equal(isKnown(), false)
    const code = await codeAgain(visitor)
    await browser.send('POST', 'second-factors/verify', { pendingId, code })
    assert.equal(isKnown(), true)
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
    const started = await send('POST', 'second-factors/totp/start', last, {})
    const { uri } = (await started.json()) as { uri: string }
    const first = { code: new AuthenticatorApp(uri).code() }
    const confirmed = await send('POST', 'second-factors/totp/confirm', last, first)
    assert.deepEqual([confirmed.status, confirmed.headers.getSetCookie()], [201, []])
    const { token: newest } = (await confirmed.json()) as { token: string }
    assert.equal((await send('GET', 'session', newest)).status, 200)
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
