import assert from 'node:assert/strict'
import { test } from 'vitest'
import {
  allowance,
  assertRevealsNothing,
  facts,
  from,
  openMailQueue,
  ownMailer,
  soonExpired,
} from './mail-queue.test.support.js'
import type { Mailer, MailMessage } from './message.js'
import type { Messages } from './messages.js'
import { smtpMailer } from './smtp.js'
import { reply, startSmtpServer } from './smtp-server.test.support.js'

test('a permanent error is not retried, and logged without address, token and code', async () => {
  const server = await startSmtpServer({
    onRcptTo: ({ address }, _session, done) => done(reply(550, `<${address}> unknown`)),
  })
  const smtp = smtpMailer({ url: server.url, from })
  const { mailQueue, events, returned, send } = openMailQueue(smtp)
  send()
  await mailQueue.settled()
  assert.equal(server.connections, 1)
  assert.deepEqual(returned, [[allowance]])
  const [event] = events
  assert.ok(event?.event === 'mail_failed' && events.length === 1)
  assert.deepEqual([event.attempts, event.fault.status], [1, 550])
  assertRevealsNothing(events)
})

test('an error of an own mailer is logged with class, code and stack, and nothing of the message', async () => {
  class QuotaError extends Error {
    override readonly name = 'QuotaError'
    readonly code = 'E_QUOTA'
    readonly permanent = true
    constructor(readonly message_: MailMessage) {
      super(`cannot send ${message_.text}\n    at ${message_.to} (${facts.link}:1:2)`)
    }
  }
  const { mailer } = ownMailer(async (message) => {
    throw new QuotaError(message)
  })
  const { mailQueue, events, send } = openMailQueue(mailer)
  send()
  await mailQueue.settled()
  const [event] = events
  assert.ok(event?.event === 'mail_failed')
  assert.deepEqual(
    [event.fault.name, event.fault.code, event.attempts],
    ['QuotaError', 'E_QUOTA', 1],
  )
  assert.match(event.fault.stack[0] ?? '', /mail-queue-errors\.test/)
  assertRevealsNothing(events)
})

test('a class name with an address and a code with a sentence are not logged', async () => {
  const { mailer } = ownMailer(async ({ to: reader }) => {
    throw Object.assign(new Error(), { name: reader, code: `to ${reader}`, responseCode: reader })
  })
  const { mailQueue, events, send } = openMailQueue(mailer)
  send(soonExpired)
  await mailQueue.settled()
  for (const event of events) {
    assert.ok(event.event === 'mail_failed' || event.event === 'mail_delayed')
    assert.deepEqual(
      [event.fault.name, event.fault.code, event.fault.status],
      ['Error', null, null],
    )
  }
  assert.equal(events.length, 2)
  assertRevealsNothing(events)
})

test('whatever a mailer throws, nothing rejects and the next message is sent', async () => {
  const hostile = Object.defineProperty({}, 'permanent', {
    get() {
      throw new Error('a trap')
    },
  })
  for (const thrown of [undefined, null, 'text', 7, hostile, Object.create(null)]) {
    const { mailer, sent } = ownMailer(async () => {
      throw thrown
    })
    const { mailQueue, events, send } = openMailQueue(mailer, { concurrency: 1 })
    send(soonExpired)
    send(soonExpired)
    await mailQueue.settled()
    assert.ok(sent.length >= 4)
    assert.equal(events.filter(({ event }) => event === 'mail_failed').length, 2)
  }
})

test('a mailer that throws synchronously or returns no promise breaks nothing', async () => {
  const throwing = openMailQueue({
    send() {
      throw new Error('at once')
    },
  })
  throwing.send(soonExpired)
  await throwing.mailQueue.settled()
  assert.equal(throwing.events.length, 2)
  const silent = openMailQueue({ send: (() => undefined) as unknown as Mailer['send'] })
  silent.send()
  await silent.mailQueue.settled()
  assert.deepEqual(silent.events, [])
})

test('own messages may be asynchronous, invalid, failing, or have a line break in the subject', async () => {
  const attempts: readonly (readonly [Messages['magic_link'], string | null])[] = [
    [async () => ({ subject: 'Later', text: 't', html: 'h' }), 'Later'],
    [
      () => ({ subject: 'Hi\r\nBcc: eve@example.net', text: 't', html: 'h' }),
      'Hi Bcc: eve@example.net',
    ],
    [() => ({ subject: 'No page', text: 't' }) as never, null],
    [() => null as never, null],
    [
      () => {
        throw new Error(`no ${facts.link}`)
      },
      null,
    ],
  ]
  for (const [magic_link, subject] of attempts) {
    const { mailer, sent } = ownMailer(async () => undefined)
    const { mailQueue, events, send } = openMailQueue(mailer, {}, { magic_link })
    send()
    await mailQueue.settled()
    assert.deepEqual(
      sent.map((message) => message.subject),
      subject === null ? [] : [subject],
    )
    assert.deepEqual(
      events.map((event) => event.event === 'mail_failed' && event.attempts),
      subject === null ? [0] : [],
    )
    assertRevealsNothing(events)
  }
})
