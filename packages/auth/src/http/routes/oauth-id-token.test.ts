import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { CompactSign, exportSPKI, SignJWT, UnsecuredJWT } from 'jose'
import { describe, test } from 'vitest'
import { Torii } from '../../index.js'
import { workProvider } from '../../oauth-client/provider-client.test.support.js'
import { laterStorage } from '../../services/oauth/later-storage.test.support.js'
import { startOwnProvider } from '../../services/oauth/own-provider.test.support.js'
import { startRealProvider } from '../../services/oauth/real-provider.test.support.js'
import { newKeyPair } from '../../test/key-pair.test.support.js'
import { baseUrl, newEmail, openTestSite } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import { browser } from '../test/client.test.support.js'
import { signInAt, startAt } from '../test/oauth-flow.test.support.js'

// Signing in with an ID token that a native application or Google One Tap received.

const [server, elsewhere] = [await startOwnProvider(), await startOwnProvider()]
const real = await startRealProvider(['https://native.example/callback'])
const audiences = ['ios.example', 'android.example']
const native = { ...workProvider(server.origin), idTokenAudiences: audiences }
const options = {
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  oauth: {
    providers: [
      { ...native, trustEmail: true, keepTokens: true },
      { ...native, name: 'play' },
      { ...native, name: 'closed', enabled: false },
      workProvider(server.origin, { name: 'web' }),
      { ...workProvider(elsewhere.origin), name: 'elsewhere', idTokenAudiences: audiences },
      workProvider(real.issuer, {
        ...{ ...real.client, name: 'real' },
        idTokenAudiences: [real.client.clientId],
      }),
    ],
  },
}
const site = await openTestSite(options)
const send = browser(createHandler(site.torii))

async function newNonce(provider = 'work'): Promise<string> {
  const created = await send('POST', `/auth/oauth/${provider}/id-token/nonce`)
  assert.equal(created.status, 201, created.text)
  return JSON.parse(created.text).nonce
}

const seconds = () => Math.floor(Date.now() / 1000)

/** The claims of a good ID token of a native application. */
const good = (nonce: string) => ({
  ...{ iss: server.origin, aud: 'ios.example', sub: 'native-1', nonce },
  ...{ iat: seconds(), exp: seconds() + 300 },
})

const present = (idToken: string, nonce: string, provider = 'work') =>
  send('POST', `/auth/oauth/${provider}/id-token`, { body: { idToken, nonce } })

/** Signs in with good claims and these changes. */
async function presentWith(
  claims: (nonce: string) => Record<string, unknown> = () => ({}),
  header: Record<string, unknown> = {},
) {
  const nonce = await newNonce()
  return present(await server.idToken({ ...good(nonce), ...claims(nonce) }, header), nonce)
}

test('a nonce and an ID token sign in: one statement for the nonce, two for a known identity, a cookie and no token', async () => {
  const email = newEmail()
  const claims = () => ({ sub: 'native-a', email, email_verified: true, name: 'Ada' })
  const first = await presentWith(claims)
  assert.equal(first.status, 200, first.text)
  assert.deepEqual([first.json.user.email, first.json.user.name], [email, 'Ada'])
  const session = await send('GET', '/auth/session', { cookie: first.cookie })
  assert.deepEqual(session.json.session.methods, ['oauth'])
  assert.ok(!first.text.includes(first.cookie.split('=')[1] ?? ''))
  const nonce = await site.counted(() => newNonce())
  assert.equal(nonce.statements, 1)
  const idToken = await server.idToken({ ...good(nonce.result), ...claims() })
  const again = await site.counted(() => present(idToken, nonce.result))
  assert.equal(again.statements, 2)
  assert.equal(again.result.json.user.id, first.json.user.id)
})

test('the identity is that of a flow in the browser; stored provider tokens stay', async () => {
  const sub = 'native-b'
  const flowUser = await signInAt(send, 'work', async (nonce) => {
    const idToken = await server.idToken({
      ...good(nonce),
      sub,
      aud: 'torii',
      email: 'x',
      name: 'A',
    })
    server.json('/token', { access_token: 'kept', token_type: 'Bearer', id_token: idToken })
  })
  const stored = () =>
    site.db.query('select tokens from torii.oauth_accounts where subject = $1', [sub])
  const before = (await stored()).rows
  assert.ok(before[0]?.tokens)
  const signedIn = await presentWith(() => ({ sub }))
  assert.equal(signedIn.json.user.id, flowUser.id)
  assert.deepEqual((await stored()).rows, before)
})

test('a certified provider: the application requests the ID token itself, with our nonce', async () => {
  const nonce = await newNonce('real')
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    ...{ client_id: real.client.clientId, response_type: 'code', scope: 'openid', nonce },
    redirect_uri: 'https://native.example/callback',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const back = await real.signIn(`${real.issuer}/auth?${query}`, { sub: 'native-person' })
  const { clientId, clientSecret } = real.client
  const basic = [clientId, clientSecret].map(encodeURIComponent).join(':')
  const exchanged = await fetch(`${real.issuer}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(basic).toString('base64')}` },
    body: new URLSearchParams({
      ...{ grant_type: 'authorization_code', code: back.searchParams.get('code') ?? '' },
      ...{ redirect_uri: 'https://native.example/callback', code_verifier: verifier },
    }),
  })
  const { id_token: idToken }: { id_token?: unknown } = Object(await exchanged.json())
  const signedIn = await present(String(idToken), nonce, 'real')
  assert.equal(signedIn.status, 200, signedIn.text)
  assert.equal((await present(String(idToken), nonce, 'real')).status, 401)
})

test('the ID token may hold the SHA-256 of the nonce, as applications for Apple send it', async () => {
  const hashed = (nonce: string) => ({ nonce: createHash('sha256').update(nonce).digest('hex') })
  assert.equal((await presentWith(hashed)).status, 200)
  // The hash alone, which a stolen ID token reveals, is no nonce.
  const nonce = await newNonce()
  const idToken = await server.idToken({ ...good(nonce), ...hashed(nonce) })
  assert.equal((await present(idToken, hashed(nonce).nonce)).status, 401)
  const base64 = Buffer.from(hashed(nonce).nonce, 'hex').toString('base64url')
  assert.equal((await present(idToken, base64)).status, 401)
  assert.equal((await present(idToken, nonce)).status, 200)
})

describe('T6.122 the nonce', () => {
  const refused = async (nonce: string, provider = 'work') => {
    const answer = await present(await server.idToken(good(nonce)), nonce, provider)
    assert.deepEqual([answer.status, answer.json.error], [401, 'invalid_token'])
    assert.deepEqual(answer.headers.getSetCookie(), [])
  }

  test('is used once, whatever the token is', async () => {
    const nonce = await newNonce()
    const idToken = await server.idToken(good(nonce))
    assert.equal((await present(idToken, nonce)).status, 200)
    assert.equal((await present(idToken, nonce)).status, 401)
    const burned = await newNonce()
    assert.equal((await present('a.b.c', burned)).status, 401)
    await refused(burned)
  })

  test('has one winner of twenty', async () => {
    const nonce = await newNonce()
    const idToken = await server.idToken(good(nonce))
    const answers = await Promise.all(Array.from({ length: 20 }, () => present(idToken, nonce)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ status }) => status === 401).length, 19)
  })

  test('is of this provider', async () => {
    await refused(await newNonce('play'))
    await refused(await newNonce('work'), 'play')
  })

  test('is not the state of a flow, and a nonce is no state', async () => {
    const { parameters } = await startAt(send, 'work')
    await refused(parameters.get('state') ?? '')
    await refused(parameters.get('nonce') ?? '')
    const nonce = await newNonce()
    const { cookie } = await startAt(send, 'work')
    const path = `/auth/oauth/work/callback?code=x&state=${nonce}`
    const returned = await send('GET', path, { cookie })
    assert.equal(returned.headers.get('location'), '/?error=invalid_token')
  })

  test('expires', async () => {
    const nonce = await newNonce()
    const later = new Torii(laterStorage(site.storage, 601), { baseUrl, ...options })
    const sendLater = browser(createHandler(later))
    const body = { idToken: await server.idToken(good(nonce)), nonce }
    const late = await sendLater('POST', '/auth/oauth/work/id-token', { body })
    assert.deepEqual([late.status, late.json.error], [401, 'invalid_token'])
    assert.equal((await present(body.idToken, nonce)).status, 200)
  })

  test('T1.4 of sixty-four callers with one nonce, one is signed in; nothing was stored before', async () => {
    const count = async () =>
      (await site.db.query('select count(*)::int as n from torii.used_oauth_states')).rows[0]?.n
    const before = await count()
    const nonce = await newNonce()
    const idToken = await server.idToken(good(nonce))
    assert.equal(await count(), before)
    const answers = await Promise.all(Array.from({ length: 64 }, () => present(idToken, nonce)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
    assert.equal(answers.filter(({ status }) => status === 401).length, 63)
    assert.equal(await count(), Number(before) + 1)
  })

  test('is one of ours: others are refused before the token is looked at', async () => {
    const before = server.requests.length
    for (const nonce of [
      '',
      'x',
      randomBytes(32).toString('base64url'),
      'A'.repeat(43),
      '__proto__',
    ])
      await refused(nonce)
    assert.equal(server.requests.length, before)
  })

  test('must be in the ID token', async () => {
    for (const nonce of [undefined, '', null, 7, randomBytes(32).toString('base64url')])
      assert.equal((await presentWith(() => ({ nonce }))).status, 401)
    assert.equal((await presentWith((nonce) => ({ nonce: [nonce] }))).status, 401)
  })

  test('is counted by IP address', async () => {
    const limited = browser(
      createHandler(
        site.with({
          bruteForce: { starts: { cap: 2 } },
          oauth: { providers: [native] },
        }),
      ),
    )
    const create = () => limited('POST', '/auth/oauth/work/id-token/nonce', { ip: '198.51.100.90' })
    assert.deepEqual([(await create()).status, (await create()).status], [201, 201])
    const third = await create()
    assert.equal(third.status, 429)
    assert.ok(third.headers.get('retry-after'))
  })
})

describe('T6.122 an ID token', () => {
  const { privateKey, publicKey } = newKeyPair('RSA')
  const cases: readonly [string, (nonce: string) => Record<string, unknown>][] = [
    ['for another client', () => ({ aud: 'someone.else' })],
    ['for the web client, which is not listed', () => ({ aud: 'torii' })],
    ['for one of ours and another', () => ({ aud: ['ios.example', 'someone.else'] })],
    ['without an audience', () => ({ aud: undefined })],
    ['for an empty list', () => ({ aud: [] })],
    ['for a list in a list', () => ({ aud: [['ios.example']] })],
    ['presented by another client', () => ({ azp: 'someone.else' })],
    ['of another issuer', () => ({ iss: elsewhere.origin })],
    ['of the issuer under another spelling', () => ({ iss: `${server.origin}/` })],
    ['without an issuer', () => ({ iss: undefined })],
    ['that has expired', () => ({ exp: seconds() - 120 })],
    ['without an end', () => ({ exp: undefined })],
    ['whose end is a text', () => ({ exp: String(seconds() + 300) })],
    ['from the future', () => ({ iat: seconds() + 120 })],
    ['without a time of issue', () => ({ iat: undefined })],
    ['that is not valid yet', () => ({ nbf: seconds() + 120 })],
    ['without a subject', () => ({ sub: undefined })],
    ['with an empty subject', () => ({ sub: '' })],
    ['with a subject that is a number', () => ({ sub: 7 })],
  ]
  for (const [name, claims] of cases)
    test(`${name} is refused`, async () => {
      const answer = await presentWith(claims)
      assert.deepEqual([answer.status, answer.json.error], [401, 'invalid_token'], answer.text)
      assert.deepEqual(answer.headers.getSetCookie(), [])
    })

  test('whose end is beyond 2^53 is refused', async () => {
    const nonce = await newNonce()
    const { exp: _, ...claims } = good(nonce)
    const text = `${JSON.stringify(claims).slice(0, -1)},"exp":99999999999999999999}`
    assert.equal((await present(await server.jwtOf(text), nonce)).status, 401)
  })

  test('of the types that other tokens have is refused', async () => {
    for (const typ of ['at+jwt', 'logout+jwt', 'application/at+jwt', 7])
      assert.equal((await presentWith(() => ({}), { typ })).status, 401)
    for (const typ of ['JWT', 'jwt'])
      assert.equal((await presentWith(() => ({}), { typ })).status, 200)
  })

  const forged: readonly [string, (claims: object) => Promise<string> | string][] = [
    ['without a signature (alg none)', (claims) => new UnsecuredJWT({ ...claims }).encode()],
    [
      "by another key under the provider's key id",
      (claims) =>
        new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(privateKey),
    ],
    [
      'by a key that it brings along',
      (claims) =>
        new SignJWT({ ...claims })
          .setProtectedHeader({ alg: 'RS256', jwk: publicKey.export({ format: 'jwk' }) })
          .sign(privateKey),
    ],
    [
      "with an HMAC of the provider's public key",
      async (claims) =>
        new SignJWT({ ...claims })
          .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
          .sign(Buffer.from(await exportSPKI(publicKey))),
    ],
    [
      'with changed claims under an old signature',
      async (claims) => {
        const [header, , signature] = (await server.idToken({ ...claims, sub: 'other' })).split('.')
        return `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`
      },
    ],
    [
      'with an extension that is not known',
      (claims) =>
        new CompactSign(Buffer.from(JSON.stringify(claims)))
          .setProtectedHeader({ alg: 'RS256', kid: 'k1', crit: ['b64'], b64: true })
          .sign(server.key),
    ],
    ['that is no JWT', () => 'not a token'],
    ['that is empty', () => ''],
    ['that is a list', () => server.jwtOf('[]')],
    ['that is null', () => server.jwtOf('null')],
  ]
  for (const [name, forge] of forged)
    test(`${name} is refused`, async () => {
      const nonce = await newNonce()
      const answer = await present(await forge(good(nonce)), nonce)
      assert.deepEqual([answer.status, answer.json.error], [401, 'invalid_token'])
      assert.deepEqual(answer.headers.getSetCookie(), [])
    })

  test("of another provider is refused, also where it is one of ours and knows our client's name", async () => {
    const nonce = await newNonce()
    const { iss: _, ...claims } = good(nonce)
    const foreign = await elsewhere.idToken({ ...claims, iss: elsewhere.origin })
    assert.equal((await present(foreign, nonce)).status, 401)
    const second = await newNonce('elsewhere')
    const ours = await server.idToken(good(second))
    assert.equal((await present(ours, second, 'elsewhere')).status, 401)
  })

  test('with several of our audiences, or presented by one of them, is accepted', async () => {
    for (const claims of [
      { aud: audiences, azp: 'android.example' },
      { aud: ['android.example'] },
      { aud: 'ios.example', azp: 'android.example' },
      { iat: seconds() + 40, nbf: seconds() + 40, exp: seconds() - 40 },
    ])
      assert.equal((await presentWith(() => claims)).status, 200, JSON.stringify(claims))
  })
})

test('T6.83 a provider that is disabled, unknown or without audiences has no such route', async () => {
  for (const name of ['closed', 'web', 'nobody', '__proto__']) {
    assert.equal((await send('POST', `/auth/oauth/${name}/id-token/nonce`)).status, 404)
    assert.equal((await present('a.b.c', randomBytes(32).toString('base64url'), name)).status, 404)
  }
})

test('T2.31 a disabled account is refused', async () => {
  const claims = () => ({ sub: 'native-disabled' })
  const { json } = await presentWith(claims)
  await site.storage.users.disable(json.user.id)
  const answer = await presentWith(claims)
  assert.deepEqual([answer.status, answer.json.error], [403, 'account_disabled'])
})

test('T6.80 a provider whose keys cannot be read is a failure of the provider, and is logged', async () => {
  const down = await startOwnProvider()
  const other = site.with({
    oauth: { providers: [{ ...workProvider(down.origin), idTokenAudiences: audiences }] },
  })
  const sendOther = browser(createHandler(other))
  const created = await sendOther('POST', '/auth/oauth/work/id-token/nonce')
  const { nonce } = JSON.parse(created.text)
  down.answer('/keys', (_, response) => response.destroy())
  const idToken = await down.idToken({ ...good(nonce), iss: down.origin })
  site.events.length = 0
  const answer = await sendOther('POST', '/auth/oauth/work/id-token', { body: { idToken, nonce } })
  assert.deepEqual([answer.status, answer.json.error], [502, 'provider_failed'])
  assert.ok(site.events.some(({ event }) => event === 'provider_failed'))
})

test('the former session of the browser ends, and a foreign page cannot sign a user in', async () => {
  const { cookie } = await presentWith()
  const nonce = await newNonce()
  const body = { idToken: await server.idToken(good(nonce)), nonce }
  const path = '/auth/oauth/work/id-token'
  const foreign = await send('POST', path, { body, headers: { origin: 'https://evil.example' } })
  assert.equal(foreign.status, 403)
  assert.equal((await send('POST', path, { body, cookie })).status, 200)
  assert.equal((await send('GET', '/auth/session', { cookie })).status, 401)
})
