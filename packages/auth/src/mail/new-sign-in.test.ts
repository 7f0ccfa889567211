import assert from 'node:assert/strict'
import { test } from 'vitest'
import { openMailbox } from '../test/mailbox.test.support.js'
import { newEmail, openTestSite, goodPassword as password } from '../test/site.test.support.js'

const mailbox = await openMailbox()
const options = { mailer: mailbox.mailer, requireVerifiedEmail: false }
const site = await openTestSite({ ...options, mail: { newSignIns: true } })
const { torii } = site
const from = (userAgent: string) => ({ ip: '203.0.113.7', userAgent })

async function signUp() {
  const email = newEmail()
  await torii.password.register({ email, password }, from('Laptop'))
  await torii.settled()
  await mailbox.takeOne(email, 'verify_email')
  return email
}

test('a sign-in with a browser that was not seen is mailed, one that was is not, nor the first', async () => {
  const email = await signUp()
  const signIn = (userAgent: string) =>
    torii.password.authenticate({ email, password }, from(userAgent))
  assert.ok((await signIn('Laptop')).ok)
  await torii.settled()
  assert.deepEqual(await mailbox.take(email), [])
  const phone = await site.counted(() => signIn('Phone'))
  assert.deepEqual([phone.result.ok, phone.statements], [true, 2])
  await torii.settled()
  const mail = await mailbox.takeOne(email, 'new_sign_in')
  assert.ok(mail.text.includes('Phone'))
  await signIn('Phone')
  await torii.settled()
  assert.deepEqual(await mailbox.take(email), [])
})

test('it is off unless asked for', async () => {
  const email = await signUp()
  const ignoreErrors = site.with(options)
  await ignoreErrors.password.authenticate({ email, password }, from('Tablet'))
  await ignoreErrors.settled()
  assert.deepEqual(await mailbox.take(email), [])
})
