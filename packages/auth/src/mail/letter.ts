import type { MessageKind } from './message.js'
import type { MessageFacts } from './messages.js'

/** Where letters go. */
export interface LetterBox {
  send<Kind extends MessageKind>(kind: Kind, to: string, facts: MessageFacts[Kind]): void
}

/** A message that is to be sent once the act it tells of is committed. */
export type Letter = (box: LetterBox) => void

/** Writes a letter, so that its facts fit its kind. */
export const letter =
  <Kind extends MessageKind>(kind: Kind, to: string, facts: MessageFacts[Kind]): Letter =>
  (box) =>
    box.send(kind, to, facts)
