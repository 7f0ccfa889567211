import { randomUUID } from 'node:crypto'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import type { KeepAlive } from '../base/background.js'
import { createSemaphore } from '../base/semaphore.js'
import type { MailFault } from './fault.js'
import { describeFault, isPermanent } from './fault.js'
import type { Mailer, MailMessage, MessageKind } from './message.js'
import { headersOf } from './message.js'
import type { MessageContext, MessageData, MessageFacts, Messages } from './messages.js'
import type { MailSink } from './queued-mail.js'
import { oneLine } from './text.js'

/** Logged by the mail queue. */
export type MailLogEvent =
  /** A message could not be rendered or delivered; `attempts` is 0 if it could not be rendered. */
  | {
      level: 'error'
      event: 'mail_failed'
      kind: MessageKind
      id: string
      attempts: number
      fault: MailFault
    }
  /** The queue was full, so a message was dropped. */
  | { level: 'error'; event: 'mail_dropped'; kind: MessageKind }

/** How messages leave. */
export interface MailQueueOptions {
  /** Messages handed to the mailer at the same time (default: 4). */
  readonly concurrency: number
  /** Messages that may wait for their turn; the next one is dropped and logged (default: 1,000). */
  readonly maxWaiting: number
  /** Seconds one attempt may take (default: 60). */
  readonly sendSeconds: number
  /** Seconds between the first attempt and the second (default: 2). */
  readonly retrySeconds: number
}

/**
 * The way out for mail. Whoever sends goes on at once: writing the message and delivering it happen
 * later, so no answer shows by its time or its failure whether there was somebody to write to.
 * @see CVE-2024-45231
 */
export interface MailQueue extends MailSink {
  /** Never throws. A message that cannot be delivered is an event in the log. */
  send<Kind extends MessageKind>(kind: Kind, to: string, facts: MessageFacts[Kind]): void
  /** Resolves when nothing is under way any more: before a process ends, and in tests. */
  settled(): Promise<void>
}

/** What a Post is made of. */
export interface MailQueueParts {
  readonly mailer: Mailer
  readonly app: MessageContext['app']
  readonly messages: Messages
  readonly options: MailQueueOptions
  /** Told of every message under way; the promise never rejects. */
  readonly keepAlive: KeepAlive | null
  readonly log: (event: MailLogEvent) => void
}

/** A message on its way: written only when its turn comes. */
interface PendingMail {
  readonly id: string
  readonly kind: MessageKind
  write(): Promise<MailMessage>
}

export function createMailQueue({
  mailer,
  app,
  messages,
  options,
  keepAlive,
  log,
}: MailQueueParts): MailQueue {
  const { concurrency, maxWaiting, sendSeconds, retrySeconds } = options
  const withSlot = createSemaphore(concurrency)
  const underWay = new Set<Promise<void>>()

  const attempt = (message: MailMessage) =>
    withSlot(() => within(sendSeconds, async (signal) => mailer.send(message, { signal })))

  async function deliver({ id, kind, write }: PendingMail): Promise<void> {
    let attempts = 0
    try {
      // Not one instruction of this in the turn that answers the request.
      await nextTurn()
      const message = await withSlot(() => within(sendSeconds, write))
      attempts = 1
      try {
        await attempt(message)
      } catch (error) {
        if (isPermanent(error)) throw error
        await wait(retrySeconds * 1000)
        attempts = 2
        await attempt(message)
      }
    } catch (error) {
      log({ level: 'error', event: 'mail_failed', kind, id, attempts, fault: describeFault(error) })
    }
  }

  return {
    send(kind, to, facts) {
      if (underWay.size >= concurrency + maxWaiting) {
        log({ level: 'error', event: 'mail_dropped', kind })
        return
      }
      const id = randomUUID()
      const write = () => writeMessage({ id, kind, to, messages, data: { ...facts, app, to } })
      const task = deliver({ id, kind, write }).finally(() => underWay.delete(task))
      underWay.add(task)
      try {
        keepAlive?.(task)
      } catch {
        // The message leaves all the same; the platform may only cut it short.
      }
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}

interface Writing<Kind extends MessageKind> {
  readonly id: string
  readonly kind: Kind
  readonly to: string
  readonly messages: Messages
  readonly data: MessageData<Kind>
}

async function writeMessage<Kind extends MessageKind>({
  id,
  kind,
  to,
  messages,
  data,
}: Writing<Kind>): Promise<MailMessage> {
  const { subject, text, html } = await messages[kind](data)
  for (const part of [subject, text, html])
    if (typeof part !== 'string') throw new TypeError('a message needs subject, text and html')
  return Object.freeze({
    id,
    kind,
    to,
    // A function of the application may have put a name into it.
    subject: oneLine(subject),
    text,
    html,
    headers: headersOf(kind),
  })
}

/** Gives up after so many seconds, whatever the work does with the signal. */
async function within<Result>(
  seconds: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = Object.assign(new Error('not done in time'), { code: 'ETIMEDOUT' })
      reject(error)
      abort.abort(error)
    }, seconds * 1000)
  })
  try {
    return await Promise.race([work(abort.signal), deadline])
  } finally {
    clearTimeout(timer)
  }
}
