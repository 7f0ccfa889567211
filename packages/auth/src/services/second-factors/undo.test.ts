import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import type { ToriiEvent } from '../../index.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { newLandingNonce } from '../links/landing-form.js'
import { enroll } from './factor.test.support.js'

const mailbox = await openMailbox()
const emitted: ToriiEvent[] = []
const keys = [{ id: 'k1', secret: randomBytes(32) }]
const options = { keys, mailer: mailbox.mailer, requireVerifiedEmail: false }
const site = await openTestSite({ ...options, onEvent: (event) => emitted.push(event) })
const { torii, db } = site
const { secondFactors } = torii
const invalidToken = { ok: false, reason: 'invalid_token' }
const validate = async (token: string) =>
  (await torii.sessions.validate(token)) ?? assert.fail('no session')

/** A user with a verified email address, in whose session someone acts. */
async function signUp() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  await torii.admin.verifyEmail(made.user.id, email)
  await torii.settled()
  await mailbox.take(email)
  return { email, user: made.user, token: made.token.reveal() }
}

async function addPasskey(token: string) {
  const valid = await validate(token)
  const authenticator = new SoftwareAuthenticator()
  const asked = await torii.passkey.registerOptions(valid, requestInfo)
  assert.ok(asked.ok)
  const response = authenticator.create(asked.options)
  const { challengeId } = asked
  assert.ok((await torii.passkey.register(valid, { challengeId, response }, requestInfo)).ok)
  return authenticator
}

async function signInByPasskey(authenticator: SoftwareAuthenticator) {
  const asked = await torii.passkey.authenticateOptions({}, requestInfo)
  assert.ok(asked.ok)
  const response = authenticator.get(asked.options)
  const { challengeId } = asked
  return torii.passkey.authenticate({ challengeId, response }, requestInfo)
}

/** The messages that the owner got, by kind. */
async function mailsTo(email: string) {
  await torii.settled()
  return new Map((await mailbox.take(email)).map((mail) => [mail.kind, mail]))
}

const tokenIn = (text = '') => /token=([\w-]+)/.exec(text)?.[1] ?? assert.fail(text)

/** The first second factor was turned on; the owner has the link. */
async function enrolled(person: { email: string; token: string }) {
  const { token, app } = await enroll(torii, person.token, requestInfo)
  const mails = await mailsTo(person.email)
  const { text } = mails.get('second_factor_added') ?? assert.fail()
  assert.match(text, /second-factors\/undo\?token=torii_u_/)
  return { token, app, undo: tokenIn(text) }
}

test('T14.60 the owner undoes a second factor: what was added since is gone, what was there before stays', async () => {
  const person = await signUp()
  const before = await addPasskey(person.token)
  const { token, undo } = await enrolled(person)
  const since = await addPasskey(token)
  await mailsTo(person.email)
  assert.deepEqual(await torii.links.inspect('undo_second_factor', undo), {
    email: person.email,
    formerEmail: null,
  })
  emitted.length = 0
  const undone = await site.counted(() => secondFactors.undo({ token: undo }, requestInfo))
  assert.deepEqual(undone.result, { ok: true })
  assert.equal(undone.statements, 2)
  assert.equal(await torii.sessions.validate(token), null)
  const mails = await mailsTo(person.email)
  assert.deepEqual([...mails.keys()].sort(), ['reset_password', 'second_factor_removed'])
  assert.deepEqual(
    emitted.map(({ type, detail }) => [type, detail]),
    [['second_factor_undone', { factors: 1, passkeys: 1, oauthAccounts: 0, sessionsEnded: 1 }]],
  )
  const { email } = person
  // No one signs in with the password that turned the factor on.
  const known = await torii.password.authenticate({ email, password }, requestInfo)
  assert.deepEqual(known, { ok: false, reason: 'invalid_credentials' })
  assert.equal((await signInByPasskey(since)).ok, false)
  assert.ok((await signInByPasskey(before)).ok)
  const reset = tokenIn(mails.get('reset_password')?.text)
  const next = 'another gate of two pillars'
  const completed = await torii.password.reset.complete(
    { token: reset, password: next },
    requestInfo,
  )
  assert.ok(completed.ok)
  assert.ok((await torii.password.authenticate({ email, password: next }, requestInfo)).ok)
  assert.deepEqual(await secondFactors.undo({ token: undo }, requestInfo), invalidToken)
})

test('T14.61 the session that turned it on cannot end the link: not by signing out others, a password, a replacement or off and on', async () => {
  const person = await signUp()
  const first = await enrolled(person)
  let { token } = first
  assert.ok((await torii.sessions.revokeOthers(await validate(token))).ok)
  const changed = await torii.password.change(
    await validate(token),
    { currentPassword: password, newPassword: 'a fence around four ponds' },
    requestInfo,
  )
  assert.ok(changed.ok, JSON.stringify(changed))
  await addPasskey(token)
  ;({ token } = await enroll(torii, token, requestInfo))
  const replaced = (await mailsTo(person.email)).get('second_factor_added')
  assert.doesNotMatch(replaced?.text ?? '', /undo/)
  for (let round = 0; round < 2; round += 1) {
    const removed = await secondFactors.removeTotp(await validate(token), { token }, requestInfo)
    assert.ok(removed.ok)
    ;({ token } = await enroll(torii, removed.token.reveal(), requestInfo))
  }
  const audited = site.with({ ...options, audit: true })
  const undone = await audited.secondFactors.undo({ token: first.undo }, requestInfo)
  assert.deepEqual(undone, { ok: true })
  assert.equal(await torii.sessions.validate(token), null)
  const { rows } = await db.query(
    `select (select count(*)::int from torii.passkeys where user_id = $1) as passkeys,
       (select count(*)::int from torii.totp_factors where user_id = $1) as factors,
       (select count(*)::int from torii.verification_tokens
         where user_id = $1 and purpose = 'undo_second_factor' and used_by is null) as links,
       (select count(*)::int from torii.audit_events
         where user_id = $1 and type = 'second_factor_undone') as events`,
    [person.user.id],
  )
  assert.deepEqual(rows, [{ passkeys: 0, factors: 0, links: 0, events: 1 }])
})

test('T14.62 the link is of this purpose alone, and works once', async () => {
  const person = await signUp()
  const { undo } = await enrolled(person)
  const asReset = undo.replace('torii_u_', 'torii_r_')
  const reset = { token: asReset, password: 'another gate of two pillars' }
  assert.deepEqual(await torii.password.reset.complete(reset, requestInfo), invalidToken)
  for (const wrong of ['', 'torii_u_x', asReset, `${undo}A`])
    assert.deepEqual(await secondFactors.undo({ token: wrong }, requestInfo), invalidToken)
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => secondFactors.undo({ token: undo }, requestInfo)),
  )
  assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
  assert.equal([...(await mailsTo(person.email)).keys()].length, 2)
})

test('T14.62 a form that was sent twice undoes once, and mails one reset link', async () => {
  const person = await signUp()
  const { undo: token } = await enrolled(person)
  const form = { token, nonce: newLandingNonce() }
  for (let click = 0; click < 2; click += 1)
    assert.deepEqual(await secondFactors.undo(form, requestInfo), { ok: true })
  await torii.settled()
  const kinds = (await mailbox.take(person.email)).map(({ kind }) => kind)
  assert.deepEqual(kinds.sort(), ['reset_password', 'second_factor_removed'])
})

test('a site without a mailer creates no link', async () => {
  const email = newEmail()
  const silent = site.with({ keys })
  const made = await silent.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  await enroll(silent, made.token.reveal(), requestInfo)
  const { rows } = await db.query(
    'select count(*)::int as n from torii.verification_tokens where user_id = $1',
    [made.user.id],
  )
  assert.equal(rows[0]?.n, 0)
})
