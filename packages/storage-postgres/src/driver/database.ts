import { ToriiError } from 'torii-core'
import { backOff } from '../base/deadline.js'
import type { Database, Statement, StatementRunner } from '../sql/db.js'
import type { Connection, Driver } from './driver.js'
import { classifyStatementError } from './error-classes.js'
import { lostAnswerOf, nothingToRead, settle } from './lost-reply.js'
import { toToriiError } from './storage-errors.js'

/** Transactions of our own hold nothing but SQL, so one that was not committed may be run again. */
const maxAttempts = 4

/** A database over a driver: every statement is a commit of its own. */
export function overDriver(driver: Driver): Database {
  const run = (statement: Statement, values: unknown[]) => {
    const send = () => driver.run(statement, values)
    const repeats = !statement.reads && lostAnswerOf(statement.name).operation === 'repeat'
    return repeats ? settle(send, nothingToRead) : send()
  }
  return {
    run,
    runUnlessUserGone: (statement, values) => nullIfUserGone(() => run(statement, values)),
    settle,
    async atomic(work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await driver.transaction((connection) => work(connection))
        } catch (error) {
          if (tries >= maxAttempts || !isContention(error)) throw error
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
    settle: (write) => write(false),
    atomic: inSavepoint,
  }
}

async function withSavepoint<Result>(
  connection: Connection,
  work: () => Promise<Result>,
): Promise<Result> {
  const say = (text: string) =>
    connection.query(text).catch((error: unknown) => {
      throw toToriiError(error, classifyStatementError(error), text)
    })
  await say('savepoint torii')
  try {
    const result = await work()
    await say('release savepoint torii')
    return result
  } catch (error) {
    // A connection that is gone cannot roll back; the first error is the one to tell.
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

function isForeignKeyViolation(error: unknown): boolean {
  const cause: unknown = error instanceof ToriiError ? error.cause : null
  return cause instanceof Error && Reflect.get(cause, 'code') === '23503'
}

const isContention = (error: unknown): boolean =>
  error instanceof ToriiError && error.code === 'ERR_CONTENTION'
