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
  /**
   * Does the work of `send` and sends nothing, where an email address has no account, so that the time of other responses
   * does not reveal it. Never throws.
   */
  rehearse<Kind extends MessageKind>(kind: Kind, to: string, facts: MessageFacts[Kind]): void
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

/** Creates a message that is not sent. @see MailSink.rehearse */
export const rehearsedMail =
  <Kind extends MessageKind>(kind: Kind, to: string, facts: MessageFacts[Kind]): QueuedMail =>
  (sink) =>
    sink.rehearse(kind, to, facts)
