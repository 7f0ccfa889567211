import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { jwtVerify } from 'jose'
import { describe, test } from 'vitest'
import * as torii from '../../index.js'
import type { DocumentedResponses } from '../../oauth-client/providers/preset-responses.test.support.js'
import * as responses from '../../oauth-client/providers/preset-responses.test.support.js'
import { startOwnProvider } from '../../services/oauth/own-provider.test.support.js'
import { newKeyPair } from '../../test/key-pair.test.support.js'
import { openTestSite } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import { browser } from '../test/client.test.support.js'
import { sendHostsTo } from '../test/mapped-hosts.test.support.js'
import { returnTo, signInAt, startAt } from '../test/oauth-flow.test.support.js'

// Each provider with the responses that its documentation shows: over HTTP, with a real database.

const server = await startOwnProvider()
sendHostsTo(server)
const { privateKey, publicKey } = newKeyPair('P-256')
const credentials = { clientId: 'torii', clientSecret: 'client secret' }
const site = await openTestSite({
  keys: [{ id: 'k1', secret: randomBytes(32) }],
  oauth: {
    providers: [
      torii.apple({
        ...{ clientId: 'torii', teamId: 'TEAM123456', keyId: 'KEY1234567' },
        privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }),
      torii.discord(credentials),
      torii.facebook(credentials),
      torii.gitlab(credentials),
      torii.linkedin(credentials),
      torii.notion(credentials),
      torii.slack(credentials),
      torii.spotify(credentials),
      torii.twitch(credentials),
      torii.x({ ...credentials, scopes: ['users.read', 'tweet.read', 'users.email'] }),
      torii.x({ ...credentials, name: 'x-without-email' }),
      torii.discord({ ...credentials, name: 'trusted-discord', trustEmail: true }),
    ],
  },
})
const send = browser(createHandler(site.torii, { pages: { failed: '/failed' } }))

/** Sets what a provider answers in one flow. */
async function answerAs(documented: DocumentedResponses, nonce: string, claims: object = {}) {
  const { token, others } = documented
  for (const [path, body] of Object.entries(others)) server.json(path, body)
  for (const path of Object.keys(others).filter((other) => other.endsWith('openid-configuration')))
    server.json(keysPathOf(Object(others[path]).jwks_uri), { keys: [server.publicJwk] })
  const issuer = issuerOf(documented)
  const now = Math.floor(Date.now() / 1000)
  const common = { iss: issuer, aud: 'torii', iat: now, exp: now + 300, nonce }
  const idToken =
    issuer === null
      ? {}
      : { id_token: await server.idToken({ ...common, ...documented.claims, ...claims }) }
  server.json(token.path, { ...token.body, ...idToken })
}

const keysPathOf = (jwksUri: string) => `/${new URL(jwksUri).host}${new URL(jwksUri).pathname}`

const issuerOf = ({ others }: DocumentedResponses): string | null => {
  const path = Object.keys(others).find((other) => other.endsWith('openid-configuration'))
  return path === undefined ? null : Object(others[path]).issuer
}

/** A row of the account: what was taken from the responses. */
async function accountOf(provider: string) {
  const { rows } = await site.db.query(
    `select a.subject, a.label, u.name, u.picture, u.email
     from torii.oauth_accounts a join torii.users u on u.id = a.user_id
     where a.provider = $1 order by a.created_at desc limit 1`,
    [provider],
  )
  return rows[0]
}

const presets: readonly [string, DocumentedResponses, Record<string, string | null>][] = [
  [
    'discord',
    responses.discordResponses,
    {
      subject: '80351110224678912',
      label: 'nelly',
      name: 'Nelly',
      picture:
        'https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png',
    },
  ],
  [
    'facebook',
    responses.facebookResponses,
    {
      subject: '10158000000000001',
      label: 'ada@example.com',
      name: 'Ada Lovelace',
      picture: 'https://a.example/50.jpg',
    },
  ],
  [
    'gitlab',
    responses.gitlabResponses,
    {
      subject: '42',
      label: 'ada@example.com',
      name: 'Ada Lovelace',
      picture: 'https://gitlab.com/uploads/ada.png',
    },
  ],
  [
    'linkedin',
    responses.linkedinResponses,
    {
      subject: '782bbtaQ',
      label: 'ada@example.com',
      name: 'Ada Lovelace',
      picture: 'https://media.licdn-ei.com/dms/image/ada/',
    },
  ],
  [
    'notion',
    responses.notionResponses,
    {
      subject: '5389a034-eb5c-47b5-8a9e-f79c99ef166c',
      label: 'ada@example.com',
      name: 'Ada Lovelace',
      picture: null,
    },
  ],
  [
    'slack',
    responses.slackResponses,
    {
      subject: 'T0R7GR7NW/U0R7MFMJM',
      label: 'ada@example.com',
      name: 'Ada Lovelace',
      picture: 'https://secure.gravatar.com/ada.jpg',
    },
  ],
  [
    'spotify',
    responses.spotifyResponses,
    {
      subject: 'smedjan',
      label: 'Ada Lovelace',
      name: 'Ada Lovelace',
      picture: 'https://i.scdn.co/image/ada',
    },
  ],
  [
    'twitch',
    responses.twitchResponses,
    {
      subject: '713936733',
      label: 'AdaLive',
      name: 'AdaLive',
      picture: 'https://static-cdn.jtvnw.net/ada.png',
    },
  ],
  [
    'x',
    responses.xResponses,
    {
      subject: '2244994945',
      label: 'ada',
      name: 'Ada Lovelace',
      picture: 'https://pbs.twimg.com/profile_images/ada_normal.jpg',
    },
  ],
]

describe('T5.68 the documented responses sign in, and no address is trusted without trustEmail', () => {
  for (const [name, documented, account] of presets)
    test(name, async () => {
      // The metadata are read at the start.
      await answerAs(documented, '')
      const user = await signInAt(send, name, (nonce) => answerAs(documented, nonce))
      assert.deepEqual([user.email, user.emailVerified], [null, false])
      assert.deepEqual(await accountOf(name), { ...account, email: null })
      const again = await signInAt(send, name, (nonce) => answerAs(documented, nonce))
      assert.equal(again.id, user.id)
      const { parameters } = await startAt(send, name)
      const started = await send('GET', `/auth/oauth/${name}/start`)
      assert.ok(started.headers.get('location')?.startsWith(`${documented.authorization}?`))
      const hasPkce = !['slack', 'linkedin'].includes(name)
      assert.equal(parameters.get('code_challenge_method'), hasPkce ? 'S256' : null)
      const exchange = server.requests.findLast(
        ({ asked }) => asked === `POST ${documented.token.path}`,
      )
      assert.equal(new URLSearchParams(exchange?.body).has('code_verifier'), hasPkce)
    })

  test('trustEmail makes a verified address count', async () => {
    const documented = responses.discordResponses
    const user = await signInAt(send, 'trusted-discord', (nonce) => answerAs(documented, nonce))
    assert.deepEqual([user.email, user.emailVerified], ['nelly@example.com', true])
  })
})

/** Walks a flow that must fail at a provider without PKCE or with it. */
async function failsWith(name: string, answer: (nonce: string) => Promise<void>) {
  const flow = await startAt(send, name)
  await answer(flow.parameters.get('nonce') ?? '')
  const returned = await returnTo(send, name, flow)
  assert.equal(returned.headers.get('location'), '/failed?error=provider_failed')
}

test('T5.69 at Slack the same user id of another workspace is another user', async () => {
  const documented = responses.slackResponses
  const first = await signInAt(send, 'slack', (nonce) => answerAs(documented, nonce))
  const elsewhere = { 'https://slack.com/team_id': 'T1111AAAA' }
  const other = await signInAt(send, 'slack', (nonce) => answerAs(documented, nonce, elsewhere))
  assert.notEqual(other.id, first.id)
  await failsWith('slack', (nonce) =>
    answerAs(documented, nonce, { 'https://slack.com/team_id': '' }),
  )
})

test('T6.80 an error of Slack with status 200 fails the sign-in', async () => {
  await failsWith('slack', async () =>
    server.json('/slack.com/api/openid.connect.token', { ok: false, error: 'invalid_code' }),
  )
})

test('at Notion a bot without a user signs no user in, and the version of the API is sent', async () => {
  const path = '/api.notion.com/v1/users/me'
  await failsWith('notion', async (nonce) => {
    await answerAs(responses.notionResponses, nonce)
    server.json(path, { object: 'user', id: 'x', type: 'bot', bot: { owner: { workspace: true } } })
  })
  const asked = server.requests.findLast((one) => one.asked === `GET ${path}`)
  assert.equal(asked?.headers['notion-version'], '2022-06-28')
  assert.ok(asked?.headers.authorization?.startsWith('Bearer '))
  const { parameters } = await startAt(send, 'notion')
  assert.deepEqual([parameters.get('owner'), parameters.get('scope')], ['user', null])
})

test('at X the address is read only with its scope', async () => {
  const documented = responses.xResponses
  const queries: (string | null)[] = []
  const me = '/api.x.com/2/users/me'
  for (const name of ['x', 'x-without-email'])
    await signInAt(send, name, async (nonce) => {
      await answerAs(documented, nonce)
      server.answer(me, (request, response) => {
        queries.push(new URL(request.url ?? '', 'http://x').searchParams.get('user.fields'))
        response.end(JSON.stringify(documented.others[me]))
      })
    })
  assert.deepEqual(queries, ['profile_image_url,confirmed_email', 'profile_image_url'])
})

test('Twitch is asked for the claims of the ID token', async () => {
  await answerAs(responses.twitchResponses, '')
  const { parameters } = await startAt(send, 'twitch')
  const claims = JSON.parse(parameters.get('claims') ?? '')
  assert.deepEqual(Object.keys(claims.id_token), [
    'email',
    'email_verified',
    'picture',
    'preferred_username',
  ])
})

test('a user who cancels at Apple or LinkedIn is told so', async () => {
  for (const error of ['user_cancelled_login', 'user_cancelled_authorize', 'access_denied']) {
    const { parameters, cookie } = await startAt(send, 'linkedin')
    const query = new URLSearchParams({ error, state: parameters.get('state') ?? '' })
    const returned = await send('GET', `/auth/oauth/linkedin/callback?${query}`, { cookie })
    assert.equal(returned.headers.get('location'), '/failed?error=declined')
  }
})

describe('Apple', () => {
  test('the client secret is a JWT of five minutes under the key of the team', async () => {
    const documented = responses.appleResponses
    await answerAs(documented, '')
    await signInAt(send, 'apple', (nonce) => answerAs(documented, nonce))
    const exchange = server.requests.findLast(
      ({ asked }) => asked === `POST ${documented.token.path}`,
    )
    const body = new URLSearchParams(exchange?.body)
    const secret = body.get('client_secret') ?? ''
    const { payload, protectedHeader } = await jwtVerify(secret, publicKey, {
      ...{ issuer: 'TEAM123456', subject: 'torii', audience: 'https://appleid.apple.com' },
      algorithms: ['ES256'],
    })
    assert.equal(protectedHeader.kid, 'KEY1234567')
    assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300)
    assert.equal(body.get('code_verifier')?.length, 43)
  })

  for (const [email, email_verified, verified] of [
    ['ada@privaterelay.appleid.com', 'true', true],
    ['ada@icloud.com', true, true],
    ['ada@me.com', 'true', true],
    ['ada@icloud.com', 'false', false],
    ['ada@icloud.com', 'TRUE', false],
    ['ada@icloud.com', 1, false],
    ['ada@example.com', 'true', false],
    ['ada@icloud.com.evil.example', 'true', false],
  ] as const)
    test(`T5.68 ${email}, verified ${email_verified}: ${verified ? 'trusted' : 'not trusted'}`, async () => {
      const sub = randomBytes(8).toString('hex')
      const claims = { sub, email: email.replace('ada', sub), email_verified }
      const answer = (nonce: string) => answerAs(responses.appleResponses, nonce, claims)
      assert.equal((await signInAt(send, 'apple', answer)).emailVerified, verified)
    })

  test('a private key that cannot be read is refused, and is not repeated', () => {
    const options = { clientId: 'torii', teamId: 'TEAM123456', keyId: 'KEY1234567' }
    assert.throws(
      () => torii.apple({ ...options, privateKey: 'hush' }),
      (error) =>
        error instanceof torii.InvalidOptionsError && !String(error.stack).includes('hush'),
    )
  })
})
