import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'vitest'
import { workProvider } from '../../oauth-client/provider-client.test.support.js'
import { github } from '../../oauth-client/providers/github.js'
import { startOwnProvider } from '../../services/oauth/own-provider.test.support.js'
import { startRealProvider } from '../../services/oauth/real-provider.test.support.js'
import { baseUrl, newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import { browser } from '../test/client.test.support.js'
import { returnTo, signInAt, startAt } from '../test/oauth-flow.test.support.js'

// What a sign-in takes from which response of a provider, and what happens if a part is missing: over HTTP, with a real
// database.

const [work, hub] = [await startOwnProvider(), await startOwnProvider()]
const strict = await startRealProvider([`${baseUrl}/auth/oauth/strict/callback`])
const site = await openTestSite({
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  oauth: {
    providers: [
      { ...workProvider(work.origin), trustEmail: true, keepTokens: true },
      github({
        ...{ clientId: 'torii', clientSecret: 'client secret' },
        ...{ serverUrl: hub.origin, allowLoopback: true },
      }),
      workProvider(strict.issuer, { ...strict.client, name: 'strict', trustEmail: true }),
    ],
  },
})
const send = browser(createHandler(site.torii, { pages: { failed: '/failed' } }))

let subjects = 0
const newSubject = () => `person-${++subjects}`

interface Responses {
  readonly inToken?: Record<string, unknown>
  /** What the UserInfo endpoint says, besides the subject. */
  readonly inUserInfo?: Record<string, unknown>
  readonly userInfoStatus?: number
  readonly more?: Record<string, unknown>
}

/** Sets the responses of one sign-in at `work`. */
const answerWith =
  ({ inToken = {}, inUserInfo = {}, userInfoStatus = 200, more = {} }: Responses, sub: string) =>
  async (nonce: string) => {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: work.origin, aud: 'torii', sub, iat: now, exp: now + 300, nonce }
    const id_token = await work.idToken({ ...claims, ...inToken })
    work.json('/token', {
      access_token: 'an access token',
      token_type: 'Bearer',
      id_token,
      ...more,
    })
    work.json('/userinfo', { sub, ...inUserInfo }, userInfoStatus)
  }

const signInWith = (responses: Responses, sub = newSubject()) =>
  signInAt(send, 'work', answerWith(responses, sub))

/** Walks a flow that must fail, and returns what was logged. */
async function refusedWith(responses: Responses, sub = newSubject()) {
  const flow = await startAt(send, 'work')
  await answerWith(responses, sub)(flow.parameters.get('nonce') ?? '')
  site.events.length = 0
  const returned = await returnTo(send, 'work', flow)
  assert.equal(returned.headers.get('location'), '/failed?error=provider_failed')
  assert.deepEqual(returned.headers.getSetCookie(), [])
  const [logged] = site.events
  assert.ok(logged?.event === 'provider_failed')
  return [logged.problem, logged.detail]
}

describe('T5.121 the email address and its verification come from the same response', () => {
  test('an address of UserInfo is not verified by the ID token', async () => {
    const [victim, sub] = [newEmail(), newSubject()]
    const { token } = await ownerOf(victim)
    const attacker = await signInWith(
      {
        inToken: { email_verified: true },
        inUserInfo: { email: victim, email_verified: false },
      },
      sub,
    )
    assert.deepEqual([attacker.email, attacker.emailVerified], [null, false])
    assert.notEqual(attacker.id, (await site.torii.sessions.validate(token))?.user.id)
  })

  test('an address of the ID token is not verified by UserInfo', async () => {
    const { email, emailVerified } = await signInWith({
      inToken: { email: newEmail() },
      inUserInfo: { email: newEmail(), email_verified: true, name: 'Ada' },
    })
    assert.deepEqual([email, emailVerified], [null, false])
  })

  test('the address of the ID token wins, and UserInfo adds what is missing', async () => {
    const [right, other] = [newEmail(), newEmail()]
    const user = await signInWith({
      inToken: { email: right, email_verified: true },
      inUserInfo: { email: other, email_verified: false, name: 'Ada Lovelace' },
    })
    assert.deepEqual([user.email, user.emailVerified], [right, true])
    assert.equal(user.name, 'Ada Lovelace')
  })

  test('both may come from UserInfo', async () => {
    const address = newEmail()
    const user = await signInWith({ inUserInfo: { email: address, email_verified: true } })
    assert.deepEqual([user.email, user.emailVerified], [address, true])
  })

  test('a provider that sends only the subject in the ID token, as the standard has it', async () => {
    const email = newEmail()
    const person = { sub: newSubject(), email, email_verified: true, name: 'Ada Lovelace' }
    const start = await send('GET', '/auth/oauth/strict/start')
    const back = await strict.signIn(start.headers.get('location') ?? '', person)
    const done = await send('GET', `${back.pathname}${back.search}`, { cookie: start.cookie })
    const { user } = (await send('GET', '/auth/session', { cookie: done.cookie })).json
    assert.deepEqual([user.email, user.emailVerified, user.name], [email, true, 'Ada Lovelace'])
  })
})

/** A verified account of this address. */
async function ownerOf(email: string) {
  const { token } = await site.torii.magicLink.create({ email })
  const signedIn = await site.torii.magicLink.authenticate({ token }, requestInfo)
  assert.ok(signedIn.ok)
  return signedIn
}

describe('a part that a provider lacks does not fail the sign-in', () => {
  for (const userInfoStatus of [400, 401, 403, 404, 405])
    test(`UserInfo refuses with ${userInfoStatus}`, async () => {
      const email = newEmail()
      const inToken = { email, email_verified: true }
      const user = await signInWith({ inToken, userInfoStatus })
      assert.deepEqual([user.email, user.name], [email, null])
      const bare = await signInWith({ userInfoStatus })
      assert.deepEqual([bare.email, bare.name], [null, null])
    })

  test('UserInfo cannot be reached, and only the name is missing', async () => {
    const email = newEmail()
    const { id } = await signInWith({
      inToken: { email, email_verified: true },
      userInfoStatus: 503,
    })
    assert.ok(id)
  })

  test('UserInfo cannot be reached, and the email address is missing: the sign-in can be repeated', async () => {
    const sub = newSubject()
    for (const userInfoStatus of [408, 425, 429, 500, 503])
      assert.equal((await refusedWith({ userInfoStatus }, sub))[0], 'malformed')
    const email = newEmail()
    const user = await signInWith({ inUserInfo: { email, email_verified: true } }, sub)
    assert.equal(user.email, email)
  })

  test('T6.79 UserInfo about another user fails, whatever is missing', async () => {
    const inToken = { email: newEmail(), email_verified: true }
    const inUserInfo = { sub: 'another', name: 'Mallory' }
    assert.equal((await refusedWith({ inToken, inUserInfo }))[0], 'not_genuine')
    assert.equal((await refusedWith({ inUserInfo }))[0], 'not_genuine')
  })

  test('scope is an array, in an answer and in a refresh', async () => {
    const more = { scope: ['openid', 'email'], refresh_token: 'a refresh token', expires_in: 1 }
    const { id } = await signInWith({ more })
    const { rows } = await site.db.query('select id from torii.oauth_accounts where user_id = $1', [
      id,
    ])
    work.json('/token', { access_token: 'another', token_type: 'Bearer', scope: ['openid'] })
    const outcome = await site.torii.oauth.accessToken(id, String(rows[0]?.id))
    assert.ok(outcome.ok, JSON.stringify(outcome))
    assert.equal(outcome.accessToken.reveal(), 'another')
  })

  test('a scope of any other type is refused', async () => {
    for (const scope of [7, { a: 1 }, [7]])
      assert.equal((await refusedWith({ more: { scope } }))[0], 'malformed')
  })
})

describe('GitHub without the email addresses', () => {
  hub.json('/login/oauth/access_token', { access_token: 'ghu_x', token_type: 'bearer', scope: '' })
  let ids = 0
  const newUser = () => hub.json('/api/v3/user', { id: ++ids, login: `user-${ids}`, name: 'Ada' })

  for (const status of [403, 404])
    test(`a GitHub App gets ${status} for the addresses, and its users sign in without one`, async () => {
      newUser()
      hub.json('/api/v3/user/emails', { message: 'Resource not accessible' }, status)
      const user = await signInAt(send, 'github', () => undefined)
      assert.deepEqual([user.email, user.name], [null, 'Ada'])
    })

  const failed = async () => {
    const flow = await startAt(send, 'github')
    const returned = await returnTo(send, 'github', flow)
    assert.equal(returned.headers.get('location'), '/failed?error=provider_failed')
  }

  test('a rate limit or a fault fails the sign-in, so no account without an address is created', async () => {
    newUser()
    for (const [status, headers] of [
      [403, { 'retry-after': '60' }],
      [403, { 'x-ratelimit-remaining': '0' }],
      [429, {}],
      [502, {}],
    ] as const) {
      hub.answer('/api/v3/user/emails', (_, response) =>
        response.writeHead(status, headers).end('{}'),
      )
      await failed()
    }
  })

  test('T6.80 a refusal of the user itself fails', async () => {
    hub.json('/api/v3/user', { message: 'Bad credentials' }, 401)
    await failed()
  })
})
