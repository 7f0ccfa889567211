import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import { startTestApplication, testKeys } from './application.test.support.js'
import type { RequestOrigin } from './local-only.js'
import { mayHaveMailbox, mayReadMailbox } from './local-only.js'

test('a site has a mailbox only when its base URL and its bound IP address are on this computer', () => {
  assert.equal(mayHaveMailbox('http://localhost:3000', '127.0.0.1'), true)
  assert.equal(mayHaveMailbox('https://[::1]', '::1'), true)
  for (const baseUrl of [
    'https://app.example',
    'https://localhost.example',
    'https://127.0.0.1.example',
  ])
    assert.equal(mayHaveMailbox(baseUrl, '127.0.0.1'), false, baseUrl)
  for (const address of ['0.0.0.0', '::', '192.0.2.7', '::ffff:192.0.2.7', 'fe80::1'])
    assert.equal(mayHaveMailbox('http://localhost:3000', address), false, address)
})

const requestFrom = (
  remoteAddress: string | undefined,
  host: string | undefined,
  more = {},
): RequestOrigin => ({
  socket: { remoteAddress },
  headers: { host, ...more },
})

test('only this computer can read the mailbox', () => {
  for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])
    assert.equal(mayReadMailbox(requestFrom(address, 'localhost:3000')), true, address)
  for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1', '10.0.0.1', '', undefined])
    assert.equal(mayReadMailbox(requestFrom(address, 'localhost:3000')), false, address)
})

test('the mailbox can be read by a name of localhost only, since any site can point a name at 127.0.0.1', () => {
  for (const host of ['localhost', 'localhost:3000', '127.0.0.1:3000', '[::1]:3000', 'LOCALHOST'])
    assert.equal(mayReadMailbox(requestFrom('127.0.0.1', host)), true, host)
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    'localhost:3000@evil.example',
    'localhost:x',
    '127.0.0.1.evil.example',
    '',
    undefined,
  ])
    assert.equal(mayReadMailbox(requestFrom('127.0.0.1', host)), false, host)
})

test('the mailbox cannot be read through a proxy that sends its headers', () => {
  const forwarded = { 'x-forwarded-for': '192.0.2.7' }
  assert.equal(mayReadMailbox(requestFrom('127.0.0.1', 'localhost', forwarded)), false)
  assert.equal(mayReadMailbox(requestFrom('127.0.0.1', 'localhost', { forwarded: 'for=x' })), false)
})

describe('over a running site', async () => {
  test('the mailbox exists on localhost, and not for another Host', async () => {
    const site = await startTestApplication()
    assert.equal((await site.get('/mailbox')).status, 200)
    assert.match((await site.get('/')).text, /href="\/mailbox"/)
    const foreign = { headers: { host: 'evil.example' } }
    assert.equal((await site.get('/mailbox', foreign)).status, 404)
    assert.doesNotMatch((await site.get('/', foreign)).text, /mailbox/)
    const relayed = { headers: { 'x-forwarded-for': '::1' } }
    assert.equal((await site.get('/mailbox', relayed)).status, 404)
    await site.signUp({ email: 'ada@example.com' })
    const [, message = ''] =
      /src="(\/mailbox\/[^"]+)"/.exec((await site.get('/mailbox')).text) ?? []
    assert.equal((await site.get(message)).status, 200)
    for (const refused of [foreign, relayed])
      assert.equal((await site.get(message, refused)).status, 404)
  })

  test('the mailbox does not exist on a public HOST, with SMTP_URL, or with a public base URL', async () => {
    const sites: Record<string, string>[] = [
      { HOST: '0.0.0.0', BASE_URL: 'http://localhost:1' },
      { SMTP_URL: 'smtp://127.0.0.1:1' },
      { BASE_URL: 'https://app.example', TORII_KEYS: testKeys },
    ]
    for (const environment of sites) {
      const site = await startTestApplication(environment)
      const host = { headers: { host: 'localhost' } }
      assert.equal((await site.get('/mailbox', host)).status, 404, JSON.stringify(environment))
    }
  })
})
