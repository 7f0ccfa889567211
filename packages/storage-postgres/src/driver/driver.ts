import type { StatementRunner } from '../sql/database.js'
import type { Statement } from '../sql/statement.js'

export interface QueryResult {
  rows: unknown[]
  command?: string
}

/** A connection while a transaction is open on it. */
export interface Connection extends StatementRunner {
  /** The process number that the server announced, or null where that is not known. */
  readonly processId: number | null
  /** Runs a text of our own, unprepared: migrations, questions to the catalogue. */
  query(text: string, values?: readonly unknown[]): Promise<QueryResult>
  /** The same for a statement of the application: its results are read with the parsers of the application's driver. */
  queryOfApplication(text: string, values?: readonly unknown[]): Promise<QueryResult>
}

export type Work<Result> = (connection: Connection) => Promise<Result>

export interface ConnectionOptions {
  /**
   * Milliseconds until one statement must have been answered, and for which a transaction may be idle between two
   * (default: half of a call).
   */
  readonly answerMs?: number
  /** When the call that this belongs to must have ended (default: the driver's own limits, from now on). */
  readonly deadline?: number
}

/**
 * What a storage needs of an engine. Deadlines are times of `performance.now()`.
 * @internal
 */
export interface Driver {
  /** False for an engine with a single connection: while one is in use there is no second. */
  readonly manyConnections: boolean
  /** Runs one statement as a commit of its own; it ends before `deadline`, with every repetition. */
  run(statement: Statement, values: unknown[], deadline: number): Promise<unknown[]>
  /** Runs `work` in one transaction on one connection. `work` must not use the connection after it ended. */
  transaction<Result>(work: Work<Result>, options?: ConnectionOptions): Promise<Result>
  /** Runs `work` on one connection outside of any transaction. */
  connected<Result>(work: Work<Result>, options?: ConnectionOptions): Promise<Result>
  /** Closes what the driver itself opened. */
  close(): Promise<void>
}
