import { resolve } from 'node:path'
import { ToriiError } from 'torii-core'
import { timeLeft, within } from '../base/deadline.js'
import { valuesUntil } from '../sql/late-writes.js'
import type { Connection, Driver } from './driver.js'
import { classifyStatementError, sqlStateOf } from './error-classes.js'
import { lockDirectory } from './pglite-lock.js'
import { toToriiError } from './storage-errors.js'

/** What is used of PGlite and of its transactions. */
interface PgliteQueryable {
  query(text: string, values: unknown[]): Promise<{ rows: unknown[] }>
}

interface Pglite extends PgliteQueryable {
  transaction<Result>(work: (tx: PgliteQueryable) => Promise<Result>): Promise<Result>
  close(): Promise<void>
}

/**
 * Opens the embedded engine. It has one connection, so everything waits in one line; every commit is
 * flushed to disk before it is acknowledged; a second process is refused, since PGlite itself would
 * silently lose one of the two's writes.
 * @param directory where the data lives, or null for a database in memory
 */
export async function openPglite(directory: string | null, acquireMs: number): Promise<Driver> {
  const { PGlite } = await loadPglite()
  if (directory === null)
    return createPgliteDriver(await PGlite.create(), acquireMs, async () => undefined)
  const lock = await lockDirectory(directory)
  try {
    const startParams = PGlite.defaultStartParams.filter((parameter) => parameter !== '-F')
    // An absolute path, since PGlite reads `idb://` and the like out of a relative one.
    const engine = await PGlite.create({ dataDir: resolve(directory), startParams })
    return createPgliteDriver(engine, acquireMs, () => lock.release())
  } catch (cause) {
    await lock.release()
    throw new ToriiError(
      'ERR_UNAVAILABLE',
      `the embedded database in ${directory} cannot be opened: it is damaged, or not one, or of another version of PGlite. Move that directory away to start with an empty one`,
      { cause },
    )
  }
}

async function loadPglite() {
  try {
    return await import('@electric-sql/pglite')
  } catch (cause) {
    throw new ToriiError(
      'ERR_INVALID_OPTIONS',
      'a pglite: URL needs the embedded engine: run "npm install @electric-sql/pglite", or use a postgresql:// URL',
      { cause },
    )
  }
}

function createPgliteDriver(
  engine: Pglite,
  acquireMs: number,
  released: () => Promise<void>,
): Driver {
  let line: Promise<void> = Promise.resolve()

  /** Runs `work` when everything before it is done, or refuses when that takes too long. */
  async function inTurn<Result>(
    work: () => Promise<Result>,
    deadline = Number.POSITIVE_INFINITY,
  ): Promise<Result> {
    const before = line
    let leave = (): void => undefined
    const left = new Promise<void>((done) => {
      leave = done
    })
    line = before.then(() => left)
    try {
      await within(before, Math.max(0, Math.min(acquireMs, timeLeft(deadline))), busy)
      return await work()
    } finally {
      leave()
    }
  }

  return {
    manyConnections: false,
    run: (statement, values, deadline) =>
      inTurn(async () => connectionOver(engine).run(statement, values), deadline),
    transaction: (work, options) =>
      inTurn(
        () => engine.transaction((tx) => work(connectionOver(tx))).catch(explainAborted),
        options?.deadline,
      ),
    connected: (work, options) => inTurn(() => work(connectionOver(engine)), options?.deadline),
    close: () =>
      inTurn(async () => {
        try {
          await engine.close()
        } finally {
          await released()
        }
      }),
  }
}

const busy = () =>
  new ToriiError(
    'ERR_UNAVAILABLE',
    'the embedded database has one connection and it is in use: inside a transaction call the methods of its tx, and use a PostgreSQL server for load',
  )

/** PGlite reports the commit of a failed transaction by its code. */
function explainAborted(error: unknown): never {
  throw sqlStateOf(error) === '25P02' ? toToriiError(error, 'aborted', 'commit') : error
}

function connectionOver(queryable: PgliteQueryable): Connection {
  // The engine is our own, so the application has set no parsers on it.
  const query = (text: string, values: readonly unknown[] = []) =>
    queryable.query(text, [...values])
  return {
    processId: null,
    query,
    queryOfApplication: query,
    async run(statement, values) {
      try {
        return (await queryable.query(statement.text, valuesUntil(statement, values))).rows
      } catch (error) {
        throw toToriiError(error, classifyStatementError(error), statement.name)
      }
    },
  }
}
