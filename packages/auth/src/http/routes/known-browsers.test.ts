import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'vitest'
import { onceAMinute } from '../../base/once-a-minute.js'
import type { LogEvent } from '../../index.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import { baseUrl, goodPassword, newEmail, openTestSite } from '../../test/site.test.support.js'
import { createHandler } from '../handler.js'
import type { Received } from '../test/client.test.support.js'
import { browser, signUp } from '../test/client.test.support.js'

const mailbox = await openMailbox()
const options = {
  keys: [{ id: 'one', secret: randomBytes(32) }],
  magicLink: { code: true },
  requireVerifiedEmail: false,
  password: { hashing: { memoryKib: 7168, passes: 5 } },
  mailer: mailbox.mailer,
}
const site = await openTestSite(options)
const send = browser(createHandler(site.torii))
const name = '__Host-torii-device'
const wrong = 'not this one, surely'

let addresses = 0
const newIp = () => `198.51.${100 + (++addresses >> 8)}.${addresses & 255}`

/** The device cookie that a response sets, to send back; null for none. */
const deviceCookieOf = ({ headers }: Received): string | null =>
  headers
    .getSetCookie()
    .find((cookie) => cookie.startsWith(`${name}=`))
    ?.split(';', 1)[0] ?? null

async function signIn(email: string, password: string, cookie?: string | null, ip = newIp()) {
  const sent = cookie == null ? {} : { cookie }
  return send('POST', '/auth/password/authenticate', { body: { email, password }, ip, ...sent })
}

/** A user whose browser is known. */
async function newKnownUser() {
  const { email, cookie: session } = await signUp(send)
  const cookie = deviceCookieOf(await signIn(email, goodPassword))
  assert.ok(cookie !== null)
  return { email, cookie, session }
}

/** Strangers guess until they are refused. */
async function lockForStrangers(email: string) {
  for (let guess = 0; guess < 10; guess += 1) await signIn(email, wrong)
  const refused = await signIn(email, goodPassword)
  assert.equal(refused.status, 429)
  return refused
}

test('a sign-in sets the device cookie for half a year; a registration and a refusal do not', async () => {
  const email = newEmail()
  const body = { email, password: goodPassword }
  const made = await send('POST', '/auth/password/register', { body })
  assert.deepEqual([made.status, deviceCookieOf(made)], [201, null])
  assert.equal(deviceCookieOf(await signIn(email, wrong)), null)
  const signedIn = await signIn(email, goodPassword)
  const [header] = signedIn.headers.getSetCookie().filter((cookie) => cookie.startsWith(name))
  assert.match(
    header ?? '',
    /^__Host-torii-device=[\w.:-]+; Path=\/; Max-Age=15552000; HttpOnly; SameSite=Lax; Secure$/,
  )
  assert.ok(!(header ?? '').includes(email.split('@', 1)[0] ?? ''))
})

test('T10.119 strangers lock an account for strangers; its known browser signs in and renews its cookie', async () => {
  const { email, cookie } = await newKnownUser()
  await lockForStrangers(email)
  const back = await signIn(email, goodPassword, cookie)
  assert.equal(back.status, 200)
  const renewed = deviceCookieOf(back)
  assert.ok(renewed !== null && renewed !== cookie)
  assert.equal((await signIn(email, goodPassword, renewed)).status, 200)
  // It ended no lock of strangers.
  assert.equal((await signIn(email, goodPassword)).status, 429)
})

test('a device cookie of another account, a changed one and two of them are a stranger’s', async () => {
  const [victim, other] = [await newKnownUser(), await newKnownUser()]
  await lockForStrangers(victim.email)
  for (const cookie of [
    other.cookie,
    `${victim.cookie}x`,
    `${name}=; ${victim.cookie}`,
    `${other.cookie}; ${victim.cookie}`,
  ])
    assert.equal((await signIn(victim.email, goodPassword, cookie)).status, 429, cookie)
  assert.equal((await signIn(victim.email, goodPassword, victim.cookie)).status, 200)
})

test('a known browser has ten attempts, then waits; after 20 in a row it is a stranger for good', async () => {
  const { email, cookie } = await newKnownUser()
  for (let guess = 0; guess < 10; guess += 1)
    assert.equal((await signIn(email, wrong, cookie)).status, 401)
  const waits = await signIn(email, wrong, cookie)
  assert.deepEqual([waits.status, waits.headers.get('retry-after')], [429, '30'])
  // A stranger's answer is the same but for the wait.
  const { json } = await lockForStrangers(email)
  assert.deepEqual(json, waits.json)
  await site.elapse(31)
  for (let guess = 0; guess < 10; guess += 1)
    assert.equal((await signIn(email, wrong, cookie)).status, 401)
  await site.elapse(3601)
  // Now it counts with the strangers, whose lock has passed: their next ten.
  for (let guess = 0; guess < 10; guess += 1)
    assert.equal((await signIn(email, wrong, cookie)).status, 401, `guess ${guess}`)
  assert.equal((await signIn(email, goodPassword)).status, 429)
})

test('a code of a known browser counts as a stranger’s after 20 failures in a row', async () => {
  const { email, cookie } = await newKnownUser()
  const guess = async (sent: object) =>
    (
      await send('POST', '/auth/magic-link/authenticate', {
        body: { email, code: '12345678' },
        ip: newIp(),
        ...sent,
      })
    ).status
  for (let tries = 0; tries < 2; tries += 1) {
    for (let at = 0; at < 10; at += 1) assert.equal(await guess({ cookie }), 401)
    if (tries === 0) await site.elapse(31)
  }
  for (let at = 0; at < 10; at += 1) assert.equal(await guess({ cookie }), 401)
  assert.equal(await guess({}), 429, 'the counter of strangers')
})

test('an account is no way around the limits of its IP address', async () => {
  const starts = { cap: 1 }
  const strict = browser(createHandler(site.with({ ...options, bruteForce: { starts } })))
  const { email } = await signUp(send)
  let started = 0
  for (let signIns = 0; signIns < 14; signIns += 1) {
    const cookie = deviceCookieOf(await signIn(email, goodPassword)) ?? ''
    const sent = { body: {}, ip: '192.0.2.77', cookie }
    const { status } = await strict('POST', '/auth/passkeys/authenticate/options', sent)
    if (status === 200) started += 1
  }
  assert.equal(started, 10)
})

test('all known browsers of an account have 60 attempts in an hour', async () => {
  const { email, cookie: first } = await newKnownUser()
  const cookies = [first]
  for (let browsers = 1; browsers < 7; browsers += 1)
    cookies.push(deviceCookieOf(await signIn(email, goodPassword)) ?? '')
  let guesses = 0
  for (const cookie of cookies)
    for (let guess = 0; guess < 10; guess += 1)
      if ((await signIn(email, wrong, cookie)).status === 401) guesses += 1
  assert.equal(guesses, 60)
  assert.equal((await signIn(email, goodPassword)).status, 200, 'strangers are not affected')
})

test('a known browser has its own codes, mails and starts', async () => {
  const { email, cookie } = await newKnownUser()
  const request = (sent: object) =>
    send('POST', '/auth/magic-link/request', { body: { email }, ip: newIp(), ...sent })
  const mailsAfter = async (sent: object) => {
    assert.equal((await request(sent)).status, 202)
    await site.torii.settled()
    return (await mailbox.take(email)).filter(({ kind }) => kind === 'magic_link').length
  }
  for (let asked = 0; asked < 3; asked += 1) assert.equal(await mailsAfter({}), 1)
  assert.equal(await mailsAfter({}), 0, 'strangers have spent theirs')
  assert.equal(await mailsAfter({ cookie }), 1)

  const sendCode = (sent: object) =>
    send('POST', '/auth/magic-link/authenticate', {
      body: { email, code: '12345678' },
      ip: newIp(),
      ...sent,
    })
  for (let guess = 0; guess < 10; guess += 1) assert.equal((await sendCode({})).status, 401)
  assert.equal((await sendCode({})).status, 429)
  assert.equal((await sendCode({ cookie })).status, 401)

  const strict = site.with({ ...options, bruteForce: { starts: { cap: 1 } } })
  const start = (sent: object) =>
    browser(createHandler(strict))('POST', '/auth/passkeys/authenticate/options', {
      body: {},
      ip: '192.0.2.1',
      ...sent,
    })
  assert.deepEqual([(await start({})).status, (await start({})).status], [200, 429])
  assert.equal((await start({ cookie })).status, 200, 'not counted by IP address')
})

test('a reset by mail makes the browser known and ends the lock of strangers', async () => {
  const { email } = await signUp(send)
  await lockForStrangers(email)
  await send('POST', '/auth/password/reset/request', { body: { email }, ip: newIp() })
  await site.torii.settled()
  const mails = await mailbox.take(email)
  const token = mails.find(({ kind }) => kind === 'reset_password')?.token
  const password = 'another gate of two pillars'
  const done = await send('POST', '/auth/password/reset/complete', {
    body: { token, password },
    ip: newIp(),
  })
  assert.equal(done.status, 204)
  const cookie = deviceCookieOf(done)
  assert.ok(cookie !== null)
  assert.equal((await signIn(email, password)).status, 200)
  await lockForStrangers(email)
  assert.equal((await signIn(email, password, cookie)).status, 200)
})

test('accounts guessed at from one /48 of IPv6 are slowed down at three times the limit of an IP address', async () => {
  const strict = browser(
    createHandler(site.with({ ...options, bruteForce: { ipAddress: { cap: 10 } } })),
  )
  const guess = (at: number, ip: string) =>
    strict('POST', '/auth/password/authenticate', {
      body: { email: `victim${at}@example.com`, password: wrong },
      ip,
    })
  let answered = 0
  for (let at = 0; at < 40; at += 1)
    if ((await guess(at, `2001:db8:5:${at.toString(16)}::1`)).status === 401) answered += 1
  assert.equal(answered, 30)
  assert.equal((await guess(401, '2001:db8:6::1')).status, 401, 'another /48')
  assert.equal((await guess(402, '64:ff9b::203.0.113.9')).status, 401)
})

test('without an IP address strangers share a limit and the log says so once; known browsers do not', async () => {
  const events: LogEvent[] = []
  const torii = site.with({
    ...options,
    bruteForce: { ipAddress: { cap: 2 } },
    log: (event) => events.push(event),
  })
  const handler = createHandler(torii)
  const { email, cookie } = await newKnownUser()
  const attempt = async (password: string, at: number, sent: Record<string, string> = {}) => {
    const body = JSON.stringify({ email: at < 0 ? email : `nobody${at}@example.com`, password })
    const headers = { origin: baseUrl, 'content-type': 'application/json', ...sent }
    const url = `${baseUrl}/auth/password/authenticate`
    return (await handler(new Request(url, { method: 'POST', headers, body }))).status
  }
  const statuses = []
  for (let at = 0; at < 21; at += 1) statuses.push(await attempt(wrong, at))
  assert.deepEqual(statuses, [...Array(20).fill(401), 429])
  assert.equal(await attempt(goodPassword, -1, { cookie }), 200)
  const warnings = events.filter(({ event }) => event === 'ip_address_unknown')
  assert.deepEqual(warnings, [{ level: 'warn', event: 'ip_address_unknown' }])
})

test('without keys no browser is known, and the log says so at start', async () => {
  const { keys: _, ...others } = options
  site.events.length = 0
  const torii = site.with({ ...others, magicLink: {} })
  assert.deepEqual(site.events, [{ level: 'warn', event: 'known_browsers_off' }])
  const { email, cookie } = await newKnownUser()
  const keyless = browser(createHandler(torii))
  const body = { email, password: goodPassword }
  const signedIn = await keyless('POST', '/auth/password/authenticate', { body, cookie })
  assert.deepEqual([signedIn.status, deviceCookieOf(signedIn)], [200, null])
})

test('503 busy is logged as a count, without a stack', async () => {
  const events: LogEvent[] = []
  const torii = site.with({
    ...options,
    password: { hashing: { concurrency: 1, maxWaiting: 0 } },
    log: (event) => events.push(event),
  })
  const busy = browser(createHandler(torii))
  const attempts = Array.from({ length: 30 }, () =>
    busy('POST', '/auth/password/authenticate', {
      body: { email: newEmail(), password: wrong },
      ip: newIp(),
    }),
  )
  const statuses = (await Promise.all(attempts)).map(({ status }) => status)
  assert.ok(statuses.filter((status) => status === 503).length >= 10, statuses.join())
  assert.deepEqual(events, [{ level: 'warn', event: 'busy', count: 1 }])

  const counts: number[] = []
  const logBusy = onceAMinute((count) => counts.push(count))
  for (let times = 0; times < 1000; times += 1) logBusy()
  assert.deepEqual(counts, [1])
})
