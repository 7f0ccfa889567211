import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { PostgresStorage } from 'torii-storage-postgres'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, test } from 'vitest'
import { InvalidInputError, Torii, ToriiError } from '../index.js'
import { englishMessages } from '../mail/english.js'
import type { MailMessage } from '../mail/message.js'
import { headersOf } from '../mail/message.js'
import { factsWith, render, sampleMessage } from '../mail/samples.test.support.js'
import { createTestMailbox } from './index.js'

const password = 'a gate of two pillars'
const requestInfo = { ip: '203.0.113.7', userAgent: 'Test/1.0' }
const mailbox = createTestMailbox()
let torii: Torii
beforeAll(async () => {
  const storage = await PostgresStorage.connect((await testDatabase()).url)
  torii = new Torii(storage, {
    baseUrl: 'https://app.example',
    mailer: mailbox,
    keys: [{ id: 'k1', secret: randomBytes(32) }],
    magicLink: { code: true },
    log: null,
  })
  afterAll(() => storage.close())
})

const messageTo = (to: string, text: string, html = ''): MailMessage => ({
  id: crypto.randomUUID(),
  kind: 'magic_link',
  to,
  subject: 'Sign in',
  text,
  html,
  expiresAt: new Date(),
  headers: headersOf('magic_link'),
})
const deliver = (to: string, text: string, html = '') => mailbox.send(messageTo(to, text, html))

test('next() waits for mail that is sent after the response, and gives link, token and code', async () => {
  const email = 'Ada@example.com'
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok)
  const { link, token, code, kind, to } = await mailbox.next('ada@EXAMPLE.com')
  assert.deepEqual([kind, to, code], ['verify_email', email, null])
  assert.equal(link, `https://app.example/auth/email/verify?token=${token}`)
  const verified = await torii.email.verify({ token: token ?? '', password }, requestInfo)
  assert.ok(verified.ok)

  await torii.magicLink.request({ email }, requestInfo)
  const magic = await mailbox.next(email, { kind: 'magic_link' })
  assert.match(magic.code ?? '', /^\d{8}$/)
  const signedIn = await torii.magicLink.authenticate(
    { email, code: magic.code ?? '' },
    requestInfo,
  )
  assert.ok(signedIn.ok)
})

test('next() returns a message once, the newest first, and none of another address or kind', async () => {
  const email = 'grace@example.com'
  for (const token of ['one', 'two']) await deliver(email, `https://app.example/in?token=${token}`)
  await deliver('edith@example.com', 'https://app.example/in?token=three')
  const read = await mailbox.next(email)
  assert.equal(read.token, 'two')
  await assert.rejects(
    mailbox.next(email, { seconds: 0.05 }),
    (error) =>
      error instanceof ToriiError &&
      error.code === 'ERR_UNAVAILABLE' &&
      /^no mail to grace@example\.com within 0\.05 s .*magic_link to edith@example\.com/.test(
        error.message,
      ),
  )
  const waiting = mailbox.next(email)
  await deliver(email, 'https://app.example/in?token=four')
  assert.equal((await waiting).token, 'four')
  await assert.rejects(mailbox.next('edith@example.com', { kind: 'verify_email', seconds: 0.01 }))
  assert.equal((await mailbox.next('edith@example.com')).token, 'three')
  await assert.rejects(
    mailbox.next('no email'),
    (error) => error instanceof InvalidInputError && error.field === 'email',
  )
})

test('next() gives the code that is mailed before an enrollment', async () => {
  const { enrollment_code: facts } = factsWith('Ada')
  const { text } = await render(englishMessages, 'enrollment_code', facts)
  const message = await sampleMessage({ kind: 'enrollment_code', to: 'ida@example.com', text })
  await mailbox.send(message)
  assert.equal((await mailbox.next('ida@example.com')).code, facts.code)
})

test('next() reads links and codes of messages that the application renders', async () => {
  const email = 'hedy@example.com'
  await deliver(
    email,
    'Your code: 1234 5678',
    '<a href="https://app.example/in?lang=de&amp;token=five&amp;x=12345678">In</a>',
  )
  const first = await mailbox.next(email)
  assert.deepEqual(
    [first.link, first.token, first.code],
    ['https://app.example/in?lang=de&token=five&x=12345678', 'five', null],
  )
  await deliver(email, 'Open https://app.example/in?token=abc12345678 or type 00123456.')
  const second = await mailbox.next(email)
  assert.deepEqual([second.token, second.code], ['abc12345678', '00123456'])
  await deliver(email, 'No link: https://app.example/in')
  const third = await mailbox.next(email)
  assert.deepEqual([third.link, third.token, third.code], [null, null, null])
})

test('takes no message of an attempt that was given up', async () => {
  const before = mailbox.messages.length
  const given = new AbortController()
  given.abort(new Error('too late'))
  const late = messageTo('mary@example.com', 'late')
  await assert.rejects(mailbox.send(late, { signal: given.signal }), /too late/)
  assert.equal(mailbox.messages.length, before)
})

test('messages has every message, oldest first', async () => {
  const before = mailbox.messages.length
  await deliver('mary@example.com', 'one')
  await deliver('mary@example.com', 'two')
  assert.deepEqual(
    mailbox.messages.slice(before).map(({ text }) => text),
    ['one', 'two'],
  )
})
