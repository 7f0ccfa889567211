import assert from 'node:assert/strict'
import { test } from 'vitest'
import { newLandingNonce } from '../../services/links/landing-form.js'
import type { LinkPurpose } from '../../services/links/link-token.js'
import { openMailbox } from '../../test/mailbox.test.support.js'
import {
  baseUrl,
  newEmail,
  openTestSite,
  goodPassword as password,
} from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import type { Received } from '../test/client.test.support.js'
import { browser, signUp } from '../test/client.test.support.js'

const mailbox = await openMailbox()
const emitted: string[] = []
const site = await openTestSite({
  mailer: mailbox.mailer,
  onEvent: ({ type }) => void emitted.push(type),
})
const open = site.with({ mailer: mailbox.mailer, requireVerifiedEmail: false })
const { torii, db } = site
const pages = { signedIn: '/home', signIn: '/sign-in', account: '/account' }
const send = browser(createHandler(torii, { pages }))
const another = 'twelve lanterns on a rainy bridge'

/** The cookies of one browser. */
class Jar {
  readonly #cookies = new Map<string, string>()

  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  get(name: string): string {
    return this.#cookies.get(name) ?? ''
  }

  keep(received: Received): Received {
    for (const cookie of received.headers.getSetCookie()) {
      const [name = '', value = ''] = (cookie.split(';', 1)[0] ?? '').split(/=(.*)/s)
      if (cookie.includes('Max-Age=0;')) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return received
  }
}

interface Page {
  readonly jar: Jar
  readonly fields: Record<string, string>
  readonly post: string
  readonly text: string
}

const paths: Record<LinkPurpose, readonly [page: string, action: string]> = {
  magic_link: ['/auth/magic-link', '/auth/magic-link/authenticate'],
  verify_email: ['/auth/email/verify', '/auth/email/verify'],
  reset_password: ['/auth/password/reset', '/auth/password/reset/complete'],
  change_email: ['/auth/email/change', '/auth/email/change/complete'],
  undo_second_factor: ['/auth/second-factors/undo', '/auth/second-factors/undo'],
}

/** Opens a link as a browser does, and reads the form of its page. */
async function openLink(purpose: LinkPurpose, token: string, jar = new Jar()): Promise<Page> {
  const [path, post] = paths[purpose]
  jar.keep(await send('GET', `${path}?token=${token}`, { cookie: jar.header }))
  const { text } = jar.keep(await send('GET', path, { cookie: jar.header }))
  const hidden = text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]+)">/g)
  const fields = Object.fromEntries([...hidden].map(([, name = '', value = '']) => [name, value]))
  return { jar, fields, post, text }
}

const submit = (
  { jar, fields, post }: Page,
  more: Record<string, string> = {},
  cookie = jar.header,
  to = send,
) =>
  to('POST', post, {
    body: new TextEncoder().encode(new URLSearchParams({ ...fields, ...more }).toString()),
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: baseUrl },
    ...(cookie === '' ? {} : { cookie }),
  })

const landsOn = ({ status, headers }: Received) => [status, headers.get('location')]
const sessionIn = (received: Received) =>
  received.headers
    .getSetCookie()
    .find((cookie) => cookie.startsWith('__Host-torii='))
    ?.split(';', 1)[0] ?? ''
const isExpired = ({ status, text }: Received) =>
  status === 401 && text.includes('This link is no longer valid')

async function requestMagicLink(email = newEmail()) {
  await send('POST', '/auth/magic-link/request', { body: { email } })
  await torii.settled()
  const { token } = await mailbox.takeOne(email, 'magic_link')
  return { email, token }
}

async function registered() {
  const email = newEmail()
  await send('POST', '/auth/password/register', { body: { email, password } })
  await torii.settled()
  const { token } = await mailbox.takeOne(email, 'verify_email')
  return { email, token }
}

async function resettable() {
  const { email } = await registered()
  await send('POST', '/auth/password/reset/request', { body: { email } })
  await torii.settled()
  const { token } = await mailbox.takeOne(email, 'reset_password')
  return { email, token }
}

const sessionsOf = async (email: string) =>
  (
    await db.query(
      'select 1 from torii.sessions s join torii.users u on u.id = s.user_id where u.email = $1',
      [email],
    )
  ).rows.length

test('B10 a double click on a magic link signs in twice with one session, and the cookie of the first answer stays good', async () => {
  const { email, token } = await requestMagicLink()
  const page = await openLink('magic_link', token)
  emitted.length = 0
  const before = page.jar.header
  const first = page.jar.keep(await submit(page))
  // The browser sends the second before it has the first answer, or after it.
  const seconds = [await submit(page, {}, before), await submit(page)]
  for (const answer of [first, ...seconds]) assert.deepEqual(landsOn(answer), [303, '/home'])
  for (const answer of seconds) assert.equal(sessionIn(answer), sessionIn(first))
  assert.equal(await sessionsOf(email), 1)
  const who = await send('GET', '/auth/session', { cookie: sessionIn(first) })
  assert.equal(who.json.user.email, email)
  await torii.settled()
  assert.deepEqual(emitted, ['user_created', 'signed_in'])
})

test('B10 64 posts of one page at once: one session; of 64 browsers: one signs in', async () => {
  const one = await requestMagicLink()
  const page = await openLink('magic_link', one.token)
  const answers = await Promise.all(Array.from({ length: 64 }, () => submit(page)))
  for (const answer of answers) assert.deepEqual(landsOn(answer), [303, '/home'])
  assert.equal(new Set(answers.map(sessionIn)).size, 1)
  assert.equal(await sessionsOf(one.email), 1)
  const other = await requestMagicLink()
  const browsers = []
  for (let index = 0; index < 64; index += 1)
    browsers.push(await openLink('magic_link', other.token))
  const outcomes = await Promise.all(browsers.map((each) => submit(each)))
  assert.equal(outcomes.filter(({ status }) => status === 303).length, 1)
  assert.equal(outcomes.filter(isExpired).length, 63)
  assert.equal(await sessionsOf(other.email), 1)
})

test('B10 a used link is invalid for another browser, without a nonce, for a program, and after a minute', async () => {
  const { token } = await requestMagicLink()
  const [page, stranger] = [
    await openLink('magic_link', token),
    await openLink('magic_link', token),
  ]
  assert.equal((await submit(page)).status, 303)
  assert.ok(isExpired(await submit(stranger)))
  for (const more of [{}, { cookie: page.jar.header }]) {
    const path = '/auth/magic-link/authenticate'
    const program = await send('POST', path, { body: { token }, ...more })
    assert.deepEqual([program.status, program.json.error], [401, 'invalid_token'])
    const body = { token, nonce: page.fields.nonce }
    const posing = await send('POST', path, { body, ...more })
    assert.deepEqual([posing.status, posing.json.field], [400, 'nonce'])
  }
  assert.equal((await submit(page)).status, 303)
  await site.elapse(61)
  assert.ok(isExpired(await submit(page)))
})

test('T10.165 what a browser or a password manager adds to the form of a link is dropped: it still signs in', async () => {
  for (const more of [{ role: 'admin' }, { 'pm-autofill': '1', userId: 'x', fields: 'y' }]) {
    const { token } = await requestMagicLink()
    const page = await openLink('magic_link', token)
    assert.deepEqual(landsOn(await submit(page, more)), [303, '/home'])
  }
})

test('T10.165 the page of a link shows the sentence of a hook that refuses, and the link stays valid', async () => {
  const { token } = await requestMagicLink()
  const page = await openLink('magic_link', token)
  const message = 'Sign-in is closed <until> noon.'
  const closed = site.with({
    mailer: mailbox.mailer,
    hooks: { beforeSignIn: () => ({ refuse: 'closed', message }) },
  })
  const refused = await submit(page, {}, undefined, browser(createHandler(closed)))
  assert.equal(refused.status, 403)
  assert.match(refused.text, /Sign-in is closed &[^;]+;until&[^;]+; noon\./)
  assert.deepEqual(landsOn(await submit(page)), [303, '/home'])
})

test('B10 after a sign-out the second submit does not bring the session back', async () => {
  const { email, token } = await requestMagicLink()
  const page = await openLink('magic_link', token)
  const before = page.jar.header
  const first = page.jar.keep(await submit(page))
  const out = await send('POST', '/auth/sign-out', { cookie: sessionIn(first) })
  assert.equal(out.status, 204)
  for (const cookie of [before, page.jar.header])
    assert.ok(isExpired(await submit(page, {}, cookie)))
  assert.equal(await sessionsOf(email), 0)
  assert.equal((await send('GET', '/auth/session', { cookie: sessionIn(first) })).status, 401)
})

test('B10 the second submit of a verification shows the success of the first, with each kind of password and without', async () => {
  for (const [fields, location, sessions] of [
    [{ password }, '/home', 1],
    [{ newPassword: another }, '/home', 1],
    [{}, '/sign-in', 0],
  ] as const) {
    const { email, token } = await registered()
    const page = await openLink('verify_email', token)
    const first = await submit(page, fields)
    const second = await submit(page, fields)
    for (const answer of [first, second]) assert.deepEqual(landsOn(answer), [303, location])
    assert.equal(sessionIn(second), sessionIn(first))
    assert.equal(await sessionsOf(email), sessions)
    // Another form of the same browser has done nothing.
    const other = await submit(page, { newPassword: 'a third one, which nothing has set' })
    assert.ok(isExpired(other), `${other.status} ${other.text}`)
    const elsewhere = await send('GET', '/auth/email/verify', { cookie: page.jar.header })
    assert.ok(isExpired(elsewhere), `${elsewhere.status} ${elsewhere.text}`)
  }
})

test('B10 the second submit of a reset shows the success of the first; another password is not silently dropped', async () => {
  const { email, token } = await resettable()
  const page = await openLink('reset_password', token)
  const [first, second] = await Promise.all([
    submit(page, { password: another }),
    submit(page, { password: another }),
  ])
  const third = await submit(page, { password: another })
  for (const answer of [first, second, third]) assert.deepEqual(landsOn(answer), [303, '/sign-in'])
  assert.ok(isExpired(await submit(page, { password: 'some other lanterns on a bridge' })))
  const signIn = await send('POST', '/auth/password/authenticate', {
    body: { email, password: another },
  })
  assert.equal(signIn.status, 200)
})

test('B10 the second submit of a change of address shows the success of the first', async () => {
  const change = browser(createHandler(open, { pages }))
  const { cookie } = await signUp(change)
  const next = newEmail()
  await change('POST', '/auth/email/change/request', { body: { email: next }, cookie })
  await open.settled()
  const { token } = await mailbox.takeOne(next, 'change_email')
  const page = await openLink('change_email', token)
  const withSession = `${page.jar.header}; ${cookie}`
  for (let turn = 0; turn < 2; turn += 1)
    assert.deepEqual(landsOn(await submit(page, {}, withSession)), [303, '/account'])
  assert.equal((await submit(page)).status, 401)
  const who = await send('GET', '/auth/session', { cookie })
  assert.equal(who.json.user.email, next)
})

test('B9 the checkbox of a reset removes passkeys and linked accounts, and nothing does it without', async () => {
  for (const removes of [true, false]) {
    const { email, token } = await resettable()
    const { rows } = await db.query<{ id: string }>(
      `update torii.users set email_verified_at = now() where email = $1 returning id`,
      [email],
    )
    const id = rows[0]?.id
    await db.query(
      `insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch)
       select 'github', $1, md5(random()::text)::uuid, id, owner_epoch from torii.users where id = $2`,
      [email, id],
    )
    const page = await openLink('reset_password', token)
    assert.match(page.text, /<input type="checkbox" name="removeOtherSignInMethods" value="true">/)
    const fields = { password: another, ...(removes ? { removeOtherSignInMethods: 'true' } : {}) }
    assert.equal((await submit(page, fields)).status, 303)
    const counted = await db.query(
      `select 1 from torii.oauth_accounts a join torii.users u on u.id = a.user_id
       where u.id = $1 and a.owner_epoch = u.owner_epoch`,
      [id],
    )
    assert.equal(counted.rows.length, removes ? 0 : 1)
  }
  const { token } = await resettable()
  for (const wrong of ['true', 1]) {
    const body = { token, password: another, removeOtherSignInMethods: wrong }
    const refused = await send('POST', '/auth/password/reset/complete', { body })
    assert.deepEqual([refused.status, refused.json.field], [400, 'removeOtherSignInMethods'])
  }
  const body = { token, password: another, removeOtherSignInMethods: true }
  assert.equal((await send('POST', '/auth/password/reset/complete', { body })).status, 204)
})

test('B14 a cookie that another host has set shows the page of an expired link, and uses nothing up', async () => {
  const [victim, attacker] = [await requestMagicLink(), await requestMagicLink()]
  const page = await openLink('magic_link', victim.token)
  const { jar } = page
  const nonce = jar.get('__Host-torii-landing')
  const tossed = `__Secure-torii-link=${attacker.token}.${newLandingNonce()}`
  const own = `__Secure-torii-link=${victim.token}.${nonce}`
  const landing = `__Host-torii-landing=${nonce}`
  for (const cookie of [
    `${tossed}; ${landing}`,
    `${tossed}; ${own}; ${landing}`,
    `${own}; ${tossed}; ${landing}`,
    `__Secure-torii-link=${attacker.token}; ${landing}`,
    `__Secure-torii-link=${victim.token}.${nonce}.${nonce}; ${landing}`,
    `${own}; ${landing}; __Host-torii-landing=${newLandingNonce()}`,
    `${own}; ${landing}; ${landing}`,
    `${own}; __Host-torii-landing=${newLandingNonce()}`,
    own,
    landing,
  ])
    assert.ok(isExpired(await send('GET', '/auth/magic-link', { cookie })), cookie)
  const shown = await send('GET', '/auth/magic-link', { cookie: `${own}; ${landing}` })
  assert.ok(shown.status === 200 && shown.text.includes(victim.email))
  for (const { token } of [victim, attacker])
    assert.ok(await torii.links.inspect('magic_link', token))
})

test('B14 a form without the nonce of the one landing cookie uses nothing up', async () => {
  const { email, token } = await requestMagicLink()
  const page = await openLink('magic_link', token)
  const nonce = page.fields.nonce ?? ''
  const landing = `__Host-torii-landing=${nonce}`
  const other = newLandingNonce()
  const attempts: readonly (readonly [fields: Record<string, string>, cookie: string])[] = [
    [{ token }, landing],
    [{ token, nonce: '' }, landing],
    [{ token, nonce: other }, landing],
    [{ token, nonce }, ''],
    [{ token, nonce }, `__Host-torii-landing=${other}`],
    [{ token, nonce }, `${landing}; __Host-torii-landing=${other}`],
    [{ token, nonce }, `__Host-torii-landing=${other}; ${landing}`],
    [{ token, nonce }, `${landing}; ${landing}`],
    [{ token, nonce: 'x' }, '__Host-torii-landing=x'],
    [{ token, nonce }, `__Secure-torii-landing=${nonce}`],
  ]
  for (const [fields, cookie] of attempts)
    assert.ok(isExpired(await submit({ ...page, fields }, {}, cookie)), JSON.stringify(fields))
  assert.equal(await sessionsOf(email), 0)
  assert.deepEqual(landsOn(await submit(page)), [303, '/home'])
})

test('B14 all tabs of a browser share a nonce; an address with markup in it is inert on the page', async () => {
  const jar = new Jar()
  const magic = await openLink('magic_link', (await requestMagicLink()).token, jar)
  const verify = await openLink('verify_email', (await registered()).token, jar)
  assert.equal(magic.fields.nonce, verify.fields.nonce)
  assert.equal((await submit(magic)).status, 303)
  assert.equal((await submit(verify, { password })).status, 303)
  const odd = `o'neil&co+<b>@example.com`.replace(/[<>]/g, '')
  const page = await openLink('magic_link', (await requestMagicLink(odd)).token)
  assert.ok(page.text.includes('o&#39;neil&#38;co+b@example.com'), page.text)
})
