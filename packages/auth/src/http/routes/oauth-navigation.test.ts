import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import { workProvider } from '../../oauth-client/provider-client.test.support.js'
import { startOwnProvider } from '../../services/oauth/own-provider.test.support.js'
import { unreachable } from '../../services/oauth/unreachable.test.support.js'
import { openTestSite } from '../../test/site.test.support.js'
import { createHandler } from '../index.js'
import { browser } from '../test/client.test.support.js'
import { startAt } from '../test/oauth-flow.test.support.js'

// What a browser sees at the links to a provider: a prefetch does nothing, and a refusal is a page.

const server = await startOwnProvider()
const site = await openTestSite({
  bruteForce: { starts: { cap: 2 } },
  mail: { appName: 'Shop & <Co>' },
  oauth: {
    providers: [
      workProvider(server.origin),
      workProvider(await unreachable(), { name: 'down' }),
      { ...workProvider(server.origin, { name: 'posting' }), responseMode: 'form_post' },
    ],
  },
})
const send = browser(createHandler(site.torii, { pages: { signIn: '/sign-in' } }))
const start = '/auth/oauth/work/start'
const navigating = { 'sec-fetch-mode': 'navigate', accept: 'text/html' }
let addresses = 0
const newIp = () => `198.51.100.${++addresses}`

describe('a prefetch', () => {
  for (const purpose of [
    { 'sec-purpose': 'prefetch' },
    { 'sec-purpose': 'prefetch;prerender' },
    { purpose: 'prefetch' },
  ])
    for (const path of [
      start,
      '/auth/oauth/nobody/start',
      '/auth/oauth/work/callback?code=x&state=y',
    ])
      test(`of ${path} with ${JSON.stringify(purpose)} gets 503 and no-store, sends no statement and sets nothing`, async () => {
        const ip = newIp()
        const sent = { headers: { ...navigating, ...purpose }, ip }
        const { result, statements } = await site.counted(() => send('GET', path, sent))
        assert.equal(statements, 0)
        assert.equal(result.status, 503)
        assert.equal(result.headers.get('cache-control'), 'no-store')
        assert.deepEqual(result.headers.getSetCookie(), [])
        assert.equal(result.headers.get('location'), null)
      })

  test('counts nothing: any number of them leaves the allowance of the IP address', async () => {
    const ip = newIp()
    for (let sent = 0; sent < 10; sent += 1)
      await send('GET', start, { headers: { 'sec-purpose': 'prefetch' }, ip })
    assert.equal((await send('GET', start, { ip })).status, 303)
    assert.equal((await send('GET', start, { ip })).status, 303)
    assert.equal((await send('GET', start, { ip })).status, 429)
  })

  test('of a callback leaves its state', async () => {
    const { parameters, cookie } = await startAt(send, 'work')
    const path = `/auth/oauth/work/callback?error=access_denied&state=${parameters.get('state')}`
    await send('GET', path, { cookie, headers: { 'sec-purpose': 'prefetch;prerender' } })
    const returned = await send('GET', path, { cookie })
    assert.equal(returned.headers.get('location'), '/?error=declined')
  })
})

describe('a browser that navigates sees a refusal as a page', () => {
  const isPage = (answer: Awaited<ReturnType<typeof send>>, status: number, message: string) => {
    assert.equal(answer.status, status)
    assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.match(answer.headers.get('content-security-policy') ?? '', /^default-src 'none'/)
    assert.ok(answer.text.includes(message), answer.text)
    assert.ok(answer.text.includes('<a href="/sign-in">Back to Shop &#38; &#60;Co&#62;</a>'))
    assert.ok(!answer.text.includes('"error"'))
    assert.deepEqual(answer.headers.getSetCookie(), [])
  }

  test('too many starts, with Retry-After', async () => {
    const ip = newIp()
    for (let sent = 0; sent < 2; sent += 1) await send('GET', start, { ip })
    const refused = await send('GET', start, { ip, headers: navigating })
    isPage(refused, 429, 'Too many attempts.')
    assert.equal(refused.headers.get('retry-after'), '600')
    const json = await send('GET', start, { ip })
    assert.deepEqual([json.status, json.json.error], [429, 'too_many_attempts'])
    assert.equal(json.headers.get('retry-after'), '600')
  })

  test('a provider that is unknown or cannot be reached', async () => {
    const sent = { headers: navigating, ip: newIp() }
    isPage(await send('GET', '/auth/oauth/nobody/start', sent), 404, 'Not found.')
    isPage(await send('GET', '/auth/oauth/down/start', sent), 502, 'The provider is unavailable.')
    isPage(await send('GET', '/auth/oauth/nobody/callback', sent), 404, 'Not found.')
    isPage(
      await send('GET', start, { headers: { ...navigating, 'sec-purpose': 'prefetch' } }),
      503,
      'prefetched',
    )
  })

  test('a post of a provider that is refused', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded', ...navigating }
    const sent = { body: 'code=x', headers: form }
    isPage(await send('POST', '/auth/oauth/work/callback', sent), 404, 'Not found.')
    const wrong = { body: 'x', headers: { ...form, 'content-type': 'text/plain' } }
    isPage(await send('POST', '/auth/oauth/posting/callback', wrong), 415, '')
  })

  test('a database that cannot be reached', async () => {
    const closed = await openTestSite({ oauth: { providers: [workProvider(server.origin)] } })
    await closed.storage.close()
    const sendClosed = browser(createHandler(closed.torii, { pages: { signIn: '/sign-in' } }))
    const answer = await sendClosed('GET', start, { headers: navigating })
    assert.equal(answer.status, 503)
    assert.ok(answer.text.includes('temporarily unavailable'))
  })

  test('a program gets JSON, also when a page of the site calls it', async () => {
    for (const headers of [{}, { accept: 'application/json' }, { 'sec-fetch-mode': 'cors' }]) {
      const answer = await send('GET', '/auth/oauth/nobody/start', { headers })
      assert.deepEqual([answer.status, answer.json.error], [404, 'not_found'])
    }
  })

  test('in its language, and in that of a renderer', async () => {
    const headers = { ...navigating, 'accept-language': 'de-CH' }
    const sent = { headers, ip: newIp() }
    const page = await send('GET', '/auth/oauth/down/start', sent)
    assert.equal(page.status, 502)
    assert.match(page.text, /<html lang="de">[\s\S]*<h1>Anmeldung fehlgeschlagen<\/h1>/)
    assert.match(page.text, /Der Anbieter ist nicht erreichbar\. Versuchen/)
    assert.match(page.text, /<a href="\/sign-in">Zurück zu Shop &#38; &#60;Co&#62;<\/a>/)
    const own = browser(
      createHandler(site.torii, {
        renderPage: (view) => ('back' in view ? `${view.kind}: ${view.message}` : null),
      }),
    )
    const rendered = await own('GET', '/auth/oauth/down/start', sent)
    assert.equal(rendered.status, 502)
    assert.match(rendered.text, /^error: Der Anbieter ist nicht erreichbar\./)
  })
})
