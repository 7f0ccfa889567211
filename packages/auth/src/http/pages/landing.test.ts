import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'vitest'
import { newLandingNonce } from '../../services/links/landing-form.js'
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
const site = await openTestSite({ mailer: mailbox.mailer })
const open = site.with({ mailer: mailbox.mailer, requireVerifiedEmail: false })
const { torii, db } = site
const handler = createHandler(torii, {
  pages: { signedIn: '/home', signIn: '/sign-in', account: '/account' },
})
const send = browser(handler)
const another = 'twelve lanterns on a rainy bridge'

async function mailed(kind: 'magic_link' | 'verify_email' | 'reset_password', email = newEmail()) {
  if (kind === 'magic_link') await send('POST', '/auth/magic-link/request', { body: { email } })
  else {
    assert.equal(
      (await send('POST', '/auth/password/register', { body: { email, password } })).status,
      202,
    )
    await torii.settled()
    if (kind === 'reset_password') {
      await mailbox.take(email)
      await send('POST', '/auth/password/reset/request', { body: { email } })
    }
  }
  await torii.settled()
  return { email, ...(await mailbox.takeOne(email, kind)) }
}

/** Opens the link as a browser does: follows the 303 with the cookie it set. */
async function openLink(path: string, token: string, cookie = '') {
  const first = await send('GET', `${path}?token=${token}`, cookie === '' ? {} : { cookie })
  assert.equal(first.status, 303)
  assert.equal(first.headers.get('location'), path)
  const set = first.headers.getSetCookie().map((one) => one.split(';', 1)[0] ?? '')
  const carried = [cookie, ...set].filter((one) => one !== '').join('; ')
  return { first, page: await send('GET', path, { cookie: carried }) }
}

/** Posts the form of a page, with the nonce that the page and the browser hold. */
function form(path: string, fields: Record<string, string>, cookie = '', origin = baseUrl) {
  const nonce = newLandingNonce()
  return send('POST', path, {
    body: new TextEncoder().encode(new URLSearchParams({ ...fields, nonce }).toString()),
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin },
    cookie: [`__Host-torii-landing=${nonce}`, cookie].filter((one) => one !== '').join('; '),
  })
}

function assertSafePage({ headers, text }: Received) {
  assert.match(
    headers.get('content-security-policy') ?? '',
    /^default-src 'none'; style-src 'sha256-/,
  )
  assert.equal(headers.get('referrer-policy'), 'same-origin')
  assert.equal(headers.get('cache-control'), 'no-store')
  assert.ok(!/style="|onclick|href="http/i.test(text))
  // The one script there is, where there is a password field, is the one that the policy allows.
  const scripts = [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map(([, code]) => code)
  assert.equal(scripts.length, /type="password"/.test(text) ? 1 : 0)
  const allowed = /script-src 'sha256-([^']+)'/.exec(headers.get('content-security-policy') ?? '')
  assert.equal(
    allowed?.[1],
    scripts[0] === undefined ? undefined : createHash('sha256').update(scripts[0]).digest('base64'),
  )
}

test('V14.2.1 a link leaves the URL at once, shows whom it is about, and acts only by its button', async () => {
  const { email, token } = await mailed('magic_link')
  const { first, page } = await openLink('/auth/magic-link', token)
  const [setCookie = ''] = first.headers.getSetCookie()
  assert.match(setCookie, /Path=\/auth\/magic-link; .*HttpOnly; SameSite=Lax; Secure/)
  assert.equal(page.status, 200)
  assertSafePage(page)
  assert.ok(page.text.includes(`<strong>${email}</strong>`) && !page.text.includes('•'))
  const done = await form('/auth/magic-link/authenticate', { token })
  assert.deepEqual([done.status, done.headers.get('location')], [303, '/home'])
  const [session = '', cleared = ''] = done.headers.getSetCookie()
  assert.match(cleared, /^__Secure-torii-link=; Path=\/auth\/magic-link; Max-Age=0; /)
  const who = await send('GET', '/auth/session', { cookie: session.split(';')[0] ?? '' })
  assert.equal(who.json.user.email, email)
})

test('T10.112 a scanner that opens a link ten times, by GET and HEAD, uses nothing up', async () => {
  const { token } = await mailed('magic_link')
  for (let time = 0; time < 5; time += 1) {
    await openLink('/auth/magic-link', token)
    await send('HEAD', `/auth/magic-link?token=${token}`)
  }
  assert.equal(
    (await send('POST', '/auth/magic-link/authenticate', { body: { token } })).status,
    200,
  )
})

test('used, unknown and expired links show the same page with status 401', async () => {
  const { token } = await mailed('magic_link')
  await send('POST', '/auth/magic-link/authenticate', { body: { token } })
  const used = (await openLink('/auth/magic-link', token)).page
  const unknown = (await openLink('/auth/magic-link', 'no-token')).page
  const none = await send('GET', '/auth/magic-link')
  const late = await mailed('magic_link')
  await db.query(`update torii.magic_links set expires_at = now() - interval '1 second'`)
  const expired = (await openLink('/auth/magic-link', late.token)).page
  for (const page of [used, unknown, none, expired]) {
    assert.equal(page.status, 401)
    assertSafePage(page)
    assert.equal(page.text, used.text)
  }
})

test('T10.118 what is not a token never reaches a cookie or a page', async () => {
  const evil = encodeURIComponent('"><script>alert(1)</script>\r\nset-cookie: a=b')
  const first = await send('GET', `/auth/email/verify?token=${evil}`)
  assert.equal(first.status, 303)
  assert.match(first.headers.getSetCookie()[0] ?? '', /^__Secure-torii-link=; /)
  const shown = await form('/auth/email/verify', { token: '"><script>alert(1)</script>' })
  assert.equal(shown.status, 401)
  assert.ok(!shown.text.includes('<script>'))
})

test('T10.111 the button of a foreign page is refused and changes nothing', async () => {
  const { token } = await mailed('magic_link')
  for (const origin of ['https://evil.example', 'null'])
    assert.equal((await form('/auth/magic-link/authenticate', { token }, '', origin)).status, 403)
  assert.equal((await form('/auth/magic-link/authenticate', { token })).status, 303)
})

test('a verification with the password signs in; a wrong one changes nothing; a new one is a step of its own', async () => {
  const one = await mailed('verify_email')
  const { page } = await openLink('/auth/email/verify', one.token)
  assertSafePage(page)
  const [first = '', second = ''] = page.text.match(/<form[\s\S]*?<\/form>/g) ?? []
  assert.match(
    first,
    /name="password" type="password" autocomplete="current-password"[^>]* required/,
  )
  assert.match(
    second,
    /name="newPassword" type="password" autocomplete="new-password"[^>]* required/,
  )
  assert.ok(page.text.indexOf('<details>') < page.text.indexOf(second))
  assert.equal(page.text.match(/<button type="button" hidden data-toggles=/g)?.length, 2)
  const wrong = await form('/auth/email/verify', { token: one.token, password: another })
  assert.equal(wrong.status, 401)
  assertSafePage(wrong)
  assert.match(wrong.text, /role="alert">Incorrect password\./)
  assert.equal(wrong.headers.getSetCookie().length, 0)
  const signedIn = await form('/auth/email/verify', { token: one.token, password })
  assert.deepEqual([signedIn.status, signedIn.headers.get('location')], [303, '/home'])
  assert.ok(signedIn.headers.getSetCookie().some((cookie) => cookie.startsWith('__Host-torii=')))
  const two = await mailed('verify_email')
  const replaced = await form('/auth/email/verify', { token: two.token, newPassword: another })
  assert.deepEqual([replaced.status, replaced.headers.get('location')], [303, '/home'])
  const credentials = { email: two.email, password: another }
  assert.equal(
    (await send('POST', '/auth/password/authenticate', { body: credentials })).status,
    200,
  )
  const three = await mailed('verify_email')
  const verified = await form('/auth/email/verify', { token: three.token })
  assert.deepEqual([verified.status, verified.headers.get('location')], [303, '/sign-in'])
})

test('a rejected password shows the page again with the reason, and the link stays valid', async () => {
  const { token } = await mailed('reset_password')
  const refused = await form('/auth/password/reset/complete', { token, password: 'short' })
  assert.equal(refused.status, 422)
  assertSafePage(refused)
  assert.match(refused.text, /role="alert">Use at least 15 characters/)
  const done = await form('/auth/password/reset/complete', { token, password: another })
  assert.deepEqual([done.status, done.headers.get('location')], [303, '/sign-in'])
})

test('the page of an email change shows the former address masked and the new one in full, and the change needs the session that requested it', async () => {
  const page = browser(createHandler(open, { pages: { account: '/account' } }))
  const { email, cookie } = await signUp(page)
  const next = newEmail()
  assert.equal(
    (await page('POST', '/auth/email/change/request', { body: { email: next }, cookie })).status,
    202,
  )
  await open.settled()
  const { token } = await mailbox.takeOne(next, 'change_email')
  const { page: shown } = await openLink('/auth/email/change', token)
  assert.ok(!shown.text.includes(email))
  assert.ok(
    shown.text.includes(`from <strong>p•••@example.com</strong><br>to <strong>${next}</strong>`),
  )
  const signedOut = await form('/auth/email/change/complete', { token })
  assert.equal(signedOut.status, 401)
  const done = await form('/auth/email/change/complete', { token }, cookie)
  assert.deepEqual([done.status, done.headers.get('location')], [303, '/account'])
  assert.equal((await page('GET', '/auth/session', { cookie })).json.user.email, next)
})

test('T3.53 an application’s name with markup in it is inert on the page', async () => {
  const named = site.with({
    mailer: mailbox.mailer,
    mail: { appName: '<img src=x onerror=alert(1)>' },
  })
  const answer = await browser(createHandler(named))('GET', '/auth/magic-link')
  assert.ok(!answer.text.includes('<img'))
})
