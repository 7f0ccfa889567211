/**
 * What the library does when the connection dies after a write was sent and before its reply arrived.
 * - `repeat`: sends the write again. `after` says what the reply is where the first one was committed.
 * - `readBack`: reads by an id or a hash that only this very write can have stored. Found means committed;
 *   not found, the write is sent again with the same values, so it cannot happen twice. `after` names what is read.
 * - `throw`: neither is safe, so the caller gets ERR_OUTCOME_UNKNOWN. `after` says why.
 */
export interface LostReply {
  readonly action: 'repeat' | 'readBack' | 'throw'
  readonly after: string
}

/** The write is sent again after a lost reply. */
export const repeat = (after: string): LostReply => ({ action: 'repeat', after })

/** The storage reads whether the write was committed. */
export const readBack = (after: string): LostReply => ({ action: 'readBack', after })

/** The caller gets ERR_OUTCOME_UNKNOWN. */
export const throwUnknown = (after: string): LostReply => ({ action: 'throw', after })

/** A repetition leaves the same state and returns the same reply. */
export const sameState = 'the same state and the same reply'

/** A repeated charge is on the safe side: it allows fewer attempts, never more. */
export const countedTwice = 'counted a second time, which errs on the safe side'

/** What a row that is used once returns to a repetition. */
export const usedUp = 'used up, so the reply is that there is none: the flow is started again'

/** The transaction that the statement belongs to is read back as a whole. */
export const partOfTransaction = 'part of a transaction, which is read back as a whole'
