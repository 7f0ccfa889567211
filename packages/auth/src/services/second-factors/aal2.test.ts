import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { Session } from 'torii-core'
import { InvalidInputError, InvalidOptionsError } from 'torii-core'
import { describe, test } from 'vitest'
import { createHandler } from '../../http/index.js'
import { Browser } from '../../http/test/browser.test.support.js'
import { AuthenticatorApp } from '../../one-time-codes/authenticator-app.test.support.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'

const mailbox = await openMailbox()
const options = { keys: [{ id: 'k1', secret: randomBytes(32) }], mailer: mailbox.mailer }
const site = await openTestSite({ ...options, profile: 'aal2' })
const { torii } = site

const handler = createHandler(torii)

async function newOwner() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok)
  await torii.admin.verifyEmail(made.user.id, email)
  await torii.settled()
  await mailbox.take(email)
  return { email, user: made.user }
}

/** Signs in and sets up an authenticator application, as the first sign-in asks; the application and the answer. */
async function firstSignIn() {
  const owner = await newOwner()
  const browser = new Browser(handler, '203.0.113.9')
  const { email } = owner
  const waits = await browser.send('POST', 'password/authenticate', { email, password })
  assert.equal(waits.status, 401)
  const { pendingId } = (await waits.json()) as { pendingId: string }
  assert.equal((await browser.send('POST', 'second-factors/totp/start', { pendingId })).status, 403)
  await torii.settled()
  const mail = await mailbox.takeOne(email, 'enrollment_code')
  const emailCode = /\b[0-9]{8}\b/.exec(mail.text)?.[0]
  const started = await browser.send('POST', 'second-factors/totp/start', { pendingId, emailCode })
  const { uri } = (await started.json()) as { uri: string }
  const app = new AuthenticatorApp(uri)
  const code = app.code()
  const confirmed = await browser.send('POST', 'second-factors/totp/confirm', { pendingId, code })
  assert.equal(confirmed.status, 201)
  const body = (await confirmed.json()) as { session: SentSession; recoveryCodes: string[] }
  return { ...owner, app, body, response: confirmed }
}

type SentSession = Readonly<
  Record<'createdAt' | 'expiresAt' | 'absoluteExpiresAt', string> & { level: number }
>

const lifetimes = (session: SentSession | Session) =>
  [session.expiresAt, session.absoluteExpiresAt].map(
    (end) => (new Date(end).getTime() - new Date(session.createdAt).getTime()) / 1000,
  )

describe('T14.80 profile: aal2', () => {
  test('a session has level 2, ends after an hour without use, after a day, and with the browser', async () => {
    const { body, response } = await firstSignIn()
    assert.equal(body.session.level, 2)
    assert.deepEqual(lifetimes(body.session), [3600, 86_400])
    const cookie = response.headers.getSetCookie().find((set) => set.startsWith('__Host-torii='))
    assert.ok(cookie !== undefined && !/Max-Age|Expires/i.test(cookie), cookie)
  })

  test('a recovery code opens a session of 15 minutes at level 2', async () => {
    const { email, body } = await firstSignIn()
    const waits = await torii.password.authenticate({ email, password }, requestInfo)
    assert.ok(!waits.ok && waits.reason === 'second_factor_required')
    const [recoveryCode = ''] = body.recoveryCodes
    const { token } = waits.pending
    const outcome = await torii.secondFactors.verify({ token, recoveryCode }, requestInfo)
    assert.ok(outcome.ok)
    assert.equal(outcome.session.level, 2)
    assert.deepEqual(lifetimes(outcome.session), [900, 900])
    // Without the profile it lives as long as the sign-in asked.
    const relaxed = site.with(options)
    const again = await relaxed.password.authenticate({ email, password }, requestInfo)
    assert.ok(!again.ok && again.reason === 'second_factor_required')
    const other = { token: again.pending.token, recoveryCode: body.recoveryCodes[1] ?? '' }
    const usual = await relaxed.secondFactors.verify(other, requestInfo)
    assert.ok(usual.ok)
    assert.deepEqual(lifetimes(usual.session), [604_800, 2_592_000])
  })

  test('no sign-in by mail: no link, and no session that the application opens for one', async () => {
    const { email, user } = await newOwner()
    await assert.rejects(torii.magicLink.request({ email }, requestInfo), InvalidOptionsError)
    const opening = torii.sessions.open(user.id, 'magic_link', requestInfo)
    await assert.rejects(
      opening,
      (error) =>
        error instanceof InvalidInputError && /^method must not be .*aal2/.test(error.message),
    )
    const opened = await torii.sessions.open(user.id, 'password', requestInfo)
    assert.ok(!opened.ok && opened.reason === 'second_factor_required')
  })
})
