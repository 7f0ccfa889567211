import assert from 'node:assert/strict'
import { test } from 'vitest'
import type { BackgroundLogEvent } from '../base/background.js'
import { createAllowanceReturns } from './allowance-returns.js'
import { englishMessages } from './english.js'
import type { MailLogEvent, MailQueue } from './mail-queue.js'
import { createMailQueue } from './mail-queue.js'
import {
  allowance,
  assertRevealsNothing,
  facts,
  from,
  openMailQueue,
  ownMailer,
  quick,
  soonExpired,
} from './mail-queue.test.support.js'
import { app, factsWith, to } from './samples.test.support.js'
import { smtpMailer } from './smtp.js'
import { reply, startSmtpServer } from './smtp-server.test.support.js'

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

test('a temporary error is retried with the same id until the message is delivered', async () => {
  let refusals = 5
  const server = await startSmtpServer({
    onRcptTo: (_address, _session, done) => done(refusals-- > 0 ? reply(451, 'later') : null),
  })
  const { mailer, sent } = ownMailer(smtpMailer({ url: server.url, from }).send)
  const { mailQueue, events, returned, send } = openMailQueue(mailer)
  send()
  await mailQueue.settled()
  assert.equal(server.received.length, 1)
  assert.equal(sent.length, 6)
  assert.equal(new Set(sent.map(({ id }) => id)).size, 1)
  const [event] = events
  assert.ok(event?.event === 'mail_delayed' && events.length === 1)
  assert.deepEqual([event.kind, event.id], ['magic_link', sent[0]?.id])
  assert.deepEqual([event.fault.code, event.fault.status], ['EENVELOPE', 451])
  assert.deepEqual(returned, [])
})

test('a message is retried until its link expires; then it is logged and its allowance given back', async () => {
  const { mailer, sent } = ownMailer(async () => {
    throw Object.assign(new Error(`no ${to}`), { code: 'ECONNREFUSED' })
  })
  const { mailQueue, events, returned, send } = openMailQueue(mailer)
  send(soonExpired)
  await mailQueue.settled()
  assert.equal(sent.length, 4)
  const [delayed, failed] = events
  assert.ok(delayed?.event === 'mail_delayed' && events.length === 2)
  assert.ok(failed?.event === 'mail_failed' && failed.level === 'error')
  assert.deepEqual([failed.id, failed.attempts], [sent[0]?.id, sent.length])
  assert.equal(failed.fault.code, 'ECONNREFUSED')
  assertRevealsNothing(events)
  assert.deepEqual(returned, [[allowance]])
})

test('waits between attempts double, up to a tenth of the lifetime', async () => {
  const times: number[] = []
  const { mailer } = ownMailer(async () => {
    times.push(performance.now())
    if (times.length === 7) passes(2)
    throw new Error('away')
  })
  const { mailQueue, send, passes } = openMailQueue(mailer, { retrySeconds: 0.02 })
  send({ ...facts, lifetimeSeconds: 2 })
  await mailQueue.settled()
  const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0))
  // In milliseconds; a timer may fire up to a millisecond early, and late under load.
  const least = [20, 40, 80, 160, 200, 200]
  assert.equal(waits.length, least.length)
  assert.ok(
    least.every((milliseconds, index) => (waits[index] ?? 0) > milliseconds - 2),
    JSON.stringify(waits),
  )
})

test('a message that waited for its turn until its link expired is not sent', async () => {
  const open: (() => void)[] = []
  const { mailer, sent } = ownMailer(() => new Promise<void>((done) => open.push(done)))
  const { mailQueue, events, returned, send, passes } = openMailQueue(mailer, { concurrency: 1 })
  send()
  while (open.length === 0) await new Promise((turn) => setImmediate(turn))
  send(soonExpired)
  passes(soonExpired.lifetimeSeconds)
  for (const done of open) done()
  await mailQueue.settled()
  assert.equal(sent.length, 1)
  const [event] = events
  assert.ok(event?.event === 'mail_failed' && event.fault.code === 'EEXPIRED')
  assert.deepEqual(returned, [[allowance]])
})

test('an outage of the mail server loses nothing', async () => {
  let away = true
  const { mailer, sent } = ownMailer(async () => {
    if (away) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
  })
  const { mailQueue, events, returned, send } = openMailQueue(mailer)
  for (let count = 0; count < 10; count += 1) send()
  while (sent.length < 30) await new Promise((turn) => setTimeout(turn, 1))
  away = false
  await mailQueue.settled()
  assert.equal(new Set(sent.map(({ id }) => id)).size, 10)
  assert.deepEqual(
    events.map(({ event }) => event),
    Array(10).fill('mail_delayed'),
  )
  assert.deepEqual(returned, [])
})

test('shutdown() sends what it can, then logs the count of each kind and gives all allowances back at once', async () => {
  const open: (() => void)[] = []
  let aborted = 0
  const { mailer, sent } = ownMailer((_message, options) => {
    options?.signal?.addEventListener('abort', () => {
      aborted += 1
    })
    return new Promise<void>((done) => open.push(done))
  })
  const options = { shutdownSeconds: 0.2 }
  const { mailQueue, events, returned, send } = openMailQueue(mailer, options)
  for (let count = 0; count < 22; count += 1) send()
  mailQueue.send('password_changed', to, factsWith('Ada').password_changed, [])
  mailQueue.send('reset_password', to, { ...facts, lifetimeSeconds: 1800 }, [allowance])
  while (open.length < 4) await new Promise((turn) => setImmediate(turn))
  for (const done of open.splice(0, 4)) done()
  const started = performance.now()
  await mailQueue.shutdown(Promise.resolve())
  const took = performance.now() - started
  assert.ok(took > 150 && took < 1500, String(took))
  assert.deepEqual(events, [
    {
      level: 'error',
      event: 'mail_unsent',
      counts: { magic_link: 18, password_changed: 1, reset_password: 1 },
    },
  ])
  assert.deepEqual(returned, [Array(19).fill(allowance)])
  assert.equal(aborted, 4)
  // Nothing is sent, logged or given back afterwards, whatever the mailer does.
  for (const done of open.splice(0)) done()
  await mailQueue.settled()
  assert.equal(sent.length, 8)
  assert.deepEqual([events.length, returned.length], [1, 1])
  send()
  await mailQueue.settled()
  assert.deepEqual(events[1], { level: 'error', event: 'mail_dropped', kind: 'magic_link' })
  assert.deepEqual(returned[1], [allowance])
})

test('shutdown() tries waiting messages at once, and ends as soon as nothing is left', async () => {
  let away = true
  const { mailer, sent } = ownMailer(async () => {
    if (away) throw new Error('away')
  })
  const { mailQueue, events, returned, send } = openMailQueue(mailer, { retrySeconds: 30 })
  send()
  while (events.length === 0) await new Promise((turn) => setTimeout(turn, 1))
  away = false
  const started = performance.now()
  await mailQueue.shutdown(Promise.resolve())
  assert.ok(performance.now() - started < 1500)
  assert.equal(sent.length, 2)
  assert.deepEqual([events.length, returned.length], [1, 0])
})

test('shutdown() ends in time although the work before it and the database hang', async () => {
  const { mailer } = ownMailer(() => new Promise(() => undefined))
  const mailQueue = createMailQueue({
    mailer,
    app,
    messages: englishMessages,
    options: { ...quick, shutdownSeconds: 0.05 },
    keepAlive: null,
    log: () => undefined,
    now: () => performance.now(),
    giveBack: () => new Promise(() => undefined),
  })
  mailQueue.send('magic_link', to, facts, [allowance])
  const started = performance.now()
  await mailQueue.shutdown(new Promise(() => undefined))
  assert.ok(performance.now() - started < 2500)
})

test('an allowance that cannot be given back is logged, and the next one is', async () => {
  const given: number[] = []
  const events: (MailLogEvent | BackgroundLogEvent)[] = []
  const returns = createAllowanceReturns(
    async (keys) => {
      given.push(keys.length)
      if (given.length === 1) throw new Error('no database')
    },
    (event) => events.push(event),
  )
  returns.add([allowance, allowance])
  returns.add([allowance])
  await returns.settled()
  returns.add([])
  returns.add([allowance])
  await returns.settled()
  assert.deepEqual(given, [3, 1])
  assert.deepEqual(
    events.map((event) => event.event === 'background_task_failed' && event.task),
    ['mail_allowances'],
  )
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
  send(soonExpired)
  send(soonExpired)
  await mailQueue.settled()
  assert.ok(sent.length >= 4)
  assert.equal(aborted, sent.length)
  assert.ok(
    events.every(
      (event) => 'fault' in event && /^E(TIMEDOUT|EXPIRED)$/.test(event.fault.code ?? ''),
    ),
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
  const { mailQueue, events, returned, send } = openMailQueue(mailer, {
    concurrency: 3,
    maxInMemory: 8,
  })
  for (let count = 0; count < 20; count += 1) send()
  assert.deepEqual(
    events,
    Array(12).fill({ level: 'error', event: 'mail_dropped', kind: 'magic_link' }),
  )
  while (returned.length === 0) await new Promise((turn) => setImmediate(turn))
  assert.deepEqual(returned, [Array(12).fill(allowance)])
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
  while (open.length === 0) await new Promise((turn) => setImmediate(turn))
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
  send(soonExpired)
  assert.equal(tasks.length, 1)
  assert.equal(await tasks[0], undefined)
  assert.ok(sent.length >= 2)
  await mailQueue.settled()
  const broken = openMailQueue(mailer, {}, {}, () => {
    throw new Error('no context')
  })
  broken.send(soonExpired)
  await broken.mailQueue.settled()
  assert.equal(broken.events.length, 2)
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
