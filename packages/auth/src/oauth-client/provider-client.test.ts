import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'vitest'
import type { RealProvider } from '../services/oauth/real-provider.test.support.js'
import { startRealProvider } from '../services/oauth/real-provider.test.support.js'
import {
  answerTo,
  clientOf,
  isFailure,
  newFlow,
  redirectUri,
  workProvider,
} from './provider-client.test.support.js'

// The protocol with a certified provider.

const provider = await startRealProvider([redirectUri])
const definition = (real: RealProvider) => workProvider(real.issuer, { ...real.client })
const client = clientOf(definition(provider))
const ada = { sub: 'ada', email: 'ada@example.com', email_verified: true, name: 'Ada Lovelace' }

test('a whole flow: who came back, and the tokens', async () => {
  const flow = newFlow(provider.issuer)
  const back = await provider.signIn(await client.authorizationUrl(flow), ada)
  assert.equal(`${back.origin}${back.pathname}`, redirectUri)
  const { identity, tokens } = await client.complete(back.searchParams, flow)
  assert.deepEqual(identity, {
    provider: 'work',
    subject: 'ada',
    label: 'ada@example.com',
    email: 'ada@example.com',
    emailVerified: false,
    name: 'Ada Lovelace',
    picture: null,
  })
  assert.ok(tokens.accessToken.length > 20)
  assert.ok((tokens.expiresAt ?? 0) > Date.now())
})

test('an address is verified when the definition trusts the provider for addresses', async () => {
  const trusting = clientOf({ ...definition(provider), trustEmail: true })
  const flow = newFlow(provider.issuer)
  const back = await provider.signIn(await trusting.authorizationUrl(flow), ada)
  const { identity } = await trusting.complete(back.searchParams, flow)
  assert.equal(identity.emailVerified, true)
})

describe('the authorization URL', () => {
  test('T6.78 holds an S256 challenge of the verifier and never plain; state and nonce are ours', async () => {
    const flow = newFlow(provider.issuer)
    const { searchParams: parameters } = new URL(await client.authorizationUrl(flow))
    assert.deepEqual(Object.fromEntries(parameters), {
      response_type: 'code',
      client_id: 'torii',
      redirect_uri: redirectUri,
      scope: 'openid profile email',
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: createHash('sha256').update(flow.verifier).digest('base64url'),
      code_challenge_method: 'S256',
    })
  })

  test('keeps the parameters of the definition and the query of the endpoint', async () => {
    const url = new URL(
      await clientOf({
        ...definition(provider),
        parameters: { prompt: 'consent' },
        endpoints: {
          authorization: 'https://id.example/authorize?tenant=7',
          token: 'https://id.example/token',
          jwks: 'https://id.example/keys',
        },
      }).authorizationUrl(newFlow(provider.issuer)),
    )
    assert.equal(url.searchParams.get('tenant'), '7')
    assert.equal(url.searchParams.get('prompt'), 'consent')
  })
})

describe('a code of the provider', () => {
  const startedFlow = async () => {
    const flow = newFlow(provider.issuer)
    const back = await provider.signIn(await client.authorizationUrl(flow), ada)
    return { flow, query: back.searchParams }
  }

  test('T6.78 with the verifier of another browser: the provider refuses it, no user is returned', async () => {
    const { flow, query } = await startedFlow()
    const other = { ...flow, verifier: newFlow(provider.issuer).verifier }
    await assert.rejects(client.complete(query, other), isFailure('refused', 'invalid_grant'))
  })

  test('T6.78 with a short verifier: the provider refuses it', async () => {
    const { flow, query } = await startedFlow()
    const short = { ...flow, verifier: 'short' }
    await assert.rejects(client.complete(query, short), isFailure('refused'))
  })

  test('T6.78 without a verifier: nothing is sent', async () => {
    const { flow, query } = await startedFlow()
    const before = provider.requests.length
    await assert.rejects(client.complete(query, { ...flow, verifier: '' }), TypeError)
    assert.equal(provider.requests.length, before)
  })

  test('T6.77 sent twice: the provider refuses the second', async () => {
    const { flow, query } = await startedFlow()
    await client.complete(query, flow)
    await assert.rejects(client.complete(query, flow), isFailure('refused', 'invalid_grant'))
  })

  test('with a wrong client secret: refused', async () => {
    const { flow, query } = await startedFlow()
    const wrong = clientOf({ ...definition(provider), clientSecret: 'not the one' })
    await assert.rejects(wrong.complete(query, flow), isFailure('refused'))
  })
})

describe('the answer at the callback', () => {
  const refusedBeforeRequest = async (query: URLSearchParams, flow = newFlow(provider.issuer)) => {
    const before = provider.requests.length
    await assert.rejects(client.complete(query, flow), isFailure('malformed'))
    assert.equal(provider.requests.length, before, 'the code went nowhere')
  }

  test("T6.75 with another provider's iss: refused before the code is sent anywhere", async () => {
    const flow = newFlow(provider.issuer)
    await refusedBeforeRequest(answerTo(flow, { iss: 'https://attacker.example' }), flow)
    await refusedBeforeRequest(answerTo(flow, { iss: `${provider.issuer}/` }), flow)
  })

  test('T6.75 without the iss that the provider promises: refused', async () => {
    const flow = newFlow(provider.issuer)
    await refusedBeforeRequest(answerTo(flow), flow)
  })

  test('T6.74 with the state of another flow: refused', async () => {
    const other = newFlow(provider.issuer)
    await refusedBeforeRequest(answerTo(other, { iss: provider.issuer }))
  })

  test('with any of its parameters twice: refused', async () => {
    for (const name of ['code', 'state', 'iss', 'error']) {
      const flow = newFlow(provider.issuer)
      const query = answerTo(flow, {
        iss: provider.issuer,
        ...(name === 'error' ? { error: 'x' } : {}),
      })
      query.append(name, query.get(name) ?? '')
      await refusedBeforeRequest(query, flow)
    }
  })

  test('without a code: refused', async () => {
    const flow = newFlow(provider.issuer)
    const query = answerTo(flow, { iss: provider.issuer })
    query.delete('code')
    await refusedBeforeRequest(query, flow)
  })

  test('T6.76 an error is a refusal with its code; the answer of a person who declines', async () => {
    const flow = newFlow(provider.issuer)
    const back = await provider.decline(await client.authorizationUrl(flow))
    assert.equal(back.searchParams.get('error'), 'access_denied')
    await assert.rejects(
      client.complete(back.searchParams, flow),
      isFailure('refused', 'access_denied'),
    )
  })

  test('T6.76 an error that is no code is not repeated', async () => {
    const flow = newFlow(provider.issuer)
    const query = answerTo(flow, { iss: provider.issuer, error: '<script>alert(1)</script>' })
    await assert.rejects(client.complete(query, flow), isFailure('refused', null))
  })

  test('an implicit answer is refused', async () => {
    const flow = newFlow(provider.issuer)
    const query = answerTo(flow, { iss: provider.issuer, id_token: 'a.b.c' })
    await assert.rejects(client.complete(query, flow), isFailure('not_genuine'))
  })
})

test('refreshing: a new access token; the refresh token stays or is replaced', async () => {
  const offline = clientOf({
    ...definition(provider),
    scopes: ['openid', 'offline_access'],
    parameters: { prompt: 'consent' },
  })
  const flow = newFlow(provider.issuer)
  const back = await provider.signIn(await offline.authorizationUrl(flow), ada)
  const { tokens } = await offline.complete(back.searchParams, flow)
  assert.ok(tokens.refreshToken !== null)
  const fresh = await offline.refresh(tokens.refreshToken)
  assert.notEqual(fresh.accessToken, tokens.accessToken)
  assert.ok(fresh.refreshToken !== null)
  await assert.rejects(offline.refresh('not a token'), isFailure('refused', 'invalid_grant'))
})
