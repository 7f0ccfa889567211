import type { MessageKind } from './message.js'
import type { MessageFacts } from './messages.js'

/** Accepts messages. */
export interface MailSink {
  send<Kind extends MessageKind>(kind: Kind, to: string, facts: MessageFacts[Kind]): void
}

/** A message to send once its operation is committed. */
export type QueuedMail = (sink: MailSink) => void

/** Creates a message whose data fit its kind. */
export const queuedMail =
  <Kind extends MessageKind>(kind: Kind, to: string, facts: MessageFacts[Kind]): QueuedMail =>
  (sink) =>
    sink.send(kind, to, facts)
