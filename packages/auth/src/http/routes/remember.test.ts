import assert from 'node:assert/strict'
import { elapse } from 'torii-testing'
import { test } from 'vitest'
import { oauth } from '../../browser/index.js'
import { goodPassword } from '../../test/site.test.support.js'
import { routeInputs } from '../test/route-requests.test.support.js'
import { completedFlow, newInfo, newVisitor, site, torii } from '../test/route-site.test.support.js'
import { createSendRoute } from '../test/send-route.test.support.js'

// A person who signs in on a device that others use, by every way to a session.

/** The entries of the route table whose answer sets a session cookie after a sign-in. */
const signIns = [
  'POST password/register',
  'POST password/authenticate',
  'POST magic-link/authenticate with a token',
  'POST magic-link/authenticate with a code',
  'POST email/verify with a password',
  'POST oauth/:provider/id-token',
  'POST passkeys/authenticate/verify',
]
const oauthCallback = 'GET oauth/:provider/callback'
const [day, month] = [86_400, 2_592_000]

const sessionCookieOf = (response: Response) =>
  response.headers.getSetCookie().find((cookie) => cookie.startsWith('__Host-torii=')) ?? ''

async function sessionOf(cookie: string) {
  const token = /^__Host-torii=([^;]+)/.exec(cookie)?.[1] ?? assert.fail('no session cookie')
  const valid = await torii.sessions.validate(token)
  assert.ok(valid !== null)
  const { createdAt, expiresAt, absoluteExpiresAt } = valid.session
  const seconds = (time: Date) => (time.getTime() - createdAt.getTime()) / 1000
  return { token, idle: seconds(expiresAt), absolute: seconds(absoluteExpiresAt) }
}

/** Sends a valid request of the entry, which asks as `remember` says. */
async function signIn(entry: string, remember: boolean | null | undefined) {
  const input = routeInputs[entry] ?? assert.fail(`no input for ${entry}`)
  const visitor = await (input.visitor ?? newVisitor)()
  const { body, ...request } = await input.valid(visitor)
  const send = createSendRoute(torii, entry, input, { visitor, ip: newInfo().ip })
  const response = await send({
    ...request,
    body: { ...body, ...(remember === undefined ? {} : { remember }) },
  })
  assert.ok(response.ok, await response.text())
  return sessionCookieOf(response)
}

for (const entry of signIns) {
  test(`T10.140 ${entry}: without remembering the session ends with the browser, and after a day`, async () => {
    const cookie = await signIn(entry, false)
    assert.doesNotMatch(cookie, /max-age|expires/i)
    const { idle, absolute } = await sessionOf(cookie)
    assert.deepEqual([idle, absolute], [day, day])
  })

  test(`${entry}: a session is remembered unless the sign-in says otherwise`, async () => {
    for (const remember of [undefined, null, true]) {
      const cookie = await signIn(entry, remember)
      assert.match(cookie, new RegExp(`; Max-Age=${month};`))
      assert.equal((await sessionOf(cookie)).absolute, month)
    }
  })
}

test('T10.140 a flow at a provider is remembered or not as its start says', async () => {
  const input = routeInputs[oauthCallback] ?? assert.fail()
  for (const remember of [true, false]) {
    const { query, browser } = await completedFlow(null, remember)
    const visitor = await newVisitor()
    const send = createSendRoute(torii, oauthCallback, input, { visitor, ip: newInfo().ip })
    const response = await send({
      path: `oauth/work/callback?${query}`,
      cookie: `__Host-torii-flow=${browser.reveal()}`,
    })
    const cookie = sessionCookieOf(response)
    assert.equal(/max-age/i.test(cookie), remember)
    assert.equal((await sessionOf(cookie)).absolute, remember ? month : day)
  }
})

test('T10.140 the start of a flow takes it from its URL, which the client writes', async () => {
  assert.equal(oauth.startUrl('work'), '/auth/oauth/work/start')
  const path = oauth.startUrl('work', { remember: false, redirectTo: '/a?b=c' })
  assert.equal(path, '/auth/oauth/work/start?redirectTo=%2Fa%3Fb%3Dc&remember=false')
  const visitor = await newVisitor()
  const send = createSendRoute(
    torii,
    'GET oauth/:provider/start',
    {},
    { visitor, ip: newInfo().ip },
  )
  const states = []
  for (const url of [path, oauth.startUrl('work')]) {
    const response = await send({ path: url.replace('/auth/', '') })
    assert.equal(response.status, 303)
    states.push(new URL(response.headers.get('location') ?? '').searchParams.get('state')?.length)
  }
  // The state of the first says it, in one byte more.
  assert.ok(Number(states[0]) > Number(states[1]))
})

test('T10.140 a session that is not remembered stays so when it is proved again', async () => {
  const visitor = await newVisitor()
  const info = { visitor, ip: newInfo().ip }
  const { email } = visitor
  const body = { email, password: goodPassword, remember: false }
  const signedIn = await createSendRoute(
    torii,
    'POST password/authenticate',
    {},
    info,
  )({ path: 'password/authenticate', body })
  const { token } = await sessionOf(sessionCookieOf(signedIn))
  const send = createSendRoute(torii, 'POST reauthenticate', {}, info)
  const proved = await send({
    path: 'reauthenticate',
    body: { password: goodPassword },
    cookie: `__Host-torii=${token}`,
  })
  assert.equal(proved.status, 204, await proved.text())
  const cookie = sessionCookieOf(proved)
  assert.doesNotMatch(cookie, /max-age|expires/i)
  assert.notEqual((await sessionOf(cookie)).token, token)
})

test('T10.140 a session that the application opens is remembered or not as its option says', async () => {
  const userId = (await newVisitor()).valid.user.id
  const opened = [
    await torii.sessions.open(userId, 'password', newInfo(), { remember: false }),
    await torii.sessions.open(userId, 'password', newInfo(), { remember: true }),
    await torii.sessions.open(userId, 'password', newInfo()),
    await site.storage.transaction((tx) =>
      torii.with(tx).sessions.open(userId, 'password', newInfo(), { remember: false }),
    ),
  ]
  const seconds = opened.map((outcome) => {
    assert.ok(outcome.ok)
    const { createdAt, expiresAt, absoluteExpiresAt } = outcome.session
    return [expiresAt, absoluteExpiresAt].map(
      (time) => (time.getTime() - createdAt.getTime()) / 1000,
    )
  })
  const week = 604_800
  assert.deepEqual(seconds, [
    [day, day],
    [week, month],
    [week, month],
    [day, day],
  ])
  await assert.rejects(
    torii.sessions.open(userId, 'password', newInfo(), { remember: 'no' as never }),
    { code: 'ERR_INVALID_INPUT' },
  )
})

test('T10.140 it ends after its day, however much it is used', async () => {
  const { token } = await sessionOf(await signIn('POST password/authenticate', false))
  for (let hours = 0; hours < 23; hours += 1) {
    await elapse((text, values) => site.db.query(text, values), 'torii', 3600)
    const used = await torii.sessions.validate(token)
    assert.ok(used !== null, `after ${hours + 1} hours`)
  }
  await elapse((text, values) => site.db.query(text, values), 'torii', 3601)
  assert.equal(await torii.sessions.validate(token), null)
})

test('anything but true and false is refused', async () => {
  const visitor = await newVisitor()
  const send = createSendRoute(
    torii,
    'POST password/authenticate',
    {},
    { visitor, ip: newInfo().ip },
  )
  const body = { email: visitor.email, password: 'x', remember: 'false' }
  const response = await send({ path: 'password/authenticate', body })
  assert.equal(response.status, 400)
  assert.equal(JSON.parse(await response.text()).field, 'remember')
})
