import assert from 'node:assert/strict'
import type { RateLimitKey } from 'torii-core'
import { rateLimitKey } from 'torii-core'
import type { BackgroundLogEvent, KeepAlive } from '../base/background.js'
import { englishMessages } from './english.js'
import type { MailLogEvent, MailQueueOptions } from './mail-queue.js'
import { createMailQueue } from './mail-queue.js'
import type { Mailer, MailMessage } from './message.js'
import type { Messages } from './messages.js'
import { app, factsWith, to } from './samples.test.support.js'

export const facts = factsWith('Ada').magic_link
export const from = 'Acme Books <no-reply@acme.example>'
export const quick: MailQueueOptions = {
  concurrency: 4,
  maxInMemory: 100,
  sendSeconds: 30,
  retrySeconds: 0.01,
  shutdownSeconds: 3,
}
/** Facts of a link that expires while its message is retried: during the fourth attempt of its queue. */
export const soonExpired = { ...facts, lifetimeSeconds: 60 }
const attemptsUntilExpiry = 4
export const allowance = rateLimitKey(new Uint8Array(32).fill(7))

export function openMailQueue(
  mailer: Mailer,
  options: Partial<MailQueueOptions> = {},
  messages: Partial<Messages> = {},
  keepAlive: KeepAlive | null = null,
) {
  const events: (MailLogEvent | BackgroundLogEvent)[] = []
  const returned: RateLimitKey[][] = []
  let soon = false
  let attempts = 0
  // The clock of the queue moves by `passes` alone, however long the machine lets a test wait.
  let passedMs = 0
  const passes = (seconds: number) => {
    passedMs += seconds * 1000
  }
  const counting: Mailer = {
    send(message, given) {
      attempts += 1
      if (soon && attempts === attemptsUntilExpiry) passes(soonExpired.lifetimeSeconds)
      return mailer.send(message, given)
    },
  }
  const mailQueue = createMailQueue({
    mailer: counting,
    app,
    messages: { ...englishMessages, ...messages },
    options: { ...quick, ...options },
    keepAlive,
    log: (event) => events.push(event),
    now: () => passedMs,
    giveBack: async (keys) => {
      returned.push([...keys])
    },
  })
  const send = (given = facts) => {
    soon ||= given === soonExpired
    mailQueue.send('magic_link', to, given, [allowance])
  }
  return { mailQueue, events, returned, send, passes }
}

/** An application's own mailer, which does what the test says. */
export function ownMailer(send: Mailer['send']): { mailer: Mailer; sent: MailMessage[] } {
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

export function assertRevealsNothing(events: readonly (MailLogEvent | BackgroundLogEvent)[]): void {
  const logged = JSON.stringify(events)
  for (const secret of [to, 'example.com', facts.link, 'abc_DEF-123', '01234567'])
    assert.ok(!logged.includes(secret), logged)
}
