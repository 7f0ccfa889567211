import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'vitest'
import type { SessionToken, Torii } from '../../index.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import type { Knobs } from '../../webauthn/authenticator.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { enroll } from '../second-factors/factor.test.support.js'

const mailbox = await openMailbox()
const keys = [{ id: 'k1', secret: randomBytes(32) }]
const given = { keys, mailer: mailbox.mailer, requireVerifiedEmail: false }
const site = await openTestSite(given)
const { torii, db } = site
/** In the background no one touches the authenticator or unlocks it. */
const silent: Knobs = { userPresent: false, userVerified: false }
const passwordSignInRequired = { ok: false, reason: 'password_sign_in_required' }
const rejectedFor = (problem: string) => ({ ok: false, reason: 'passkey_rejected', problem })

async function signUp() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  return { email, user: made.user, token: made.token }
}

async function signIn(email: string) {
  const signedIn = await torii.password.authenticate({ email, password }, requestInfo)
  assert.ok(signedIn.ok, JSON.stringify(signedIn))
  return signedIn.token
}

const validate = async (token: SessionToken | string) =>
  (await torii.sessions.validate(token)) ?? assert.fail('no session')

/** Starts an upgrade, and answers with what the authenticator creates. */
async function upgrade(token: SessionToken | string, knobs: Knobs = silent, by: Torii = torii) {
  const asked = await by.passkey.upgradeOptions(await validate(token), requestInfo)
  assert.ok(asked.ok, JSON.stringify(asked))
  const authenticator = new SoftwareAuthenticator()
  const response = authenticator.create(asked.options, knobs)
  const { challengeId } = asked
  return { authenticator, options: asked.options, input: { challengeId, response } }
}

const register = async (
  token: SessionToken | string,
  input: { challengeId: string; response: unknown },
) => torii.passkey.register(await validate(token), input, requestInfo)

describe('a passkey that the browser creates in the background', () => {
  test('T10.200 is added after a sign-in by password without a touch, mails its owner, and signs in with user verification only', async () => {
    const { email } = await signUp()
    const token = await signIn(email)
    const { authenticator, options, input } = await upgrade(token)
    assert.deepEqual(options.authenticatorSelection, {
      residentKey: 'required',
      requireResidentKey: true,
      userVerification: 'preferred',
    })
    const added = await register(token, input)
    assert.ok(added.ok, JSON.stringify(added))
    await torii.settled()
    const kinds = (await mailbox.take(email)).map(({ kind }) => kind)
    assert.ok(kinds.includes('passkey_added'), kinds.join())
    const use = async (knobs: Knobs) => {
      const asked = await torii.passkey.authenticateOptions({}, requestInfo)
      assert.ok(asked.ok)
      const response = authenticator.get(asked.options, knobs)
      return torii.passkey.authenticate({ challengeId: asked.challengeId, response }, requestInfo)
    }
    for (const knobs of [{ userPresent: false }, { userVerified: false }, silent])
      assert.deepEqual(await use(knobs), { ok: false, reason: 'invalid_credentials' })
    const signedIn = await use({})
    assert.ok(signedIn.ok)
    assert.equal(signedIn.session.level, 2)
  })

  test('T10.200 starts with two statements, and refuses with none', async () => {
    const { token } = await signUp()
    const valid = await validate(token)
    const started = await site.counted(() => torii.passkey.upgradeOptions(valid, requestInfo))
    assert.ok(started.result.ok)
    assert.equal(started.statements, 2)
    await site.elapse(301)
    const old = await validate(token)
    const refused = await site.counted(() => torii.passkey.upgradeOptions(old, requestInfo))
    assert.deepEqual(refused, { result: passwordSignInRequired, statements: 0 })
  })

  test('T10.201 a registration that the user confirms still needs user presence and user verification', async () => {
    const { token } = await signUp()
    const valid = await validate(token)
    for (const [knobs, problem] of [
      [silent, 'user_presence'],
      [{ userPresent: false }, 'user_presence'],
      [{ userVerified: false }, 'user_verification'],
    ] as const) {
      const asked = await torii.passkey.registerOptions(valid, requestInfo)
      assert.ok(asked.ok)
      const response = new SoftwareAuthenticator().create(asked.options, knobs)
      assert.deepEqual(
        await register(token, { challengeId: asked.challengeId, response }),
        rejectedFor(problem),
      )
    }
  })

  test('T10.201 keeps every other check of a registration', async () => {
    const { token } = await signUp()
    for (const [knobs, problem] of [
      [{ origin: 'https://evil.example' }, 'origin'],
      [{ rpId: 'evil.example' }, 'rp_id'],
      [{ clientData: { challenge: 'AAAA' } }, 'challenge'],
      [{ backupEligible: false }, 'backup_state'],
    ] as const) {
      const { input } = await upgrade(token, { ...silent, ...knobs })
      assert.deepEqual(await register(token, input), rejectedFor(problem))
    }
    const { input } = await upgrade(token)
    assert.ok((await register(token, input)).ok)
    assert.deepEqual(await register(token, input), { ok: false, reason: 'invalid_token' })
  })

  test('T10.201 belongs to the session that asked for it', async () => {
    const { email, token } = await signUp()
    const { input } = await upgrade(token)
    assert.deepEqual(await register(await signIn(email), input), {
      ok: false,
      reason: 'invalid_token',
    })
  })

  test('T10.202 is refused later than five minutes after the sign-in, also when it was asked for before', async () => {
    const { token } = await signUp()
    await site.elapse(299)
    const { input } = await upgrade(token)
    await site.elapse(2)
    assert.deepEqual(await register(token, input), passwordSignInRequired)
    assert.deepEqual(
      await torii.passkey.upgradeOptions(await validate(token), requestInfo),
      passwordSignInRequired,
    )
  })

  test('T10.202 re-authentication in an old session is no sign-in, and neither is a session derived from one', async () => {
    const { token } = await signUp()
    await site.elapse(400)
    const valid = await validate(token)
    const derived = await torii.sessions.derive(valid, requestInfo)
    assert.ok(derived.ok, JSON.stringify(derived))
    assert.deepEqual(
      await torii.passkey.upgradeOptions(await validate(derived.token), requestInfo),
      passwordSignInRequired,
    )
    const again = await torii.sessions.reauthenticate(
      valid,
      { token, password, rotate: false },
      requestInfo,
    )
    assert.ok(again.ok, JSON.stringify(again))
    assert.deepEqual(
      await torii.passkey.upgradeOptions(await validate(token), requestInfo),
      passwordSignInRequired,
    )
  })

  test('T10.202 a session that was opened in another way is refused', async () => {
    const { user } = await signUp()
    for (const method of ['magic_link', 'oauth', 'passkey'] as const) {
      const opened = await torii.sessions.open(user.id, method, requestInfo)
      assert.ok(opened.ok, JSON.stringify(opened))
      assert.deepEqual(
        await torii.passkey.upgradeOptions(await validate(opened.token), requestInfo),
        passwordSignInRequired,
      )
    }
  })

  test('T10.203 where the user has a second factor, only a session of level 2 gets one', async () => {
    const { email, user, token } = await signUp()
    const { app } = await enroll(torii, token.reveal(), requestInfo)
    await db.query('update torii.totp_factors set last_step = last_step - 2')
    const pending = await torii.password.authenticate({ email, password }, requestInfo)
    assert.ok(!pending.ok && pending.reason === 'second_factor_required')
    const verified = await torii.secondFactors.verify(
      { token: pending.pending.token, code: app.code() },
      requestInfo,
    )
    assert.ok(verified.ok, JSON.stringify(verified))
    const { input } = await upgrade(verified.token)
    assert.ok((await register(verified.token, input)).ok)
    await db.query('update torii.sessions set level = 1, level2_at = null where user_id = $1', [
      user.id,
    ])
    assert.deepEqual(
      await torii.passkey.upgradeOptions(await validate(verified.token), requestInfo),
      {
        ok: false,
        reason: 'level_required',
        methods: ['totp', 'recovery_code', 'passkey'],
        enroll: [],
      },
    )
  })

  test('passkey.upgradeSeconds is the time for it, and 0 turns it off', async () => {
    const { token } = await signUp()
    const valid = await validate(token)
    const off = site.with({ ...given, passkey: { upgradeSeconds: 0 } })
    assert.deepEqual(await off.passkey.upgradeOptions(valid, requestInfo), passwordSignInRequired)
    await site.elapse(61)
    const minute = site.with({ ...given, passkey: { upgradeSeconds: 60 } })
    const later = await validate(token)
    assert.deepEqual(
      await minute.passkey.upgradeOptions(later, requestInfo),
      passwordSignInRequired,
    )
    assert.ok((await torii.passkey.upgradeOptions(later, requestInfo)).ok)
  })
})
