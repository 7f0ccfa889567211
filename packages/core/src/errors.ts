/**
 * The codes of {@link ToriiError}. An expected refusal (wrong password, email taken, session ended) is a return
 * value, never an error.
 */
export type ToriiErrorCode =
  /** An argument is invalid. Nothing was sent to the database. */
  | 'ERR_INVALID_INPUT'
  /** An option is invalid (thrown at start), or a call requires an option that is not set. */
  | 'ERR_INVALID_OPTIONS'
  /** A method was called in the wrong state, for example on a transaction that has ended. */
  | 'ERR_MISUSE'
  /** The database could not be reached, or no connection became free in time. Nothing was done. */
  | 'ERR_UNAVAILABLE'
  /** The server ended the statement (a limit of time or space) and rolled it back. Nothing was done. */
  | 'ERR_STATEMENT_ENDED'
  /** The statement conflicted with concurrent ones, even after retries. Nothing was done. */
  | 'ERR_CONTENTION'
  /** The connection was lost after a write was sent. The write was either committed completely or not at all. */
  | 'ERR_OUTCOME_UNKNOWN'
  /** The database has no Torii tables, or older ones than this version needs. */
  | 'ERR_SCHEMA_OUTDATED'
  /** The database was migrated by a newer version than this one. */
  | 'ERR_SCHEMA_NEWER'
  /** An applied migration differs from the one in this version. */
  | 'ERR_MIGRATION_DRIFT'
  /** A migration step failed; the step was rolled back or can be resumed. */
  | 'ERR_MIGRATION_FAILED'
  /** The database role lacks a privilege. */
  | 'ERR_PERMISSION'
  /** A connection pooler does not support a command of the storage. */
  | 'ERR_POOLER'
  /** Another process has the embedded database open. */
  | 'ERR_DATABASE_LOCKED'
  /** The storage was closed. */
  | 'ERR_CLOSED'
  /** The queue of an expensive operation, such as password hashing, is full. Try again shortly. */
  | 'ERR_BUSY'
  /** A hook of the application threw, was late, or returned something else than a refusal; see `cause`. Nothing was done. */
  | 'ERR_HOOK'
  /** A stored value cannot be decrypted: it was changed or moved, or its key is not in `keys`. */
  | 'ERR_DECRYPTION'
  /** Any other error of the database; see `cause`. */
  | 'ERR_STORAGE'

/**
 * Thrown for a failure or an incorrect call. `code` is stable, `message` says what to do, and `cause` is the
 * underlying error. None of them ever contains a secret, an email or an SQL parameter.
 */
export class ToriiError<Code extends ToriiErrorCode = ToriiErrorCode> extends Error {
  readonly code: Code

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/**
 * Whose mistake an invalid input is. `value`: a user entered or sent it, for example an email address, so the user can
 * correct it, and HTTP answers 400. `argument`: the calling program passed it, so HTTP answers 500.
 */
export type InvalidInputKind = 'value' | 'argument'

/** An argument is invalid; thrown before any query. `field` is its name, `problem` the requirement. */
export class InvalidInputError extends ToriiError<'ERR_INVALID_INPUT'> {
  readonly field: string
  readonly problem: string
  readonly kind: InvalidInputKind

  constructor(field: string, problem: string, kind: InvalidInputKind = 'argument') {
    super('ERR_INVALID_INPUT', `${field} ${problem}`)
    this.field = field
    this.problem = problem
    this.kind = kind
  }
}

/** The error for a value that a user entered or sent. */
export const invalidValue = (field: string, problem: string): InvalidInputError =>
  new InvalidInputError(field, problem, 'value')

/** An option is invalid (thrown at start), or a call requires an option that is not set. */
export class InvalidOptionsError extends ToriiError<'ERR_INVALID_OPTIONS'> {
  constructor(option: string, problem: string) {
    super('ERR_INVALID_OPTIONS', `option ${option}: ${problem}`)
  }
}

/**
 * The connection was lost after a write was sent, and the server did not say in time what became of it. The write was
 * either committed completely or not at all, and the server begins nothing of it any more; only where it was waiting
 * inside its commit can it still become visible. Read the affected data before you repeat it.
 */
export class OutcomeUnknownError extends ToriiError<'ERR_OUTCOME_UNKNOWN'> {
  /** Name of the statement, like `sessions.open`. */
  readonly operation: string

  constructor(operation: string, options?: { cause?: unknown }) {
    super(
      'ERR_OUTCOME_UNKNOWN',
      `the connection was lost while "${operation}" was running: it was done entirely or not at all; read before repeating it`,
      options,
    )
    this.operation = operation
  }
}
