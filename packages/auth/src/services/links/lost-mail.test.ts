import assert from 'node:assert/strict'
import { test } from 'vitest'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { newEmail, openTestSite, goodPassword as password } from '../../test/site.test.support.js'

const mailbox = await openMailbox()
const atOnce = { burst: 1 }
let refused = 0
let refusing = false
const site = await openTestSite({
  bruteForce: { mailbox: atOnce },
  mailer: {
    async send(message) {
      if (!refusing) return mailbox.mailer.send(message)
      refused += 1
      throw Object.assign(new Error('refused'), { permanent: true })
    },
  },
})
const { torii } = site
const info = { ip: null, userAgent: null }

/** Runs `request` while the mail server refuses everything. */
async function lose(request: () => Promise<unknown>): Promise<void> {
  refusing = true
  const before = refused
  await request()
  await torii.settled()
  refusing = false
  assert.equal(refused, before + 1, 'one message was lost')
}

async function register(email: string) {
  const registered = await torii.password.register({ email, password }, info)
  assert.ok(registered.ok)
  await torii.settled()
}

test('a lost magic link does not count: the next request sends one, a third does not', async () => {
  const email = newEmail()
  const request = () => torii.magicLink.request({ email }, info)
  await lose(request)
  for (let turn = 0; turn < 2; turn += 1) {
    await request()
    await torii.settled()
  }
  await mailbox.takeOne(email, 'magic_link')
})

test('a lost registration mail does not count, for a new and for a taken address', async () => {
  const email = newEmail()
  await lose(() => torii.password.register({ email, password }, info))
  await torii.email.requestVerification(email, info)
  await torii.settled()
  const { token } = await mailbox.takeOne(email, 'verify_email')
  assert.ok((await torii.email.verify({ token }, info)).ok)
  await site.elapse(3601)
  await lose(() => torii.password.register({ email, password }, info))
  await torii.password.register({ email, password }, info)
  await torii.settled()
  await mailbox.takeOne(email, 'already_registered')
})

test('a lost reset link does not count', async () => {
  const email = newEmail()
  await register(email)
  await mailbox.takeOne(email, 'verify_email')
  await site.elapse(3601)
  await lose(() => torii.password.reset.request(email, info))
  await torii.password.reset.request(email, info)
  await torii.settled()
  await mailbox.takeOne(email, 'reset_password')
})

test('a lost link to a new email address does not count', async () => {
  const email = newEmail()
  await register(email)
  const { token } = await mailbox.takeOne(email, 'verify_email')
  const signedIn = await torii.email.verify({ token, password }, info)
  assert.ok(signedIn.ok && signedIn.session !== null)
  const valid = await torii.sessions.validate(signedIn.token)
  assert.ok(valid !== null)
  const next = newEmail()
  await lose(() => torii.email.requestChange(valid, next, info))
  await torii.email.requestChange(valid, next, info)
  await torii.settled()
  await mailbox.takeOne(next, 'change_email')
})

test('shutdown() gives the allowances of unsent mail back in one statement', async () => {
  const slow = site.with({
    bruteForce: { mailbox: atOnce },
    mail: { shutdownSeconds: 0 },
    mailer: { send: () => new Promise(() => undefined) },
  })
  const emails = Array.from({ length: 10 }, newEmail)
  for (const email of emails) await slow.magicLink.request({ email }, info)
  site.statements.length = 0
  await slow.shutdown()
  assert.deepEqual(
    site.statements.map((text) => /set failures = greatest/.test(text)),
    [true],
  )
  assert.deepEqual(site.events.at(-1), {
    level: 'error',
    event: 'mail_unsent',
    counts: { magic_link: 10 },
  })
  for (const email of emails) {
    await torii.magicLink.request({ email }, info)
    await torii.settled()
    await mailbox.takeOne(email, 'magic_link')
  }
})
