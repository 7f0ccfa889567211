import type { Connection, Work } from './driver.js'
import { classifyStatementError } from './error-classes.js'
import type { PgResult } from './pg-pool.js'
import { isOutcomeUnknown, toToriiError } from './storage-errors.js'

interface TransactionOptions {
  /**
   * Milliseconds after which the server ends a transaction that hears nothing: so neither does a client that hangs
   * keep its locks, nor can a commit be delivered later.
   */
  readonly idleMs: number
  /** Called when the reply to the commit was lost, before that is thrown. */
  readonly onLostCommit: () => Promise<void>
}

/** Commits when `work` returns, rolls back when it throws; a failed commit says what is known of it. */
export async function inTransaction<Result>(
  connection: Connection,
  work: Work<Result>,
  { idleMs, onLostCommit }: TransactionOptions,
): Promise<Result> {
  await control(
    connection,
    `begin isolation level read committed; set local idle_in_transaction_session_timeout = ${Math.round(idleMs)}`,
  )
  let result: Result
  try {
    result = await work(connection)
  } catch (error) {
    // The first error is the one to throw; a connection that cannot roll back is thrown away.
    await connection.query('rollback').catch(() => undefined)
    throw error
  }
  try {
    await commit(connection)
  } catch (error) {
    if (isOutcomeUnknown(error)) await onLostCommit()
    throw error
  }
  return result
}

async function commit(connection: Connection): Promise<void> {
  const { command } = await control(connection, 'commit')
  // PostgreSQL answers a commit of a failed transaction with ROLLBACK and no error.
  if (command === 'ROLLBACK') throw toToriiError(undefined, 'aborted', 'commit')
}

async function control(connection: Connection, text: string): Promise<PgResult> {
  try {
    return await connection.query(text)
  } catch (error) {
    throw toToriiError(error, classifyStatementError(error), text)
  }
}
