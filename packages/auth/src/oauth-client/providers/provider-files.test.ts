import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import { startOwnProvider } from '../../services/oauth/own-provider.test.support.js'
import type { ProviderIdentity } from '../profile.js'
import type { OAuthProvider } from '../provider.js'
import {
  answerTo,
  clientId,
  clientOf,
  goodClaims,
  isFailure,
  newFlow,
  tokenAnswer,
  workProvider,
} from '../provider-client.test.support.js'
import { github } from './github.js'
import { google } from './google.js'
import { microsoft } from './microsoft.js'

// The provider files against a server that answers as the providers do.

const credentials = { clientId, clientSecret: 'client secret' }
const emptyProfile = { email: null, emailVerified: false, name: null, picture: null, label: null }

/** Who comes back from a definition whose ID token has these claims on top of good ones. */
async function identify(
  definition: (origin: string) => OAuthProvider,
  claims: Record<string, unknown>,
): Promise<ProviderIdentity> {
  const provider = await startOwnProvider()
  const flow = newFlow(provider.origin)
  const idToken = await provider.idToken({ ...goodClaims(provider, flow), ...claims })
  provider.json('/token', tokenAnswer(idToken))
  const client = clientOf(definition(provider.origin))
  return (await client.complete(answerTo(flow), flow)).identity
}

describe('an address of a trusted provider', () => {
  const trusting = (origin: string) => workProvider(origin, { trustEmail: true })
  test('is verified when it says true', async () => {
    const { email, emailVerified } = await identify(trusting, {})
    assert.deepEqual([email, emailVerified], ['ada@example.com', true])
  })

  for (const email_verified of [false, 'false', 'true', 0, 1, undefined, null, {}, [true]])
    test(`T5.68 is not verified when email_verified is ${JSON.stringify(email_verified)}`, async () => {
      assert.equal((await identify(trusting, { email_verified })).emailVerified, false)
    })

  test('T5.68 is not verified when the provider is not trusted for addresses', async () => {
    assert.equal((await identify((origin) => workProvider(origin), {})).emailVerified, false)
  })

  for (const email of [
    'a@x.com,b@y.com',
    'ada＠example.com',
    '<a@x>',
    'ada@',
    7,
    null,
    ['a@x.com'],
  ])
    test(`is none when it is ${JSON.stringify(email)}`, async () => {
      const found = await identify(trusting, { email })
      assert.deepEqual([found.email, found.emailVerified], [null, false])
    })
})

describe('what else a provider says', () => {
  const definition = (origin: string) => workProvider(origin)
  test('is left out when it cannot be stored, and keeps no one out', async () => {
    const found = await identify(definition, {
      name: 'a\u0000b',
      picture: 'http://id.example/a.png',
      email: null,
      preferred_username: 'a\u202eda\n',
    })
    assert.deepEqual([found.name, found.picture, found.label], [null, null, 'ada'])
  })

  for (const sub of ['', 'a'.repeat(256), 'a\u0000b', '\ud800'])
    test(`a subject that cannot be stored is no user: ${JSON.stringify(sub).slice(0, 20)}`, async () => {
      await assert.rejects(identify(definition, { sub }), isFailure('profile', 'subject'))
    })

  test('T5.68 your own definition must say exactly true as well', async () => {
    for (const emailVerified of ['true', 1, {}, true]) {
      const profile = { subject: 'a', email: 'ada@example.com', emailVerified }
      // What a definition in JavaScript can return.
      const readProfile = () => profile as never
      const found = await identify(
        (origin) => workProvider(origin, { trustEmail: true, readProfile }),
        {},
      )
      assert.equal(found.emailVerified, emailVerified === true)
    }
  })

  test('an integer that JavaScript represents exactly is a subject', async () => {
    const readProfile = () => ({ ...emptyProfile, subject: Number.MAX_SAFE_INTEGER })
    const found = await identify((origin) => workProvider(origin, { readProfile }), {})
    assert.equal(found.subject, '9007199254740991')
  })

  test('a definition whose reader throws or returns nonsense lets no one in, and shows nothing', async () => {
    const throwing = () => {
      throw new TypeError('an access token')
    }
    const reading = (readProfile: () => never) => (origin: string) =>
      workProvider(origin, { readProfile })
    await assert.rejects(identify(reading(throwing), {}), isFailure('profile', 'TypeError'))
    const subjects = [undefined, null, '', 'undefined', 'null', 7.5, Number.NaN, 2 ** 53, 7n, ['7']]
    for (const value of [undefined, null, 'ada', [], ...subjects.map((subject) => ({ subject }))])
      await assert.rejects(
        identify(
          reading(() => value as never),
          {},
        ),
        isFailure('profile', 'subject'),
      )
  })
})

describe('google', () => {
  const local = (origin: string) => ({
    ...google(credentials),
    issuer: origin,
    allowLoopback: true,
  })
  for (const [email, hd, verified] of [
    ['ada@gmail.com', undefined, true],
    ['Ada@GMail.com', undefined, true],
    ['ada@company.example', 'company.example', true],
    ['ada@company.example', undefined, false],
    ['ada@company.example', '', false],
    ['ada@gmail.com.evil.example', undefined, false],
    ['ada@notgmail.com', undefined, false],
  ] as const)
    test(`${email}, hosted domain ${hd}: ${verified ? 'trusted' : 'not trusted'}`, async () => {
      assert.equal((await identify(local, { email, hd })).emailVerified, verified)
    })

  test('T5.68 an unverified Gmail address is not trusted either', async () => {
    const claims = { email: 'ada@gmail.com', email_verified: 'true' }
    assert.equal((await identify(local, claims)).emailVerified, false)
  })

  test('keeping tokens asks for a refresh token at every consent', () => {
    assert.deepEqual(google(credentials).parameters, {})
    const keeping = google({ ...credentials, keepTokens: true, parameters: { hd: 'a.example' } })
    assert.deepEqual(keeping.parameters, {
      access_type: 'offline',
      prompt: 'consent',
      hd: 'a.example',
    })
  })
})

describe('github', async () => {
  const server = await startOwnProvider()
  const client = clientOf(github({ ...credentials, serverUrl: server.origin, allowLoopback: true }))
  const identifyAtGitHub = async (user: unknown, emails: unknown) => {
    const token = { access_token: 'gho_x', token_type: 'bearer', scope: 'read:user,user:email' }
    server.json('/login/oauth/access_token', token)
    server.json('/api/v3/user', user)
    server.json('/api/v3/user/emails', emails)
    const flow = newFlow(server.origin)
    return (await client.complete(answerTo(flow), flow)).identity
  }
  const octocat = { id: 583231, login: 'octocat', name: null, avatar_url: 'https://a.example/u/1' }
  const address = (email: string, primary: unknown, verified: unknown) => ({
    ...{ email, primary, verified },
    visibility: null,
  })

  test('is the number, the primary verified address and the login', async () => {
    const found = await identifyAtGitHub(octocat, [
      address('other@example.com', false, true),
      address('octo@example.com', true, true),
    ])
    assert.deepEqual(found, {
      provider: 'github',
      subject: '583231',
      label: 'octocat',
      email: 'octo@example.com',
      emailVerified: true,
      name: null,
      picture: 'https://a.example/u/1',
    })
  })

  test('the secret goes in the body, the verifier with the code', () => {
    const sent = server.requests.find(({ asked }) => asked.endsWith('/access_token'))
    const body = new URLSearchParams(sent?.body)
    assert.equal(body.get('client_secret'), 'client secret')
    assert.equal(body.get('code_verifier')?.length, 43)
  })

  test('T5.68 no primary verified address is no address', async () => {
    for (const emails of [
      [address('octo@example.com', true, false), address('other@example.com', false, true)],
      [address('octo@example.com', true, 'true')],
      [address('octo@example.com', 'true', true)],
      [],
      { message: 'Not Found' },
      [null, 7, 'octo@example.com'],
    ]) {
      const { email, emailVerified } = await identifyAtGitHub(octocat, emails)
      assert.deepEqual([email, emailVerified], [null, false])
    }
  })

  test('no number is a user', async () => {
    for (const id of [undefined, null, 'octocat', 1.5, 2 ** 60, {}])
      await assert.rejects(
        identifyAtGitHub({ ...octocat, id }, []),
        isFailure('profile', 'subject'),
      )
    await assert.rejects(identifyAtGitHub(null, []), isFailure('profile', 'subject'))
  })

  test('T6.80 an API that refuses, redirects or babbles is a failure', async () => {
    const complete = () => {
      const flow = newFlow(server.origin)
      return client.complete(answerTo(flow), flow)
    }
    server.json('/api/v3/user', { message: 'Bad credentials' }, 401)
    await assert.rejects(complete(), isFailure('refused', 'status_401'))
    server.answer('/api/v3/user', (_, response) => response.end('<html>'))
    await assert.rejects(complete(), isFailure('malformed', 'json'))
    server.answer('/api/v3/user', (_, response) => response.writeHead(301, { location: '/' }).end())
    await assert.rejects(complete(), isFailure('redirected'))
  })

  test('T6.80 an error with status 200 is a refusal with its code', async () => {
    server.json('/login/oauth/access_token', { error: 'bad_verification_code' })
    const flow = newFlow(server.origin)
    await assert.rejects(
      client.complete(answerTo(flow), flow),
      isFailure('refused', 'bad_verification_code'),
    )
  })

  test('T5.70 an answer with the issuer of another server: refused before the code is sent', async () => {
    const flow = newFlow(server.origin)
    const before = server.requests.length
    const query = answerTo(flow, { iss: 'https://github.com/login/oauth' })
    await assert.rejects(client.complete(query, flow), isFailure('malformed'))
    assert.equal(server.requests.length, before)
  })
})

describe('microsoft', () => {
  const company = '11111111-2222-3333-4444-555555555555'
  const personal = '9188040d-6c67-4c5b-b112-36a304b66dad'
  const complete = async (
    tenant: string | undefined,
    claims: (authority: string) => Record<string, unknown>,
    keyIssuer?: string,
  ) => {
    const server = await startOwnProvider()
    const path = `/${tenant ?? 'common'}`
    const keys = await (await fetch(`${server.origin}/keys`)).json()
    const [key] = (keys as { keys: object[] }).keys
    const issuer = keyIssuer?.replace('AUTHORITY', server.origin)
    server.json(`${path}/discovery/v2.0/keys`, {
      keys: [{ ...key, ...(issuer === undefined ? {} : { issuer }) }],
    })
    const flow = newFlow(server.origin)
    const idToken = await server.idToken({ ...goodClaims(server, flow), ...claims(server.origin) })
    server.json(`${path}/oauth2/v2.0/token`, tokenAnswer(idToken))
    const definition = microsoft({
      ...credentials,
      ...(tenant === undefined ? {} : { tenant }),
      authority: server.origin,
      allowLoopback: true,
    })
    return (await clientOf(definition).complete(answerTo(flow), flow)).identity
  }
  const of = (tid: string) => (authority: string) => ({ iss: `${authority}/${tid}/v2.0`, tid })

  test('T5.69 the subject holds the tenant: the same sub of two tenants is two people', async () => {
    const one = await complete(undefined, of(company))
    const other = await complete(undefined, of(personal))
    assert.equal(one.subject, `${company}/person-1`)
    assert.equal(other.subject, `${personal}/person-1`)
  })

  test('T5.68 its addresses are not trusted, whatever they say', async () => {
    assert.equal((await complete(undefined, of(company))).emailVerified, false)
  })

  test('one tenant, or the personal accounts: its own issuer only', async () => {
    assert.equal((await complete(company, of(company))).subject, `${company}/person-1`)
    assert.equal((await complete('consumers', of(personal))).subject, `${personal}/person-1`)
    await assert.rejects(complete(company, of(personal)), isFailure('not_genuine'))
    await assert.rejects(complete('consumers', of(company)), isFailure('not_genuine'))
  })

  test('T5.70 any other issuer is refused', async () => {
    for (const iss of [
      `https://attacker.example/${company}/v2.0`,
      'https://login.microsoftonline.com/common/v2.0',
    ])
      await assert.rejects(
        complete(undefined, () => ({ iss, tid: company })),
        isFailure('not_genuine'),
      )
    for (const path of ['x/v2.0', `${company}/v1.0`, `a/${company}/v2.0`, `${company}/v2.0/`])
      await assert.rejects(
        complete(undefined, (authority) => ({ iss: `${authority}/${path}`, tid: company })),
        isFailure('not_genuine'),
      )
  })

  test('T5.70 a tenant other than that of the issuer yields no user', async () => {
    for (const tid of [personal, undefined])
      await assert.rejects(
        complete(undefined, (authority) => ({ iss: `${authority}/${company}/v2.0`, tid })),
        isFailure('profile', 'subject'),
      )
  })

  test('T5.70 a key of the personal accounts signs for no company', async () => {
    const ofPersonal = `AUTHORITY/${personal}/v2.0`
    const ofAll = 'AUTHORITY/{tenantid}/v2.0'
    assert.ok(await complete(undefined, of(personal), ofPersonal))
    assert.ok(await complete(undefined, of(company), ofAll))
    await assert.rejects(
      complete(undefined, of(company), ofPersonal),
      isFailure('not_genuine', 'key_issuer'),
    )
  })
})

test('the definitions ask the hosts that the providers document, over https', () => {
  const urls = [google(credentials), github(credentials), microsoft(credentials)].flatMap(
    ({ issuer, endpoints }) => [issuer, ...Object.values(endpoints ?? {})],
  )
  assert.deepEqual(
    [...new Set(urls.map((url) => new URL(url).origin))],
    ['https://accounts.google.com', 'https://github.com', 'https://login.microsoftonline.com'],
  )
})
