import assert from 'node:assert/strict'
import { test } from 'vitest'
import type { KeepAlive } from '../base/background.js'
import { englishMessages } from './english.js'
import type { MailLogEvent, MailQueue, MailQueueOptions } from './mail-queue.js'
import { createMailQueue } from './mail-queue.js'
import type { Mailer, MailMessage } from './message.js'
import type { Messages } from './messages.js'
import { app, factsWith, to } from './samples.test.support.js'
import { smtpMailer } from './smtp.js'
import { reply, startSmtpServer } from './smtp-server.test.support.js'

const facts = factsWith('Ada').magic_link
const from = 'Acme Books <no-reply@acme.example>'
const quick: MailQueueOptions = {
  concurrency: 4,
  maxWaiting: 100,
  sendSeconds: 30,
  retrySeconds: 0.01,
}

function openMailQueue(
  mailer: Mailer,
  options: Partial<MailQueueOptions> = {},
  messages: Partial<Messages> = {},
  keepAlive: KeepAlive | null = null,
) {
  const events: MailLogEvent[] = []
  const mailQueue = createMailQueue({
    mailer,
    app,
    messages: { ...englishMessages, ...messages },
    options: { ...quick, ...options },
    keepAlive,
    log: (event) => events.push(event),
  })
  return { mailQueue, events, send: () => mailQueue.send('magic_link', to, facts) }
}

/** An application's own mailer, which does as it is told. */
function ownMailer(send: Mailer['send']): { mailer: Mailer; sent: MailMessage[] } {
  const sent: MailMessage[] = []
  return {
    sent,
    mailer: {
      send(message, options) {
        sent.push(message)
        return send(message, options)
      },
    },
  }
}

test('a message is rendered from its data and delivered', async () => {
  const server = await startSmtpServer()
  const { mailQueue, events, send } = openMailQueue(smtpMailer({ url: server.url, from }))
  send()
  await mailQueue.settled()
  const [received] = server.received
  assert.ok(received && server.received.length === 1)
  assert.deepEqual(received.to, [to])
  assert.equal(received.mail.subject, 'Sign in to Acme Books')
  assert.ok(received.mail.text?.includes(`\n${facts.link}\n`))
  assert.equal(received.mail.headers.get('x-torii-message'), 'magic_link')
  assert.deepEqual(events, [])
})

test('T4.59 nothing is rendered or sent before send() has returned', async () => {
  let written = 0
  const { mailer, sent } = ownMailer(async () => undefined)
  const { mailQueue, send } = openMailQueue(
    mailer,
    {},
    {
      magic_link(data) {
        written += 1
        return englishMessages.magic_link(data)
      },
    },
  )
  send()
  // Every microtask of the turn, as a handler's awaits are.
  for (let task = 0; task < 100; task += 1) await Promise.resolve()
  assert.deepEqual([written, sent.length], [0, 0])
  await mailQueue.settled()
  assert.deepEqual([written, sent.length], [1, 1])
})

test('a temporary error is retried once, with the same id; a second one is logged', async () => {
  let refusals = 1
  const server = await startSmtpServer({
    onRcptTo: (_address, _session, done) => done(refusals-- > 0 ? reply(451, 'later') : null),
  })
  const { mailer, sent } = ownMailer(smtpMailer({ url: server.url, from }).send)
  const { mailQueue, events, send } = openMailQueue(mailer)
  send()
  await mailQueue.settled()
  assert.equal(server.received.length, 1)
  assert.equal(sent.length, 2)
  assert.equal(sent[0]?.id, sent[1]?.id)
  assert.ok(events.length === 0)
  refusals = 2
  const again = openMailQueue(mailer)
  again.send()
  await again.mailQueue.settled()
  assert.equal(server.received.length, 1)
  assert.equal(sent.length, 4)
  const [event] = again.events
  assert.ok(event?.event === 'mail_failed' && again.events.length === 1)
  assert.deepEqual([event.kind, event.id, event.attempts], ['magic_link', sent[2]?.id, 2])
  assert.deepEqual([event.fault.code, event.fault.status], ['EENVELOPE', 451])
})

test('a permanent error is not retried, and logged without address, token and code', async () => {
  const server = await startSmtpServer({
    onRcptTo: ({ address }, _session, done) => done(reply(550, `<${address}> unknown`)),
  })
  const { mailQueue, events, send } = openMailQueue(smtpMailer({ url: server.url, from }))
  send()
  await mailQueue.settled()
  assert.equal(server.connections, 1)
  const [event] = events
  assert.ok(event?.event === 'mail_failed' && events.length === 1)
  assert.deepEqual([event.attempts, event.fault.status], [1, 550])
  assertRevealsNothing(events)
})

function assertRevealsNothing(events: readonly MailLogEvent[]): void {
  const logged = JSON.stringify(events)
  for (const secret of [to, 'example.com', facts.link, 'abc_DEF-123', '01234567'])
    assert.ok(!logged.includes(secret), logged)
}

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
  assert.match(event.fault.stack[0] ?? '', /mail-queue\.test/)
  assertRevealsNothing(events)
})

test('a class name with an address and a code with a sentence are not logged', async () => {
  const { mailer } = ownMailer(async ({ to: reader }) => {
    throw Object.assign(new Error(), { name: reader, code: `to ${reader}`, responseCode: reader })
  })
  const { mailQueue, events, send } = openMailQueue(mailer)
  send()
  await mailQueue.settled()
  const [event] = events
  assert.ok(event?.event === 'mail_failed')
  assert.deepEqual([event.fault.name, event.fault.code, event.fault.status], ['Error', null, null])
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
    send()
    send()
    await mailQueue.settled()
    assert.equal(sent.length, 4)
    assert.equal(events.length, 2)
  }
})

test('a mailer that throws synchronously or returns no promise breaks nothing', async () => {
  const throwing = openMailQueue({
    send() {
      throw new Error('at once')
    },
  })
  throwing.send()
  await throwing.mailQueue.settled()
  assert.equal(throwing.events.length, 1)
  const silent = openMailQueue({ send: (() => undefined) as unknown as Mailer['send'] })
  silent.send()
  await silent.mailQueue.settled()
  assert.deepEqual(silent.events, [])
})

test('a mailer that never resolves times out, is aborted, and frees its slot', async () => {
  let aborted = 0
  const { mailer, sent } = ownMailer((_message, options) => {
    options?.signal?.addEventListener('abort', () => {
      aborted += 1
    })
    return new Promise(() => undefined)
  })
  const { mailQueue, events, send } = openMailQueue(mailer, { concurrency: 1, sendSeconds: 0.02 })
  send()
  send()
  await mailQueue.settled()
  assert.equal(sent.length, 4)
  assert.equal(aborted, 4)
  assert.ok(
    events.every((event) => event.event === 'mail_failed' && event.fault.code === 'ETIMEDOUT'),
  )
})

test('the queue limits concurrent messages; messages beyond its size are dropped and logged', async () => {
  let [atOnce, most] = [0, 0]
  const open: (() => void)[] = []
  const { mailer, sent } = ownMailer(async () => {
    atOnce += 1
    most = Math.max(most, atOnce)
    await new Promise<void>((done) => open.push(done))
    atOnce -= 1
  })
  const { mailQueue, events, send } = openMailQueue(mailer, { concurrency: 3, maxWaiting: 5 })
  for (let count = 0; count < 20; count += 1) send()
  assert.deepEqual(
    events,
    Array(12).fill({ level: 'error', event: 'mail_dropped', kind: 'magic_link' }),
  )
  let settled = false
  const all = mailQueue.settled().then(() => {
    settled = true
  })
  while (!settled) {
    for (const done of open.splice(0)) done()
    await new Promise((turn) => setImmediate(turn))
  }
  await all
  assert.equal(sent.length, 8)
  assert.equal(most, 3)
  send()
  await new Promise((turn) => setTimeout(turn, 5))
  for (const done of open.splice(0)) done()
  await mailQueue.settled()
  assert.equal(sent.length, 9)
})

test('keepAlive receives the work, and an error of it stops no message', async () => {
  const tasks: Promise<void>[] = []
  const { mailer, sent } = ownMailer(async () => {
    throw new Error('no')
  })
  const { mailQueue, send } = openMailQueue(mailer, {}, {}, (task) => tasks.push(task))
  send()
  assert.equal(tasks.length, 1)
  assert.equal(await tasks[0], undefined)
  assert.equal(sent.length, 2)
  await mailQueue.settled()
  const broken = openMailQueue(mailer, {}, {}, () => {
    throw new Error('no context')
  })
  broken.send()
  await broken.mailQueue.settled()
  assert.equal(broken.events.length, 1)
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

test('settled() waits for messages that are sent meanwhile', async () => {
  let another = 3
  const { mailer, sent } = ownMailer(async () => {
    another -= 1
    if (another > 0) made.send()
  })
  const made: { mailQueue: MailQueue; send: () => void } = openMailQueue(mailer)
  made.send()
  await made.mailQueue.settled()
  assert.equal(sent.length, 3)
})
