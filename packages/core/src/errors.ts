/**
 * Every code a {@link ToriiError} can carry. An expected refusal (wrong password, email taken, session ended) is a
 * returned value, never one of these.
 */
export type ToriiErrorCode =
  /** An argument is not what the method asks for; nothing was sent to the database. */
  | 'ERR_INVALID_INPUT'
  /** An option of the library is invalid, thrown at start; or an optional one is missing where it is needed. */
  | 'ERR_INVALID_OPTIONS'
  /** A method was called where it cannot be, for example on a transaction that has ended. */
  | 'ERR_MISUSE'
  /** The database could not be reached, or no connection became free in time. Nothing was done. */
  | 'ERR_UNAVAILABLE'
  /** The server ended the statement (a limit of time or space) and rolled it back. Nothing was done. */
  | 'ERR_STATEMENT_ENDED'
  /** The server refused because of concurrent work, also after retries. Nothing was done. */
  | 'ERR_CONTENTION'
  /** The connection was lost after a write was sent: it was done entirely or not at all. */
  | 'ERR_OUTCOME_UNKNOWN'
  /** The database has no Torii tables, or older ones than this version needs. */
  | 'ERR_SCHEMA_OUTDATED'
  /** The database was migrated by a newer version than this one. */
  | 'ERR_SCHEMA_NEWER'
  /** An applied migration is not the one this version carries. */
  | 'ERR_MIGRATION_DRIFT'
  /** A migration step failed; the step was rolled back or can be resumed. */
  | 'ERR_MIGRATION_FAILED'
  /** The database role lacks a right. */
  | 'ERR_PERMISSION'
  /** A connection pooler does not support what was sent. */
  | 'ERR_POOLER'
  /** Another process has the embedded database open. */
  | 'ERR_DATABASE_LOCKED'
  /** The storage was closed. */
  | 'ERR_CLOSED'
  /** Too much work of an expensive kind is waiting already; try again shortly. */
  | 'ERR_BUSY'
  /** What is stored encrypted cannot be read: changed, moved, or under a key that is not there. */
  | 'ERR_DECRYPTION'
  /** Anything else the database answered; see `cause`. */
  | 'ERR_STORAGE'

/**
 * A failure or a misuse. `code` is stable, `message` says what to do, `cause` is the error of the layer
 * below, without values: no secret, no email, no SQL parameter is ever in one of these.
 */
export class ToriiError<Code extends ToriiErrorCode = ToriiErrorCode> extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** An argument was refused before any query. `field` names it, `problem` says what it must be. */
export class InvalidInputError extends ToriiError<'ERR_INVALID_INPUT'> {
  readonly field: string
  readonly problem: string

  constructor(field: string, problem: string) {
    super('ERR_INVALID_INPUT', `${field} ${problem}`)
    this.field = field
    this.problem = problem
  }
}

/** An option was refused at start, or is absent where it is needed. */
export class InvalidOptionsError extends ToriiError<'ERR_INVALID_OPTIONS'> {
  constructor(option: string, problem: string) {
    super('ERR_INVALID_OPTIONS', `option ${option}: ${problem}`)
  }
}

/**
 * The connection was lost after a write was sent and before its reply arrived: it was either done
 * entirely or not at all. Read what you need to know; never repeat the write without that.
 */
export class OutcomeUnknownError extends ToriiError<'ERR_OUTCOME_UNKNOWN'> {
  constructor(operation: string, options?: { cause?: unknown }) {
    super(
      'ERR_OUTCOME_UNKNOWN',
      `the connection was lost while "${operation}" was running: it was done entirely or not at all; read before repeating it`,
      options,
    )
  }
}
