import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import type { AuthenticatorModel, Knobs } from '../../webauthn/authenticator.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { enroll } from '../second-factors/factor.test.support.js'

const site = await openTestSite({ keys: [{ id: 'k1', secret: randomBytes(32) }] })
const { torii, db } = site
const invalid = { ok: false, reason: 'invalid_credentials' }

async function signUp() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  const valid = await torii.sessions.validate(made.token)
  assert.ok(valid !== null)
  return { email, user: made.user, token: made.token.reveal(), valid }
}
type Person = Awaited<ReturnType<typeof signUp>>

async function addPasskey({ valid }: Pick<Person, 'valid'>, model: AuthenticatorModel = {}) {
  const authenticator = new SoftwareAuthenticator(model)
  const asked = await torii.passkey.registerOptions(valid, requestInfo)
  assert.ok(asked.ok)
  const response = authenticator.create(asked.options)
  const { challengeId } = asked
  const added = await torii.passkey.register(valid, { challengeId, response }, requestInfo)
  assert.ok(added.ok, JSON.stringify(added))
  return { authenticator, options: asked.options }
}

/** A user with a passkey of another system, which gave it a user handle that is not known here. */
async function withImported(model: AuthenticatorModel = {}) {
  const person = await signUp()
  const { authenticator } = await addPasskey(person, model)
  await db.query('update torii.passkeys set user_handle = null where credential_id = $1', [
    authenticator.credentialId,
  ])
  authenticator.userHandle = randomBytes(16).toString('base64url')
  return { ...person, authenticator }
}

async function signIn(
  authenticator: SoftwareAuthenticator,
  input: { email?: string } = {},
  knobs: Knobs = {},
) {
  const asked = await torii.passkey.authenticateOptions(input, requestInfo)
  assert.ok(asked.ok)
  const { challengeId, options } = asked
  const response = authenticator.get(options, knobs)
  return torii.passkey.authenticate({ challengeId, response }, requestInfo)
}

async function handleOf({ credentialId }: SoftwareAuthenticator): Promise<string | null> {
  const { rows } = await db.query<{ user_handle: Buffer | null }>(
    'select user_handle from torii.passkeys where credential_id = $1',
    [credentialId],
  )
  return rows[0]?.user_handle?.toString('base64url') ?? null
}

test('T7.92 a passkey whose user handle is not known signs in, and its first response with a handle stores it', async () => {
  const { authenticator, email, user } = await withImported()
  // For a named account the authenticator may send none, and then there is none to store.
  const named = await signIn(authenticator, { email }, { userHandle: null })
  assert.ok(named.ok)
  assert.equal(await handleOf(authenticator), null)
  // Without an account the handle is required.
  assert.deepEqual(await signIn(authenticator, {}, { userHandle: null }), invalid)
  const signedIn = await signIn(authenticator)
  assert.ok(signedIn.ok)
  assert.equal(signedIn.user.id, user.id)
  assert.equal(await handleOf(authenticator), authenticator.userHandle)
  const other = randomBytes(16).toString('base64url')
  for (const input of [{}, { email }])
    assert.deepEqual(await signIn(authenticator, input, { userHandle: other }), invalid)
  assert.equal(await handleOf(authenticator), authenticator.userHandle)
  assert.ok((await signIn(authenticator)).ok)
})

test('T7.92 a response that fails a step stores no user handle', async () => {
  const { authenticator, email } = await withImported({
    countStep: 1,
    backupEligible: false,
    backedUp: false,
  })
  assert.ok((await signIn(authenticator, { email }, { userHandle: null })).ok)
  for (const knobs of [
    { signature: (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.of(7)]) },
    { origin: 'https://other.example' },
    { rpId: 'other.example' },
    { userPresent: false },
    { signCount: 0 },
    { clientData: { challenge: randomBytes(32).toString('base64url') } },
    { clientData: { type: 'webauthn.create' } },
  ] satisfies readonly Knobs[]) {
    assert.deepEqual(await signIn(authenticator, {}, knobs), invalid)
    assert.equal(await handleOf(authenticator), null, JSON.stringify(knobs))
  }
})

test('T7.92 of two first uses at once with different handles one signs in', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { authenticator } = await withImported()
    const handles = [1, 2].map(() => randomBytes(16).toString('base64url'))
    const outcomes = await Promise.all(
      handles.map((userHandle) => signIn(authenticator, {}, { userHandle })),
    )
    const winner = outcomes.findIndex(({ ok }) => ok)
    assert.equal(outcomes.filter(({ ok }) => ok).length, 1)
    assert.equal(await handleOf(authenticator), handles[winner])
  }
})

test('T7.92 as a second factor, and in a re-authentication, the first response stores the handle too', async () => {
  const person = await withImported()
  await enroll(torii, person.token, requestInfo)
  const answer = async (userHandle: string | null) => {
    const first = await torii.password.authenticate({ email: person.email, password }, requestInfo)
    assert.ok(!first.ok && first.reason === 'second_factor_required')
    const { token } = first.pending
    const asked = await torii.secondFactors.passkeyOptions(token, requestInfo)
    assert.ok(asked.ok, JSON.stringify(asked))
    const response = person.authenticator.get(asked.options, { userHandle })
    const { challengeId } = asked
    return torii.secondFactors.verify({ token, challengeId, response }, requestInfo)
  }
  assert.ok((await answer(person.authenticator.userHandle)).ok)
  assert.equal(await handleOf(person.authenticator), person.authenticator.userHandle)
  const wrong = await answer(randomBytes(16).toString('base64url'))
  assert.ok(!wrong.ok && wrong.reason === 'invalid_code')

  const other = await withImported()
  const again = await torii.passkey.reauthenticateOptions(other.valid, requestInfo)
  assert.ok(again.ok)
  const response = other.authenticator.get(again.options)
  const input = { token: other.token, challengeId: again.challengeId, response, rotate: false }
  assert.ok((await torii.passkey.reauthenticate(other.valid, input, requestInfo)).ok)
  assert.equal(await handleOf(other.authenticator), other.authenticator.userHandle)
})

test('a second passkey gets the handle that is known, or that of Torii; the signals leave an unknown one out', async () => {
  const person = await withImported()
  const signals = await torii.passkey.signals(person.valid)
  assert.ok(signals.ok)
  assert.deepEqual(signals.credentialIds, [person.authenticator.credentialId.toString('base64url')])
  assert.equal(signals.userIds.length, 1)
  const second = await addPasskey(person)
  assert.equal(second.options.user.id, signals.userIds[0])
  assert.deepEqual(
    second.options.excludeCredentials.map(({ id }) => id),
    signals.credentialIds,
  )
  // Once the first one is known both are signaled, and a third passkey gets the older.
  const signedIn = await signIn(person.authenticator)
  assert.ok(signedIn.ok)
  const valid = await torii.sessions.validate(signedIn.token)
  assert.ok(valid !== null)
  const later = await torii.passkey.signals(valid)
  assert.ok(later.ok)
  assert.deepEqual(later.userIds, [person.authenticator.userHandle, signals.userIds[0]])
  const third = await addPasskey({ valid })
  assert.equal(third.options.user.id, person.authenticator.userHandle)
})
