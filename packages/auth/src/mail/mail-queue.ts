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

/** The limits of the mail queue. */
export interface MailQueueOptions {
  /** Messages that are sent at the same time (default: 4). */
  readonly concurrency: number
  /** Messages that may wait; a further one is dropped and logged (default: 1,000). */
  readonly maxWaiting: number
  /** Seconds one attempt may take (default: 60). */
  readonly sendSeconds: number
  /** Seconds between the first attempt and the second (default: 2). */
  readonly retrySeconds: number
}

/**
 * Sends mail in the background. `send` returns at once; the message is rendered and delivered after the response, so
 * neither the time nor an error of a response reveals whether a mail was sent.
 * @see CVE-2024-45231
 */
export interface MailQueue extends MailSink {
  /** Never throws. A message that cannot be delivered is logged. */
  send<Kind extends MessageKind>(kind: Kind, to: string, facts: MessageFacts[Kind]): void
  /** Resolves when the queue is empty. For the end of a process, and for tests. */
  settled(): Promise<void>
}

/** The parts of a mail queue. */
export interface MailQueueParts {
  readonly mailer: Mailer
  readonly app: MessageContext['app']
  readonly messages: Messages
  readonly options: MailQueueOptions
  /** Receives a promise for every message. It never rejects. */
  readonly keepAlive: KeepAlive | null
  readonly log: (event: MailLogEvent) => void
}

/** A message in the queue. It is rendered when it is sent. */
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
  const pending = new Set<Promise<void>>()

  const attempt = (message: MailMessage) =>
    withSlot(() => within(sendSeconds, async (signal) => mailer.send(message, { signal })))

  async function deliver({ id, kind, write }: PendingMail): Promise<void> {
    let attempts = 0
    try {
      // Nothing of this runs before the response.
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
      if (pending.size >= concurrency + maxWaiting) {
        log({ level: 'error', event: 'mail_dropped', kind })
        return
      }
      const id = randomUUID()
      const write = () => writeMessage({ id, kind, to, messages, data: { ...facts, app, to } })
      const task = deliver({ id, kind, write }).finally(() => pending.delete(task))
      pending.add(task)
      try {
        keepAlive?.(task)
      } catch {
        // The message is sent all the same; the platform may end the process before.
      }
    },
    async settled() {
      while (pending.size > 0) await Promise.all(pending)
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
    // The application's function may have included a name.
    subject: oneLine(subject),
    text,
    html,
    headers: headersOf(kind),
  })
}

/** Rejects after `seconds`, even if the work ignores the signal. */
async function within<Result>(
  seconds: number,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const abort = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })
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
