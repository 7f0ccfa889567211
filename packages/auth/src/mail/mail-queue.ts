import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises'
import type { MailStateMessage, RateLimitKey } from 'torii-core'
import { diagnosticsChannels } from 'torii-core'
import type { BackgroundLogEvent, KeepAlive } from '../base/background.js'
import { createSemaphore } from '../base/semaphore.js'
import { waitAtMost } from '../base/wait-at-most.js'
import { createAllowanceReturns } from './allowance-returns.js'
import { within } from './attempt-deadline.js'
import type { MailFault } from './fault.js'
import { describeFault, isPermanent } from './fault.js'
import type { Mailer, MailMessage, MessageKind } from './message.js'
import type { MessageContext, MessageFacts, Messages } from './messages.js'
import type { MailSink } from './queued-mail.js'
import { renderMessage } from './render-message.js'

/** Logged by the mail queue. */
export type MailLogEvent =
  /** The first attempt to deliver a message failed. It is retried until its link expires. */
  | { level: 'warn'; event: 'mail_delayed'; kind: MessageKind; id: string; fault: MailFault }
  /** A message could not be rendered or delivered; `attempts` is 0 if it could not be rendered. */
  | {
      level: 'error'
      event: 'mail_failed'
      kind: MessageKind
      id: string
      attempts: number
      fault: MailFault
    }
  /** The queue was full or shut down, so a message was dropped. */
  | { level: 'error'; event: 'mail_dropped'; kind: MessageKind }
  /** The queue was shut down before these messages were delivered. */
  | { level: 'error'; event: 'mail_unsent'; counts: Readonly<Partial<Record<MessageKind, number>>> }

/** The limits of the mail queue. */
export interface MailQueueOptions {
  /** Messages that are sent at the same time (default: 4). */
  readonly concurrency: number
  /** Messages in memory, with those that are being sent; a further one is dropped and logged (default: 1,000). */
  readonly maxInMemory: number
  /** Seconds one attempt may take (default: 60). */
  readonly sendSeconds: number
  /**
   * Seconds between the first attempt and the second (default: 2). Each further wait is twice as long, up to a tenth of
   * the time for which the link is valid and at most five minutes.
   */
  readonly retrySeconds: number
  /** Seconds that `torii.shutdown()` waits for mail (default: 3). */
  readonly shutdownSeconds: number
}

/**
 * Sends mail in the background. `send` returns at once; the message is rendered and delivered after the response, so
 * neither the time nor an error of a response reveals whether a mail was sent.
 * @see CVE-2024-45231
 */
export interface MailQueue extends MailSink {
  /**
   * Never throws. A message that cannot be delivered is retried until its link expires (a message without a link: for
   * one day). A message that is lost is logged, and its mail allowances are given back.
   */
  send<Kind extends MessageKind>(
    kind: Kind,
    to: string,
    facts: MessageFacts[Kind],
    allowances: readonly RateLimitKey[],
  ): void
  /** Resolves when the queue is empty, also of messages that are retried. */
  settled(): Promise<void>
  /**
   * Waits `shutdownSeconds` at most for `work`, which may send mail, and for the queue. Then it sends no more: it logs
   * how many messages of each kind are unsent, and gives their allowances back in one statement.
   */
  shutdown(work: Promise<unknown>): Promise<void>
}

/** The parts of a mail queue. */
export interface MailQueueParts {
  readonly mailer: Mailer
  readonly app: MessageContext['app']
  readonly messages: Messages
  readonly options: MailQueueOptions
  /** Receives a promise for every message. It never rejects. */
  readonly keepAlive: KeepAlive | null
  readonly log: (event: MailLogEvent | BackgroundLogEvent) => void
  /** Milliseconds of a clock that no change of the system's time moves. */
  readonly now: () => number
  /** Gives mail allowances back. */
  giveBack(allowances: readonly RateLimitKey[]): Promise<void>
}

/** A message in the queue. It is rendered when it is sent. */
interface PendingMail {
  readonly id: string
  readonly kind: MessageKind
  readonly allowances: readonly RateLimitKey[]
  readonly lifetimeSeconds: number
  /** On the clock `now`. */
  readonly expiresAtMs: number
  write(): Promise<MailMessage>
}

/** How long a message without a link is retried: one day, like a verification link. */
const noticeSeconds = 86_400
/** The longest wait between two attempts. */
const longestRetrySeconds = 300
/** How long `shutdown` waits for the statement that gives allowances back; the database may be away too. */
const giveBackMs = 1000

export function createMailQueue({
  mailer,
  app,
  messages,
  options,
  keepAlive,
  log,
  now,
  giveBack,
}: MailQueueParts): MailQueue {
  const { concurrency, maxInMemory, sendSeconds, retrySeconds, shutdownSeconds } = options
  const withSlot = createSemaphore(concurrency)
  const pending = new Map<Promise<void>, PendingMail>()
  const rehearsals = new Set<Promise<void>>()
  const returns = createAllowanceReturns(giveBack, log)
  // At the start of a shutdown every waiting message is tried at once; at its end nothing is sent any more.
  const [hurry, stop] = [new AbortController(), new AbortController()]
  for (const { signal } of [hurry, stop]) setMaxListeners(0, signal)

  /** Waits until the next attempt; returns false if the message expires before. */
  async function waitForRetry(mail: PendingMail, attempts: number): Promise<boolean> {
    const growing = retrySeconds * 2 ** (attempts - 1)
    const seconds = Math.min(growing, mail.lifetimeSeconds / 10, longestRetrySeconds)
    if (now() + seconds * 1000 >= mail.expiresAtMs) return false
    const { signal } = hurry.signal.aborted ? stop : hurry
    await wait(seconds * 1000, undefined, { signal }).catch(() => undefined)
    return true
  }

  const attempt = (mail: PendingMail, message: MailMessage) =>
    withSlot(async () => {
      // The link can expire while the message waits, and would not work.
      if (now() >= mail.expiresAtMs) throw expired()
      await within(sendSeconds, stop.signal, async (signal) => mailer.send(message, { signal }))
    })

  async function deliver(mail: PendingMail): Promise<void> {
    const { id, kind } = mail
    let attempts = 0
    try {
      // Nothing of this runs before the response.
      await nextTurn()
      const message = await withSlot(() => within(sendSeconds, stop.signal, mail.write))
      for (;;) {
        attempts += 1
        try {
          await attempt(mail, message)
          publish(kind, 'sent')
          return
        } catch (error) {
          if (isPermanent(error) || stop.signal.aborted) throw error
          if (attempts === 1) {
            log({ level: 'warn', event: 'mail_delayed', kind, id, fault: describeFault(error) })
            publish(kind, 'delayed')
          }
          if (!(await waitForRetry(mail, attempts))) throw error
        }
      }
    } catch (error) {
      // `shutdown` reports what it stopped.
      if (stop.signal.aborted) return
      log({ level: 'error', event: 'mail_failed', kind, id, attempts, fault: describeFault(error) })
      publish(kind, 'failed')
      returns.add(mail.allowances)
    }
  }

  async function settled(): Promise<void> {
    while (pending.size + rehearsals.size > 0) await Promise.all([...pending.keys(), ...rehearsals])
    await returns.settled()
  }

  /** Renders a message and lets the mailer do the work of sending, in the turns of messages that are sent. */
  async function rehearse(mail: PendingMail): Promise<void> {
    await nextTurn()
    const message = await withSlot(() => within(sendSeconds, stop.signal, mail.write))
    await withSlot(() => within(sendSeconds, stop.signal, async () => mailer.rehearse?.(message)))
  }

  function newMail<Kind extends MessageKind>(
    kind: Kind,
    to: string,
    facts: MessageFacts[Kind],
    allowances: readonly RateLimitKey[],
  ): PendingMail {
    const id = randomUUID()
    const lifetimeSeconds = 'lifetimeSeconds' in facts ? facts.lifetimeSeconds : noticeSeconds
    const mail: PendingMail = {
      id,
      kind,
      allowances,
      lifetimeSeconds,
      expiresAtMs: now() + lifetimeSeconds * 1000,
      write: () => {
        // For the mailer only; nothing here is decided by the system's time.
        const expiresAt = new Date(Date.now() + mail.expiresAtMs - now())
        return renderMessage({ id, kind, to, expiresAt, messages, data: { ...facts, app, to } })
      },
    }
    return mail
  }

  return {
    rehearse(kind, to, facts) {
      if (pending.size + rehearsals.size >= maxInMemory || stop.signal.aborted) return
      // Nothing is lost by a failure.
      const task = rehearse(newMail(kind, to, facts, []))
        .catch(() => undefined)
        .finally(() => rehearsals.delete(task))
      rehearsals.add(task)
    },
    send(kind, to, facts, allowances) {
      if (pending.size >= maxInMemory || stop.signal.aborted) {
        log({ level: 'error', event: 'mail_dropped', kind })
        publish(kind, 'dropped')
        returns.add(allowances)
        return
      }
      const mail = newMail(kind, to, facts, allowances)
      const task = deliver(mail).finally(() => pending.delete(task))
      pending.set(task, mail)
      publish(kind, 'queued')
      try {
        keepAlive?.(task.then(() => returns.settled()))
      } catch {
        // The message is sent all the same; the platform may end the process before.
      }
    },
    settled,
    async shutdown(work) {
      hurry.abort()
      await waitAtMost(shutdownSeconds * 1000, work.then(settled))
      stop.abort()
      const unsent = [...pending.values()]
      if (unsent.length > 0) log({ level: 'error', event: 'mail_unsent', counts: countsOf(unsent) })
      for (const { kind } of unsent) publish(kind, 'unsent')
      returns.add(unsent.flatMap(({ allowances }) => allowances))
      await waitAtMost(giveBackMs, returns.settled())
    },
  }
}

function publish(kind: MessageKind, state: MailStateMessage['state']): void {
  const { authMail } = diagnosticsChannels
  if (authMail.hasSubscribers) authMail.publish({ kind, state })
}

const expired = () =>
  Object.assign(new Error('expired before it was sent'), { code: 'EEXPIRED', permanent: true })

function countsOf(mails: readonly PendingMail[]): Partial<Record<MessageKind, number>> {
  const counts: Partial<Record<MessageKind, number>> = {}
  for (const { kind } of mails) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}
