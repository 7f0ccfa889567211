import type { Statement } from './statement.js'

/** Runs statements: over a pool, over one transaction, over the embedded engine. */
export interface StatementRunner {
  /** @param values in the order of the statement's parameters */
  run(statement: Statement, values: unknown[]): Promise<unknown[]>
}

/**
 * A write that is repeated where that is safe; `isRepetition` is false the first time only. All its statements go over
 * `call`, so that they end with the call.
 */
export type Write<Result> = (call: Database, isRepetition: boolean) => Promise<Result>

/** Reads over `call` whether a write was committed: the result of the committed write, or null when it was not. */
export type Readback<Result> = (call: Database) => Promise<Result | null>

/** What a repository runs on. Each of its methods is one call, and ends within the deadline of a call. */
export interface Database extends StatementRunner {
  /**
   * Runs a statement that refers to a user without locking it first; null when the user was deleted
   * meanwhile. Inside a caller's transaction a deleted user does not abort that transaction.
   */
  runUnlessUserGone(statement: Statement, values: unknown[]): Promise<unknown[] | null>
  /**
   * Runs a write whose commit `readback` can recognize after a lost reply. Inside a caller's transaction the
   * write simply runs: a lost connection ends that transaction.
   */
  runWithRecovery<Result>(write: Write<Result>, readback: Readback<Result>): Promise<Result>
  /** Runs statements that belong together as one commit, or as one savepoint of the caller's transaction. */
  atomic<Result>(work: (db: StatementRunner) => Promise<Result>): Promise<Result>
}
