import assert from 'node:assert/strict'
import { newSessionId } from 'torii-core'
import { test } from 'vitest'
import {
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import { browser, signUp, tokenIn } from '../test/client.test.support.js'

const site = await openTestSite()
const send = browser(createHandler(site.torii))

async function signInAgain(email: string): Promise<string> {
  const answer = await send('POST', '/auth/password/authenticate', { body: { email, password } })
  assert.equal(answer.status, 200)
  return answer.cookie
}

const isAlive = async (cookie: string) =>
  (await send('GET', '/auth/session', { cookie })).status === 200

test('GET session returns the user and the session, by cookie or bearer', async () => {
  const { user, session, cookie } = await signUp(send)
  for (const carried of [{ cookie }, { bearer: tokenIn(cookie) }]) {
    const { status, json } = await send('GET', '/auth/session', carried)
    assert.equal(status, 200)
    assert.deepEqual(json, { user, session })
  }
})

test('without an active session every session route is 401, whatever token is sent', async () => {
  const { cookie } = await signUp(send)
  const token = tokenIn(cookie)
  const carried = [
    {},
    { cookie: '__Host-torii=' },
    { cookie: `torii=${token}` },
    { cookie: `__host-torii=${token}` },
    { cookie: '__Host-torii="\u0000%' },
    { cookie: ';=;__Host-torii' },
    { bearer: '' },
    { bearer: 'x'.repeat(10_000) },
    { bearer: 'not-a-token', cookie },
    { headers: { authorization: `Basic ${token}` } },
    { headers: { authorization: 'Bearer' }, cookie },
    { headers: { 'x-session-token': token } },
  ]
  const refused = []
  for (const [method, path] of [
    ['GET', 'session'],
    ['GET', 'sessions'],
    ['DELETE', `sessions/${newSessionId()}`],
    ['POST', 'sessions/revoke-others'],
  ] as const)
    for (const given of carried) {
      const safe = 'cookie' in given && given.cookie.includes('\u0000') ? { cookie: 'x' } : given
      refused.push(await send(method, `/auth/${path}`, safe))
    }
  for (const { status, json } of refused)
    assert.deepEqual(
      [status, json.error, json.message],
      [401, 'unauthenticated', 'You are not signed in.'],
    )
})

test('T2.38 a token in the query or in a body is not looked at', async () => {
  const { cookie } = await signUp(send)
  const token = tokenIn(cookie)
  assert.equal(
    (await send('GET', `/auth/session?token=${token}&access_token=${token}`)).status,
    401,
  )
  assert.equal(
    (await send('POST', '/auth/sessions/revoke-others', { body: { token } })).status,
    401,
  )
})

test('T2.39 of two cookies of one name the first counts', async () => {
  const [one, two] = [await signUp(send), await signUp(send)]
  const { json } = await send('GET', '/auth/session', { cookie: `${one.cookie}; ${two.cookie}` })
  assert.equal(json.user.id, one.user.id)
  assert.equal(
    (await send('GET', '/auth/session', { cookie: `__Host-torii=; ${two.cookie}` })).status,
    401,
  )
})

test('the Authorization header takes precedence over the cookie', async () => {
  const [one, two] = [await signUp(send), await signUp(send)]
  const { json } = await send('GET', '/auth/session', {
    cookie: one.cookie,
    bearer: tokenIn(two.cookie),
  })
  assert.equal(json.user.id, two.user.id)
})

test('the list marks the current session', async () => {
  const { email, cookie, session } = await signUp(send)
  await signInAgain(email)
  const { status, json } = await send('GET', '/auth/sessions', { cookie })
  assert.equal(status, 200)
  assert.equal(json.sessions.length, 2)
  const current = json.sessions.filter((one: { current: boolean }) => one.current)
  assert.deepEqual(current, [session])
})

test("T2.36 revoking a session of the user is 204; an unknown id, a malformed id and another user's id are the same 404", async () => {
  const { email, cookie } = await signUp(send)
  const again = await signInAgain(email)
  const own = (await send('GET', '/auth/session', { cookie: again })).json.session.id
  const victim = await signUp(send)
  const bodies = []
  for (const id of [
    victim.session.id,
    newSessionId(),
    'x',
    'revoke',
    own.toUpperCase(),
    `%${own}`,
    '%00',
    '..%2f',
    `${own}%20`,
  ]) {
    const answer = await send('DELETE', `/auth/sessions/${id}`, { cookie })
    assert.equal(answer.status, 404, id)
    bodies.push(answer.text)
  }
  assert.equal(new Set(bodies).size, 1)
  assert.ok(await isAlive(victim.cookie))
  assert.ok(await isAlive(again))
  assert.equal((await send('DELETE', `/auth/sessions/${own}`, { cookie })).status, 204)
  assert.ok(!(await isAlive(again)))
  assert.ok(await isAlive(cookie))
})

test('revoke-others ends all sessions but the current one and returns how many', async () => {
  const { email, cookie } = await signUp(send)
  const others = [await signInAgain(email), await signInAgain(email)]
  const { status, json } = await send('POST', '/auth/sessions/revoke-others', { cookie })
  assert.deepEqual([status, json], [200, { revoked: 2 }])
  for (const other of others) assert.ok(!(await isAlive(other)))
  assert.ok(await isAlive(cookie))
})

test('T2.29 sign-out is 204 for everybody, clears the cookie, and ends the session at once', async () => {
  const { cookie } = await signUp(send)
  const cleared = '__Host-torii=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure'
  for (const carried of [
    { cookie },
    { cookie },
    {},
    { cookie: '__Host-torii=garbage' },
    { bearer: 'garbage' },
  ]) {
    const answer = await send('POST', '/auth/sign-out', carried)
    assert.equal(answer.status, 204)
    assert.equal(answer.text, '')
    assert.deepEqual(answer.headers.getSetCookie(), [cleared])
    assert.ok(!(await isAlive(cookie)))
  }
})

test('sign-out with a bearer token and a cookie ends both', async () => {
  const [one, two] = [await signUp(send), await signUp(send)]
  await send('POST', '/auth/sign-out', { cookie: one.cookie, bearer: tokenIn(two.cookie) })
  for (const { cookie } of [one, two]) assert.ok(!(await isAlive(cookie)))
})

test('GET sessions: 50 on a page, each session once, and 400 for a cursor that is none', async () => {
  const { cookie, user } = await signUp(send)
  for (let count = 0; count < 51; count += 1)
    await site.torii.sessions.open(user.id, 'password', requestInfo)
  const read = async (query: string) => {
    const { status, text } = await send('GET', `/auth/sessions${query}`, { cookie })
    assert.equal(status, 200, text)
    return JSON.parse(text) as { sessions: { id: string }[]; nextCursor: string | null }
  }
  const first = await read('')
  assert.equal(first.sessions.length, 50)
  const second = await read(`?${new URLSearchParams({ cursor: first.nextCursor ?? '' })}`)
  assert.equal(second.nextCursor, null)
  const ids = [...first.sessions, ...second.sessions].map(({ id }) => id)
  assert.deepEqual([ids.length, new Set(ids).size], [52, 52])
  for (const cursor of ['', 'x', first.sessions[0]?.id ?? '']) {
    const wrong = await send('GET', `/auth/sessions?cursor=${cursor}`, { cookie })
    assert.deepEqual(
      [wrong.status, wrong.json.error, wrong.json.field],
      [400, 'invalid_input', 'cursor'],
    )
  }
})
