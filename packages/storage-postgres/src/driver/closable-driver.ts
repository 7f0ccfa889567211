import { ToriiError } from 'torii-core'
import type { Connection, Driver } from './driver.js'

/** The driver, which after `close` refuses new work, waits for running calls and closes once. */
export function closable(driver: Driver): Driver {
  // A count, not the promises themselves: this lies on the path of every statement.
  let running = 0
  let whenIdle: (() => void) | null = null
  let closing: Promise<void> | null = null

  function leave(): void {
    running -= 1
    if (running === 0) whenIdle?.()
  }

  function track<Result>(work: () => Promise<Result>): Promise<Result> {
    if (closing !== null)
      return Promise.reject(new ToriiError('ERR_CLOSED', 'the storage was closed'))
    running += 1
    const result = work()
    result.then(leave, leave)
    return result
  }

  async function close(): Promise<void> {
    if (running > 0)
      await new Promise<void>((resolve) => {
        whenIdle = resolve
      })
    await driver.close()
  }

  return {
    manyConnections: driver.manyConnections,
    run: (statement, values, deadline, calls) =>
      track(() => driver.run(statement, values, deadline, calls)),
    transaction: (work, options) => track(() => driver.transaction(work, options)),
    connected: (work, options) => track(() => driver.connected(work, options)),
    close() {
      closing ??= close()
      return closing
    },
  }
}

/** The connection, until `end` is called: what is kept of a transaction cannot be used after it. */
export function untilEnded(connection: Connection): {
  connection: Connection
  end(): void
  /** Throws once the transaction has ended. */
  refuseEnded(): void
} {
  let ended = false
  const refuseEnded = () => {
    if (ended)
      throw new ToriiError(
        'ERR_MISUSE',
        'this transaction has ended: await everything inside its work, and use the storage itself afterwards',
      )
  }
  return {
    connection: {
      processId: connection.processId,
      async run(statement, values) {
        refuseEnded()
        return connection.run(statement, values)
      },
      async query(text, values) {
        refuseEnded()
        return connection.query(text, values)
      },
      async queryOfApplication(text, values) {
        refuseEnded()
        return connection.queryOfApplication(text, values)
      },
    },
    end() {
      ended = true
    },
    refuseEnded,
  }
}
