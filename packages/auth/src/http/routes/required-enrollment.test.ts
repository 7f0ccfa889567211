import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import { AuthenticatorApp } from '../../one-time-codes/authenticator-app.test.support.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  baseUrl,
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import type { CreationOptions } from '../../webauthn/authenticator.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { createHandler } from '../index.js'
import { Browser } from '../test/browser.test.support.js'

const mailbox = await openMailbox()
const options = { keys: [{ id: 'k1', secret: randomBytes(32) }], mailer: mailbox.mailer }
const site = await openTestSite({ ...options, secondFactor: { required: 'always' } })
const { torii } = site
const handler = createHandler(torii, { pages: { signedIn: '/home', failed: '/sign-in' } })
const newBrowser = () => new Browser(handler, '192.0.2.7')

/** A browser whose user has proved the password and has no second factor. */
async function halfway() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok)
  await torii.admin.verifyEmail(made.user.id, email)
  const browser = newBrowser()
  const response = await browser.send('POST', 'password/authenticate', { email, password })
  await torii.settled()
  await mailbox.take(email)
  return { email, browser, response, body: (await response.json()) as Refusal }
}

interface Refusal {
  error: string
  message: string
  pendingId: string
  factors: string[]
  enroll?: string[]
  triesLeft?: number
}

async function mailedCode(email: string): Promise<string> {
  await torii.settled()
  const { text } = await mailbox.takeOne(email, 'enrollment_code')
  return /\b[0-9]{8}\b/.exec(text)?.[0] ?? assert.fail(text)
}

const refusalOf = async (response: Response) => [
  response.status,
  ((await response.json()) as Refusal).error,
]

test('a sign-in says what to enroll; start, mailed code and first code sign in', async () => {
  const { email, browser, response, body } = await halfway()
  assert.deepEqual([response.status, body.error], [401, 'second_factor_required'])
  assert.equal(body.message, 'Your account needs two-factor authentication. Set it up to sign in.')
  assert.deepEqual([body.factors, body.enroll], [[], ['totp', 'passkey']])
  const { pendingId } = body
  const start = (fields: object) => browser.send('POST', 'second-factors/totp/start', fields)
  const asked = await start({ pendingId })
  const { error, message } = (await asked.json()) as Refusal
  assert.deepEqual(
    [asked.status, error, message],
    [
      403,
      'email_code_required',
      'We have sent a code to your email address. Enter it to continue.',
    ],
  )
  const emailCode = await mailedCode(email)
  const wrong = await start({ pendingId, emailCode: '1' })
  const wrongBody = (await wrong.json()) as Refusal
  assert.deepEqual(
    [wrong.status, wrongBody.error, wrongBody.message, wrongBody.triesLeft],
    [
      422,
      'invalid_code',
      'This code is wrong or has expired. Enter the code from our latest email.',
      4,
    ],
  )
  const begun = await start({ pendingId, emailCode })
  assert.equal(begun.status, 200)
  assert.equal(begun.headers.get('cache-control'), 'no-store')
  const { uri, secret, qr } = (await begun.json()) as { uri: string; secret: string; qr: string }
  assert.ok(uri.includes(secret) && qr.startsWith('<svg'))
  const app = new AuthenticatorApp(uri)
  const confirm = (code: string) =>
    browser.send('POST', 'second-factors/totp/confirm', { pendingId, code })
  assert.deepEqual(await refusalOf(await confirm(app.wrongCode())), [422, 'invalid_code'])
  const confirmed = await confirm(app.code())
  assert.equal(confirmed.status, 201)
  const made = (await confirmed.json()) as {
    recoveryCodes: string[]
    user: { email: string }
    session: { level: number }
    token?: string
  }
  assert.deepEqual(
    [made.recoveryCodes.length, made.user.email, made.session.level, made.token],
    [10, email, 2, undefined],
  )
  assert.equal(browser.pending, undefined)
  const factors = await browser.send('GET', 'second-factors')
  const { required, graceEndsAt } = (await factors.json()) as {
    required: boolean
    graceEndsAt: null
  }
  assert.deepEqual([factors.status, required, graceEndsAt], [200, true, null])
  assert.deepEqual(await refusalOf(await browser.send('DELETE', 'second-factors/totp')), [
    409,
    'factor_required',
  ])
})

test('T14.28 the pending sign-in acts for the enrollment alone, by its id and its cookie', async () => {
  const { browser, body } = await halfway()
  const { pendingId } = body
  const other = await halfway()
  for (const [path, given] of [
    ['second-factors/totp/start', {}],
    ['second-factors/totp/confirm', { code: '123456' }],
    ['passkeys/register/options', {}],
    ['passkeys/register/verify', { challengeId: 'x', response: {} }],
  ] as const) {
    const fields = (id: string) => ({ pendingId: id, ...given })
    // Of another tab, without the cookie, and without an id.
    assert.deepEqual(
      await refusalOf(await browser.send('POST', path, fields(other.body.pendingId))),
      [401, 'invalid_token'],
    )
    assert.deepEqual(await refusalOf(await newBrowser().send('POST', path, fields(pendingId))), [
      401,
      'invalid_token',
    ])
  }
  assert.deepEqual(await refusalOf(await browser.send('POST', 'second-factors/totp/start')), [
    401,
    'unauthenticated',
  ])
  // The body of that route may be absent; bytes without a type, as a page of another site can send, are none.
  const untyped = new Request(`${baseUrl}/auth/second-factors/totp/start`, {
    method: 'POST',
    headers: { origin: baseUrl },
    body: new TextEncoder().encode(JSON.stringify({ pendingId })),
  })
  assert.deepEqual(await refusalOf(await handler(untyped)), [415, 'unsupported_media_type'])
  for (const [method, path, fields] of [
    ['GET', 'session'],
    ['GET', 'second-factors'],
    ['DELETE', 'second-factors/totp'],
    ['POST', 'second-factors/recovery-codes'],
    ['GET', 'user/export'],
    ['GET', 'passkeys'],
    ['POST', 'passkeys/upgrade/options'],
    ['POST', 'second-factors/passkey/options', { pendingId: other.body.pendingId }],
  ] as const)
    assert.equal((await browser.send(method, path, fields)).status, 401, `${method} ${path}`)
  // There is nothing to prove: every proof is wrong, counts as a try, and leaves the sign-in as it is.
  const proofs = [{ code: '123456' }, { recoveryCode: 'x' }, { password }]
  for (const [index, proof] of proofs.entries()) {
    const refused = await browser.send('POST', 'second-factors/verify', { pendingId, ...proof })
    const { error, triesLeft } = (await refused.json()) as Refusal
    assert.deepEqual([refused.status, error, triesLeft], [422, 'invalid_code', 4 - index])
  }
  assert.notEqual(browser.pending, undefined)
  assert.equal(browser.session, undefined)
})

test('signing out ends the sign-in on which a user enrolls', async () => {
  const { browser, body } = await halfway()
  const cookies = new Map(browser.cookies)
  assert.equal((await browser.send('POST', 'sign-out', {})).status, 204)
  for (const [name, value] of cookies) browser.cookies.set(name, value)
  const again = await browser.send('POST', 'second-factors/totp/start', {
    pendingId: body.pendingId,
  })
  assert.deepEqual(await refusalOf(again), [401, 'invalid_token'])
  assert.equal(browser.pending, undefined)
})

/** The hidden fields of the first form of a page that posts to `path`. */
function fieldsOf(html: string, path: string): URLSearchParams {
  const [, form = ''] =
    new RegExp(`<form method="post" action="/auth/${path}"[^>]*>([\\s\\S]*?)</form>`).exec(html) ??
    []
  const hidden = form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)
  return new URLSearchParams(
    Object.fromEntries([...hidden].map(([, name, value]) => [name, value])),
  )
}

const startPath = 'second-factors/totp/start'
const confirmPath = 'second-factors/totp/confirm'

test('the built-in pages lead from the sign-in to the recovery codes, without a script', async () => {
  const { email, browser } = await halfway()
  const page = async (response: Response) => {
    const html = await response.text()
    assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/)
    // The only script is that of a button that is hidden without it.
    assert.equal(html.includes('<script'), html.includes('hidden data-passkey='))
    return { status: response.status, html }
  }
  const first = await page(await browser.send('GET', 'second-factors/verify'))
  assert.equal(first.status, 200)
  assert.match(first.html, /<h1>Set up two-factor authentication<\/h1>/)
  const post = async (html: string, path: string, given: Record<string, string> = {}) => {
    const fields = fieldsOf(html, path)
    for (const [name, value] of Object.entries(given)) fields.set(name, value)
    return page(await browser.send('POST', path, fields))
  }
  const mailed = await post(first.html, startPath)
  assert.equal(mailed.status, 403)
  assert.match(mailed.html, /<p>We have sent a code to your email address/)
  assert.doesNotMatch(mailed.html, /role="alert"/)
  assert.match(mailed.html, /name="emailCode"/)
  const emailCode = await mailedCode(email)
  const wrongMail = await post(mailed.html, startPath, { emailCode: '00000000' })
  assert.equal(wrongMail.status, 422)
  assert.match(wrongMail.html, /role="alert">This code is wrong or has expired/)
  assert.match(wrongMail.html, /name="emailCode"/)
  const scan = await post(wrongMail.html, startPath, { emailCode })
  assert.equal(scan.status, 200)
  assert.match(scan.html, /<div class="qr" aria-hidden="true"><svg/)
  const secret = /<code>([A-Z2-7]+)<\/code>/.exec(scan.html)?.[1] ?? assert.fail()
  const app = new AuthenticatorApp(`otpauth://totp/x?secret=${secret}`)
  const wrong = await post(scan.html, confirmPath, { code: app.wrongCode() })
  assert.equal(wrong.status, 422)
  assert.match(wrong.html, /role="alert"/)
  assert.doesNotMatch(wrong.html, new RegExp(secret))
  const done = await post(wrong.html, confirmPath, { code: app.code() })
  assert.equal(done.status, 200)
  assert.match(done.html, /<h1>Keep your recovery codes<\/h1>/)
  assert.equal([...done.html.matchAll(/<li><code>/g)].length, 10)
  assert.match(done.html, /<a href="\/home">Continue<\/a>/)
  assert.notEqual(browser.session, undefined)
  assert.equal((await browser.send('GET', 'session')).status, 200)
})

test('the same by a passkey: options with the mailed code, and the response', async () => {
  const { email, browser, body } = await halfway()
  const { pendingId } = body
  const start = (fields: object) => browser.send('POST', 'passkeys/register/options', fields)
  assert.deepEqual(await refusalOf(await start({ pendingId })), [403, 'email_code_required'])
  const wrong = await start({ pendingId, emailCode: '1' })
  assert.deepEqual(await refusalOf(wrong), [422, 'invalid_code'])
  const begun = await start({ pendingId, emailCode: await mailedCode(email) })
  assert.equal(begun.status, 200)
  const { challengeId, options } = (await begun.json()) as Begun
  const response = new SoftwareAuthenticator().create(options)
  const name = 'My phone'
  const verify = (fields: object) => browser.send('POST', 'passkeys/register/verify', fields)
  const registered = await verify({ pendingId, challengeId, response, name })
  assert.equal(registered.status, 201)
  const made = (await registered.json()) as {
    passkey: { name: string }
    user: { email: string }
    session: { level: number }
    token?: string
  }
  assert.deepEqual(
    [made.passkey.name, made.user.email, made.session.level, made.token],
    [name, email, 2, undefined],
  )
  assert.equal(browser.pending, undefined)
  assert.equal((await browser.send('GET', 'passkeys')).status, 200)
  assert.deepEqual(await refusalOf(await verify({ pendingId, challengeId, response })), [
    401,
    'invalid_token',
  ])
})

interface Begun {
  readonly challengeId: string
  readonly options: CreationOptions
}

test('the button for a passkey is on the page that shows the key, and its form signs in', async () => {
  const { email, browser } = await halfway()
  const page = async (response: Response) => response.text()
  const open = await page(
    await browser.send('GET', 'second-factors/verify?redirectTo=%2Fbooks%3Fpage%3D2'),
  )
  assert.doesNotMatch(open, /data-passkey/)
  const first = fieldsOf(open, startPath)
  await browser.send('POST', startPath, first)
  first.set('emailCode', await mailedCode(email))
  const shown = await browser.send('POST', startPath, first)
  assert.match(shown.headers.get('content-security-policy') ?? '', /connect-src 'self'/)
  const scan = await page(shown)
  assert.match(scan, /data-passkey="\/auth\/passkeys\/register\/options" data-ceremony="create"/)
  assert.match(scan, />Set up a passkey instead</)
  const fields = fieldsOf(scan, 'passkeys/register/verify')
  const asked = await browser.send('POST', 'passkeys/register/options', {
    pendingId: fields.get('pendingId'),
  })
  const { challengeId, options } = (await asked.json()) as Begun
  fields.set('challengeId', challengeId)
  fields.set('response', JSON.stringify({ id: 'x' }))
  const broken = await browser.send('POST', 'passkeys/register/verify', fields)
  assert.equal(broken.status, 400)
  const again = await browser.send('POST', 'passkeys/register/options', {
    pendingId: fields.get('pendingId'),
  })
  const second = (await again.json()) as Begun
  const foreign = { ...options, rp: { id: 'evil.example' } }
  fields.set('challengeId', second.challengeId)
  fields.set('response', JSON.stringify(new SoftwareAuthenticator().create(foreign)))
  const refused = await browser.send('POST', 'passkeys/register/verify', fields)
  assert.equal(refused.status, 422)
  const html = await page(refused)
  assert.match(html, /role="alert">This passkey could not be verified/)
  const last = await browser.send('POST', 'passkeys/register/options', {
    pendingId: fields.get('pendingId'),
  })
  const third = (await last.json()) as Begun
  fields.set('challengeId', third.challengeId)
  fields.set('response', JSON.stringify(new SoftwareAuthenticator().create(third.options)))
  const done = await browser.send('POST', 'passkeys/register/verify', fields)
  assert.deepEqual([done.status, done.headers.get('location')], [303, '/books?page=2'])
  assert.equal((await browser.send('GET', 'session')).status, 200)
})

test('T14.29 the pages of an enrollment lead where the sign-in was to lead, and never out of the application', async () => {
  const { email, browser } = await halfway()
  const open = await browser.send('GET', 'second-factors/verify?redirectTo=%2Fbooks%3Fpage%3D2')
  const first = fieldsOf(await open.text(), startPath)
  assert.equal(first.get('redirectTo'), '/books?page=2')
  const mailed = fieldsOf(await (await browser.send('POST', startPath, first)).text(), startPath)
  assert.equal(mailed.get('redirectTo'), '/books?page=2')
  mailed.set('emailCode', await mailedCode(email))
  mailed.set('redirectTo', 'https://evil.example/')
  const scan = await (await browser.send('POST', startPath, mailed)).text()
  const last = fieldsOf(scan, confirmPath)
  assert.equal(last.get('redirectTo'), null)
  const secret = /<code>([A-Z2-7]+)<\/code>/.exec(scan)?.[1] ?? assert.fail()
  last.set('code', new AuthenticatorApp(`otpauth://totp/x?secret=${secret}`).code())
  last.set('redirectTo', '/books?page=2')
  const done = await (await browser.send('POST', confirmPath, last)).text()
  assert.match(done, /<a href="\/books\?page=2">Continue<\/a>/)
})

test('a form of another site, and one without a sign-in, see the page of an expired one', async () => {
  const { browser } = await halfway()
  const shown = await (await browser.send('GET', 'second-factors/verify')).text()
  for (const path of [startPath, confirmPath]) {
    const own = fieldsOf(shown, startPath)
    own.set('code', '123456')
    const foreign = new URLSearchParams(own)
    foreign.set('nonce', 'A'.repeat(43))
    const unnamed = new URLSearchParams(own)
    unnamed.delete('pendingId')
    for (const fields of [foreign, unnamed]) {
      const response = await browser.send('POST', path, fields)
      assert.equal(response.status, 401, path)
      assert.doesNotMatch(await response.text(), /name="emailCode"/)
    }
  }
})

test('a form that names no sign-in does not act for the session of the browser', async () => {
  const { browser, email } = await halfway()
  const page = await browser.send('GET', 'second-factors/verify')
  const fields = fieldsOf(await page.text(), startPath)
  fields.delete('pendingId')
  const { users } = await torii.admin.users({ search: email })
  const { id } = users[0] ?? assert.fail()
  const opened = await torii.sessions.open(id, 'password', requestInfo, { level: 2 })
  assert.ok(opened.ok)
  browser.cookies.set('__Host-torii', opened.token.reveal())
  const response = await browser.send('POST', startPath, fields)
  assert.equal(response.status, 401)
  assert.doesNotMatch(await response.text(), /class="qr"/)
})
