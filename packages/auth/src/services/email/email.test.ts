import assert from 'node:assert/strict'
import { test } from 'vitest'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'

const mailbox = await openMailbox()
const site = await openTestSite({ mailer: mailbox.mailer })
const { torii } = site
const another = 'twelve lanterns on a rainy bridge'
const invalidToken = { ok: false, reason: 'invalid_token' }

async function register(email = newEmail(), password = goodPassword) {
  const made = await torii.password.register({ email, password }, requestInfo)
  await torii.settled()
  return { email, made }
}

/** Someone who registered and has the mail, and has not opened it. */
async function registered() {
  const { email, made } = await register()
  assert.ok(made.ok)
  return { email, user: made.user, token: (await mailbox.takeOne(email, 'verify_email')).token }
}

/** Someone who did everything as it should be. */
async function verified() {
  const { email, token } = await registered()
  const outcome = await torii.email.verify({ token, password: goodPassword }, requestInfo)
  assert.ok(outcome.ok && outcome.token !== null)
  const valid = await torii.sessions.validate(outcome.token)
  assert.ok(valid !== null)
  return { email, user: outcome.user, token: outcome.token, valid }
}

const signIn = (email: string, password: string) =>
  torii.password.authenticate({ email, password }, requestInfo)

test('T4.58 registering a new and a taken address: the same two statements, no session, a mail to the owner', async () => {
  const { email } = await verified()
  const fresh = newEmail()
  const attempt = (address: string) =>
    site.counted(() =>
      torii.password.register({ email: address, password: another, name: 'Eve' }, requestInfo),
    )
  const [taken, made] = [await attempt(email), await attempt(fresh)]
  assert.deepEqual([taken.statements, made.statements], [2, 2])
  assert.deepEqual(taken.result, { ok: false, reason: 'email_taken' })
  assert.ok(made.result.ok && made.result.session === null && made.result.token === null)
  await torii.settled()
  await mailbox.takeOne(email, 'already_registered')
  await mailbox.takeOne(fresh, 'verify_email')
  assert.ok((await signIn(email, goodPassword)).ok)
  assert.equal((await signIn(email, another)).ok, false)
})

test('registering an unverified address again mails its verification and stores nothing else', async () => {
  const { email, user } = await registered()
  const { made } = await register(email, another)
  assert.deepEqual(made, { ok: false, reason: 'email_taken' })
  const { token } = await mailbox.takeOne(email, 'verify_email')
  const outcome = await torii.email.verify({ token, password: goodPassword }, requestInfo)
  assert.ok(outcome.ok && outcome.session !== null)
  assert.deepEqual([outcome.user.id, outcome.user.name], [user.id, null])
})

test('T4.55 an unverified address answers like a wrong password; a fresh mail follows the answer', async () => {
  const { email } = await registered()
  const right = await site.counted(() => signIn(email, goodPassword))
  assert.deepEqual(right, { result: { ok: false, reason: 'invalid_credentials' }, statements: 1 })
  const wrong = await site.counted(() => signIn(email, 'not the password at all'))
  await torii.settled()
  assert.deepEqual(wrong.result, right.result)
  const { token } = await mailbox.takeOne(email, 'verify_email')
  assert.ok((await torii.email.verify({ token }, requestInfo)).ok)
})

test('with the account’s password everything stays and the person is signed in, in three statements', async () => {
  const { email, token } = await registered()
  const input = { token, password: goodPassword }
  const { result, statements } = await site.counted(() => torii.email.verify(input, requestInfo))
  assert.ok(result.ok && result.token !== null)
  assert.equal(statements, 3)
  assert.ok(result.user.emailVerifiedAt !== null)
  assert.ok(await torii.sessions.validate(result.token))
  assert.ok((await signIn(email, goodPassword)).ok)
  await torii.settled()
  assert.deepEqual(await mailbox.take(email), [])
})

test('a wrong password changes nothing, is counted, and leaves the link valid for five tries', async () => {
  const { email, user, token } = await registered()
  const rowsOf = async () => {
    const { rows } = await site.db.query(
      `select u.email_verified_at, u.owner_epoch, u.session_epoch, p.hash
       from torii.users u join torii.passwords p on p.user_id = u.id where u.id = $1`,
      [user.id],
    )
    return rows
  }
  const before = await rowsOf()
  const attempt = (password: string) => torii.email.verify({ token, password }, requestInfo)
  for (const wrong of [another, 'short', '', 'x'.repeat(400)])
    assert.deepEqual(await attempt(wrong), { ok: false, reason: 'invalid_credentials' })
  assert.deepEqual(await rowsOf(), before)
  const right = await attempt(goodPassword)
  assert.ok(right.ok && right.session !== null)
  await torii.settled()
  assert.deepEqual(await mailbox.take(email), [])
})

test('after five wrong passwords the link is invalid for a password, at no further cost', async () => {
  const { token } = await registered()
  for (let turn = 0; turn < 5; turn += 1)
    assert.deepEqual(await torii.email.verify({ token, password: another }, requestInfo), {
      ok: false,
      reason: 'invalid_credentials',
    })
  const { result, statements } = await site.counted(() =>
    torii.email.verify({ token, password: goodPassword }, requestInfo),
  )
  assert.deepEqual([result, statements], [invalidToken, 1])
})

test('of forty guesses at once with one link no more than five are verified', async () => {
  const { token } = await registered()
  const guess = () => torii.email.verify({ token, password: another }, requestInfo)
  const outcomes = await Promise.all(Array.from({ length: 40 }, guess))
  const reasons = outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.reason))
  assert.equal(reasons.filter((reason) => reason === 'invalid_credentials').length, 5)
  assert.equal(reasons.filter((reason) => reason === 'invalid_token').length, 35)
})

test('made-up tokens with a password are counted by IP address before anything is hashed', async () => {
  const { token } = await registered()
  const limited = site.with({ mailer: mailbox.mailer, bruteForce: { ipAddress: { cap: 3 } } })
  const from = { ip: '198.51.100.77', userAgent: null }
  const made = () =>
    `${token.slice(0, -8)}${Math.random().toString(36).slice(2, 10).padEnd(8, 'A')}`
  for (const passwords of [{ password: another }, { newPassword: another }])
    for (let turn = 0; turn < 4; turn += 1) {
      const outcome = await limited.email.verify({ token: made(), ...passwords }, from)
      assert.ok(!outcome.ok)
      const isRefused = turn === 3 || 'newPassword' in passwords
      assert.equal(outcome.reason, isRefused ? 'too_many_attempts' : 'invalid_token')
    }
  const { statements } = await site.counted(() =>
    limited.email.verify({ token, newPassword: another }, from),
  )
  assert.equal(statements, 1)
})

test('both passwords at once are refused before any statement', async () => {
  const { token } = await registered()
  const input = { token, password: goodPassword, newPassword: another }
  const { statements } = await site.counted(() =>
    assert.rejects(torii.email.verify(input, requestInfo), { kind: 'value', field: 'newPassword' }),
  )
  assert.equal(statements, 0)
})

test('T5.65 a new password given with the token becomes the password; what was there before is gone', async () => {
  const { email, token } = await registered()
  const seen: string[] = []
  const watched = site.with({ mailer: mailbox.mailer, onEvent: ({ type }) => seen.push(type) })
  const outcome = await watched.email.verify({ token, newPassword: another }, requestInfo)
  await watched.settled()
  assert.deepEqual(seen, [
    'email_verified',
    'unverified_credentials_removed',
    'password_set',
    'signed_in',
  ])
  assert.ok(outcome.ok && outcome.token !== null)
  assert.equal((await signIn(email, goodPassword)).ok, false)
  assert.ok((await signIn(email, another)).ok)
  await torii.settled()
  await mailbox.takeOne(email, 'password_changed')
})

test('a new password that is not acceptable is refused before any statement, and the link stays valid', async () => {
  const { token } = await registered()
  const { result, statements } = await site.counted(() =>
    torii.email.verify({ token, newPassword: 'short' }, requestInfo),
  )
  assert.ok(!result.ok && result.reason === 'password_rejected')
  assert.equal(statements, 0)
  assert.ok((await torii.email.verify({ token, password: goodPassword }, requestInfo)).ok)
})

test('T5.65 without a password no session opens and the squatter’s password is gone, in one statement', async () => {
  const { email, token } = await registered()
  const { result, statements } = await site.counted(() =>
    torii.email.verify({ token }, requestInfo),
  )
  assert.ok(result.ok && result.session === null && result.token === null)
  assert.equal(statements, 1)
  assert.equal((await signIn(email, goodPassword)).ok, false)
})

test('a live session of the account keeps its credentials; one of another account does not', async () => {
  const open = site.with({ mailer: mailbox.mailer, requireVerifiedEmail: false })
  const signUp = async () => {
    const email = newEmail()
    const made = await open.password.register({ email, password: goodPassword }, requestInfo)
    await open.settled()
    assert.ok(made.ok && made.token !== null)
    const { token } = await mailbox.takeOne(email, 'verify_email')
    return { email, session: made.token, token, valid: await open.sessions.validate(made.token) }
  }
  const [own, foreign] = [await signUp(), await signUp()]
  assert.ok((await open.email.verify({ token: own.token, valid: own.valid }, requestInfo)).ok)
  assert.ok(await open.sessions.validate(own.session))
  assert.ok((await open.email.verify({ token: foreign.token, valid: own.valid }, requestInfo)).ok)
  assert.equal(await open.sessions.validate(foreign.session), null)
})

test('T1.3 T1.8 T1.9 a verification is valid once, until it expires, and for its purpose only', async () => {
  const { token } = await registered()
  const uses = await Promise.all(
    Array.from({ length: 8 }, () => torii.email.verify({ token }, requestInfo)),
  )
  assert.equal(uses.filter(({ ok }) => ok).length, 1)
  assert.deepEqual(await torii.email.verify({ token }, requestInfo), invalidToken)
  const late = await registered()
  await site.db.query(
    `update torii.verification_tokens set expires_at = now() - interval '1 second'`,
  )
  assert.deepEqual(await torii.email.verify({ token: late.token }, requestInfo), invalidToken)
  const { email } = await verified()
  const link = await torii.password.reset.create(email)
  assert.ok(link !== null)
  for (const text of [link.token.reveal(), link.token.reveal().replace('_r_', '_v_')])
    assert.deepEqual(await torii.email.verify({ token: text }, requestInfo), invalidToken)
})

test('T4.59 requestVerification() answers alike for unknown, unverified and verified email addresses', async () => {
  const { email } = await registered()
  const done = await verified()
  for (const address of [email, done.email, newEmail()])
    assert.deepEqual(
      await site.counted(() => torii.email.requestVerification(address, requestInfo)),
      {
        result: { ok: true },
        statements: 1,
      },
    )
  await torii.settled()
  await mailbox.takeOne(email, 'verify_email')
  assert.deepEqual(await mailbox.take(done.email), [])
})

test('V6.3.7 a change of address: mailed to the new one, the old one is notified, other sessions end', async () => {
  const { email, token, valid } = await verified()
  const other = await signIn(email, goodPassword)
  assert.ok(other.ok)
  const next = newEmail()
  const asked = await site.counted(() => torii.email.requestChange(valid, next, requestInfo))
  assert.deepEqual(asked, { result: { ok: true }, statements: 1 })
  await torii.settled()
  const mail = await mailbox.takeOne(next, 'change_email')
  assert.deepEqual(await mailbox.take(email), [])
  const outcome = await torii.email.completeChange(valid, mail.token, requestInfo)
  assert.ok(outcome.ok && outcome.user.email === next && outcome.sessionsEnded === 1)
  assert.ok(outcome.user.emailVerifiedAt !== null)
  assert.ok(await torii.sessions.validate(token))
  assert.equal(await torii.sessions.validate(other.token), null)
  assert.ok((await signIn(next, goodPassword)).ok)
  assert.equal((await signIn(email, goodPassword)).ok, false)
  await torii.settled()
  const notice = await mailbox.takeOne(email, 'email_changed')
  assert.ok(!notice.text.includes(next), 'the former mailbox learns only a part of the new address')
})

test('T1.10 only the account that requested a change completes it; for another the token stays valid', async () => {
  const [one, two] = [await verified(), await verified()]
  const next = newEmail()
  await torii.email.requestChange(one.valid, next, requestInfo)
  await torii.settled()
  const { token } = await mailbox.takeOne(next, 'change_email')
  assert.deepEqual(await torii.email.completeChange(two.valid, token, requestInfo), invalidToken)
  assert.ok((await torii.email.completeChange(one.valid, token, requestInfo)).ok)
})

test('a change to an email address that was taken since is refused', async () => {
  const { valid } = await verified()
  const next = newEmail()
  await torii.email.requestChange(valid, next, requestInfo)
  await torii.settled()
  const { token } = await mailbox.takeOne(next, 'change_email')
  await register(next)
  assert.deepEqual(await torii.email.completeChange(valid, token, requestInfo), {
    ok: false,
    reason: 'email_taken',
  })
})

test('requestChange() needs a recent authentication, and does not reveal whether the address is taken', async () => {
  const [one, two] = [await verified(), await verified()]
  assert.deepEqual(await torii.email.requestChange(one.valid, two.email, requestInfo), { ok: true })
  await site.elapse(601)
  const valid = await torii.sessions.validate(one.token)
  assert.ok(valid !== null)
  assert.deepEqual(await torii.email.requestChange(valid, newEmail(), requestInfo), {
    ok: false,
    reason: 'reauthentication_required',
  })
})
