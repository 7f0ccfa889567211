import assert from 'node:assert/strict'
import { test } from 'vitest'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'

const mailbox = await openMailbox()
const site = await openTestSite({ mailer: mailbox.mailer, requireVerifiedEmail: false })
const { torii, db } = site
const { reset } = torii.password
const another = 'twelve lanterns on a rainy bridge'
const invalidToken = { ok: false, reason: 'invalid_token' }

async function signUp(email = newEmail()) {
  const made = await torii.password.register({ email, password: goodPassword }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  await torii.settled()
  await mailbox.takeOne(email, 'verify_email')
  return { email, token: made.token, user: made.user }
}

async function mailedToken(email: string): Promise<string> {
  assert.deepEqual(await reset.request(email, requestInfo), { ok: true })
  await torii.settled()
  return (await mailbox.takeOne(email, 'reset_password')).token
}

const signIn = (email: string, password: string) =>
  torii.password.authenticate({ email, password }, requestInfo)

test('a reset takes one statement to request and two to complete, ends every session, and notifies by mail', async () => {
  const { email, token } = await signUp()
  const asked = await site.counted(() => reset.request(email, requestInfo))
  assert.deepEqual([asked.result, asked.statements], [{ ok: true }, 1])
  await torii.settled()
  const mail = await mailbox.takeOne(email, 'reset_password')
  assert.ok(mail.text.includes('https://app.example/auth/password/reset?token='))
  const input = { token: mail.token, password: another }
  const done = await site.counted(() => reset.complete(input, requestInfo))
  assert.deepEqual([done.result, done.statements], [{ ok: true, email, sessionsEnded: 1 }, 2])
  assert.equal(await torii.sessions.validate(token), null)
  assert.equal((await signIn(email, goodPassword)).ok, false)
  assert.ok((await signIn(email, another)).ok)
  await torii.settled()
  await mailbox.takeOne(email, 'password_changed')
})

test('T4.59 an unknown, a known and a disabled address: the same answer, statements and hashes', async () => {
  const { email } = await signUp()
  const disabled = await signUp()
  await site.storage.users.disable(disabled.user.id)
  const costs = []
  for (const address of [email, newEmail(), disabled.email])
    costs.push(await site.counted(() => reset.request(address, requestInfo)))
  for (const cost of costs) assert.deepEqual(cost, { result: { ok: true }, statements: 1 })
  await torii.settled()
  assert.equal((await mailbox.take(email)).length, 1)
  assert.deepEqual(await mailbox.take(disabled.email), [])
})

test('T4.59 a mailer that throws or is slow changes and delays no response', async () => {
  const { email } = await signUp()
  let release = () => {}
  const slow = site.with({
    mailer: { send: () => new Promise((resolve) => (release = resolve)) },
    requireVerifiedEmail: false,
  })
  assert.deepEqual(await slow.password.reset.request(email, requestInfo), { ok: true })
  const broken = site.with({
    mailer: { send: () => Promise.reject(Object.assign(new Error('550'), { permanent: true })) },
    requireVerifiedEmail: false,
  })
  assert.deepEqual(await broken.password.reset.request(email, requestInfo), { ok: true })
  await broken.settled()
  release()
  await slow.settled()
})

for (const callers of [2, 8, 64])
  test(`T1.2 of ${callers} who use one link at once one sets the password`, async () => {
    const { email } = await signUp()
    const token = await mailedToken(email)
    const generous = site.with({
      password: { hashing: { memoryKib: 7168, passes: 5, maxWaiting: 128 } },
    })
    const passwords = Array.from({ length: callers }, (_, index) => `${another} no ${index}`)
    const outcomes = await Promise.all(
      passwords.map((password) =>
        generous.password.reset.complete({ token, password }, requestInfo),
      ),
    )
    const winners = passwords.filter((_, index) => outcomes[index]?.ok)
    assert.equal(winners.length, 1)
    assert.ok((await signIn(email, winners[0] ?? '')).ok)
  })

test('T1.11 no request ends a link, four are live at most, and using one ends them all', async () => {
  const { email } = await signUp()
  const former = await mailedToken(email)
  await Promise.all(Array.from({ length: 8 }, () => reset.request(email, requestInfo)))
  await torii.settled()
  const mails = await mailbox.take(email)
  assert.equal(mails.length, 2)
  const tokens = [former, ...mails.map(({ token }) => token)]
  for (const token of tokens) assert.ok(await torii.links.inspect('reset_password', token))
  for (const token of tokens)
    assert.equal(
      (await reset.complete({ token, password: another }, requestInfo)).ok,
      token === former,
    )
})

test('T1.12 a link that was mailed before the email address changed is invalid', async () => {
  const { email, user } = await signUp()
  const token = await mailedToken(email)
  await db.query(
    `with gone as (delete from torii.user_emails where user_id = $1)
     update torii.users set email = 'moved@example.com', email_key = 'moved@example.com' where id = $1`,
    [user.id],
  )
  assert.deepEqual(await reset.complete({ token, password: another }, requestInfo), invalidToken)
})

test('T1.8 an expired link is refused with the sweep at rest, and T1.9 so is one of another purpose', async () => {
  const { email } = await signUp()
  const token = await mailedToken(email)
  await db.query(
    `update torii.verification_tokens set expires_at = expires_at - interval '31 minutes'`,
  )
  assert.deepEqual(await reset.complete({ token, password: another }, requestInfo), invalidToken)
  const verification = await torii.email.createVerification(email)
  assert.ok(verification !== null)
  for (const foreign of [
    verification.token.reveal(),
    verification.token.reveal().replace('_v_', '_r_'),
  ])
    assert.deepEqual(
      await reset.complete({ token: foreign, password: another }, requestInfo),
      invalidToken,
    )
})

test('T10.119 a locked account can reset its password, which ends the lock', async () => {
  const { email } = await signUp()
  for (let tries = 0; tries < 11; tries += 1) await signIn(email, 'a guess that is wrong')
  const locked = await signIn(email, goodPassword)
  assert.ok(!locked.ok && locked.reason === 'too_many_attempts')
  const token = await mailedToken(email)
  assert.ok((await reset.complete({ token, password: another }, requestInfo)).ok)
  assert.ok((await signIn(email, another)).ok)
})

test('T5.65 T5.66 a reset of an unverified account removes a squatter’s password and sessions', async () => {
  const { email, token: squatters } = await signUp()
  const token = await mailedToken(email)
  assert.ok((await reset.complete({ token, password: another }, requestInfo)).ok)
  assert.equal(await torii.sessions.validate(squatters), null)
  const victim = await signIn(email, another)
  assert.ok(victim.ok && victim.user.emailVerifiedAt !== null)
})

test('T10.120 beyond the limit of an email address nothing is sent, without a visible refusal', async () => {
  const { email } = await signUp()
  for (let asked = 0; asked < 12; asked += 1)
    assert.deepEqual(await reset.request(email, requestInfo), { ok: true })
  await torii.settled()
  assert.equal((await mailbox.take(email)).length, 3)
})

test('V6.4.1 V6.4.6 create() neither mails nor counts the link', async () => {
  const { email } = await signUp()
  const made = await reset.create(email)
  assert.ok(made !== null)
  assert.equal(String(made.link), '[redacted]')
  await torii.settled()
  assert.deepEqual(await mailbox.take(email), [])
  const { token } = made
  assert.ok((await reset.complete({ token, password: another }, requestInfo)).ok)
  assert.equal(await reset.create(newEmail()), null)
})

test('a refused password keeps the link valid', async () => {
  const { email } = await signUp()
  const token = await mailedToken(email)
  const refused = await reset.complete({ token, password: 'short' }, requestInfo)
  assert.ok(!refused.ok && refused.reason === 'password_rejected')
  assert.ok((await reset.complete({ token, password: another }, requestInfo)).ok)
})

test('T3.49 mail goes to the address as it is stored, whatever spelling asks', async () => {
  const { email } = await signUp(`Person.${newEmail()}`)
  await reset.request(email.toUpperCase(), requestInfo)
  await torii.settled()
  await mailbox.takeOne(email, 'reset_password')
})
