import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import * as oauth from 'oauth4webapi'
import { PostgresStorage } from 'torii-storage-postgres'
import { compiledUrl, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { createHandler } from '../http/index.js'
import { google, InvalidInputError, Torii, ToriiError } from '../index.js'
import type { TestPerson, TestProvider } from './index.js'
import { newTestPerson, startTestProvider } from './index.js'

const baseUrl = 'http://localhost:3000'
const redirectUri = `${baseUrl}/auth/oauth/test/callback`
const requestInfo = { ip: '203.0.113.7', userAgent: 'Test/1.0' }

let provider: TestProvider
let storage: PostgresStorage
beforeAll(async () => {
  provider = await startTestProvider({ redirectUris: [redirectUri] })
  storage = await PostgresStorage.connect((await testDatabase()).url)
})
afterAll(async () => {
  await storage.close()
  await provider.stop()
})

const openTorii = (definition = provider.definition) =>
  new Torii(storage, {
    baseUrl,
    keys: [{ id: 'k1', secret: randomBytes(32) }],
    oauth: { providers: [definition] },
    log: null,
  })

/** Goes to the provider and comes back, as one browser. */
async function signIn(torii: Torii, person = newTestPerson(), at = provider) {
  const [{ name } = { name: '' }] = torii.options.oauth.providers
  const started = await torii.oauth.start(name, {}, requestInfo)
  assert.ok(started.ok)
  const { searchParams: query } = await at.authorize(started.url, person)
  return torii.oauth.callback(name, { query, browser: started.browser, valid: null }, requestInfo)
}

describe('with Torii', () => {
  test('signs a person in, and the same one again', async () => {
    const torii = openTorii()
    const person = newTestPerson({ name: 'Grace', picture: 'https://example.com/g.png' })
    const first = await signIn(torii, person)
    assert.ok(first.ok && first.kind === 'signed_in', JSON.stringify(first))
    const { email, emailVerified, name, picture } = first.user
    assert.deepEqual(
      [email, emailVerified, name, picture, first.how],
      [person.email, true, 'Grace', 'https://example.com/g.png', 'created'],
    )
    const again = await signIn(torii, person)
    assert.ok(again.ok && again.kind === 'signed_in' && again.how === 'known')
    assert.equal(again.user.id, first.user.id)
    const other = await signIn(torii)
    assert.ok(other.ok && other.kind === 'signed_in' && other.user.id !== first.user.id)
  })

  test('says in the ID token how a person authenticated', async () => {
    const trustSecondFactor = { amr: ['mfa'], acr: ['two'] }
    const torii = openTorii({ ...provider.definition, trustSecondFactor })
    const person = newTestPerson()
    const levelOf = async (how: Partial<TestPerson>) => {
      const outcome = await signIn(torii, { ...person, ...how })
      assert.ok(outcome.ok && outcome.kind === 'signed_in', JSON.stringify(outcome))
      return outcome.session.level
    }
    assert.equal(await levelOf({ amr: ['mfa'] }), 1, 'the identity is new')
    assert.equal(await levelOf({ amr: ['pwd', 'mfa'] }), 2)
    assert.equal(await levelOf({ acr: 'two' }), 2)
    assert.equal(await levelOf({}), 1)
    const anHourAgo = Math.floor(Date.now() / 1000) - 3600
    assert.equal(await levelOf({ amr: ['mfa'], auth_time: anHourAgo }), 1)
  })

  test('is the provider of the application, under its own definition', async () => {
    const credentials = { clientId: 'of the application', clientSecret: 'of the application' }
    const other = await startTestProvider({ clientId: 'torii+test', clientSecret: 'a b:c%/é' })
    try {
      const torii = openTorii({
        ...google(credentials),
        ...other.registration,
        allowLoopback: true,
      })
      const person = newTestPerson({ email: 'ada@gmail.com' })
      const outcome = await signIn(torii, person, other)
      assert.ok(outcome.ok && outcome.kind === 'signed_in', JSON.stringify(outcome))
      assert.equal(outcome.user.email, 'ada@gmail.com')
      const byPost = openTorii({ ...other.definition, clientAuthentication: 'post' })
      assert.ok((await signIn(byPost, newTestPerson(), other)).ok)
    } finally {
      await other.stop()
    }
  })

  test('a browser is redirected back as the current person, or declined', async () => {
    const auth = createHandler(openTorii())
    const walk = async () => {
      const start = await auth(new Request(`${baseUrl}/auth/oauth/test/start`))
      const cookie = start.headers.getSetCookie().map((one) => one.split(';')[0])
      const page = await fetch(start.headers.get('location') ?? '', { redirect: 'manual' })
      assert.equal(page.status, 302)
      const back = new Request(page.headers.get('location') ?? '', {
        headers: { cookie: cookie.join('; ') },
      })
      return auth(back)
    }
    provider.person = newTestPerson({ email: 'current@example.com' })
    const answer = await walk()
    const cookie = answer.headers.getSetCookie().find((one) => one.startsWith('torii=torii_s_'))
    const signedIn = await auth.getSession(
      new Request(baseUrl, { headers: { cookie: cookie?.split(';')[0] ?? '' } }),
    )
    assert.equal(signedIn?.user.email, 'current@example.com')
    provider.person = null
    const declined = await walk()
    assert.match(declined.headers.get('location') ?? '', /error=declined/)
  })

  test('kept tokens are refreshed', async () => {
    const torii = openTorii({ ...provider.definition, keepTokens: true })
    const outcome = await signIn(torii)
    assert.ok(outcome.ok && outcome.kind === 'signed_in')
    const valid = await torii.sessions.validate(outcome.token)
    assert.ok(valid !== null)
    const [account] = await torii.oauth.list(valid)
    assert.ok(account !== undefined)
    const given = await torii.oauth.accessToken(valid.user.id, account.id)
    assert.ok(given.ok)
    const userInfo = await fetch(`${provider.issuer}/userinfo`, {
      headers: { authorization: `Bearer ${given.accessToken.reveal()}` },
    })
    assert.equal(Reflect.get(Object(await userInfo.json()), 'email'), outcome.user.email)
  })
})

describe('as a provider', () => {
  const verifier = 'a verifier of the client that nobody else has seen, of forty-three characters'
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const authorizationUrl = (more: Record<string, string | null> = {}) => {
    const url = new URL(`${provider.issuer}/authorize`)
    const query = {
      response_type: 'code',
      client_id: provider.clientId,
      redirect_uri: redirectUri,
      scope: 'openid email',
      state: 'the state',
      nonce: 'the nonce',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...more,
    }
    for (const [name, value] of Object.entries(query))
      if (value !== null) url.searchParams.set(name, value)
    return url
  }
  const newCode = async (more: Record<string, string | null> = {}) =>
    (await provider.authorize(authorizationUrl(more), newTestPerson())).searchParams.get('code') ??
    ''
  const askToken = async (more: Record<string, string>) => {
    const response = await fetch(`${provider.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: provider.clientId,
        client_secret: provider.clientSecret,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        ...more,
      }),
    })
    const body = Object(await response.json()) as Record<string, string>
    return { status: response.status, body }
  }

  test('its metadata, callback and ID token are what an independent client demands', async () => {
    const issuer = new URL(provider.issuer)
    const options = { [oauth.allowInsecureRequests]: true }
    const found = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, options),
    )
    const client = { client_id: provider.clientId }
    const person = newTestPerson()
    const back = await provider.authorize(authorizationUrl(), person)
    const answer = oauth.validateAuthResponse(found, client, back, 'the state')
    const response = await oauth.authorizationCodeGrantRequest(
      found,
      client,
      oauth.ClientSecretBasic(provider.clientSecret),
      answer,
      redirectUri,
      verifier,
      options,
    )
    const tokens = await oauth.processAuthorizationCodeResponse(found, client, response, {
      expectedNonce: 'the nonce',
      requireIdToken: true,
    })
    const keySet = createRemoteJWKSet(new URL(found.jwks_uri ?? ''))
    const { payload } = await jwtVerify(tokens.id_token ?? '', keySet, {
      issuer: provider.issuer,
      audience: provider.clientId,
    })
    assert.deepEqual([payload.sub, payload.nonce], [person.sub, 'the nonce'])
    const userInfo = await oauth.processUserInfoResponse(
      found,
      client,
      person.sub,
      await oauth.userInfoRequest(found, client, tokens.access_token, options),
    )
    assert.deepEqual(userInfo, person)
  })

  test('a code is valid once, for its redirect URI, its verifier and its client', async () => {
    const code = await newCode()
    assert.equal((await askToken({ code })).status, 200)
    assert.deepEqual((await askToken({ code })).body.error, 'invalid_grant')
    for (const [wrong, error] of [
      [{ redirect_uri: `${baseUrl}/elsewhere` }, 'invalid_grant'],
      [{ code_verifier: 'another' }, 'invalid_grant'],
      [{ client_secret: 'another' }, 'invalid_client'],
      [{ client_id: 'another' }, 'invalid_client'],
      [{ grant_type: 'password' }, 'unsupported_grant_type'],
    ] as const) {
      const { status, body } = await askToken({ code: await newCode(), ...wrong })
      assert.deepEqual([status, body.error], [error === 'invalid_client' ? 401 : 400, error])
    }
    assert.equal((await askToken({ code: 'unknown' })).body.error, 'invalid_grant')
  })

  test('a failed exchange uses the code', async () => {
    const code = await newCode()
    await askToken({ code, code_verifier: 'another' })
    assert.equal((await askToken({ code })).body.error, 'invalid_grant')
  })

  test('without the scope openid there is no ID token, and a refresh token works once', async () => {
    const plain = await askToken({ code: await newCode({ scope: 'email', nonce: null }) })
    assert.deepEqual([plain.status, plain.body.id_token], [200, undefined])
    const refresh = () =>
      askToken({ grant_type: 'refresh_token', refresh_token: plain.body.refresh_token ?? '' })
    assert.equal((await refresh()).status, 200)
    assert.equal((await refresh()).body.error, 'invalid_grant')
  })

  test('refuses an authorization request that is not valid: a foreign redirect URI without a redirect', async () => {
    for (const [more, says] of [
      [{ client_id: 'another' }, /client_id must be torii/],
      [{ redirect_uri: 'https://evil.example/' }, /redirect_uri is not registered/],
      [{ redirect_uri: 'nothing' }, /redirect_uri must be a URL/],
    ] as const)
      await assert.rejects(
        provider.authorize(authorizationUrl(more), newTestPerson()),
        (error) => error instanceof ToriiError && says.test(error.message),
      )
    for (const more of [{ response_type: 'token' }, { code_challenge_method: 'plain' }]) {
      const { searchParams } = await provider.authorize(authorizationUrl(more), newTestPerson())
      assert.deepEqual(
        [searchParams.get('error'), searchParams.get('state'), searchParams.get('iss')],
        ['invalid_request', 'the state', provider.issuer],
      )
    }
    const { searchParams } = await provider.authorize(authorizationUrl(), null)
    assert.deepEqual(
      [searchParams.get('error'), searchParams.has('code')],
      ['access_denied', false],
    )
    await assert.rejects(
      provider.authorize('https://accounts.google.com/authorize'),
      (error) => error instanceof InvalidInputError && error.field === 'url',
    )
  })

  test('UserInfo answers to access tokens of its own, by GET and POST', async () => {
    const { body } = await askToken({ code: await newCode() })
    const ask = (authorization: string, method = 'GET') =>
      fetch(`${provider.issuer}/userinfo`, { method, headers: { authorization } })
    assert.equal((await ask(`Bearer ${body.access_token}`, 'POST')).status, 200)
    for (const wrong of ['Bearer unknown', `Basic ${body.access_token}`, ''])
      assert.equal((await ask(wrong)).status, 401)
    assert.equal((await fetch(`${provider.issuer}/other`)).status, 404)
  })
})

test('a provider that is not stopped keeps no process alive', () => {
  const module = compiledUrl('./index.js', import.meta.url)
  const program = `
    import { startTestProvider } from ${JSON.stringify(module.href)}
    const provider = await startTestProvider()
    const { jwks_uri } = await (await fetch(provider.issuer + '/.well-known/openid-configuration')).json()
    console.log((await (await fetch(jwks_uri)).json()).keys.length)`
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: 20_000 },
  )
  assert.deepEqual([status, stdout], [0, '1\n'])
})
