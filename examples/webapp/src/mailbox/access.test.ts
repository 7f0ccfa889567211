import assert from 'node:assert/strict'
import { describe, test } from 'vitest'
import { startTestApplication, testKeys } from '../application.test.support.js'
import type { Asking } from '../loopback.js'
import { mayHaveMailbox, mayReadMailbox } from './access.js'

test('a site has a mailbox only where its base URL and its bound address are of this machine', () => {
  const local = { baseUrl: 'http://localhost:3000', boundAddress: '127.0.0.1' }
  assert.equal(mayHaveMailbox(local), true)
  assert.equal(mayHaveMailbox({ baseUrl: 'https://[::1]', boundAddress: '::1' }), true)
  for (const baseUrl of [
    'https://app.example',
    'https://localhost.example',
    'https://127.0.0.1.example',
  ])
    assert.equal(mayHaveMailbox({ ...local, baseUrl }), false, baseUrl)
  for (const boundAddress of ['0.0.0.0', '::', '192.0.2.7', '::ffff:192.0.2.7', 'fe80::1'])
    assert.equal(mayHaveMailbox({ ...local, boundAddress }), false, boundAddress)
})

const actor = (remoteAddress: string | undefined, host: string | undefined, more = {}): Asking => ({
  socket: { remoteAddress },
  headers: { host, ...more },
})

test('the mailbox is read from this machine only', () => {
  for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1'])
    assert.equal(mayReadMailbox(actor(address, 'localhost:3000')), true, address)
  for (const address of ['192.0.2.7', '::ffff:192.0.2.7', '2001:db8::1', '10.0.0.1', '', undefined])
    assert.equal(mayReadMailbox(actor(address, 'localhost:3000')), false, address)
})

test('the mailbox is read by a name of this machine only: a foreign name may lead here too', () => {
  for (const host of ['localhost', 'localhost:3000', '127.0.0.1:3000', '[::1]:3000', 'LOCALHOST'])
    assert.equal(mayReadMailbox(actor('127.0.0.1', host)), true, host)
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    'localhost:3000@evil.example',
    'localhost:x',
    '127.0.0.1.evil.example',
    '',
    undefined,
  ])
    assert.equal(mayReadMailbox(actor('127.0.0.1', host)), false, host)
})

test('the mailbox is not read through a proxy that says so', () => {
  const forwarded = { 'x-forwarded-for': '192.0.2.7' }
  assert.equal(mayReadMailbox(actor('127.0.0.1', 'localhost', forwarded)), false)
  assert.equal(mayReadMailbox(actor('127.0.0.1', 'localhost', { forwarded: 'for=x' })), false)
})

describe('over a running site', async () => {
  test('it is there on localhost, and for a foreign Host it is not', async () => {
    const site = await startTestApplication()
    assert.equal((await site.get('/mailbox')).status, 200)
    assert.match((await site.get('/')).text, /href="\/mailbox"/)
    const foreign = { headers: { host: 'evil.example' } }
    assert.equal((await site.get('/mailbox', foreign)).status, 404)
    assert.doesNotMatch((await site.get('/', foreign)).text, /mailbox/)
    assert.equal(
      (await site.get('/mailbox', { headers: { 'x-forwarded-for': '::1' } })).status,
      404,
    )
  })

  test('it is not there on every address, with SMTP_URL, or under a public base URL', async () => {
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
