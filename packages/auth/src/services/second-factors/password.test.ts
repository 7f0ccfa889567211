import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import type { ToriiEvent } from '../../index.js'
import {
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { enroll } from './factor.test.support.js'

const emitted: ToriiEvent[] = []
const keys = [{ id: 'k1', secret: randomBytes(32) }]
const options = {
  keys,
  onEvent: (event: ToriiEvent) => void emitted.push(event),
  passkey: { userVerification: 'preferred' },
} as const
const site = await openTestSite(options)
const { torii } = site
const { secondFactors } = torii
const invalidToken = { ok: false, reason: 'invalid_token' }
const invalidCode = (triesLeft: number) => ({ ok: false, reason: 'invalid_code', triesLeft })

/** A user with an authenticator application and a passkey that does not verify its user. */
async function newPerson() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  const authenticator = new SoftwareAuthenticator({ userVerified: false })
  const valid = (await torii.sessions.validate(made.token)) ?? assert.fail()
  const asked = await torii.passkey.registerOptions(valid, requestInfo)
  assert.ok(asked.ok)
  const { challengeId } = asked
  const response = authenticator.create(asked.options)
  assert.ok((await torii.passkey.register(valid, { challengeId, response }, requestInfo)).ok)
  const enrolled = await enroll(torii, made.token.reveal(), requestInfo)
  return { email, user: made.user, authenticator, ...enrolled }
}
type Person = Awaited<ReturnType<typeof newPerson>>

/** The pending sign-in after the passkey. */
async function pendingOf({ authenticator }: Pick<Person, 'authenticator'>) {
  const asked = await torii.passkey.authenticateOptions({}, requestInfo)
  assert.ok(asked.ok)
  const response = authenticator.get(asked.options)
  const { challengeId } = asked
  const outcome = await torii.passkey.authenticate({ challengeId, response }, requestInfo)
  assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', JSON.stringify(outcome))
  return outcome.pending
}

const verify = (
  input: Parameters<typeof secondFactors.verify>[0],
  on = torii,
  info = requestInfo,
) => on.secondFactors.verify(input, info)

test('the password completes a sign-in by a passkey without user verification, at level 2, in two statements', async () => {
  const person = await newPerson()
  const { token, factors } = await pendingOf(person)
  assert.deepEqual(factors, ['totp', 'recovery_code', 'password'])
  emitted.length = 0
  const { result, statements } = await site.counted(() => verify({ token, password }))
  assert.ok(result.ok, JSON.stringify(result))
  assert.equal(statements, 2)
  const { level, methods } = result.session
  assert.deepEqual([level, methods], [2, ['passkey', 'password']])
  assert.deepEqual(
    emitted.map(({ type, detail }) => [type, detail]),
    [['signed_in', { method: 'passkey', secondFactor: 'password' }]],
  )
  const valid = (await torii.sessions.validate(result.token)) ?? assert.fail()
  assert.deepEqual(torii.sessions.requireRecent(valid), { ok: true })
  assert.deepEqual(await verify({ token, password }), invalidToken)
})

test('five wrong passwords end the sign-in, one that is none too', async () => {
  const person = await newPerson()
  const { token } = await pendingOf(person)
  emitted.length = 0
  const wrong = ['wrong', '', 'x'.repeat(5000), `${password} `, 'wrong']
  for (const [index, given] of wrong.entries())
    assert.deepEqual(await verify({ token, password: given }), invalidCode(4 - index))
  assert.deepEqual(await verify({ token, password }), invalidToken)
  assert.deepEqual(
    emitted.map(({ type, detail }) => [type, detail]),
    wrong.map(() => ['second_factor_failed', { factor: 'password' }]),
  )
})

test('T14.75 what is known proves no second factor after itself, a link or a provider', async () => {
  const person = await newPerson()
  const first = await torii.password.authenticate({ email: person.email, password }, requestInfo)
  assert.ok(!first.ok && first.reason === 'second_factor_required')
  assert.deepEqual(first.pending.factors, ['totp', 'recovery_code', 'passkey'])
  assert.deepEqual(await verify({ token: first.pending.token, password }), invalidCode(4))
  for (const method of ['magic_link', 'oauth'] as const) {
    const opened = await torii.sessions.open(person.user.id, method, requestInfo)
    assert.ok(!opened.ok && opened.reason === 'second_factor_required')
    assert.ok(!opened.pending.factors.includes('password'))
    assert.deepEqual(await verify({ token: opened.pending.token, password }), invalidCode(4))
  }
})

test('T14.14 passwords are counted for the account by holders of its passkey alone', async () => {
  const person = await newPerson()
  const limited = site.with({
    ...options,
    bruteForce: { secondFactors: { cap: 2, windowSeconds: 60, lockSeconds: 60 } },
  })
  const wrong = async () => {
    const { token } = await pendingOf(person)
    return verify({ token, password: 'wrong' }, limited)
  }
  assert.deepEqual(await wrong(), invalidCode(4))
  assert.deepEqual(await wrong(), invalidCode(4))
  const refused = await wrong()
  assert.equal(refused.ok || refused.reason, 'too_many_attempts')
  // Codes are counted apart, and made-up tokens use nothing up.
  const { token } = await pendingOf(person)
  const [recoveryCode = ''] = person.recoveryCodes
  assert.ok((await verify({ token, recoveryCode }, limited)).ok)
  const other = await newPerson()
  const madeUp = (await pendingOf(other)).token
    .reveal()
    .replace(/.$/, (end) => (end === 'A' ? 'B' : 'A'))
  for (let count = 0; count < 4; count += 1)
    assert.deepEqual(await verify({ token: madeUp, password: 'wrong' }, limited), invalidToken)
  const right = await pendingOf(other)
  assert.ok((await verify({ token: right.token, password }, limited)).ok)
})

test('a password that was changed meanwhile, and an account that has none, complete nothing', async () => {
  const person = await newPerson()
  const { token } = await pendingOf(person)
  const opened = await torii.sessions.open(person.user.id, 'password', requestInfo, { level: 2 })
  assert.ok(opened.ok)
  const valid = (await torii.sessions.validate(opened.token)) ?? assert.fail()
  const change = { currentPassword: password, newPassword: 'another good pass phrase' }
  assert.ok((await torii.password.change(valid, change, requestInfo)).ok)
  assert.deepEqual(await verify({ token, password }), invalidToken)
  await site.db.query('delete from torii.passwords where user_id = $1', [person.user.id])
  const next = await pendingOf(person)
  assert.deepEqual(next.factors, ['totp', 'recovery_code'])
  assert.deepEqual(await verify({ token: next.token, password }), invalidCode(4))
})

test('exactly one proof is sent', async () => {
  const { token } = await pendingOf(await newPerson())
  const { statements } = await site.counted(async () => {
    for (const more of [{ code: '123456' }, { recoveryCode: 'x' }, { response: {} }])
      await assert.rejects(verify({ token, password, ...more } as never), { field: 'code' })
    await assert.rejects(verify({ token, password: 7 } as never), { field: 'password' })
  })
  assert.equal(statements, 0)
})

test('twelve right passwords at once for one account all sign in: each waits for its turn', async () => {
  const person = await newPerson()
  const pending = []
  for (let count = 0; count < 12; count += 1) pending.push(await pendingOf(person))
  const outcomes = await Promise.all(pending.map(({ token }) => verify({ token, password })))
  assert.deepEqual(
    outcomes.map((outcome) => outcome.ok || outcome.reason),
    outcomes.map(() => true),
  )
})
