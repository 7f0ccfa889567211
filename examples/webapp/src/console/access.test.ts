import assert from 'node:assert/strict'
import { test } from 'vitest'
import { refuseForeign } from '../local-only.js'
import { openConsole } from './console.test.support.js'

const site = await openConsole()
const { send, url, printed } = site
const port = new URL(url).port

test('the URL and the secret are printed on separate lines', () => {
  assert.match(printed[0] ?? '', /^Admin on http:\/\/127\.0\.0\.1:\d+$/)
  assert.match(printed[1] ?? '', /^Admin secret [\w-]{43}$/)
  assert.equal(printed.length, 2)
})

test('without a session every request is redirected to the form, and nothing is changed', async () => {
  for (const path of ['/', '/users', '/trail', '/nothing', `/users/${crypto.randomUUID()}`]) {
    const { status, headers, body } = await send(path, {
      headers: { cookie: 'torii-admin=made-up' },
    })
    assert.deepEqual([status, headers.location, body], [303, '/sign-in', ''])
  }
  const post = await send('/sign-out', { form: {} })
  assert.deepEqual([post.status, post.headers.location], [303, '/sign-in'])
  assert.match((await send('/sign-in')).body, /name="secret" type="password"/)
})

test('the secret works once, and gives a cookie that scripts and other sites cannot use', async () => {
  const secret = site.secret()
  const first = await send('/sign-in', { form: { secret: ` ${secret}\n` } })
  assert.deepEqual([first.status, first.headers.location], [303, '/'])
  const [cookie = '', ...more] = first.headers['set-cookie'] ?? []
  assert.deepEqual(more, [])
  assert.match(cookie, /^torii-admin=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
  assert.ok(!cookie.includes(secret))
  const again = await send('/sign-in', { form: { secret } })
  assert.deepEqual([again.status, again.headers['set-cookie']], [401, undefined])
  const [pair = ''] = cookie.split(';')
  assert.equal((await send('/', { headers: { cookie: `torii=x; ${pair}` } })).status, 200)
  assert.equal((await send('/', { headers: { cookie: `${pair}; ${pair}` } })).status, 303)
  const out = await send('/sign-out', { form: {}, headers: { cookie: pair } })
  assert.match(out.headers['set-cookie']?.[0] ?? '', /^torii-admin=; Max-Age=0;/)
  assert.equal((await send('/', { headers: { cookie: pair } })).status, 303)
})

test('a secret in the URL signs no one in', async () => {
  await send('/sign-in')
  const { status, headers } = await send(`/sign-in?secret=${site.secret()}`)
  assert.deepEqual([status, headers['set-cookie']], [200, undefined])
})

test('another host, origin or client is refused before the request is read', async () => {
  const { cookie } = await site.signIn()
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    '127.0.0.1:1',
    `localhost.:${port}`,
  ])
    assert.equal((await send('/', { headers: { host, cookie } })).status, 421, host)
  for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
    assert.equal((await send('/', { headers: { host, cookie } })).status, 200, host)
  for (const name of ['forwarded', 'x-forwarded-for', 'x-forwarded-host'])
    assert.equal((await send('/', { headers: { [name]: 'x', cookie } })).status, 403, name)
  for (const origin of [
    'null',
    'http://evil.example',
    'http://localhost:3000',
    `http://localhost:${port}`,
    '',
  ])
    assert.equal(
      (await send('/sign-out', { form: {}, headers: { origin, cookie } })).status,
      403,
      origin,
    )
  const bare = { 'content-type': 'application/x-www-form-urlencoded', cookie }
  assert.equal((await send('/sign-out', { method: 'POST', headers: bare })).status, 403)
  for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH'])
    assert.equal((await send('/', { method, headers: { cookie, origin: url } })).status, 405)
  assert.equal((await send('/', { headers: { cookie } })).status, 200, 'still signed in')
})

test('only short forms are accepted', async () => {
  const { cookie } = await site.signIn()
  const long = await send('/sign-out', { form: { filler: 'x'.repeat(5000) }, headers: { cookie } })
  assert.equal(long.status, 415)
  for (const type of ['application/json', 'multipart/form-data; boundary=x', 'text/plain', ''])
    assert.equal(
      (await send('/sign-out', { form: {}, headers: { cookie, 'content-type': type } })).status,
      415,
    )
  assert.equal((await send('/', { headers: { cookie } })).status, 200)
})

test('every page forbids scripts, frames and caches', async () => {
  const { cookie } = await site.signIn()
  for (const [path, headers] of [
    ['/sign-in', {}],
    ['/', { cookie }],
    ['/nothing', { cookie }],
  ] as const) {
    const answered = await send(path, { headers })
    const policy = String(answered.headers['content-security-policy'])
    for (const rule of [
      "default-src 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ])
      assert.ok(policy.includes(rule))
    assert.doesNotMatch(policy, /script-src|unsafe/)
    assert.equal(answered.headers['cache-control'], 'no-store')
    assert.equal(answered.headers['x-content-type-options'], 'nosniff')
    assert.doesNotMatch(answered.body, /<script|<style| style=| on\w+="/)
  }
  const refused = await send('/', { headers: { host: 'evil.example' } })
  assert.match(String(refused.headers['content-security-policy']), /^default-src 'none'/)
  assert.equal(refused.headers['cache-control'], 'no-store')
})

test('wrong secrets are limited; this test is last, since it pauses sign-in', async () => {
  await send('/sign-in')
  const statuses: number[] = []
  for (let tries = 0; tries < 6; tries += 1)
    statuses.push((await send('/sign-in', { form: { secret: 'wrong' } })).status)
  assert.deepEqual(statuses, [401, 401, 401, 401, 429, 429])
  const right = await send('/sign-in', { form: { secret: site.secret() } })
  assert.deepEqual([right.status, right.headers['retry-after']], [429, '60'])
  const before = printed.length
  await send('/sign-in')
  assert.equal(printed.length, before)
})

test('another computer is refused even when it can reach the server', () => {
  const from = (remoteAddress: string | undefined) =>
    refuseForeign(
      { method: 'GET', socket: { remoteAddress }, headers: { host: `127.0.0.1:${port}` } },
      Number(port),
    )
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) assert.equal(from(address), null)
  for (const address of ['192.0.2.1', '10.0.0.1', '::ffff:192.0.2.1', 'fe80::1', undefined])
    assert.equal(from(address)?.[0], 403)
})
