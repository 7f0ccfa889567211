import type { BatchedCallMessage, Ending, StatementMessage } from 'torii-core'
import { diagnosticsChannels, ToriiError, trace } from 'torii-core'
import type { StatementRunner } from '../sql/database.js'
import type { Statement } from '../sql/statement.js'
import type { Driver } from './driver.js'
import { sqlStateOf } from './error-classes.js'

const { storageStatement } = diagnosticsChannels

/** A driver that publishes its statements. */
export interface TracedDriver extends Driver {
  /** @param calls those that the statement answers, for its message (default: none, for a statement without a batch form) */
  run(
    statement: Statement,
    values: unknown[],
    deadline: number,
    calls?: readonly BatchedCallMessage[],
  ): Promise<unknown[]>
}

/** The driver, whose statements are published on the channel `torii.storage.statement`. */
export function tracedDriver(driver: Driver): TracedDriver {
  return {
    ...driver,
    run: (statement, values, deadline, calls) =>
      storageStatement.hasSubscribers
        ? traceStatement(statement, calls, () => driver.run(statement, values, deadline))
        : driver.run(statement, values, deadline),
    transaction: (work, options) =>
      driver.transaction((connection) => work(tracedConnection(connection)), options),
    connected: (work, options) =>
      driver.connected((connection) => work(tracedConnection(connection)), options),
  }
}

/** The connection, whose own statements are published; texts without a name and those of the application are not. */
export const tracedConnection = <Runner extends StatementRunner>(connection: Runner): Runner => ({
  ...connection,
  run: (statement, values) =>
    storageStatement.hasSubscribers
      ? traceStatement(statement, undefined, () => connection.run(statement, values))
      : connection.run(statement, values),
})

function traceStatement(
  { name, kind }: Statement,
  calls: readonly BatchedCallMessage[] = [],
  work: () => Promise<unknown[]>,
): Promise<unknown[]> {
  return trace(storageStatement, () => ({ statement: name, kind, calls }), work, withState)
}

const withState: Ending<StatementMessage, unknown[]> = {
  error(message, error) {
    const state = error instanceof ToriiError ? sqlStateOf(error.cause) : null
    if (state !== null) message.sqlState = state
  },
}
