import type { RateLimitKey } from 'torii-core'
import type { MessageKind } from './message.js'
import type { MessageFacts } from './messages.js'

/** Accepts messages. */
export interface MailSink {
  /** `allowance` is the rate limit that the mail counted against, or null; a lost mail does not count. */
  send<Kind extends MessageKind>(
    kind: Kind,
    to: string,
    facts: MessageFacts[Kind],
    allowance: RateLimitKey | null,
  ): void
}

/** A message to send once its operation is committed. */
export type QueuedMail = (sink: MailSink) => void

/** Creates a message whose data fit its kind. `allowance` is the rate limit that it counted against. */
export const queuedMail =
  <Kind extends MessageKind>(
    kind: Kind,
    to: string,
    facts: MessageFacts[Kind],
    allowance: RateLimitKey | null = null,
  ): QueuedMail =>
  (sink) =>
    sink.send(kind, to, facts, allowance)
