import assert from 'node:assert/strict'
import { newUserId } from 'torii-core'
import { test } from 'vitest'
import { newEmail, openTestSite, goodPassword as password } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import { browser, signUp, tokenIn } from '../test/client.test.support.js'

const site = await openTestSite()
const { torii, db, storage, events } = site
const send = browser(createHandler(torii))
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

test('V3.3.5 registering answers 201 with user, session and cookie, in the shapes of the contract', async () => {
  const body = { email: 'Ann@Example.com', password, name: 'Ann' }
  const { status, json, headers } = await send('POST', '/auth/password/register', { body })
  assert.equal(status, 201)
  const { id, createdAt, ...user } = json.user
  assert.match(id, uuid)
  assert.match(createdAt, iso)
  assert.deepEqual(user, {
    email: 'Ann@Example.com',
    emailVerified: false,
    name: 'Ann',
    picture: null,
  })
  const {
    id: sessionId,
    createdAt: c,
    lastActiveAt,
    expiresAt,
    absoluteExpiresAt,
    ...session
  } = json.session
  assert.match(sessionId, uuid)
  for (const time of [c, lastActiveAt, expiresAt, absoluteExpiresAt]) assert.match(time, iso)
  assert.deepEqual(session, {
    current: true,
    ip: '203.0.113.7',
    userAgent: 'Browser/1.0',
    methods: ['password'],
    level: 1,
    level2At: null,
  })
  assert.deepEqual(Object.keys(json).sort(), ['session', 'user'])
  const [cookie, ...more] = headers.getSetCookie()
  assert.match(
    cookie ?? '',
    /^__Host-torii=torii_s_[\w-]{86}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure$/,
  )
  assert.deepEqual(more, [])
})

test('V3.3.4 no answer holds a token but the cookie', async () => {
  const made = await send('POST', '/auth/password/register', {
    body: { email: newEmail(), password },
  })
  assert.ok(!made.text.includes('torii_s_'))
})

test('registering with the email address of another account is 409 and opens no session (R1)', async () => {
  const { email } = await signUp(send)
  for (const spelling of [email, email.toUpperCase()]) {
    const again = await send('POST', '/auth/password/register', {
      body: { email: spelling, password },
    })
    assert.equal(again.status, 409)
    assert.equal(again.json.error, 'email_taken')
    assert.deepEqual(again.headers.getSetCookie(), [])
    assert.deepEqual(Object.keys(again.json).sort(), ['error', 'field', 'message'])
  }
})

test('a rejected password is 422 with its reason, whether the email address has an account or not', async () => {
  const { email } = await signUp(send)
  const answers = []
  for (const address of [email, newEmail()]) {
    const answer = await send('POST', '/auth/password/register', {
      body: { email: address, password: 'short' },
    })
    assert.equal(answer.status, 422)
    answers.push(answer.text)
  }
  assert.equal(answers[0], answers[1])
  const { error, reason, field, message } = JSON.parse(answers[0] ?? '')
  assert.deepEqual(
    { error, reason, field },
    { error: 'password_rejected', reason: 'too_short', field: 'password' },
  )
  assert.match(message, /at least 15 characters/)
})

test('T4.55 signing in answers 200 with a new token; wrong, unknown and disabled are one 401', async () => {
  const { email, cookie, user } = await signUp(send)
  const right = await send('POST', '/auth/password/authenticate', { body: { email, password } })
  assert.equal(right.status, 200)
  assert.equal(right.json.user.id, user.id)
  assert.notEqual(right.cookie, cookie)
  const disabled = await signUp(send)
  await storage.users.disable(disabled.user.id)
  const passwordless = newEmail()
  await storage.users.register({ id: newUserId(), email: passwordless })
  const answers = []
  for (const [address, text] of [
    [email, 'wrong'],
    [newEmail(), password],
    [disabled.email, password],
    [passwordless, password],
    [email, 'x'.repeat(2000)],
  ]) {
    const wrong = await send('POST', '/auth/password/authenticate', {
      body: { email: address, password: text },
    })
    assert.equal(wrong.status, 401)
    assert.deepEqual(wrong.headers.getSetCookie(), [])
    answers.push(JSON.stringify([...wrong.headers, wrong.text]))
  }
  assert.equal(new Set(answers).size, 1)
})

test('T4.63 too many attempts are 429 with Retry-After, the same for a made-up address', async () => {
  const { email } = await signUp(send)
  const texts = []
  for (const address of [email, newEmail()]) {
    const attempt = () =>
      send('POST', '/auth/password/authenticate', {
        body: { email: address, password: 'wrong' },
        ip: '198.51.100.9',
      })
    for (let wrong = 0; wrong < 10; wrong++) assert.equal((await attempt()).status, 401)
    const locked = await attempt()
    assert.equal(locked.status, 429)
    assert.equal(locked.json.error, 'too_many_attempts')
    const seconds = Number(locked.headers.get('retry-after'))
    assert.ok(seconds >= 29 && seconds <= 30)
    texts.push(locked.text.replace(/\d+/, 'N'))
  }
  assert.equal(texts[0], texts[1])
})

test('T2.27 the cookie before signing in is not the one after, and its session is dead', async () => {
  const first = await signUp(send)
  const again = await send('POST', '/auth/password/authenticate', {
    body: { email: first.email, password },
    cookie: first.cookie,
  })
  assert.notEqual(again.cookie, first.cookie)
  assert.equal((await send('GET', '/auth/session', { cookie: first.cookie })).status, 401)
  assert.equal((await send('GET', '/auth/session', { cookie: again.cookie })).status, 200)
  const other = { email: newEmail(), password }
  const third = await send('POST', '/auth/password/register', { body: other, cookie: again.cookie })
  assert.equal(third.status, 201)
  assert.equal((await send('GET', '/auth/session', { cookie: again.cookie })).status, 401)
})

test('a cookie planted before signing in is never adopted', async () => {
  const { email } = await signUp(send)
  const attacker = await signUp(send)
  for (const planted of ['__Host-torii=fixed', `__Host-torii=torii_s_${'A'.repeat(86)}`]) {
    const signedIn = await send('POST', '/auth/password/authenticate', {
      body: { email, password },
      cookie: planted,
    })
    assert.equal(signedIn.status, 200)
    assert.notEqual(signedIn.cookie, planted)
    assert.equal((await send('GET', '/auth/session', { cookie: planted })).status, 401)
  }
  assert.equal(
    (await send('GET', '/auth/session', { cookie: attacker.cookie })).json.user.email,
    attacker.email,
  )
})

test('a failed sign-in, and a sign-in with a bearer token, leave the previous sessions active', async () => {
  const { email, cookie } = await signUp(send)
  await send('POST', '/auth/password/authenticate', { body: { email, password: 'wrong' }, cookie })
  assert.equal((await send('GET', '/auth/session', { cookie })).status, 200)
  const bearer = tokenIn(cookie)
  assert.equal(
    (await send('POST', '/auth/password/authenticate', { body: { email, password }, bearer }))
      .status,
    200,
  )
  assert.equal((await send('GET', '/auth/session', { bearer })).status, 200)
})

test('a former session that cannot be ended does not fail the sign-in, and is reported', async () => {
  const { email, cookie } = await signUp(send)
  await db.query(`
    create function torii.refuse() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$;
    create trigger refuse before delete on torii.sessions for each row execute function torii.refuse()`)
  events.length = 0
  const again = await send('POST', '/auth/password/authenticate', {
    body: { email, password },
    cookie,
  })
  await db.query('drop trigger refuse on torii.sessions')
  assert.equal(again.status, 200)
  assert.deepEqual(
    events.map(({ event }) => event),
    ['former_session_not_ended'],
  )
})

test('T10.116 ids, roles and flags in a body are refused by name, before any statement', async () => {
  const victim = await signUp(send)
  const added = {
    id: victim.user.id,
    userId: victim.user.id,
    emailVerified: true,
    role: 'admin',
    metadata: { admin: true },
    picture: 'https://img.example/x',
    session: { ip: '6.6.6.6' },
    fields: { role: 'admin' },
  }
  for (const [field, value] of Object.entries(added)) {
    const body = { email: newEmail(), password, [field]: value }
    const { result, statements } = await site.counted(() =>
      send('POST', '/auth/password/register', { body }),
    )
    const { status, json } = result
    assert.deepEqual([status, json.error, json.field], [400, 'invalid_input', field])
    assert.equal(statements, 0)
  }
})

test('a name may be absent or null; a blank one is invalid_input with its field', async () => {
  for (const name of [undefined, null]) {
    const made = await send('POST', '/auth/password/register', {
      body: { email: newEmail(), password, name },
    })
    assert.equal(made.json.user.name, null)
  }
  const blank = await send('POST', '/auth/password/register', {
    body: { email: newEmail(), password, name: ' ' },
  })
  assert.equal(blank.status, 400)
  assert.deepEqual(blank.json, {
    error: 'invalid_input',
    field: 'name',
    message: 'name must not be blank.',
  })
})

test('a full queue is 503 with Retry-After', async () => {
  // One hash takes so long that all others come meanwhile.
  const hashing = { concurrency: 1, maxWaiting: 0, memoryKib: 65_536, passes: 16 }
  const busy = browser(createHandler(site.with({ password: { hashing } })))
  // Attempts of one account wait for each other before they enter the queue.
  const attempt = (email: string) =>
    busy('POST', '/auth/password/authenticate', { body: { email, password }, ip: '198.51.100.10' })
  const emails = Array.from({ length: 5 }, newEmail)
  const answers = await Promise.all(emails.map(attempt))
  assert.deepEqual(answers.map(({ status }) => status).sort(), [401, 503, 503, 503, 503])
  const refused = answers.find(({ status }) => status === 503)
  assert.equal(refused?.json.error, 'busy')
  assert.equal(refused?.headers.get('retry-after'), '1')
})
