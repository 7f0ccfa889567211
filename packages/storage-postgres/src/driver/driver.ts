import type { StatementRunner } from '../sql/database.js'

/** A connection while a transaction is open on it. */
export interface Connection extends StatementRunner {
  /** The process number that the server announced, or null where that is not known. */
  readonly processId: number | null
  /** Runs a text of any kind, unprepared: the caller's own statements, migrations. */
  query(text: string, values?: readonly unknown[]): Promise<{ rows: unknown[]; command?: string }>
}

export type Work<Result> = (connection: Connection) => Promise<Result>

export interface ConnectionOptions {
  /** Milliseconds until one statement must have been answered (default: the driver's own deadline). */
  answerMs?: number
}

/** What a storage needs of an engine. */
export interface Driver extends StatementRunner {
  /** False for an engine with a single connection: while one is in use there is no second. */
  readonly manyConnections: boolean
  /** Runs `work` in one transaction on one connection. `work` must not use the connection after it ended. */
  transaction<Result>(work: Work<Result>, options?: ConnectionOptions): Promise<Result>
  /** Runs `work` on one connection outside of any transaction. */
  connected<Result>(work: Work<Result>, options?: ConnectionOptions): Promise<Result>
  /** Closes what the driver itself opened. */
  close(): Promise<void>
}
