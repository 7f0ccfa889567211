import type { RateLimitKey } from 'torii-core'
import type { MessageKind } from './message.js'
import type { MessageFacts } from './messages.js'

/** Accepts messages. */
export interface MailSink {
  /** `allowances` are the rate limits that the mail counted against; a lost mail does not count. */
  send<Kind extends MessageKind>(
    kind: Kind,
    to: string,
    facts: MessageFacts[Kind],
    allowances: readonly RateLimitKey[],
  ): void
}

/** A message to send once its operation is committed. */
export type QueuedMail = (sink: MailSink) => void

/** Creates a message whose data fit its kind. `allowances` are the rate limits that it counted against. */
export const queuedMail =
  <Kind extends MessageKind>(
    kind: Kind,
    to: string,
    facts: MessageFacts[Kind],
    allowances: readonly RateLimitKey[] = [],
  ): QueuedMail =>
  (sink) =>
    sink.send(kind, to, facts, allowances)
