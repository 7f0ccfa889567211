import { ToriiError } from 'torii-core'
import { backOff } from '../base/deadline.js'
import type { Database, StatementRunner } from '../sql/database.js'
import type { Statement } from '../sql/statement.js'
import type { Connection, Driver } from './driver.js'
import { classifyStatementError } from './error-classes.js'
import { nothingToRead, runWithRecovery } from './recovery.js'
import { toToriiError } from './storage-errors.js'

/** Transactions of our own hold nothing but SQL, so one that was not committed may be run again. */
const maxAttempts = 4

/** A database over a driver: every statement is a commit of its own. */
export function overDriver(driver: Driver): Database {
  const run = (statement: Statement, values: unknown[]) => {
    const send = () => driver.run(statement, values)
    return statement.onLostReply?.action === 'repeat'
      ? runWithRecovery(send, nothingToRead)
      : send()
  }
  return {
    run,
    runUnlessUserGone: (statement, values) => nullIfUserGone(() => run(statement, values)),
    runWithRecovery,
    async atomic(work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await driver.transaction((connection) => work(connection))
        } catch (error) {
          if (tries >= maxAttempts || !(isContention(error) || isUnprepared(error))) throw error
          await backOff(tries)
        }
      }
    },
  }
}

/** A database over a connection on which the caller has a transaction open. */
export function overConnection(connection: Connection): Database {
  const inSavepoint = <Result>(work: (db: StatementRunner) => Promise<Result>) =>
    withSavepoint(connection, () => work(connection))
  return {
    run: (statement, values) => connection.run(statement, values),
    runUnlessUserGone: (statement, values) =>
      nullIfUserGone(() => inSavepoint((db) => db.run(statement, values))),
    runWithRecovery: (write) => write(false),
    atomic: inSavepoint,
  }
}

async function withSavepoint<Result>(
  connection: Connection,
  work: () => Promise<Result>,
): Promise<Result> {
  const send = (text: string) =>
    connection.query(text).catch((error: unknown) => {
      throw toToriiError(error, classifyStatementError(error), text)
    })
  await send('savepoint torii')
  try {
    const result = await work()
    await send('release savepoint torii')
    return result
  } catch (error) {
    // A lost connection cannot roll back; the first error is the one to throw.
    await connection.query('rollback to savepoint torii').catch(() => undefined)
    throw error
  }
}

/** The only foreign keys are those to users, so one that is violated means that the user is gone. */
async function nullIfUserGone<Result>(work: () => Promise<Result>): Promise<Result | null> {
  try {
    return await work()
  } catch (error) {
    if (isForeignKeyViolation(error)) return null
    throw error
  }
}

const isForeignKeyViolation = (error: unknown): boolean => causeHasCode(error, '23503')

/** The connection had lost its prepared statements and was thrown away. */
const isUnprepared = (error: unknown): boolean => causeHasCode(error, '26000')

function causeHasCode(error: unknown, code: string): boolean {
  const cause: unknown = error instanceof ToriiError ? error.cause : null
  return cause instanceof Error && Reflect.get(cause, 'code') === code
}

const isContention = (error: unknown): boolean =>
  error instanceof ToriiError && error.code === 'ERR_CONTENTION'
