import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { URI } from 'otpauth'
import { describe, test, vi } from 'vitest'
import { accountPaths } from './account/paths.js'
import { startTestApplication, testKeys } from './application.test.support.js'

describe('pages', async () => {
  const site = await startTestApplication()
  const cookie = await site.signUp({ email: 'ada@example.com', name: '<script>alert(1)</script>' })
  const open = ['/', '/register', '/sign-in', '/sign-in/mail', '/forgot-password', '/mailbox']

  test('without a session, pages lead to sign-in, and account pages redirect to it', async () => {
    for (const path of open) {
      const { status, text } = await site.get(path)
      assert.equal(status, 200, path)
      assert.match(text, /^<!doctype html>[\s\S]*<main id="content"[\s\S]*<h1/, path)
    }
    for (const path of accountPaths) {
      const { status, headers } = await site.get(path)
      assert.equal(status, 303)
      assert.equal(headers.get('location'), `/sign-in?to=${encodeURIComponent(path)}`)
    }
  })

  test('with a session, account pages show the account, and other pages redirect to it', async () => {
    for (const path of accountPaths) {
      const { status, text, headers } = await site.get(path, { cookie })
      assert.equal(status, 200, path)
      assert.match(text, /ada@example\.com/)
      assert.match(text, new RegExp(`<a href="${path}" aria-current="page">`))
      assert.equal(headers.get('cache-control'), 'no-store')
    }
    for (const path of ['/', '/register', '/sign-in', '/sign-in/mail', '/forgot-password'])
      assert.equal((await site.get(path, { cookie })).headers.get('location'), '/account', path)
  })

  test('every id is on its page once, so that buttons open their dialogs', async () => {
    for (const path of [...open, ...accountPaths]) {
      const own = open.includes(path) ? {} : { cookie }
      const { text } = await site.get(path, own)
      const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)
      assert.equal(new Set(ids).size, ids.length, `${path}: ${ids.sort()}`)
      for (const [, id = ''] of text.matchAll(/ data-open="([^"]*)"/g))
        assert.match(text, new RegExp(`<dialog id="${id}"`))
    }
  })

  test('a name with markup is shown as text', async () => {
    for (const path of accountPaths) {
      const { text } = await site.get(path, { cookie })
      assert.ok(text.includes('&lt;script&gt;alert(1)&lt;/script&gt;'), path)
      assert.ok(!text.includes('<script>alert'), path)
    }
  })

  test('the only inline script is the import map, which the policy allows by its hash', async () => {
    for (const path of [...open, '/nothing']) {
      const { text, headers } = await site.get(path)
      const inline = [...text.matchAll(/<script(?![^>]*\bsrc=)[^>]*>([\s\S]*?)<\/script>/g)]
      const [importMap = ''] = inline.map(([, content]) => content)
      assert.equal(inline.length, 1, path)
      const hash = createHash('sha256').update(importMap).digest('base64')
      const policy = headers.get('content-security-policy') ?? ''
      assert.match(policy, /^default-src 'none'; script-src 'self' 'sha256-/)
      assert.ok(policy.includes(`'self' 'sha256-${hash}'`), path)
      assert.ok(!policy.includes('unsafe'), policy)
      for (const rule of [
        "style-src 'self'",
        "frame-src 'self'",
        "trusted-types 'none'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
      ])
        assert.ok(policy.split('; ').includes(rule), `${path}: ${rule}`)
      assert.doesNotMatch(text, /\sstyle=|<style|\son[a-z]+=|javascript:/i, path)
      assert.equal(headers.get('x-frame-options'), 'DENY')
    }
  })

  test('every module that the page loads is served, and no other file of its folders', async () => {
    const { text } = await site.get('/')
    const { imports } = JSON.parse(/<script type="importmap">(.*?)<\/script>/.exec(text)?.[1] ?? '')
    const [app = ''] = /\/assets\/[^"]*app\.js/.exec(text) ?? []
    const wanted = [app, ...Object.values<string>(imports)]
    const seen = new Set<string>()
    for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      const module = await site.get(path)
      assert.equal(module.status, 200, path)
      assert.match(module.headers.get('content-type') ?? '', /^text\/javascript/)
      assert.match(module.headers.get('cache-control') ?? '', /immutable/)
      assert.equal(module.headers.get('x-content-type-options'), 'nosniff')
      for (const [, from = ''] of module.text.matchAll(/(?:from|import) '(\.[^']+)'/g))
        wanted.push(new URL(from, `http://site${path}`).pathname)
    }
    assert.ok(seen.size > 20, `${seen.size} modules`)
    const base = app.replace('/app.js', '')
    for (const path of ['/package.json', '/../package.json', '/torii-auth/index.d.ts', '/', ''])
      assert.equal((await site.get(base + path)).status, 404, path)
    assert.equal((await site.get('/assets/0000000000000000/app.js')).status, 404)
  })

  test('the security page shows the second factor, which then confirms sensitive changes', async () => {
    const own = await site.signUp({ email: 'grace@example.com' })
    const before = await site.get('/account/security', { cookie: own })
    assert.match(before.text, /data-action="start-totp">[\s\S]*?Turn on two-factor authentication/)
    assert.match(before.text, /id="reauthenticate-password"/)
    assert.doesNotMatch(before.text, /id="trusted-browsers"/)
    const started = await site.send('POST', 'second-factors/totp/start', null, own)
    const { uri, qr } = JSON.parse(started.text)
    assert.match(qr, /^<svg/)
    assert.match(
      before.headers.get('content-security-policy') ?? '',
      /img-src 'self' https: blob:;/,
    )
    const code = URI.parse(uri).generate()
    const confirmed = await site.send('POST', 'second-factors/totp/confirm', { code }, own)
    assert.equal(confirmed.status, 201, confirmed.text)
    const { cookie: now } = confirmed
    const after = await site.get('/account/security', { cookie: now })
    assert.match(after.text, /Authenticator app<span class="badge good">On<[\s\S]*10 of 10 left/)
    assert.match(after.text, /data-action="reauthenticate-code"/)
    assert.match(after.text, /id="trusted-browsers"[\s\S]*for 30 days\./)
    assert.match(after.text, /data-action="remove-totp"/)
    assert.doesNotMatch(after.text, /id="reauthenticate-password"/)
    assert.match((await site.get('/account/sessions', { cookie: now })).text, /<dd>Two factors</)
    assert.match((await site.get('/account/sessions', { cookie })).text, /<dd>One factor</)
  })

  test('the security page says until when a second factor is due, and that it cannot be turned off', async () => {
    const perUser = await startTestApplication({ SECOND_FACTOR: 'per-user' })
    const own = await perUser.signUp({ email: 'grace@example.com' })
    const page = async (as: string) => (await perUser.get('/account/security', { cookie: as })).text
    assert.doesNotMatch(await page(own), /Required/)
    const askFrom = (time: string) =>
      perUser.db.query(`update torii.users set second_factor_required_at = ${time}`)
    await askFrom("'2100-01-02'")
    assert.match(await page(own), /Set it up until January 2, 2100\. After that, you need it/)
    const started = await perUser.send('POST', 'second-factors/totp/start', null, own)
    const code = URI.parse(JSON.parse(started.text).uri).generate()
    const confirmed = await perUser.send('POST', 'second-factors/totp/confirm', { code }, own)
    const on = await page(confirmed.cookie)
    assert.match(on, /data-action="remove-totp"/)
    assert.doesNotMatch(on, /Set it up until|id="trusted-browsers"/)
    await askFrom('now()')
    const due = await page(confirmed.cookie)
    assert.match(due, /Your account needs it, so you cannot turn it off\./)
    assert.doesNotMatch(due, /data-action="remove-totp"/)
  })

  test('a mail is shown as its HTML, in a frame without scripts, whose links leave the frame', async () => {
    const { text } = await site.get('/mailbox')
    const [frame = '', path = ''] = /<iframe src="(\/mailbox\/[^"]+)"[^>]*>/.exec(text) ?? []
    assert.match(frame, / sandbox="allow-top-navigation-by-user-activation"/)
    const mail = await site.get(path)
    assert.equal(mail.status, 200)
    assert.match(mail.text, /<head><base target="_top">[\s\S]*<table role="presentation"/)
    const policy = mail.headers.get('content-security-policy')?.split('; ') ?? []
    for (const rule of ["default-src 'none'", "frame-ancestors 'self'", "base-uri 'none'"])
      assert.ok(policy.includes(rule), rule)
    assert.equal(policy.at(-1), 'sandbox allow-top-navigation-by-user-activation')
    assert.equal((await site.get('/mailbox/no-such-mail')).status, 404)
  })

  test('password managers find the security page', async () => {
    const change = await site.get('/.well-known/change-password')
    assert.equal(change.headers.get('location'), `${site.url}/account/security`)
    const page = `${site.url}/account/security`
    const endpoints = JSON.parse((await site.get('/.well-known/passkey-endpoints')).text)
    assert.deepEqual(endpoints, { enroll: page, manage: page })
  })

  test('deleting the account asks for the email address, and a connected provider is not offered', async () => {
    const { text } = await site.get('/account/data', { cookie })
    assert.match(text, /data-action="delete-account"[\s\S]*data-expect="ada@example\.com"/)
    const { text: security } = await site.get('/account/security', { cookie })
    assert.match(security, /aria-label="Connect Local provider"/)
    await site.db.query(
      `insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch, created_at, last_used_at)
       select 'local', 'x', gen_random_uuid(), id, owner_epoch, now(), now() from torii.users where email = 'ada@example.com'`,
    )
    const { text: after } = await site.get('/account/security', { cookie })
    assert.match(after, /Local provider<span class="badge good">Connected</)
    assert.doesNotMatch(after, /aria-label="Connect Local provider"/)
  })

  test('a message in the URL is looked up, never shown as it is', async () => {
    assert.match(
      (await site.get('/sign-in?error=declined')).text,
      /You canceled the sign-in at the provider/,
    )
    assert.match((await site.get('/sign-in?notice=ready')).text, /You can sign in now/)
    const { text } = await site.get('/sign-in?error=%3Cb%3Eyou%20won&notice=%3Cb%3Eyou%20won')
    assert.match(text, /Sign-in failed/)
    assert.doesNotMatch(text, /you won/)
  })

  test('after sign-in the user goes to a page of the account, and nowhere else', async () => {
    const { text } = await site.get('/sign-in?to=/account/sessions')
    assert.match(text, /data-to="\/account\/sessions"/)
    assert.match(text, /oauth\/local\/start\?redirectTo=%2Faccount%2Fsessions/)
    for (const to of ['https://evil.example', '//evil.example', '/account/../x', 'javascript:1'])
      assert.match(
        (await site.get(`/sign-in?to=${encodeURIComponent(to)}`)).text,
        /data-to="\/account"/,
        to,
      )
  })

  test('an error while linking an account is shown on the page with the accounts', async () => {
    const { headers } = await site.get('/sign-in?error=already_exists', { cookie })
    const location = headers.get('location') ?? ''
    assert.equal(location, '/account/security?error=already_exists')
    assert.match(
      (await site.get(location, { cookie })).text,
      /already connected to another account/,
    )
  })

  test('a form without JavaScript is refused, and its input is not repeated', async () => {
    const { status, text } = await site.post('/sign-in', 'email=a%40example.com&password=typed')
    assert.equal(status, 405)
    assert.match(text, /JavaScript required/)
    assert.doesNotMatch(text, /typed/)
    const { text: form } = await site.get('/sign-in')
    for (const [tag] of form.matchAll(/<form[^>]*>/g)) assert.match(tag, /method="post"/)
  })

  test('a page that fails is 503 without details', async () => {
    const logged = vi.spyOn(console, 'error').mockReturnValue(undefined)
    await site.db.query('alter table torii.sessions rename to elsewhere')
    try {
      const { status, text } = await site.get('/account', { cookie })
      assert.equal(status, 503)
      assert.match(text, /Temporarily unavailable/)
      assert.doesNotMatch(text, /sessions|relation|Error/)
      assert.ok(logged.mock.calls.length > 0)
    } finally {
      await site.db.query('alter table torii.elsewhere rename to sessions')
    }
    assert.equal((await site.get('/account', { cookie })).status, 200)
  })

  test('an unknown page is 404 in the same frame', async () => {
    const { status, text } = await site.get('/nothing/%3Cscript%3E')
    assert.equal(status, 404)
    assert.match(text, /Page not found/)
  })
})

test('a public site without mail offers nothing that needs mail', async () => {
  const environment = { BASE_URL: 'https://app.example', TORII_KEYS: testKeys }
  const site = await startTestApplication(environment)
  const { text, headers } = await site.get('/sign-in')
  assert.equal(headers.get('strict-transport-security'), 'max-age=31536000')
  assert.doesNotMatch(text, /forgot-password|sign-in\/mail|mailbox|oauth/)
  const person = { email: 'ada@example.com', password: 'seven lanterns at the gate' }
  const registered = await site.send('POST', 'password/register', person)
  assert.equal(registered.status, 201)
  assert.match(registered.cookie, /^__Host-torii=/)
  const { text: security } = await site.get('/account/security', { cookie: registered.cookie })
  assert.match(security, /This site sends no email/)
  assert.match(security, /Not verified/)
  assert.doesNotMatch(security, /data-open="change-email"|data-action="request-own-verification"/)
})
