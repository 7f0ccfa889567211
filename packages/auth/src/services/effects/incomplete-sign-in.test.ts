import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'vitest'
import type { RequestInfo, ToriiEvent } from '../../index.js'
import { germanMessages } from '../../mail/german.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import { enroll } from '../second-factors/factor.test.support.js'

const mailbox = await openMailbox()
const emitted: ToriiEvent[] = []
const options = {
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  mailer: mailbox.mailer,
  requireVerifiedEmail: false,
  onEvent: (event: ToriiEvent) => emitted.push(event),
}
const site = await openTestSite(options)
const { torii, db } = site

const stranger = { ip: '203.0.113.9', userAgent: 'Stranger/1.0' }

async function withFactor() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  const { user } = made
  const enrolled = await enroll(torii, made.token.reveal(), requestInfo)
  await db.query('update torii.totp_factors set last_step = last_step - 2')
  await torii.settled()
  await mailbox.take(email)
  const deviceCookie = torii.deviceCookie(email, requestInfo, user.id)
  return { email, user, known: { ...requestInfo, deviceCookie }, ...enrolled }
}

type Person = Awaited<ReturnType<typeof withFactor>>

async function signInHalfway({ email }: Person, info: RequestInfo, by = torii) {
  const outcome = await by.password.authenticate({ email, password }, info)
  assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', JSON.stringify(outcome))
  return outcome.pending.token
}

/** The mails about incomplete sign-ins that the owner got since the last look. */
async function noticesOf({ email }: Person) {
  await torii.settled()
  return (await mailbox.take(email)).filter(({ kind }) => kind === 'sign_in_incomplete')
}

const aDayLater = () =>
  db.query(`update torii.rate_limits set ends_at = ends_at - interval '25 hours',
    lock_ends_at = lock_ends_at - interval '25 hours', seen_at = seen_at - interval '25 hours'`)

describe('T14.55 the owner is mailed about a right first factor without the second one', () => {
  test('where a browser that is not known was asked for it, and at most once a day', async () => {
    const person = await withFactor()
    await signInHalfway(person, stranger)
    const [notice, ...more] = await noticesOf(person)
    assert.equal(more.length, 0)
    for (const word of ['Stranger/1.0', '203.0.113.9', 'second factor'])
      assert.ok(notice?.text.includes(word), word)
    for (let count = 0; count < 3; count += 1) await signInHalfway(person, stranger)
    assert.deepEqual(await noticesOf(person), [])
    await aDayLater()
    await signInHalfway(person, stranger)
    assert.equal((await noticesOf(person)).length, 1)
  })

  test('where a code was wrong, in a known browser as well', async () => {
    const person = await withFactor()
    const token = await signInHalfway(person, person.known)
    assert.deepEqual(await noticesOf(person), [])
    const answer = { token, code: person.app.wrongCode() }
    assert.equal((await torii.secondFactors.verify(answer, person.known)).ok, false)
    assert.equal((await noticesOf(person)).length, 1)
    const recoveryCode = 'AAAAA-AAAAA'
    await torii.secondFactors.verify({ token, recoveryCode }, person.known)
    assert.deepEqual(await noticesOf(person), [])
  })

  test('not where the mailbox was the first factor, nor at a step-up, nor for a made-up sign-in', async () => {
    const person = await withFactor()
    const { email, token, app } = person
    await torii.admin.verifyEmail(person.user.id, email)
    const link = await torii.magicLink.create({ email })
    const waits = await torii.magicLink.authenticate({ token: link.token }, stranger)
    assert.ok(!waits.ok && waits.reason === 'second_factor_required')
    const valid = (await torii.sessions.validate(token)) ?? assert.fail()
    const code = app.wrongCode()
    await torii.secondFactors.reauthenticate(valid, { token, code }, requestInfo)
    await torii.secondFactors.verify({ token: 'torii_p_x', code }, stranger)
    assert.deepEqual(await noticesOf(person), [])
  })

  test('in the language of the messages, after the response and without a statement before it', async () => {
    const person = await withFactor()
    const german = site.with({ ...options, mail: { messages: germanMessages } })
    const { statements } = await site.counted(() => signInHalfway(person, stranger))
    assert.equal(statements, 2)
    await noticesOf(person)
    await aDayLater()
    await signInHalfway(person, stranger, german)
    await german.settled()
    const [notice] = await noticesOf(person)
    assert.match(notice?.subject ?? '', /zweiter Faktor/)
  })

  test('not where the account has no email address', async () => {
    const { user } = await withFactor()
    await db.query('delete from torii.user_emails where user_id = $1', [user.id])
    await db.query('update torii.users set email = null, email_key = null where id = $1', [user.id])
    site.events.length = 0
    const waits = await torii.sessions.open(user.id, 'oauth', stranger)
    assert.ok(!waits.ok && waits.reason === 'second_factor_required')
    await torii.settled()
    assert.deepEqual(site.events, [])
  })

  test('the event says whether the browser is known, without a mailer as well', async () => {
    const person = await withFactor()
    const { mailer: _, ...rest } = options
    const silent = site.with(rest)
    const { statements } = await site.counted(async () => {
      for (const info of [stranger, person.known]) await signInHalfway(person, info, silent)
      await silent.settled()
    })
    // Two of each sign-in, and none for a mail that cannot be sent.
    assert.equal(statements, 4)
    const details = emitted
      .filter(({ type, userId }) => type === 'second_factor_required' && userId === person.user.id)
      .map(({ detail }) => detail)
    assert.deepEqual(details, [
      { method: 'password', knownBrowser: false, mustEnroll: false },
      { method: 'password', knownBrowser: true, mustEnroll: false },
    ])
    assert.deepEqual(await noticesOf(person), [])
  })
})
