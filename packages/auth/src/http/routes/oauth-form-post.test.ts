import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'vitest'
import type { OAuthProvider } from '../../oauth-client/provider.js'
import { workProvider } from '../../oauth-client/provider-client.test.support.js'
import { startOwnProvider } from '../../services/oauth/own-provider.test.support.js'
import { openTestSite } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import type { Received } from '../test/client.test.support.js'
import { browser, signUp } from '../test/client.test.support.js'
import type { StartedFlow } from '../test/oauth-flow.test.support.js'
import { startAt } from '../test/oauth-flow.test.support.js'

// A provider that posts its response to the callback from its own page, as Apple does.

const server = await startOwnProvider()
const posting: OAuthProvider = {
  ...workProvider(server.origin, { name: 'posting' }),
  responseMode: 'form_post',
}
const options = {
  requireVerifiedEmail: false,
  oauth: { providers: [posting, workProvider(server.origin), { ...posting, name: 'other' }] },
}
const site = await openTestSite({ ...options, keys: [{ id: 'k1', secret: randomBytes(32) }] })
const pages = { failed: '/failed' }
const send = browser(createHandler(site.torii, { pages }))

const path = '/auth/oauth/posting/callback'
const ada = JSON.stringify({
  name: { firstName: 'Ada', lastName: 'Lovelace' },
  email: 'ada@example.com',
})
const formHeaders = {
  ...{ 'content-type': 'application/x-www-form-urlencoded', origin: server.origin },
  'sec-fetch-site': 'cross-site',
}

/** Posts as the provider's page does: from another site, without a cookie. */
const post = (fields: Record<string, string>, to = path) =>
  send('POST', to, { body: new URLSearchParams(fields).toString(), headers: formHeaders })

const newSubject = () => randomBytes(8).toString('hex')

async function answerFor({ parameters }: StartedFlow, sub: string, claims: object = {}) {
  const now = Math.floor(Date.now() / 1000)
  const common = { iss: server.origin, aud: 'torii', iat: now, exp: now + 300 }
  const nonce = parameters.get('nonce')
  const id_token = await server.idToken({ ...common, sub, nonce, email: 'x', ...claims })
  server.json('/token', { access_token: 'an access token', token_type: 'Bearer', id_token })
}

const stateOf = ({ parameters }: StartedFlow) => parameters.get('state') ?? ''

/** Follows the redirect of a post, as the browser of this flow. */
const follow = (posted: Received, { cookie }: StartedFlow, name = posted.cookie) =>
  send('GET', posted.headers.get('location') ?? '', {
    cookie: [cookie, name].filter((one) => one !== '').join('; '),
  })

async function nameOf(returned: Received): Promise<string | null> {
  assert.deepEqual([returned.status, returned.headers.get('location')], [303, '/'])
  return (await send('GET', '/auth/session', { cookie: returned.cookie })).json.user.name
}

/** A whole flow with this posted user; `name` replaces the cookie with the name. */
async function signInPosting(sub: string, user?: string, name?: string, claims: object = {}) {
  const flow = await startAt(send, 'posting')
  await answerFor(flow, sub, claims)
  const given = user === undefined ? {} : { user }
  const posted = await post({ code: 'a-code', state: stateOf(flow), ...given })
  return nameOf(await follow(posted, flow, name ?? posted.cookie))
}

test('the provider is asked to post its response', async () => {
  const { parameters } = await startAt(send, 'posting')
  assert.equal(parameters.get('response_mode'), 'form_post')
  assert.equal((await startAt(send, 'work')).parameters.get('response_mode'), null)
})

test('a post is redirected to the callback with code, state and iss and nothing else; it changes nothing', async () => {
  const flow = await startAt(send, 'posting')
  const { cookie } = await signUp(send)
  const fields = {
    ...{ code: 'a code&x=1', state: stateOf(flow), iss: server.origin },
    ...{ id_token: 'a.b.c', user: ada, redirectTo: '//evil.example' },
  }
  const body = new URLSearchParams(fields).toString()
  const posted = await site.counted(() =>
    send('POST', path, { body, headers: formHeaders, cookie: `${cookie}; ${flow.cookie}` }),
  )
  assert.equal(posted.statements, 0)
  assert.equal(posted.result.status, 303)
  const location = new URL(posted.result.headers.get('location') ?? '', 'https://app.example')
  assert.equal(location.origin + location.pathname, `https://app.example${path}`)
  assert.deepEqual(Object.fromEntries(location.searchParams), {
    code: 'a code&x=1',
    iss: server.origin,
    state: stateOf(flow),
  })
  const [set, ...more] = posted.result.headers.getSetCookie()
  assert.deepEqual(more, [])
  assert.match(
    set ?? '',
    /^__Host-torii-flow-name=[\w-]+; Path=\/; Max-Age=60; HttpOnly; SameSite=Lax; Secure$/,
  )
  assert.ok(!String(set).includes(Buffer.from('Ada').toString('base64url')))
  assert.equal((await send('GET', '/auth/session', { cookie })).status, 200)
})

describe('the posted name', () => {
  test('names the account that the sign-in creates, and the cookie is deleted', async () => {
    const flow = await startAt(send, 'posting')
    await answerFor(flow, newSubject())
    const posted = await post({ code: 'a-code', state: stateOf(flow), user: ada })
    const returned = await follow(posted, flow)
    assert.equal(await nameOf(returned), 'Ada Lovelace')
    const cleared = returned.headers.getSetCookie().at(-1)
    assert.ok(cleared?.startsWith('__Host-torii-flow-name=; Path=/; Max-Age=0'))
  })

  test('is nothing more than a name: it changes no account, and no address comes from it', async () => {
    const sub = newSubject()
    assert.equal(await signInPosting(sub), null)
    assert.equal(await signInPosting(sub, ada), null)
    const { rows } = await site.db.query(
      `select u.email from torii.oauth_accounts a join torii.users u on u.id = a.user_id
       where a.subject = $1`,
      [sub],
    )
    assert.deepEqual(rows, [{ email: null }])
  })

  test('comes after the name of the ID token', async () => {
    assert.equal(await signInPosting(newSubject(), ada, undefined, { name: 'Grace' }), 'Grace')
  })

  test('of another flow, another provider, or changed is ignored', async () => {
    const elsewhere = await startAt(send, 'posting')
    const foreign = await post({ state: stateOf(elsewhere), user: ada })
    assert.equal(await signInPosting(newSubject(), undefined, foreign.cookie), null)
    const flow = await startAt(send, 'posting')
    await answerFor(flow, newSubject())
    const fields = { code: 'a-code', state: stateOf(flow), user: ada }
    const other = await post(fields, '/auth/oauth/other/callback')
    const posted = await post(fields)
    assert.equal(await nameOf(await follow(posted, flow, other.cookie)), null)
    for (const change of [
      (cookie: string) => `${cookie}A`,
      (cookie: string) => cookie.slice(0, -4),
      (cookie: string) => `${cookie.split('=')[0]}=`,
      (cookie: string) => `${cookie.split('=')[0]}=${'A'.repeat(4000)}`,
    ])
      assert.equal(await signInPosting(newSubject(), undefined, change(posted.cookie)), null)
  })

  for (const user of [
    '',
    'null',
    '7',
    '[]',
    '{',
    '{"name":"Ada"}',
    '{"name":{"firstName":7}}',
    '{"name":{"firstName":"a\\u0000b"}}',
    `{"name":{"firstName":"${'x'.repeat(201)}"}}`,
    '{"__proto__":{"name":{"firstName":"Ada"}}}',
  ])
    test(`is left out when it is ${user.slice(0, 40)}`, async () => {
      const flow = await startAt(send, 'posting')
      const posted = await post({ code: 'a-code', state: stateOf(flow), user })
      assert.equal(posted.status, 303)
      assert.deepEqual(posted.headers.getSetCookie(), [])
    })

  test('is left out without a state of ours', async () => {
    for (const state of ['', 'short', 'B'.repeat(43), 'x'.repeat(3000)])
      assert.deepEqual((await post({ state, user: ada })).headers.getSetCookie(), [])
  })
})

test('T6.74 the callback after a post needs the browser of the flow, and uses the state once', async () => {
  const flow = await startAt(send, 'posting')
  await answerFor(flow, newSubject())
  const posted = await post({ code: 'a-code', state: stateOf(flow), user: ada })
  const stranger = await startAt(send, 'posting')
  const wrong = await follow(posted, stranger)
  assert.equal(wrong.headers.get('location'), '/failed?error=invalid_token')
  assert.equal((await follow(posted, flow)).headers.get('location'), '/')
  const late = await follow(posted, flow)
  assert.equal(late.headers.get('location'), '/failed?error=invalid_token')
})

test('T6.76 a posted error ends the flow', async () => {
  const flow = await startAt(send, 'posting')
  const posted = await post({ error: 'user_cancelled_authorize', state: stateOf(flow) })
  const returned = await follow(posted, flow)
  assert.equal(returned.headers.get('location'), '/failed?error=declined')
})

test('a post to any other provider, or that is no form, is refused', async () => {
  for (const name of ['work', 'nobody', '__proto__'])
    assert.equal((await post({ code: 'x' }, `/auth/oauth/${name}/callback`)).status, 404)
  const json = { body: { code: 'x' }, headers: { origin: server.origin } }
  assert.equal((await send('POST', path, json)).status, 415)
  const large = await post({ user: 'x'.repeat(20_000) })
  assert.equal(large.status, 413)
  const long = await post({ code: 'x'.repeat(3000), state: 'y'.repeat(3000) })
  assert.equal(long.headers.get('location'), `${path}?`)
})
