import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'vitest'
import { workProvider } from '../../oauth-client/provider-client.test.support.js'
import { newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'
import { enroll } from '../second-factors/factor.test.support.js'
import { startOwnProvider } from './own-provider.test.support.js'
import type { ProviderPerson } from './real-provider.test.support.js'
import { startRealProvider } from './real-provider.test.support.js'

const callback = 'https://app.example/auth/oauth/work/callback'
const provider = await startRealProvider([callback], {
  acrValues: ['2'],
  claims: { openid: ['sub', 'acr', 'amr'], email: ['email', 'email_verified'], profile: ['name'] },
})
const definition = { ...workProvider(provider.issuer, provider.client), trustEmail: true }
const keys = [{ id: 'k1', secret: randomBytes(32) }]
const trusting = { ...definition, trustSecondFactor: { acr: ['2'], amr: ['mfa'] } }
const site = await openTestSite({ keys, oauth: { providers: [trusting] } })
const { torii } = site
const plain = site.with({ keys, oauth: { providers: [definition] } })

let people = 0
type Said = NonNullable<ProviderPerson['authentication']>
const newPerson = () => ({ sub: `person-${++people}`, email: newEmail(), email_verified: true })

async function start(on = torii) {
  const started = await on.oauth.start('work', {}, requestInfo)
  assert.ok(started.ok)
  return started
}

async function signIn(person: ReturnType<typeof newPerson>, authentication: Said = {}, on = torii) {
  const started = await start(on)
  const back = await provider.signIn(started.url, { ...person, authentication })
  return on.oauth.callback(
    'work',
    { query: back.searchParams, browser: started.browser, valid: null },
    requestInfo,
  )
}

async function opened(person: ReturnType<typeof newPerson>, authentication: Said = {}, on = torii) {
  const outcome = await signIn(person, authentication, on)
  assert.ok(outcome.ok && outcome.kind === 'signed_in', JSON.stringify(outcome))
  return outcome
}

const mfa = { amr: ['pwd', 'mfa'] }

describe('a provider whose second factor is trusted', () => {
  test('T14.81 only for an identity that is linked already', async () => {
    const person = newPerson()
    const created = await opened(person, mfa)
    assert.deepEqual([created.how, created.session.level], ['created', 1])
    const known = await opened(person, mfa)
    assert.deepEqual([known.how, known.session.level], ['known', 2])
    assert.equal(known.session.level2At?.getTime(), known.session.authenticatedAt.getTime())
    assert.deepEqual(known.session.methods, ['oauth'])
    assert.equal((await opened(person, { amr: ['pwd'] })).session.level, 1)
    assert.equal((await opened(person, { acr: '2' })).session.level, 2)
    assert.equal((await opened(person, mfa, plain)).session.level, 1)
  })

  test('T14.81 by an email address that belongs to an account, not before it is linked', async () => {
    const email = newEmail()
    const made = await torii.password.register(
      { email, password: 'a gate of two pillars' },
      requestInfo,
    )
    assert.ok(made.ok)
    await torii.admin.verifyEmail(made.user.id, email)
    const person = { ...newPerson(), email }
    const linked = await opened(person, mfa)
    assert.deepEqual([linked.how, linked.session.level], ['linked', 1])
    assert.equal((await opened(person, mfa)).session.level, 2)
  })

  test('stands for the second factor of the account, and only then', async () => {
    const person = newPerson()
    const first = await opened(person)
    await enroll(torii, first.token.reveal(), requestInfo)
    const waits = await signIn(person)
    assert.ok(!waits.ok && waits.reason === 'second_factor_required')
    const known = await opened(person, mfa)
    assert.equal(known.session.level, 2)
    const valid = await torii.sessions.validate(known.token)
    assert.deepEqual([valid?.recent, valid?.hasSecondFactor], [true, true])
    // Another identity of the same person is not linked, so it proves nothing about the account.
    const stranger = { ...newPerson(), email: person.email }
    const other = await signIn(stranger, mfa)
    assert.ok(!other.ok && other.reason === 'second_factor_required')
  })

  test('max_age is sent, and only with that trust', async () => {
    const parameter = (url: string) => new URL(url).searchParams.get('max_age')
    assert.equal(parameter((await start()).url), '600')
    assert.equal(parameter((await start(plain)).url), null)
    const strict = { ...trusting, trustSecondFactor: { amr: ['mfa'], maxAgeSeconds: 0 } }
    const other = site.with({ keys, oauth: { providers: [strict] } })
    assert.equal(parameter((await start(other)).url), '0')
  })
})

describe('T14.83 the time of the authentication is that of the provider', async () => {
  const own = await startOwnProvider()
  const ofOwn = {
    ...workProvider(own.origin),
    trustSecondFactor: { amr: ['mfa'] },
    idTokenAudiences: ['device'],
  }
  const app = site.with({ keys, oauth: { providers: [ofOwn] } })
  const now = () => Math.floor(Date.now() / 1000)

  /** Signs in by an ID token that an application on the device has received. */
  async function byIdToken(sub: string, claims: object) {
    const made = await app.oauth.createIdTokenNonce('work', requestInfo)
    assert.ok(made.ok)
    const { nonce } = made
    const times = { iat: now(), exp: now() + 300 }
    const idToken = await own.idToken({
      sub,
      nonce,
      iss: own.origin,
      aud: 'device',
      ...times,
      ...claims,
    })
    const outcome = await app.oauth.signInWithIdToken('work', { idToken, nonce }, requestInfo)
    assert.ok(outcome.ok, JSON.stringify(outcome))
    return outcome.session
  }

  test('level 2 from the moment of the proof, and no recent one after it', async () => {
    const sub = 'device-1'
    await byIdToken(sub, {})
    const session = await byIdToken(sub, { amr: ['mfa'], auth_time: now() - 500 })
    const age = session.createdAt.getTime() - session.authenticatedAt.getTime()
    assert.ok(age >= 499_000 && age < 520_000, String(age))
    assert.deepEqual(session.level2At, session.authenticatedAt)
    const late = await byIdToken(sub, { amr: ['mfa'], auth_time: now() - 700 })
    assert.deepEqual([late.level, late.level2At], [1, null])
    assert.ok(late.createdAt.getTime() - late.authenticatedAt.getTime() >= 699_000)
    const future = await byIdToken(sub, { amr: ['mfa'], auth_time: now() + 30 })
    assert.deepEqual([future.level, future.authenticatedAt], [2, future.createdAt])
  })
})
