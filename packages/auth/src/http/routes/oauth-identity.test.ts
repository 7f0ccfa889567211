import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import type { OAuthProvider } from '../../oauth-client/provider.js'
import { workProvider } from '../../oauth-client/provider-client.test.support.js'
import { github } from '../../oauth-client/providers/github.js'
import type { OwnProvider } from '../../services/oauth/own-provider.test.support.js'
import { startOwnProvider } from '../../services/oauth/own-provider.test.support.js'
import { openTestSite } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import { browser } from '../test/client.test.support.js'
import { signInAt } from '../test/oauth-flow.test.support.js'

// Which account a provider's response signs in to: over HTTP, with a real database.

const server = await startOwnProvider()
const [work, hub] = [await startOwnProvider(), await startOwnProvider()]

/** The custom provider of docs/oauth.md. */
const forge: OAuthProvider = {
  name: 'forge',
  displayName: 'Forge',
  clientId: 'torii',
  clientSecret: 'client secret',
  issuer: server.origin,
  endpoints: { authorization: `${server.origin}/authorize`, token: `${server.origin}/token` },
  scopes: ['read_user'],
  allowLoopback: true,
  async readProfile(answer) {
    const user = Object(await answer.getJson(`${server.origin}/api/user`))
    return {
      subject: user.id,
      email: user.email ?? null,
      emailVerified: user.email_confirmed === true,
      name: user.name ?? null,
      picture: user.avatar_url ?? null,
      label: user.login ?? null,
    }
  },
}
const bearer = { access_token: 'an access token', token_type: 'Bearer' }
for (const path of ['/token', '/login/oauth/access_token'])
  for (const provider of [server, hub]) provider.json(path, bearer)

/** A definition whose subject is the number `id` of the ID token, or of UserInfo. */
const numbered = (name: string, readId: OAuthProvider['readProfile']): OAuthProvider =>
  workProvider(work.origin, { name, readProfile: readId })
const nothingElse = { email: null, emailVerified: false, name: null, picture: null, label: null }
const site = await openTestSite({
  oauth: {
    providers: [
      forge,
      { ...forge, name: 'textual', readProfile: textualProfile },
      numbered('token', ({ claims }) => ({ ...nothingElse, subject: Object(claims).id })),
      numbered('info', async (answer) => ({
        ...nothingElse,
        subject: Object(await answer.userInfo()).id,
      })),
      github({
        ...{ clientId: 'torii', clientSecret: 'client secret' },
        ...{ serverUrl: hub.origin, allowLoopback: true },
      }),
    ],
  },
})
const send = browser(createHandler(site.torii, { pages: { failed: '/failed' } }))

/** A reader that turns the id into a text itself. */
async function textualProfile(answer: Parameters<OAuthProvider['readProfile']>[0]) {
  const user = Object(await answer.getJson(`${server.origin}/api/user`))
  return { ...nothingElse, subject: String(user.id) }
}

const [one, two] = ['948493988897554433', '948493988897554434']
/** The claims of a good ID token as text, with more members as they are written. */
const claimsText = (provider: OwnProvider, nonce: string, more: string) => {
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: provider.origin,
    aud: 'torii',
    sub: 'same',
    iat: now,
    exp: now + 300,
    nonce,
  }
  return `${JSON.stringify(claims).slice(0, -1)},${more}}`
}

describe('T6.121 two users whose numbers differ beyond 2^53 are two users', () => {
  async function stayTwo(
    name: string,
    answer: (id: string, nonce: string) => Promise<void> | void,
  ) {
    const signIn = (id: string) => signInAt(send, name, (nonce) => answer(id, nonce))
    const [first, second, again] = [await signIn(one), await signIn(two), await signIn(one)]
    assert.notEqual(first.id, second.id)
    assert.equal(again.id, first.id)
    const { rows } = await site.db.query(
      'select subject from torii.oauth_accounts where provider = $1 order by subject',
      [name],
    )
    assert.deepEqual(
      rows.map(({ subject }) => subject),
      [one, two],
    )
  }

  for (const name of ['forge', 'textual'])
    test(`at the API, ${name}`, () =>
      stayTwo(name, (id) => server.text('/api/user', `{"id": ${id}, "login": "ada"}`)))

  test('in the ID token', () =>
    stayTwo('token', async (id, nonce) => {
      const idToken = await work.jwtOf(claimsText(work, nonce, `"id":${id}`))
      work.json('/token', { ...bearer, id_token: idToken })
    }))

  test('in UserInfo, as JSON and as a JWT', async () => {
    let asJwt = false
    const answer = async (id: string, nonce: string) => {
      work.json('/token', {
        ...bearer,
        id_token: await work.jwtOf(claimsText(work, nonce, '"x":1')),
      })
      const payload = `{"sub":"same","id":${id}}`
      if (asJwt) work.text('/userinfo', await work.jwtOf(payload), 'application/jwt')
      else work.text('/userinfo', payload)
    }
    await stayTwo('info', answer)
    asJwt = true
    await stayTwo('info', answer)
  })
})

test('T6.121 at GitHub an id beyond 2^53 is refused, and one below it is exact', async () => {
  hub.json('/api/v3/user/emails', [])
  hub.text('/api/v3/user', '{"id": 9007199254740991}')
  const { id } = await signInAt(send, 'github', () => undefined)
  assert.ok(id)
  hub.text('/api/v3/user', '{"id": 9007199254740993}')
  await assert.rejects(
    signInAt(send, 'github', () => undefined),
    /failed/,
  )
})

test('T6.121 a response without an id signs no user in, whatever the reader makes of it', async () => {
  for (const [name, body] of [
    ['forge', '{}'],
    ['forge', '{"id": null}'],
    ['forge', '{"id": {}}'],
    ['forge', '{"id": 1.5}'],
    ['textual', '{}'],
    ['textual', '{"id": null}'],
    ['textual', '{"id": {}}'],
  ] as const) {
    server.text('/api/user', body)
    await assert.rejects(
      signInAt(send, name, () => undefined),
      /failed/,
      `${name} ${body}`,
    )
  }
})
