import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { ValidSession } from 'torii-core'
import { test } from 'vitest'
import type { MailMessage } from '../index.js'
import {
  formatMagicToken,
  formatVerificationToken,
  newLinkSecret,
} from '../services/links/link-token.js'
import { goodPassword, newEmail, openTestSite } from '../test/site.test.support.js'
import { watchServices } from './watched-services.test.support.js'

const sent: MailMessage[] = []
const site = await openTestSite({
  keys: [{ id: 'one', secret: randomBytes(32) }],
  magicLink: { code: true },
  requireVerifiedEmail: false,
  password: { hashing: { memoryKib: 7168, passes: 5 } },
  mailer: { send: async (message) => void sent.push(message) },
})
const { torii } = site
const services = watchServices(site, torii.options)

let calls = 0
/** One of the 1,000 IP addresses of the strangers. */
function stranger() {
  calls += 1
  return { ip: `198.51.${100 + (calls % 4)}.${(calls >> 2) % 250}`, userAgent: null }
}

const tokenIn = ({ text }: MailMessage): string => /token=([\w.~-]+)/.exec(text)?.[1] ?? ''
const mails = (to: string, kind: string) =>
  sent.filter((message) => message.to === to && message.kind === kind)

/** How many passwords were verified in `work`. */
async function verified(work: () => Promise<unknown>): Promise<number> {
  site.statements.length = 0
  await work()
  return site.statements.filter((step) => step === 'verify').length
}

/** Every kind of request that a stranger can send about an account, as fast as it is allowed. */
async function attack(email: string, userId: ValidSession['user']['id']): Promise<number> {
  const guesses = await verified(async () => {
    for (let guess = 0; guess < 12; guess += 1) {
      const password = `not this one, surely ${guess}`
      const outcome = await services.password.authenticate({ email, password }, stranger())
      assert.ok(!outcome.ok)
      if (outcome.reason === 'too_many_attempts') break
    }
  })
  for (let guess = 0; guess < 12; guess += 1) {
    const outcome = await services.magicLink.authenticate(
      { email, code: String(10_000_000 + calls) },
      stranger(),
    )
    if (!outcome.ok && outcome.reason === 'too_many_attempts') break
  }
  for (let request = 0; request < 4; request += 1) {
    assert.ok((await services.magicLink.request({ email }, stranger())).ok)
    assert.ok((await services.password.reset.request(email, stranger())).ok)
    await services.email.requestVerification(email, stranger())
  }
  await services.password.register({ email, password: goodPassword }, stranger())
  await services.passkey.authenticateOptions({ email }, stranger())
  const secret = newLinkSecret()
  await services.magicLink.authenticate({ token: formatMagicToken(secret) }, stranger())
  const token = formatVerificationToken('reset_password', userId, secret)
  await services.password.reset.complete({ token, password: goodPassword }, stranger())
  await services.settled()
  await torii.settled()
  return guesses
}

test('T10.119 for 24 hours strangers send whatever they may, and the owner always gets in', async () => {
  const email = newEmail()
  const laptop = { ip: '203.0.113.7', userAgent: 'Laptop' }
  const input = { email, password: goodPassword }
  const made = await torii.password.register(input, laptop)
  assert.ok(made.ok && made.token !== null)
  await torii.settled()
  const link = mails(email, 'verify_email')[0]
  assert.ok(link !== undefined)
  const proof = { token: tokenIn(link), password: goodPassword }
  assert.ok((await torii.email.verify(proof, laptop)).ok)
  const known = { ...laptop, deviceCookie: torii.deviceCookie(email, laptop) }
  const userId = made.user.id
  const signedIn = await torii.password.authenticate(input, known)
  assert.ok(signedIn.ok)
  const token = signedIn.token.reveal()
  const validate = async () => {
    const valid = await torii.sessions.validate(token)
    assert.ok(valid, 'the session lives')
    return valid
  }

  const stepSeconds = 600
  let guesses = 0
  for (let step = 0; step < 144; step += 1) {
    guesses += await attack(email, userId)

    // From a known browser: within one request, by password and by a link that this request sends.
    const back = await torii.password.authenticate(input, known)
    assert.ok(back.ok, `step ${step}: ${JSON.stringify(back)}`)
    await torii.sessions.signOut(back.token)
    const before = mails(email, 'magic_link').length
    assert.ok((await torii.magicLink.request({ email }, known)).ok)
    await torii.settled()
    assert.equal(mails(email, 'magic_link').length, before + 1, `step ${step}`)

    // In a live session: everything as usual.
    const valid = await validate()
    const presented = { password: goodPassword, token, rotate: false } as const
    assert.ok((await torii.sessions.reauthenticate(valid, presented, laptop)).ok, `step ${step}`)
    assert.ok((await torii.users.update(await validate(), { name: `${step}` }, laptop)).ok)
    assert.ok((await torii.passkey.registerOptions(await validate(), laptop)).ok)
    if (step % 12 === 0) {
      const change = await torii.email.requestChange(await validate(), newEmail(), laptop)
      assert.ok(change.ok, `step ${step}`)
    }

    // From a new device: a link is in the mailbox, sent by whomever, and signs in.
    const phone = { ip: '192.0.2.80', userAgent: 'Phone' }
    const newest = mails(email, 'magic_link').at(-1)
    assert.ok(newest !== undefined)
    const found = await torii.links.inspect('magic_link', tokenIn(newest))
    assert.ok(found !== null, `step ${step}: a live magic link`)
    if (step % 9 === 0) {
      const opened = await torii.magicLink.authenticate({ token: tokenIn(newest) }, phone)
      assert.ok(opened.ok, `step ${step}`)
      await torii.sessions.signOut(opened.token)
    }
    const reset = mails(email, 'reset_password').at(-1)
    assert.ok(reset !== undefined)
    assert.ok(
      (await torii.links.inspect('reset_password', tokenIn(reset))) !== null,
      `step ${step}: a live reset link`,
    )
    await site.elapse(stepSeconds)
  }
  assert.ok(guesses <= 50, `${guesses} guesses reached the password`)
  assert.ok(guesses >= 40, `${guesses}: the strangers did try`)

  // A reset by mail, from the new device, ends the lock of strangers.
  const phone = { ip: '192.0.2.80', userAgent: 'Phone' }
  const locked = await torii.password.authenticate(input, phone)
  assert.ok(!locked.ok && locked.reason === 'too_many_attempts')
  assert.ok((await torii.password.reset.request(email, phone)).ok)
  await torii.settled()
  const mail = mails(email, 'reset_password').at(-1)
  assert.ok(mail !== undefined)
  const password = 'another gate of two pillars'
  assert.ok((await torii.password.reset.complete({ token: tokenIn(mail), password }, phone)).ok)
  assert.ok((await torii.password.authenticate({ email, password }, phone)).ok)
})
