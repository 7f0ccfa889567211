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
import type { AuthenticatorModel, Knobs } from '../../webauthn/authenticator.test.support.js'
import { SoftwareAuthenticator } from '../../webauthn/authenticator.test.support.js'
import { enroll } from './factor.test.support.js'

const emitted: ToriiEvent[] = []
const keys = [{ id: 'k1', secret: randomBytes(32) }]
// Every sign-in by a passkey alone needs user verification here.
const site = await openTestSite({ keys, onEvent: (event) => emitted.push(event) })
const lenient = site.with({ keys, passkey: { userVerification: 'preferred' } })
const { torii, db } = site
const { secondFactors } = torii
const invalidToken = { ok: false, reason: 'invalid_token' }
const invalidCode = (triesLeft: number) => ({ ok: false, reason: 'invalid_code', triesLeft })

const validate = async (token: string) =>
  (await torii.sessions.validate(token)) ?? assert.fail('no session')

async function signUp() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  return { email, user: made.user, token: made.token.reveal() }
}

/** A user with an authenticator application and a passkey. */
async function withBoth(model: AuthenticatorModel = {}) {
  const person = await signUp()
  const authenticator = new SoftwareAuthenticator(model)
  const valid = await validate(person.token)
  const asked = await lenient.passkey.registerOptions(valid, requestInfo)
  assert.ok(asked.ok)
  const response = authenticator.create(asked.options)
  const added = await lenient.passkey.register(
    valid,
    { challengeId: asked.challengeId, response },
    requestInfo,
  )
  assert.ok(added.ok)
  const enrolled = await enroll(torii, person.token, requestInfo)
  return { ...person, ...enrolled, authenticator, passkey: added.passkey }
}
type Person = Awaited<ReturnType<typeof withBoth>>

async function pendingOf({ email }: { email: string }, on = torii) {
  const outcome = await on.password.authenticate({ email, password }, requestInfo)
  assert.ok(!outcome.ok && outcome.reason === 'second_factor_required', JSON.stringify(outcome))
  return outcome.pending
}

async function answerOf(
  { authenticator }: Pick<Person, 'authenticator'>,
  token: Parameters<typeof secondFactors.passkeyOptions>[0],
  knobs: Knobs = {},
) {
  const started = await secondFactors.passkeyOptions(token, requestInfo)
  assert.ok(started.ok, JSON.stringify(started))
  const { challengeId, options } = started
  return { token, challengeId, response: authenticator.get(options, knobs) }
}

const verify = (input: Parameters<typeof secondFactors.verify>[0]) =>
  secondFactors.verify(input, requestInfo)

test('a passkey completes a sign-in at level 2: one statement for the options, two for the answer', async () => {
  const person = await withBoth()
  const { token, factors } = await pendingOf(person)
  assert.deepEqual(factors, ['totp', 'recovery_code', 'passkey'])
  assert.deepEqual((await secondFactors.findPending(token))?.factors, factors)
  const started = await site.counted(() => secondFactors.passkeyOptions(token, requestInfo))
  assert.equal(started.statements, 1)
  assert.ok(started.result.ok)
  const { challengeId, options } = started.result
  assert.equal(options.userVerification, 'preferred')
  assert.deepEqual(
    options.allowCredentials.map(({ id }) => id),
    [person.authenticator.credentialId.toString('base64url')],
  )
  const response = person.authenticator.get(options)
  emitted.length = 0
  const { result, statements } = await site.counted(() => verify({ token, challengeId, response }))
  assert.ok(result.ok, JSON.stringify(result))
  assert.equal(statements, 2)
  const { session } = await validate(result.token.reveal())
  assert.deepEqual([session.level, session.methods], [2, ['password', 'passkey']])
  assert.deepEqual(
    emitted.map(({ type, detail }) => [type, detail]),
    [['signed_in', { method: 'password', secondFactor: 'passkey' }]],
  )
})

test('T14.73 possession is the second factor: a passkey without user verification answers a password, not a passkey', async () => {
  const person = await withBoth({ userVerified: false })
  const { token } = await pendingOf(person)
  const opened = await verify(await answerOf(person, token))
  assert.ok(opened.ok && opened.session.level === 2)
  const asked = await lenient.passkey.authenticateOptions({}, requestInfo)
  assert.ok(asked.ok)
  const { challengeId, options } = asked
  const response = person.authenticator.get(options)
  const first = await lenient.passkey.authenticate({ challengeId, response }, requestInfo)
  assert.ok(!first.ok && first.reason === 'second_factor_required')
  assert.deepEqual(first.pending.factors, ['totp', 'recovery_code', 'password'])
  const refused = await secondFactors.passkeyOptions(first.pending.token, requestInfo)
  assert.deepEqual(refused, { ok: false, reason: 'not_found' })
  // A recovery code is something that the user has as well.
  const [recoveryCode = ''] = person.recoveryCodes
  const signedIn = await verify({ token: first.pending.token, recoveryCode })
  assert.ok(signedIn.ok)
  assert.deepEqual([signedIn.session.level, signedIn.session.level2At], [1, null])
  const valid = await validate(signedIn.token.reveal())
  assert.deepEqual(torii.sessions.requireRecent(valid), {
    ok: false,
    reason: 'level_required',
    methods: ['password', 'passkey'],
    enroll: [],
  })
  const proved = await torii.sessions.reauthenticate(
    valid,
    { password, token: signedIn.token, rotate: true },
    requestInfo,
  )
  assert.ok(proved.ok)
  assert.deepEqual(
    [proved.session.level, proved.session.level2At],
    [2, signedIn.session.authenticatedAt],
  )
  const complete = await validate(proved.token.reveal())
  assert.deepEqual(torii.sessions.requireRecent(complete), { ok: true })
})

test('T14.70 no answer of one ceremony counts in another, and none for another pending sign-in', async () => {
  const person = await withBoth()
  const { token } = await pendingOf(person)
  const other = await pendingOf(person)
  const of = async (ceremony: string) => {
    const valid = await validate(person.token)
    switch (ceremony) {
      case 'authenticate':
        return torii.passkey.authenticateOptions({}, requestInfo)
      case 'authenticate by email':
        return torii.passkey.authenticateOptions({ email: person.email }, requestInfo)
      case 'reauthenticate':
        return torii.passkey.reauthenticateOptions(valid, requestInfo)
      default:
        return secondFactors.passkeyOptions(other.token, requestInfo)
    }
  }
  const ceremonies = ['authenticate', 'authenticate by email', 'reauthenticate', 'another']
  for (const [index, ceremony] of ceremonies.entries()) {
    const asked = await of(ceremony)
    assert.ok(asked.ok, ceremony)
    const { challengeId, options } = asked
    const response = person.authenticator.get(options)
    assert.deepEqual(await verify({ token, challengeId, response }), invalidCode(4 - index))
  }
  // The database would find this challenge: what was signed names the other pending sign-in.
  const mine = await secondFactors.passkeyOptions(token, requestInfo)
  const theirs = await secondFactors.passkeyOptions(other.token, requestInfo)
  assert.ok(mine.ok && theirs.ok)
  const response = person.authenticator.get(theirs.options)
  assert.deepEqual(await verify({ token, challengeId: mine.challengeId, response }), invalidCode(0))
  // And the other way round.
  for (const ceremony of ['authenticate', 'reauthenticate'] as const) {
    const fresh = await pendingOf(person)
    const { challengeId, response: answer } = await answerOf(person, fresh.token)
    const outcome =
      ceremony === 'authenticate'
        ? await torii.passkey.authenticate({ challengeId, response: answer }, requestInfo)
        : await torii.passkey.reauthenticate(
            await validate(person.token),
            { challengeId, response: answer, token: person.token, rotate: false },
            requestInfo,
          )
    assert.deepEqual(outcome, { ok: false, reason: 'invalid_credentials' })
  }
})

test('T14.71 an answer works once, and its challenge too', async () => {
  const person = await withBoth()
  const [first, second] = [await pendingOf(person), await pendingOf(person)]
  const answer = await answerOf(person, first.token)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => verify(answer)))
  assert.ok(outcomes.filter(({ ok }) => ok).length <= 1)
  assert.deepEqual(await verify({ ...answer, token: second.token }), invalidCode(4))
  const next = await answerOf(person, second.token)
  assert.ok((await verify(next)).ok)
  assert.deepEqual(await verify(next), invalidToken)
})

test('T14.72 every wrong answer uses up a try, before it is verified; malformed ones too', async () => {
  const person = await withBoth()
  const { token } = await pendingOf(person)
  emitted.length = 0
  const wrong = await answerOf(person, token, { signature: (bytes) => bytes.fill(1, 10) })
  assert.deepEqual(await verify(wrong), invalidCode(4))
  assert.deepEqual(await verify({ ...wrong, challengeId: 'x' }), invalidCode(3))
  const stranger = await withBoth()
  const foreign = await answerOf({ ...person, authenticator: stranger.authenticator }, token)
  assert.deepEqual(await verify(foreign), invalidCode(2))
  assert.deepEqual(
    emitted.filter(({ type }) => type === 'second_factor_failed').map(({ detail }) => detail),
    [{ factor: 'passkey' }, { factor: 'passkey' }, { factor: 'passkey' }],
  )
  const { challengeId } = await answerOf(person, token)
  await assert.rejects(verify({ token, challengeId, response: { id: 7 } }), {
    code: 'ERR_INVALID_INPUT',
  })
  assert.deepEqual(
    await verify(await answerOf(person, token, { origin: 'https://evil.example' })),
    invalidCode(0),
  )
  assert.deepEqual(await verify(wrong), invalidToken)
  assert.deepEqual(await secondFactors.passkeyOptions(token, requestInfo), invalidToken)
})

test('a copied passkey is refused and reported, and the sign-in goes on waiting', async () => {
  const person = await withBoth({ backupEligible: false, backedUp: false, countStep: 1 })
  const { token } = await pendingOf(person)
  const answer = await answerOf(person, token, { signCount: 9 })
  assert.ok((await verify(answer)).ok)
  const again = await pendingOf(person)
  emitted.length = 0
  const copied = await answerOf(person, again.token, { signCount: 9 })
  assert.deepEqual(await verify(copied), invalidCode(4))
  assert.deepEqual(
    emitted.map(({ type }) => type),
    ['passkey_counter_regression', 'second_factor_failed'],
  )
  assert.ok((await verify(await answerOf(person, again.token, { signCount: 10 }))).ok)
})

test('T14.74 wrong answers of one who knows the password do not lock the passkey of the owner', async () => {
  const person = await withBoth()
  for (let sign = 0; sign < 4; sign += 1) {
    const { token } = await pendingOf(person)
    for (let index = 0; index < 5; index += 1)
      assert.deepEqual(
        await verify({ token, challengeId: 'x', response: (await someAnswer(person)).response }),
        invalidCode(4 - index),
      )
  }
  const { token } = await pendingOf(person)
  assert.ok((await verify(await answerOf(person, token))).ok)
})

test('T14.74 made-up sign-ins count against the IP address alone', async () => {
  const person = await withBoth()
  const { token } = await pendingOf(person)
  const answer = await answerOf(person, token)
  const limited = site.with({ keys, bruteForce: { completions: { cap: 2 } } })
  const from = { ...requestInfo, ip: '198.51.100.77' }
  const madeUp = token.reveal().replace(/.{4}$/, 'AAAA')
  const { response } = await someAnswer(person)
  for (const reason of ['invalid_token', 'invalid_token', 'too_many_attempts']) {
    const outcome = await limited.secondFactors.verify(
      { token: madeUp, challengeId: 'x', response },
      from,
    )
    assert.equal(outcome.ok || outcome.reason, reason)
  }
  assert.ok((await verify(answer)).ok)
})

async function someAnswer({ authenticator }: Pick<Person, 'authenticator'>) {
  const challenge = randomBytes(32).toString('base64url')
  return { response: authenticator.get({ challenge, rpId: 'app.example' }) }
}

test('needs no other second factor: the pending sign-in and the passkey are what count', async () => {
  const person = await withBoth()
  const { token } = await pendingOf(person)
  await db.query('update torii.users set second_factor_epoch = null where id = $1', [
    person.user.id,
  ])
  assert.deepEqual(await verify({ token, code: person.app.code() }), invalidCode(4))
  assert.ok((await verify(await answerOf(person, token))).ok)
})

test('exactly one proof is sent', async () => {
  const person = await withBoth()
  const { token } = await pendingOf(person)
  const answer = await answerOf(person, token)
  const wrong: readonly object[] = [
    { ...answer, code: '123456' },
    { ...answer, recoveryCode: 'x' },
    { token },
    { token, response: answer.response },
  ]
  for (const input of wrong)
    await assert.rejects(verify(input as typeof answer), { code: 'ERR_INVALID_INPUT' })
  assert.ok((await verify(answer)).ok)
})

test('T14.52 trusts its browser where the user asks for it and the site allows it: not one statement more', async () => {
  const trusting = site.with({
    keys,
    secondFactor: { trustedBrowsers: { days: 7 } },
    onEvent: (event) => emitted.push(event),
  })
  const person = await withBoth()
  /** Answers by the passkey in a browser with this cookie, and returns the outcome and the next cookie. */
  const trust = async (trustBrowser: boolean | null, cookie: string | null, by = trusting) => {
    const answer = await answerOf(person, (await pendingOf(person)).token)
    const info = { ...requestInfo, trustedCookie: cookie }
    emitted.length = 0
    const { result, statements } = await site.counted(() =>
      by.secondFactors.verify({ ...answer, trustBrowser }, info),
    )
    assert.ok(result.ok, JSON.stringify(result))
    assert.equal(statements, 2)
    return { result, cookie: by.trustedCookie(result, info) }
  }
  for (const [asked, by] of [
    [false, trusting],
    [null, trusting],
    [true, torii],
  ] as const) {
    const { result, cookie } = await trust(asked, null, by)
    assert.deepEqual(['trustsBrowser' in result, cookie], [false, null])
  }
  const wrong = await answerOf(person, (await pendingOf(person)).token, {
    signature: (bytes) => bytes.fill(1, 10),
  })
  const refused = await trusting.secondFactors.verify({ ...wrong, trustBrowser: true }, requestInfo)
  assert.deepEqual(refused, invalidCode(4))
  const { result, cookie } = await trust(true, null)
  assert.deepEqual([result.trustsBrowser, result.session.level], [true, 2])
  const valid = await validate(result.token.reveal())
  const listed = () => trusting.secondFactors.listTrustedBrowsers(valid)
  const [browser, ...more] = await listed()
  assert.deepEqual(more, [])
  assert.deepEqual(
    emitted.map(({ type, detail }) => [type, detail]),
    [
      ['signed_in', { method: 'password', secondFactor: 'passkey' }],
      ['browser_trusted', { trustedBrowserId: browser?.id }],
    ],
  )
  const info = { ...requestInfo, trustedCookie: cookie }
  const next = await trusting.password.authenticate({ email: person.email, password }, info)
  assert.ok(next.ok && next.session.level === 1)
  // Trusting it once more takes the place of the first.
  await trust(true, trusting.trustedCookie(next, info))
  assert.equal((await listed()).length, 1)
  assert.notEqual((await listed())[0]?.id, browser?.id)
})

test('a user without a passkey, and a site without passkeys, are offered none', async () => {
  const person = await signUp()
  await enroll(torii, person.token, requestInfo)
  const { token, factors } = await pendingOf(person)
  assert.deepEqual(factors, ['totp', 'recovery_code'])
  const refused = await secondFactors.passkeyOptions(token, requestInfo)
  assert.deepEqual(refused, { ok: false, reason: 'not_found' })
  const both = await withBoth()
  const onAddress = site.with({ keys, baseUrl: 'https://192.0.2.1' })
  const pending = await pendingOf(both, onAddress)
  assert.deepEqual(pending.factors, ['totp', 'recovery_code'])
  assert.deepEqual(
    await onAddress.secondFactors.verify(
      { token: pending.token, challengeId: 'x', response: (await someAnswer(both)).response },
      requestInfo,
    ),
    invalidCode(4),
  )
  await assert.rejects(onAddress.secondFactors.passkeyOptions(pending.token, requestInfo), {
    code: 'ERR_INVALID_OPTIONS',
  })
})
