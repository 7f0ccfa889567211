import type { MessageKind } from './message.js'
import type { MessageFacts } from './messages.js'

/** Where letters go. */
export interface MailSink {
  send<Kind extends MessageKind>(kind: Kind, to: string, facts: MessageFacts[Kind]): void
}

/** A message that is to be sent once the act it tells of is committed. */
export type QueuedMail = (box: MailSink) => void

/** Writes a letter, so that its facts fit its kind. */
export const queuedMail =
  <Kind extends MessageKind>(kind: Kind, to: string, facts: MessageFacts[Kind]): QueuedMail =>
  (box) =>
    box.send(kind, to, facts)
