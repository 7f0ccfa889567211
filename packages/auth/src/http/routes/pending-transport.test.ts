import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { newUserId } from 'torii-core'
import { test } from 'vitest'
import { formatPendingToken, newSessionSecret } from '../../crypto/session-token.js'
import { AuthenticatorApp } from '../../one-time-codes/authenticator-app.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { createHandler } from '../index.js'
import {
  codeAgain,
  halfway,
  handler,
  newBrowser,
  verifiedVisitor,
  ways,
} from '../test/factor-browser.test.support.js'
import type { Answered } from '../test/native-client.test.support.js'
import { halfwayOutside, nativeClient, transport } from '../test/native-client.test.support.js'
import {
  addPasskey,
  completedFlow,
  newVisitor,
  options,
  site,
  takeMails,
  torii,
} from '../test/route-site.test.support.js'
import { newFactorVisitor } from '../test/second-factor-inputs.test.support.js'

const verifyPath = 'second-factors/verify'

for (const way of ['password', 'magic link', 'mailed code', 'verification link with the password'])
  test(`${way}: the answer has the token of the pending sign-in, and a code opens the session`, async () => {
    const visitor = await verifiedVisitor()
    const send = nativeClient(handler)
    let answered: Answered | undefined
    const outside = newBrowser()
    // The same request as of a browser, with the transport.
    outside.send = async (method, path, body) => {
      const { status, json } = await send(method, path, { ...body, transport })
      answered = json
      return new Response(null, { status })
    }
    const { status } = (await ways[way]?.(visitor, outside)) ?? assert.fail()
    const { pending, pendingId, factors, token } = answered ?? assert.fail()
    assert.deepEqual([status, token], [401, undefined])
    assert.match(pending ?? '', /^torii_p_[\w-]{86}$/)
    assert.deepEqual(factors, ['totp', 'recovery_code'])
    const code = await codeAgain(visitor)
    const { json } = await send('POST', verifyPath, { pendingId, pending, code })
    assert.match(json.token ?? '', /^torii_s_/)
    assert.deepEqual([json.session.level, json.user.email], [2, visitor.email])
    assert.equal((await send('GET', 'session', undefined, json.token)).status, 200)
    const again = await send('POST', verifyPath, { pendingId, pending, code })
    assert.deepEqual([again.status, again.json.error], [401, 'invalid_token'])
  })

test('a passkey completes it, and so does a recovery code', async () => {
  const visitor = await newFactorVisitor()
  const { authenticator } = await addPasskey(visitor)
  const { send, ...waiting } = await halfwayOutside(visitor, nativeClient(handler))
  const started = await send('POST', 'second-factors/passkey/options', waiting)
  const { challengeId } = started.json
  const response = authenticator.get(started.json.options as never)
  const byPasskey = await send('POST', verifyPath, { ...waiting, challengeId, response })
  assert.match(byPasskey.json.token ?? '', /^torii_s_/)
  const { send: _, ...second } = await halfwayOutside(visitor, send)
  const [recoveryCode] = visitor.recoveryCodes
  const byCode = await send('POST', verifyPath, { ...second, recoveryCode })
  assert.match(byCode.json.token ?? '', /^torii_s_/)
})

test('wrong answers use up the tries, and no answer that ends it sets or deletes a cookie', async () => {
  const visitor = await newFactorVisitor()
  await addPasskey(visitor)
  const { send, ...waiting } = await halfwayOutside(visitor, nativeClient(handler))
  const code = visitor.app.wrongCode()
  for (const triesLeft of [4, 3, 2, 1, 0]) {
    const { status, json } = await send('POST', verifyPath, { ...waiting, code })
    assert.deepEqual([status, json.error, json.triesLeft], [422, 'invalid_code', triesLeft])
  }
  for (const [path, body] of [
    [verifyPath, { ...waiting, code: await codeAgain(visitor) }],
    ['second-factors/passkey/options', waiting],
  ] as const)
    assert.deepEqual((await send('POST', path, body)).json.error, 'invalid_token')
})

test('T14.85 the cookie of a pending sign-in never leads to a token in a body', async () => {
  const visitor = await newFactorVisitor()
  const inside = await halfway(visitor)
  const code = await codeAgain(visitor)
  const token = inside.browser.pending ?? assert.fail()
  // What a script of the page can send: the cookie goes along, and it knows the id.
  for (const more of [{ transport }, { pending: token }, { pending: '' }]) {
    const body = { pendingId: inside.pendingId, code, ...more }
    const refused = await inside.browser.send('POST', verifyPath, body)
    const { error, field } = (await refused.json()) as Answered
    const [name] = Object.keys(more)
    assert.deepEqual([refused.status, error, field], [400, 'invalid_input', name])
  }
  const { pendingId } = inside
  const verified = await inside.browser.send('POST', verifyPath, { pendingId, code })
  assert.equal(verified.status, 200)
  assert.doesNotMatch(await verified.text(), /torii_[sp]_/)
})

test('T14.85 the form of a page and the flow of a provider have no other transport', async () => {
  const visitor = await verifiedVisitor()
  const { browser, pendingId } = await halfway(visitor)
  const page = await (await browser.send('GET', verifyPath)).text()
  const nonce = /name="nonce" value="([^"]+)"/.exec(page)?.[1] ?? assert.fail()
  const pending = browser.pending ?? assert.fail()
  const code = await codeAgain(visitor)
  const fields = { nonce, pendingId, code, transport, pending }
  const posted = await browser.send('POST', verifyPath, new URLSearchParams(fields))
  assert.equal(posted.status, 303)
  assert.ok(browser.session !== undefined && browser.pending === undefined)
  const { query, browser: secret } = await completedFlow()
  const other = newBrowser()
  other.cookies.set('__Host-torii-flow', secret.reveal())
  query.set('transport', transport)
  const called = await other.send('GET', `oauth/work/callback?${query}`)
  assert.equal(called.status, 303)
  assert.doesNotMatch(called.headers.get('location') ?? '', /torii_/)
  assert.ok(other.session !== undefined)
})

test('T14.86 a body with the token and a request with cookies are refused together, and nothing is used', async () => {
  const visitor = await newFactorVisitor()
  await addPasskey(visitor)
  const { send: _, ...waiting } = await halfwayOutside(visitor, nativeClient(handler))
  const other = await halfway(visitor)
  const code = await codeAgain(visitor)
  const bodies = {
    [verifyPath]: { ...waiting, code },
    'second-factors/passkey/options': waiting,
    'second-factors/totp/start': waiting,
    'second-factors/totp/confirm': { ...waiting, code },
  }
  for (const [path, body] of Object.entries(bodies)) {
    const { result, statements } = await site.counted(() => other.browser.send('POST', path, body))
    const { error, field } = (await result.json()) as Answered
    assert.deepEqual([result.status, error, field], [400, 'invalid_input', 'pending'], path)
    assert.equal(statements, 0)
  }
  const { rows } = await site.db.query('select tries from torii.pending_sign_ins where id = $1', [
    waiting.pendingId,
  ])
  assert.deepEqual(rows, [{ tries: 0 }])
})

test('T14.87 in the place of its token every other one is refused, and it in theirs', async () => {
  const visitor = await newFactorVisitor()
  const { send, pendingId, pending } = await halfwayOutside(visitor, nativeClient(handler))
  const other = await halfwayOutside(await newFactorVisitor(), nativeClient(handler))
  const unknown = formatPendingToken(newUserId(), pendingId as never, newSessionSecret()).reveal()
  const code = await codeAgain(visitor)
  for (const [wrong, allowed] of [
    [visitor.token, 0],
    ['', 0],
    [`${pending}A`, 0],
    [pending.replace('torii_p_', 'torii_s_'), 0],
    [other.pending, 0],
    [unknown, 1],
  ] as const) {
    const body = { pendingId, pending: wrong, code }
    const { result, statements } = await site.counted(() => send('POST', verifyPath, body))
    assert.deepEqual([result.status, result.json.error], [401, 'invalid_token'])
    assert.equal(statements, allowed)
  }
  for (const wrong of [1, true, {}, [pending]]) {
    const refused = await send('POST', verifyPath, { pendingId, pending: wrong, code })
    assert.deepEqual([refused.status, refused.json.field], [400, 'pending'])
  }
  assert.equal((await send('GET', 'session', undefined, pending)).status, 401)
  const asBearer = await send('POST', verifyPath, { pendingId, code }, pending)
  assert.deepEqual([asBearer.status, asBearer.json.error], [401, 'invalid_token'])
  assert.equal((await send('POST', verifyPath, { pendingId, pending, code })).status, 200)
})

test('the token needs its id, also where the route could do without', async () => {
  const visitor = await newFactorVisitor()
  const { send, pending } = await halfwayOutside(visitor, nativeClient(handler))
  for (const path of ['second-factors/totp/start', 'second-factors/totp/confirm']) {
    const body = { pending, ...(path.endsWith('confirm') ? { code: '123456' } : {}) }
    const { status, json } = await send('POST', path, body, visitor.token)
    assert.deepEqual([status, json.field], [400, 'pendingId'])
  }
})

test('there is no browser to trust, and the refusal uses no try', async () => {
  const trusting = site.with({ ...options, secondFactor: { trustedBrowsers: { days: 30 } } })
  const visitor = await newFactorVisitor()
  const { send, ...waiting } = await halfwayOutside(visitor, nativeClient(createHandler(trusting)))
  const code = await codeAgain(visitor)
  const refused = await send('POST', verifyPath, { ...waiting, code, trustBrowser: true })
  assert.deepEqual([refused.status, refused.json.field], [400, 'trustBrowser'])
  const opened = await send('POST', verifyPath, { ...waiting, code, trustBrowser: false })
  assert.equal(opened.status, 200)
  const { rows } = await site.db.query('select 1 from torii.trusted_browsers where user_id = $1', [
    visitor.valid.user.id,
  ])
  assert.equal(rows.length, 0)
})

test('a user who must enroll does so with the token, and is signed in', async () => {
  const required = { requireVerifiedEmail: true, secondFactor: { required: 'always' } } as const
  const enrolling = site.with({ ...options, ...required })
  const visitor = await newVisitor()
  await torii.admin.verifyEmail(visitor.valid.user.id, visitor.email)
  await takeMails()
  const { send, ...waiting } = await halfwayOutside(visitor, nativeClient(createHandler(enrolling)))
  const asked = await send('POST', 'second-factors/totp/start', waiting)
  assert.deepEqual([asked.status, asked.json.error], [403, 'email_code_required'])
  const mails = await takeMails(enrolling)
  const emailCode = /\b[0-9]{8}\b/.exec(mails.at(-1)?.text ?? '')?.[0] ?? assert.fail()
  const started = await send('POST', 'second-factors/totp/start', { ...waiting, emailCode })
  const app = new AuthenticatorApp(started.json.uri)
  const wrong = { ...waiting, code: app.wrongCode() }
  assert.equal((await send('POST', 'second-factors/totp/confirm', wrong)).status, 422)
  const right = { ...waiting, code: app.code() }
  const { status, json } = await send('POST', 'second-factors/totp/confirm', right)
  assert.deepEqual([status, json.recoveryCodes.length, json.session.level], [201, 10, 2])
  assert.equal((await send('GET', 'session', undefined, json.token)).status, 200)
  const ended = await send('POST', 'second-factors/totp/start', waiting)
  assert.deepEqual([ended.status, ended.json.error], [401, 'invalid_token'])
})

test('neither token is in the log or in an event', async () => {
  const visitor = await newFactorVisitor()
  const { send, pendingId, pending } = await halfwayOutside(visitor, nativeClient(handler))
  const response = new SoftwareAuthenticator().get({ challenge: 'x', rpId: 'app.example' })
  await send('POST', verifyPath, { pendingId, pending, challengeId: 'x', response })
  await send('POST', verifyPath, { pendingId, pending: `${pending}A`, code: '123456' })
  const code = await codeAgain(visitor)
  const { json } = await send('POST', verifyPath, { pendingId, pending, code })
  await torii.settled()
  const { rows } = await site.db.query(
    'select row_to_json(e) as event from torii.audit_events e where user_id = $1',
    [visitor.valid.user.id],
  )
  const kept = inspect([site.events, rows], { depth: null, maxStringLength: null })
  assert.ok(rows.length > 0)
  for (const secret of [pending, json.token ?? assert.fail()]) {
    assert.ok(!kept.includes(secret))
    assert.ok(!kept.includes(secret.slice(-40)))
  }
})
