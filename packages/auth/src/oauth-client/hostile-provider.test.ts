import assert from 'node:assert/strict'
import { SignJWT, UnsecuredJWT } from 'jose'
import { describe, test } from 'vitest'
import type { Answer, OwnProvider } from '../services/oauth/own-provider.test.support.js'
import { startOwnProvider } from '../services/oauth/own-provider.test.support.js'
import { newKeyPair } from '../test/key-pair.test.support.js'
import type { FlowSecrets } from './flow-secrets.js'
import {
  answerTo,
  clientOf,
  goodClaims,
  isFailure,
  limits,
  newFlow,
  nowSeconds,
  tokenAnswer,
  workProvider,
} from './provider-client.test.support.js'
import type { ProviderProblem } from './provider-failure.js'

// What a provider, or someone in its place, may answer. Each claim of an ID token is wrong alone.

/** Completes a flow whose ID token has these claims and header on top of good ones. */
async function completeWith(
  provider: OwnProvider,
  claims: (flow: FlowSecrets) => Record<string, unknown>,
  header: Record<string, unknown> = {},
) {
  const flow = newFlow(provider.origin)
  const idToken = await provider.idToken({ ...goodClaims(provider, flow), ...claims(flow) }, header)
  provider.json('/token', tokenAnswer(idToken))
  return clientOf(workProvider(provider.origin)).complete(answerTo(flow), flow)
}

test('a good answer of this provider is taken: what is refused below is refused for its one fault', async () => {
  const { identity } = await completeWith(await startOwnProvider(), () => ({}))
  assert.equal(identity.subject, 'person-1')
})

describe('an ID token', async () => {
  const provider = await startOwnProvider()
  const refused: readonly [string, Record<string, unknown>, ProviderProblem?][] = [
    ['T6.79 with a wrong nonce', { nonce: 'another' }],
    ['T6.79 without a nonce', { nonce: undefined }, 'malformed'],
    ['T6.79 with an aud list without us', { aud: ['a', 'b'] }],
    ['T6.79 for somebody else', { aud: 'somebody else' }],
    ['T6.79 with several aud and no azp', { aud: ['torii', 'other'] }],
    ["T6.79 with several aud and another's azp", { aud: ['torii', 'other'], azp: 'other' }],
    ["T6.79 with one aud and another's azp", { azp: 'other' }],
    ['T6.79 with an iat in the future beyond the skew', { iat: nowSeconds() + 120 }],
    ['T6.79 that has ended, beyond the skew', { exp: nowSeconds() - 120 }],
    ['T6.79 that is not valid yet, beyond the skew', { nbf: nowSeconds() + 120 }],
    ['T6.79 without exp', { exp: undefined }, 'malformed'],
    ['T6.79 without iat', { iat: undefined }, 'malformed'],
    ['T6.79 without sub', { sub: undefined }, 'malformed'],
    ["T5.70 with an attacker's issuer", { iss: 'https://attacker.example' }],
    ['T5.70 with the issuer under another spelling', { iss: `${provider.origin}/` }],
    ['T5.70 without an issuer', { iss: undefined }, 'malformed'],
  ]
  for (const [name, claims, problem = 'not_genuine'] of refused)
    test(`${name}: refused`, async () => {
      await assert.rejects(
        completeWith(provider, () => claims),
        isFailure(problem),
      )
    })

  const taken: readonly [string, Record<string, unknown>][] = [
    ['with several aud and our azp', { aud: ['torii', 'other'], azp: 'torii' }],
    ['within the skew of 60 seconds', { iat: nowSeconds() + 40, nbf: nowSeconds() + 40 }],
    ['that ended within the skew', { exp: nowSeconds() - 40 }],
  ]
  for (const [name, claims] of taken)
    test(`${name}: taken`, async () => {
      const { identity } = await completeWith(provider, () => claims)
      assert.equal(identity.subject, 'person-1')
    })

  test('T6.79 of another flow (a nonce used before): refused', async () => {
    const former = newFlow(provider.origin)
    await assert.rejects(
      completeWith(provider, () => ({ nonce: former.nonce })),
      isFailure('not_genuine'),
    )
  })

  test('T6.79 whose header asks for an extension that we do not know: refused', async () => {
    const header = { crit: ['b64'], b64: true }
    await assert.rejects(
      completeWith(provider, () => ({}), header),
      isFailure('not_genuine'),
    )
  })
})

describe('the signature of an ID token', async () => {
  const provider = await startOwnProvider()
  const completeToken = async (idToken: (claims: Record<string, unknown>) => Promise<string>) => {
    const flow = newFlow(provider.origin)
    provider.json('/token', tokenAnswer(await idToken(goodClaims(provider, flow))))
    return clientOf(workProvider(provider.origin)).complete(answerTo(flow), flow)
  }
  const { privateKey: otherKey } = newKeyPair('RSA')

  test("T5.70 by an attacker's key under the provider's key id: refused", async () => {
    const signed = (claims: Record<string, unknown>) =>
      new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(otherKey)
    await assert.rejects(
      completeToken(signed),
      isFailure('not_genuine', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'),
    )
  })

  test("T5.70 by an attacker's key that the token brings along or points to: refused", async () => {
    const jwk = newKeyPair('RSA')
    const header = { jwk: jwk.publicKey.export({ format: 'jwk' }), jku: `${provider.origin}/evil` }
    const signed = (claims: Record<string, unknown>) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
        .sign(jwk.privateKey)
    await assert.rejects(completeToken(signed), isFailure('not_genuine'))
    assert.ok(!provider.requests.some(({ asked }) => asked.includes('evil')))
  })

  test('T6.79 alg none: refused, also when the metadata offer it', async () => {
    const unsigned = async (claims: Record<string, unknown>) => new UnsecuredJWT(claims).encode()
    await assert.rejects(completeToken(unsigned), isFailure('malformed'))
    const offering = await startOwnProvider()
    offerAlgorithms(offering, ['none', 'RS256'])
    const flow = newFlow(offering.origin)
    const idToken = new UnsecuredJWT(goodClaims(offering, flow)).encode()
    offering.json('/token', tokenAnswer(idToken))
    const client = clientOf(workProvider(offering.origin))
    await assert.rejects(client.complete(answerTo(flow), flow), isFailure('not_genuine'))
  })

  test('T6.79 HMAC with the client secret or the public key: refused, also when the metadata offer it', async () => {
    const offering = await startOwnProvider()
    offerAlgorithms(offering, ['HS256', 'RS256'])
    const client = clientOf(workProvider(offering.origin))
    for (const secret of [Buffer.from('client secret'), offering.key.export({ format: 'jwk' }).n]) {
      const flow = newFlow(offering.origin)
      const idToken = await new SignJWT(goodClaims(offering, flow))
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .sign(Buffer.from(secret ?? ''))
      offering.json('/token', tokenAnswer(idToken))
      await assert.rejects(client.complete(answerTo(flow), flow), isFailure('not_genuine'))
    }
  })

  test('changed claims under an old signature: refused', async () => {
    const changed = async (claims: Record<string, unknown>) => {
      const [header, , signature] = (await provider.idToken(claims)).split('.')
      const payload = Buffer.from(JSON.stringify({ ...claims, sub: 'other' })).toString('base64url')
      return `${header}.${payload}.${signature}`
    }
    await assert.rejects(completeToken(changed), isFailure('not_genuine'))
  })

  test('keys are asked for once, and again for a key id that is not among them', async () => {
    const rotating = await startOwnProvider()
    const client = clientOf(workProvider(rotating.origin))
    const complete = async (kid: string) => {
      const flow = newFlow(rotating.origin)
      rotating.json(
        '/token',
        tokenAnswer(await rotating.idToken(goodClaims(rotating, flow), { kid })),
      )
      return client.complete(answerTo(flow), flow)
    }
    await complete('k1')
    await complete('k1')
    const asked = () => rotating.requests.filter((one) => one.asked === 'GET /keys').length
    assert.equal(asked(), 1)
    await assert.rejects(complete('k2'), isFailure('not_genuine'))
    assert.ok(asked() <= 2, 'and not once for every unknown key id')
  })
})

function offerAlgorithms(provider: OwnProvider, algorithms: readonly string[]): void {
  provider.json('/.well-known/openid-configuration', {
    issuer: provider.origin,
    authorization_endpoint: `${provider.origin}/authorize`,
    token_endpoint: `${provider.origin}/token`,
    jwks_uri: `${provider.origin}/keys`,
    id_token_signing_alg_values_supported: algorithms,
  })
}

const json = { 'content-type': 'application/json' }
const pages: readonly [string, Answer, ProviderProblem][] = [
  [
    'a redirect, which is not followed',
    (_, response) => response.writeHead(302, { location: '/stolen' }).end(),
    'redirected',
  ],
  [
    'a body of 5 MB',
    (_, response) => response.writeHead(200, json).end(Buffer.alloc(5_000_000, 0x20)),
    'too_large',
  ],
  [
    'an endless body',
    (_, response) => {
      response.writeHead(200, json)
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384, 0x20)));
      }
      response.on('drain', more)
      more()
    },
    'too_large',
  ],
  [
    'a slow drip',
    (_, response) => {
      response.writeHead(200, json)
      const drip = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(drip))
    },
    'timeout',
  ],
  ['no answer at all', () => undefined, 'timeout'],
  [
    'invalid JSON',
    (_, response) => response.writeHead(200, json).end('{"access_token":'),
    'malformed',
  ],
  ['a JSON array', (_, response) => response.writeHead(200, json).end('[]'), 'malformed'],
  [
    'a wrong content type',
    (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('{}'),
    'malformed',
  ],
  ['an empty answer', (_, response) => response.writeHead(204).end(), 'malformed'],
  ['status 500', (_, response) => response.writeHead(500, json).end('{}'), 'malformed'],
  ['a cut connection', (_, response) => response.destroy(), 'unreachable'],
  [
    'an error with status 200',
    (_, response) => response.writeHead(200, json).end('{"error":"bad_verification_code"}'),
    'refused',
  ],
]

/** Long enough for a good answer on a busy machine, short enough to wait for. */
const short = { ...limits, requestSeconds: 1 }

describe('T6.80 the token endpoint answers', async () => {
  const provider = await startOwnProvider()
  const client = clientOf(workProvider(provider.origin), short)
  for (const [name, answer, problem] of pages)
    test(`${name}: ${problem}`, async () => {
      provider.answer('/token', answer)
      const flow = newFlow(provider.origin)
      await assert.rejects(client.complete(answerTo(flow), flow), isFailure(problem))
      await assert.rejects(client.refresh('a refresh token'), isFailure(problem))
      assert.ok(!provider.requests.some(({ asked }) => asked.endsWith('/stolen')))
    })

  const bodies: readonly [string, Record<string, unknown>][] = [
    ['no access token', { access_token: undefined }],
    ['an empty access token', { access_token: '' }],
    ['an access token that is a number', { access_token: 7 }],
    ['no token type', { token_type: undefined }],
    ['no ID token', { id_token: undefined }],
    ['an ID token that is none', { id_token: 'a.b' }],
    ['a life that is no number', { expires_in: 'soon' }],
  ]
  for (const [name, change] of bodies)
    test(`${name}: malformed`, async () => {
      const flow = newFlow(provider.origin)
      const idToken = await provider.idToken(goodClaims(provider, flow))
      provider.json('/token', tokenAnswer(idToken, change))
      await assert.rejects(client.complete(answerTo(flow), flow), isFailure('malformed'))
    })
})

describe('T6.80 discovery, keys and UserInfo answer', () => {
  for (const [name, answer, problem] of pages) {
    test(`discovery: ${name}`, async () => {
      const provider = await startOwnProvider()
      provider.answer('/.well-known/openid-configuration', answer)
      const client = clientOf(workProvider(provider.origin), short)
      const expected = problem === 'refused' ? 'malformed' : problem
      const flow = newFlow(provider.origin)
      await assert.rejects(client.authorizationUrl(flow), isFailure(expected))
    })

    test(`keys: ${name}`, async () => {
      const provider = await startOwnProvider()
      provider.answer('/keys', answer)
      const client = clientOf(workProvider(provider.origin), short)
      const flow = newFlow(provider.origin)
      provider.json('/token', tokenAnswer(await provider.idToken(goodClaims(provider, flow))))
      // What arrives whole and is no key set proves nothing; what does not arrive keeps its own name.
      const arrives = ['malformed', 'refused'].includes(problem) && name !== 'an empty answer'
      await assert.rejects(
        client.complete(answerTo(flow), flow),
        isFailure(arrives ? 'not_genuine' : problem),
      )
    })

    test(`UserInfo: ${name}`, async () => {
      const provider = await startOwnProvider()
      provider.answer('/userinfo', answer)
      const client = clientOf(workProvider(provider.origin), short)
      const flow = newFlow(provider.origin)
      const { email: _, ...bare } = goodClaims(provider, flow)
      provider.json('/token', tokenAnswer(await provider.idToken(bare)))
      const expected = problem === 'refused' ? 'malformed' : problem
      await assert.rejects(client.complete(answerTo(flow), flow), isFailure(expected))
    })
  }

  test("UserInfo of another person is refused, the provider's own mistake or not", async () => {
    const provider = await startOwnProvider()
    provider.json('/userinfo', { sub: 'another', email: 'ada@example.com' })
    const client = clientOf(workProvider(provider.origin))
    const flow = newFlow(provider.origin)
    const { email: _, ...bare } = goodClaims(provider, flow)
    provider.json('/token', tokenAnswer(await provider.idToken(bare)))
    await assert.rejects(client.complete(answerTo(flow), flow), isFailure('not_genuine'))
  })
})

describe('metadata', () => {
  const metadata = async (change: (origin: string) => Record<string, unknown>) => {
    const provider = await startOwnProvider()
    provider.json('/.well-known/openid-configuration', {
      issuer: provider.origin,
      authorization_endpoint: `${provider.origin}/authorize`,
      token_endpoint: `${provider.origin}/token`,
      jwks_uri: `${provider.origin}/keys`,
      ...change(provider.origin),
    })
    const client = clientOf(workProvider(provider.origin))
    return client.authorizationUrl(newFlow(provider.origin))
  }

  test('T5.70 of another issuer: refused', async () => {
    await assert.rejects(
      metadata(() => ({ issuer: 'https://attacker.example' })),
      isFailure('not_genuine'),
    )
  })

  test('T5.70 of the issuer under another spelling: refused', async () => {
    await assert.rejects(
      metadata((origin) => ({ issuer: `${origin}/` })),
      isFailure('not_genuine', 'issuer'),
    )
  })

  for (const name of ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint'])
    test(`with ${name} over http elsewhere, or no URL: refused`, async () => {
      for (const url of ['http://id.example/x', 'javascript:alert(1)', 'nowhere', 7])
        await assert.rejects(
          metadata(() => ({ [name]: url })),
          isFailure('malformed', 'endpoint'),
        )
    })

  test('are asked for once by many callers, kept, and asked for again after a failure', async () => {
    const provider = await startOwnProvider()
    const client = clientOf(workProvider(provider.origin))
    const asked = () => provider.requests.length
    const good = `${provider.origin}/.well-known/openid-configuration`
    const document = await (await fetch(good)).json()
    provider.answer('/.well-known/openid-configuration', (_, response) => response.destroy())
    await assert.rejects(
      client.authorizationUrl(newFlow(provider.origin)),
      isFailure('unreachable'),
    )
    provider.json('/.well-known/openid-configuration', document)
    const before = asked()
    const flows = Array.from({ length: 20 }, () => newFlow(provider.origin))
    await Promise.all(flows.map((flow) => client.authorizationUrl(flow)))
    await client.authorizationUrl(newFlow(provider.origin))
    assert.equal(asked() - before, 1)
  })
})

test('an ID token of a provider that was not asked for one signs no one in and disturbs no one', async () => {
  const provider = await startOwnProvider()
  const definition = workProvider(provider.origin, {
    scopes: ['profile'],
    endpoints: { authorization: `${provider.origin}/authorize`, token: `${provider.origin}/token` },
    readProfile: ({ claims }) => {
      assert.equal(claims, null)
      return {
        ...{ subject: 'of the API', email: null, emailVerified: false },
        ...{ name: null, picture: null, label: null },
      }
    },
  })
  const client = clientOf(definition)
  for (const idToken of ['a.b.c', await provider.idToken({ sub: 'of the token' })]) {
    const flow = newFlow(provider.origin)
    provider.json('/token', tokenAnswer(idToken))
    const { identity } = await client.complete(answerTo(flow), flow)
    assert.equal(identity.subject, 'of the API')
    assert.equal(new URL(await client.authorizationUrl(flow)).searchParams.get('nonce'), null)
  }
})
