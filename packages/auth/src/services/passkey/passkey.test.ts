import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from 'vitest'
import type { ToriiEvent } from '../../index.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import type { AuthenticatorModel, Knobs } from '../../webauthn/authenticator.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'

const key = { id: 'k1', secret: randomBytes(32) }
const emitted: ToriiEvent[] = []
const site = await openTestSite({
  keys: [key],
  onEvent: (event) => emitted.push(event),
})
const { torii, db } = site
const invalid = { ok: false, reason: 'invalid_credentials' }
const invalidToken = { ok: false, reason: 'invalid_token' }

async function signUp() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  const valid = await torii.sessions.validate(made.token)
  assert.ok(valid !== null)
  return { email, user: made.user, token: made.token, valid }
}
type Person = Awaited<ReturnType<typeof signUp>>

async function addPasskey({ valid }: Pick<Person, 'valid'>, model: AuthenticatorModel = {}) {
  const authenticator = new SoftwareAuthenticator(model)
  const asked = await torii.passkey.registerOptions(valid, requestInfo)
  assert.ok(asked.ok)
  const response = authenticator.create(asked.options)
  const { challengeId } = asked
  const added = await torii.passkey.register(
    valid,
    { challengeId, response, name: 'Laptop' },
    requestInfo,
  )
  assert.ok(added.ok, JSON.stringify(added))
  return { authenticator, passkey: added.passkey }
}

async function withPasskey(model: AuthenticatorModel = {}) {
  const person = await signUp()
  return { ...person, ...(await addPasskey(person, model)) }
}

async function answered(
  authenticator: SoftwareAuthenticator,
  input: { email?: string } = {},
  knobs: Knobs = {},
) {
  const asked = await torii.passkey.authenticateOptions(input, requestInfo)
  assert.ok(asked.ok)
  return { challengeId: asked.challengeId, response: authenticator.get(asked.options, knobs) }
}

test('a registered passkey signs in: one statement for options, two to sign in', async () => {
  const { authenticator, user, passkey } = await withPasskey()
  assert.equal(passkey.name, 'Laptop')
  const asked = await site.counted(() => torii.passkey.authenticateOptions({}, requestInfo))
  assert.ok(asked.result.ok)
  assert.equal(asked.statements, 1)
  assert.deepEqual(asked.result.options.allowCredentials, [])
  const { challengeId, options } = asked.result
  const response = authenticator.get(options)
  const signedIn = await site.counted(() =>
    torii.passkey.authenticate({ challengeId, response }, requestInfo),
  )
  assert.ok(signedIn.result.ok)
  assert.equal(signedIn.statements, 2)
  assert.deepEqual(
    [signedIn.result.user.id, signedIn.result.session.methods],
    [user.id, ['passkey']],
  )
  assert.ok(await torii.sessions.validate(signedIn.result.token))
})

test('options for an email address list its passkeys, in one statement', async () => {
  const { authenticator, email } = await withPasskey()
  const { result, statements } = await site.counted(() =>
    torii.passkey.authenticateOptions({ email }, requestInfo),
  )
  assert.ok(result.ok)
  assert.equal(statements, 1)
  const [only] = result.options.allowCredentials
  assert.equal(only?.id, authenticator.credentialId.toString('base64url'))
  const response = authenticator.get(result.options)
  const { challengeId } = result
  assert.ok((await torii.passkey.authenticate({ challengeId, response }, requestInfo)).ok)
})

test('T4.60 an unknown email address and one without passkeys get constant decoys', async () => {
  const { email } = await signUp()
  const { email: real } = await withPasskey()
  const optionsOf = async (address: string) => {
    const asked = await site.counted(() =>
      torii.passkey.authenticateOptions({ email: address }, requestInfo),
    )
    assert.ok(asked.result.ok)
    assert.equal(asked.statements, 1)
    return asked.result.options
  }
  const unknown = newEmail()
  for (const address of [unknown, email]) {
    const [first, again] = [await optionsOf(address), await optionsOf(address)]
    assert.ok(first.allowCredentials.length > 0)
    assert.deepEqual(first.allowCredentials, again.allowCredentials)
    assert.deepEqual(Object.keys(first), Object.keys(await optionsOf(real)))
  }
  assert.notDeepEqual(
    (await optionsOf(unknown)).allowCredentials,
    (await optionsOf(newEmail())).allowCredentials,
  )
})

test('T1.5 of twenty responses to one challenge, one signs in', async () => {
  const { authenticator } = await withPasskey({ countStep: 0 })
  const input = await answered(authenticator)
  const outcomes = await Promise.all(
    Array.from({ length: 20 }, () => torii.passkey.authenticate(input, requestInfo)),
  )
  assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
  assert.deepEqual(await torii.passkey.authenticate(input, requestInfo), invalid)
})

test('T1.5 of two responses to one registration, one is stored', async () => {
  const { valid } = await signUp()
  const asked = await torii.passkey.registerOptions(valid, requestInfo)
  assert.ok(asked.ok)
  const answers = [new SoftwareAuthenticator(), new SoftwareAuthenticator()].map((one) =>
    torii.passkey.register(
      valid,
      { challengeId: asked.challengeId, response: one.create(asked.options) },
      requestInfo,
    ),
  )
  assert.equal((await Promise.all(answers)).filter(({ ok }) => ok).length, 1)
  assert.equal((await torii.passkey.list(valid)).length, 1)
})

test('T7.90 a challenge is valid only for its ceremony and user, and a wrong use consumes it', async () => {
  const person = await withPasskey()
  const other = await withPasskey()
  const registration = await torii.passkey.registerOptions(person.valid, requestInfo)
  assert.ok(registration.ok)
  const response = person.authenticator.get({
    challenge: registration.options.challenge,
    rpId: 'app.example',
  })
  const { challengeId } = registration
  assert.deepEqual(
    await torii.passkey.authenticate({ challengeId, response }, requestInfo),
    invalid,
  )
  const create = new SoftwareAuthenticator().create(registration.options)
  const foreign = { challengeId, response: create }
  assert.deepEqual(await torii.passkey.register(other.valid, foreign, requestInfo), invalidToken)
  const byAddress = await answered(other.authenticator, { email: person.email })
  assert.deepEqual(await torii.passkey.authenticate(byAddress, requestInfo), invalid)
})

test('T1.8 an expired challenge is refused without a sweep', async () => {
  const { authenticator } = await withPasskey()
  const input = await answered(authenticator)
  await db.query(`update torii.passkey_challenges set expires_at = now() - interval '1 second'`)
  assert.deepEqual(await torii.passkey.authenticate(input, requestInfo), invalid)
})

test('T7.86 a counter that does not increase is refused and reported; the row stays unchanged', async () => {
  const { authenticator, passkey } = await withPasskey({
    countStep: 1,
    backupEligible: false,
    backedUp: false,
  })
  assert.ok((await torii.passkey.authenticate(await answered(authenticator), requestInfo)).ok)
  const countOf = async () =>
    (await db.query('select sign_count from torii.passkeys where id = $1', [passkey.id])).rows[0]
  const before = await countOf()
  emitted.length = 0
  const copied = await answered(authenticator, {}, { signCount: 1 })
  assert.deepEqual(await torii.passkey.authenticate(copied, requestInfo), invalid)
  const reported = emitted.find(({ type }) => type === 'passkey_counter_regression')
  assert.deepEqual(reported?.detail, { passkeyId: passkey.id, outcome: 'refused' })
  assert.deepEqual(await countOf(), before)
  // A copy may say that it is backed up; the registration decides.
  const flags = { signCount: 1, backupEligible: true, backedUp: true }
  const claimed = await answered(authenticator, {}, flags)
  assert.deepEqual(await torii.passkey.authenticate(claimed, requestInfo), invalid)
})

test('T7.86 a synced passkey whose counter does not increase signs in and re-authenticates, and is reported', async () => {
  const model = { countStep: 1, backupEligible: true, backedUp: true }
  const { authenticator, passkey } = await withPasskey(model)
  const signIn = async (signCount: number) => {
    const input = await answered(authenticator, {}, { signCount })
    const signedIn = await torii.passkey.authenticate(input, requestInfo)
    assert.ok(signedIn.ok)
    return signedIn.token
  }
  emitted.length = 0
  await signIn(9)
  assert.deepEqual(
    emitted.map(({ type }) => type),
    ['signed_in'],
  )
  for (const signCount of [9, 2]) {
    emitted.length = 0
    await signIn(signCount)
    const [signedIn, reported, ...others] = emitted
    assert.deepEqual([signedIn?.type, others.length], ['signed_in', 0])
    assert.ok(reported?.type === 'passkey_counter_regression')
    assert.deepEqual(reported.detail, { passkeyId: passkey.id, outcome: 'accepted' })
  }
  const token = await signIn(3)
  const valid = await torii.sessions.validate(token)
  assert.ok(valid !== null)
  const asked = await torii.passkey.reauthenticateOptions(valid, requestInfo)
  assert.ok(asked.ok)
  const response = authenticator.get(asked.options, { signCount: 1 })
  const input = { challengeId: asked.challengeId, response, token, rotate: false }
  emitted.length = 0
  assert.ok((await torii.passkey.reauthenticate(valid, input, requestInfo)).ok)
  assert.deepEqual(
    emitted.map(({ type }) => type),
    ['reauthenticated', 'passkey_counter_regression'],
  )
})

test('T7.85 a change of backup eligibility is accepted and reported, either way', async () => {
  for (const [model, now] of [
    [{ backupEligible: false, backedUp: false }, 'backup_eligible'],
    [{ backupEligible: true, backedUp: true }, 'single_device'],
  ] as const) {
    const { authenticator, passkey } = await withPasskey(model)
    emitted.length = 0
    const flags = { backupEligible: !model.backupEligible, backedUp: false }
    const input = await answered(authenticator, {}, flags)
    assert.ok((await torii.passkey.authenticate(input, requestInfo)).ok)
    const reported = emitted.find(({ type }) => type === 'passkey_backup_eligibility_changed')
    assert.deepEqual(reported?.detail, { passkeyId: passkey.id, now })
    // The flag of the registration stays, by which the counter is judged.
    const { rows } = await db.query('select backup_eligible from torii.passkeys where id = $1', [
      passkey.id,
    ])
    assert.equal(rows[0]?.backup_eligible, model.backupEligible)
  }
})

test('T7.87 a credential cannot be registered twice, by the same or another user', async () => {
  const { authenticator, valid } = await withPasskey()
  for (const actor of [valid, (await signUp()).valid]) {
    const asked = await torii.passkey.registerOptions(actor, requestInfo)
    assert.ok(asked.ok)
    const response = authenticator.create(asked.options)
    const outcome = await torii.passkey.register(
      actor,
      { challengeId: asked.challengeId, response },
      requestInfo,
    )
    assert.deepEqual(outcome, { ok: false, reason: 'already_exists' })
  }
})

test('T7.89 a user cannot rename or delete the passkey of another user', async () => {
  const { passkey, valid } = await withPasskey()
  const { valid: stranger } = await signUp()
  const notFound = { ok: false, reason: 'not_found' }
  for (const id of [passkey.id, 'no id at all']) {
    assert.deepEqual(await torii.passkey.rename(stranger, id, 'Mine', requestInfo), notFound)
    assert.deepEqual(await torii.passkey.delete(stranger, id, requestInfo), notFound)
  }
  const renamed = await torii.passkey.rename(valid, passkey.id, 'Phone', requestInfo)
  assert.ok(renamed.ok && renamed.passkey.name === 'Phone')
  assert.deepEqual(await torii.passkey.delete(valid, passkey.id, requestInfo), { ok: true })
  assert.deepEqual(await torii.passkey.list(valid), [])
})

test('T2.31 T1.19 a disabled account cannot be signed in to, and the last sign-in method cannot be deleted', async () => {
  const { authenticator, user, passkey, valid } = await withPasskey()
  await db.query('delete from torii.passwords where user_id = $1', [user.id])
  assert.deepEqual(await torii.passkey.delete(valid, passkey.id, requestInfo), {
    ok: false,
    reason: 'last_method',
  })
  const input = await answered(authenticator)
  await site.storage.users.disable(user.id)
  assert.deepEqual(await torii.passkey.authenticate(input, requestInfo), invalid)
})

test('adding and deleting need a recent authentication, which a passkey provides', async () => {
  const { authenticator, token, passkey } = await withPasskey()
  await site.elapse(601)
  const old = await torii.sessions.validate(token)
  assert.ok(old !== null)
  const required = { ok: false, reason: 'reauthentication_required' }
  assert.deepEqual(await torii.passkey.registerOptions(old, requestInfo), required)
  assert.deepEqual(await torii.passkey.delete(old, passkey.id, requestInfo), required)
  const asked = await torii.passkey.reauthenticateOptions(old, requestInfo)
  assert.ok(asked.ok)
  const { challengeId, options } = asked
  const response = authenticator.get(options)
  const proved = await site.counted(() =>
    torii.passkey.reauthenticate(old, { challengeId, response, token, rotate: true }, requestInfo),
  )
  assert.ok(proved.result.ok)
  assert.equal(proved.statements, 2)
  assert.equal(await torii.sessions.validate(token), null)
  const valid = await torii.sessions.validate(proved.result.token)
  assert.ok(valid?.recent)
  assert.ok((await torii.passkey.registerOptions(valid, requestInfo)).ok)
})

test('re-authentication options of one session are invalid in another session of the user', async () => {
  const { authenticator, email, valid, token } = await withPasskey()
  const again = await torii.password.authenticate({ email, password }, requestInfo)
  assert.ok(again.ok)
  const other = await torii.sessions.validate(again.token)
  assert.ok(other !== null)
  const asked = await torii.passkey.reauthenticateOptions(other, requestInfo)
  assert.ok(asked.ok)
  const response = authenticator.get(asked.options)
  const input = { challengeId: asked.challengeId, response, token, rotate: false }
  assert.deepEqual(await torii.passkey.reauthenticate(valid, input, requestInfo), invalid)
})

test('registerOptions() refuses the 21st passkey before the device creates it', async () => {
  const few = site.with({
    keys: [key],
    passkey: { maxPerUser: 1 },
  })
  const { valid } = await withPasskey()
  assert.deepEqual(await few.passkey.registerOptions(valid, requestInfo), {
    ok: false,
    reason: 'too_many',
  })
})

test('T5.66 a squatter’s passkey is removed when the email address is verified', async () => {
  const { authenticator, email } = await withPasskey()
  const link = await torii.password.reset.create(email)
  assert.ok(link !== null)
  const { token } = link
  assert.ok(
    (await torii.password.reset.complete({ token, password: `${password} new` }, requestInfo)).ok,
  )
  assert.deepEqual(
    await torii.passkey.authenticate(await answered(authenticator), requestInfo),
    invalid,
  )
})

test('a password that cannot sign in is no method that is left: unverified where verification is required', async () => {
  const { valid, passkey } = await withPasskey()
  const strict = site.with({
    keys: [key],
    requireVerifiedEmail: true,
    mailer: { send: async () => undefined },
  })
  const refused = await strict.passkey.delete(valid, passkey.id, requestInfo)
  assert.deepEqual(refused, { ok: false, reason: 'last_method' })
  assert.deepEqual(await torii.passkey.delete(valid, passkey.id, requestInfo), { ok: true })
})

test('a passkey is no method that is left without keys, nor an account at a provider that was removed', async () => {
  const { user, valid, passkey } = await withPasskey()
  const without = site.with({})
  const removed = await without.password.remove(valid, requestInfo)
  assert.deepEqual(removed, { ok: false, reason: 'last_method' })
  await db.query('delete from torii.passwords where user_id = $1', [user.id])
  await db.query(
    `insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch)
     values ('gone', 'subject', $2, $1, 0)`,
    [user.id, randomUUID()],
  )
  const deleted = await torii.passkey.delete(valid, passkey.id, requestInfo)
  assert.deepEqual(deleted, { ok: false, reason: 'last_method' })
})

test('the options contain the hints, and for older browsers the attachment where all hints have one', async () => {
  const { valid, email } = await withPasskey()
  for (const [hints, attachment] of [
    [[], undefined],
    [['client-device'], 'platform'],
    [['security-key'], 'cross-platform'],
    [['hybrid', 'security-key'], 'cross-platform'],
    [['client-device', 'hybrid'], undefined],
  ] as const) {
    const { passkey } = site.with({ keys: [key], passkey: { hints } })
    const created = await passkey.registerOptions(valid, requestInfo)
    assert.ok(created.ok)
    assert.deepEqual(created.options.hints, hints)
    assert.equal(created.options.authenticatorSelection.authenticatorAttachment, attachment)
    for (const input of [{}, { email }]) {
      const asked = await passkey.authenticateOptions(input, requestInfo)
      assert.ok(asked.ok)
      assert.deepEqual(asked.options.hints, hints)
    }
  }
})

test('T10.211 signals() returns the accepted passkeys in one statement, and nothing for a session that has ended', async () => {
  const { valid, token, user, authenticator, email } = await withPasskey()
  const { result, statements } = await site.counted(() => torii.passkey.signals(valid))
  assert.deepEqual(
    [result, statements],
    [
      {
        ok: true,
        rpId: 'app.example',
        userIds: [authenticator.userHandle],
        name: email,
        displayName: email,
        credentialIds: [authenticator.credentialId.toString('base64url')],
      },
      1,
    ],
  )
  const rotated = site.with({ keys: [{ id: 'k2', secret: randomBytes(32) }, key] })
  const after = await rotated.passkey.signals(valid)
  assert.ok(after.ok)
  assert.equal(after.userIds.length, 2)
  assert.equal(after.userIds[0], authenticator.userHandle)
  await torii.admin.disable(user.id)
  assert.deepEqual(await torii.passkey.signals(valid), { ok: false, reason: 'stale' })
  assert.equal(await torii.sessions.validate(token), null)
})
