import { OutcomeUnknownError, ToriiError } from 'torii-core'
import { backOff, timeLeft } from '../base/deadline.js'
import type { StorageLog } from '../base/log.js'
import type { Database, StatementRunner } from '../sql/database.js'
import { causeHasCode, isForeignKeyViolation } from '../sql/error-code.js'
import type { Connection, Driver } from './driver.js'
import { classifyStatementError } from './error-classes.js'
import { nothingToRead, runWithRecovery } from './recovery.js'
import { toToriiError } from './storage-errors.js'

/** Transactions of our own hold nothing but SQL, so one that was not committed may be run again. */
const maxAttempts = 4

/** A database over a driver: every statement is a commit of its own, and every use of it a call. */
export function overDriver(
  driver: Driver,
  { callMs, log }: { readonly callMs: number; readonly log: StorageLog },
): Database {
  const inCall = async <Result>(work: (call: Database) => Promise<Result>): Promise<Result> => {
    try {
      return await work(overCall(driver, performance.now() + callMs))
    } catch (error) {
      logOutcomeUnknown(log, error)
      throw error
    }
  }
  return {
    run: (statement, values) =>
      statement.kind === 'read'
        ? driver.run(statement, values, performance.now() + callMs)
        : inCall((call) => call.run(statement, values)),
    runUnlessUserGone: (statement, values) =>
      inCall((call) => call.runUnlessUserGone(statement, values)),
    runWithRecovery: (write, readback) => inCall((call) => call.runWithRecovery(write, readback)),
    atomic: (work) => inCall((call) => call.atomic(work)),
  }
}

/** Tells the administrator of an outcome that stays unknown to a caller. */
export function logOutcomeUnknown(log: StorageLog, error: unknown): void {
  if (error instanceof OutcomeUnknownError)
    log({ level: 'warn', event: 'outcome_unknown', operation: error.operation })
}

/** A database whose uses are all part of one call. */
function overCall(driver: Driver, deadline: number): Database {
  const call: Database = {
    run(statement, values) {
      const send = () => driver.run(statement, values, deadline)
      return statement.onLostReply?.action === 'repeat'
        ? runWithRecovery(call, deadline, send, nothingToRead)
        : send()
    },
    runUnlessUserGone: (statement, values) => nullIfUserGone(() => call.run(statement, values)),
    runWithRecovery: (write, readback) => runWithRecovery(call, deadline, write, readback),
    async atomic(work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await driver.transaction((connection) => work(connection), { deadline })
        } catch (error) {
          const mayRepeat = isContention(error) || isUnprepared(error)
          if (tries >= maxAttempts || timeLeft(deadline) <= 0 || !mayRepeat) throw error
          await backOff(tries)
        }
      }
    },
  }
  return call
}

/** A database over a connection on which the caller has a transaction open. */
export function overConnection(connection: Connection): Database {
  const inSavepoint = <Result>(work: (db: StatementRunner) => Promise<Result>) =>
    withSavepoint(connection, () => work(connection))
  const database: Database = {
    run: (statement, values) => connection.run(statement, values),
    runUnlessUserGone: (statement, values) =>
      nullIfUserGone(() => inSavepoint((db) => db.run(statement, values))),
    runWithRecovery: (write) => write(database, false),
    atomic: inSavepoint,
  }
  return database
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

/** The connection had lost its prepared statements and was thrown away. */
const isUnprepared = (error: unknown): boolean => causeHasCode(error, '26000')

const isContention = (error: unknown): boolean =>
  error instanceof ToriiError && error.code === 'ERR_CONTENTION'
