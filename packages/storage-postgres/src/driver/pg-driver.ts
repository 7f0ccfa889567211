import { diagnosticsChannels, trace } from 'torii-core'
import { backOff, timeLeft } from '../base/deadline.js'
import type { StorageLog } from '../base/log.js'
import { isLate, valuesUntil } from '../sql/late-writes.js'
import type { Statement } from '../sql/statement.js'
import type { ServerAnswer } from './database-clock.js'
import type { Connection, ConnectionOptions, Driver } from './driver.js'
import type { ErrorClass } from './error-classes.js'
import {
  classifyConnectError,
  classifyStatementError,
  loggedSqlState,
  sqlStateOf,
} from './error-classes.js'
import {
  connectionOver,
  isOutdatedPlan,
  leavesConnectionDoubtful,
  toQuery,
} from './pg-connection.js'
import type { CheckedOut } from './pg-connections.js'
import { createPgConnections } from './pg-connections.js'
import type { PgPool } from './pg-pool.js'
import { addressOfPool, sizeOf, stateOf } from './pg-pool.js'
import { createSemaphore } from './semaphore.js'
import { toToriiError } from './storage-errors.js'
import { inTransaction } from './transaction.js'

interface PgDriverOptions {
  /** The schema of the storage, for diagnostics. */
  readonly schema: string
  readonly prepare: boolean
  /** Milliseconds until a connection is at hand, new or out of the pool. */
  readonly acquireMs: number
  /** Milliseconds in which a call ends, all its tries included. */
  readonly callMs: number
  /** Connections of the pool at most (default: what the pool says). */
  readonly maxConnections?: number
  readonly log: StorageLog
  /** The server, for messages; null where it is not known (default: what the pool says). */
  readonly address?: string | null
  /** Ends the pool if it is ours; absent for the application's own pool. */
  readonly end?: () => Promise<void>
}

/** Attempts in all, the first one included. */
const maxAttempts = 4
/** Connections that writes leave to reads, in a pool of at least twice as many. */
const reservedForReads = 2

/**
 * Runs statements over a pool of `pg`, each within the deadline of its call, repeated only where that is safe.
 *
 * A write is valid for half a call: the server refuses it afterwards, however late it is delivered. When its reply is
 * lost, nothing is read or repeated before the server has said that it begins nothing of it any more. Writes and
 * transactions leave some connections to reads, which so never wait behind writes that wait for locks.
 */
export function createPgDriver(pool: PgPool, options: PgDriverOptions): Driver {
  const { prepare, acquireMs, callMs, log, address = addressOfPool(pool) } = options
  /** How long an attempt of a write is valid: two fit into a call. */
  const attemptMs = callMs / 2
  /** An attempt with less time than this could only fail. */
  const leastMs = callMs * 0.06
  const size = options.maxConnections ?? sizeOf(pool)
  const writePlaces = createSemaphore(size - Math.min(reservedForReads, Math.floor(size / 2)))
  const state = stateOf(pool, { schema: options.schema, max: size, waiting: writePlaces.waiting })
  const connections = createPgConnections(pool, { acquireMs, attemptMs, log, state })

  /** Publishes the wait only when there is one: a connection is waited for afterwards in any case. */
  const enterWritePlace = (milliseconds: number) =>
    writePlaces.isFull()
      ? trace(
          diagnosticsChannels.storageConnection,
          () => ({ pool: state }),
          () => writePlaces.enter(milliseconds),
        )
      : writePlaces.enter(milliseconds)

  /** Runs `work` where writes have their connections. @throws ToriiError `ERR_UNAVAILABLE` when none is free in time */
  async function inWritePlace<Result>(
    deadline: number,
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (!(await enterWritePlace(Math.min(acquireMs, timeLeft(deadline)))))
      throw toToriiError(new Error('every connection for writes is in use'), 'not-sent', 'connect')
    try {
      return await work()
    } finally {
      writePlaces.leave()
    }
  }

  /** Tries one statement once, on a connection of its own. */
  async function attempt(
    statement: Statement,
    values: unknown[],
    prepared: boolean,
    deadline: number,
  ): Promise<Attempt> {
    let checkedOut: CheckedOut
    try {
      checkedOut = await connections.checkOut(deadline)
    } catch (error) {
      return { ok: false, error, failure: classifyConnectError(error) }
    }
    const { client, server } = checkedOut
    const milliseconds = Math.min(attemptMs, timeLeft(deadline))
    if (milliseconds < leastMs) {
      connections.release(client, false)
      return { ok: false, error: new Error('no time is left'), failure: 'not-sent' }
    }
    const writeAttempt = connections.startAttempt(server, milliseconds)
    try {
      const sent = valuesUntil(statement, values, writeAttempt.notAfter)
      const { rows } = await connections.send(
        client,
        toQuery(statement, sent, prepared),
        milliseconds,
      )
      connections.release(client, false)
      return { ok: true, rows }
    } catch (error) {
      const failure = classifyStatementError(error)
      connections.release(client, leavesConnectionDoubtful(error, failure))
      if (isLate(error)) connections.forgetClock()
      const isLost = failure === 'ambiguous' && statement.kind === 'write'
      if (isLost && !isLastWord(server, error))
        await connections.waitForWriteDeadline(writeAttempt, deadline)
      return { ok: false, error, failure }
    }
  }

  const attemptWrite = (...given: Parameters<typeof attempt>): Promise<Attempt> =>
    inWritePlace(given[3], () => attempt(...given)).catch(
      (error: unknown): Attempt => ({ ok: false, error, failure: 'not-sent' }),
    )

  async function run(
    statement: Statement,
    values: unknown[],
    deadline: number,
  ): Promise<unknown[]> {
    // Every connection of the pool can hold a plan that a migration has outdated; unprepared, none does.
    let outdatedPlan = false
    const tryOnce = statement.kind === 'read' ? attempt : attemptWrite
    for (let tries = 1; ; tries += 1) {
      const outcome = await tryOnce(statement, values, prepare && !outdatedPlan, deadline)
      if (outcome.ok) return outcome.rows
      const { error, failure } = outcome
      outdatedPlan ||= isOutdatedPlan(error)
      const isOver = tries >= maxAttempts || timeLeft(deadline) < leastMs
      if (isOver || !mayRepeat(statement, failure)) {
        if (failure === 'not-sent')
          log({ level: 'warn', event: 'connection_lost', operation: statement.name, code: failure })
        throw toToriiError(error, readsAre(statement, failure), statement.name, address)
      }
      log({
        level: 'warn',
        event: 'retried',
        operation: statement.name,
        code: failure,
        ...loggedSqlState(error),
      })
      await backOff(tries)
    }
  }

  async function connected<Result>(
    work: (connection: Connection, server: ServerAnswer) => Promise<Result>,
    { answerMs, deadline }: ConnectionOptions = {},
  ): Promise<Result> {
    let checkedOut: CheckedOut
    try {
      checkedOut = await connections.checkOut(deadline ?? performance.now() + callMs)
    } catch (error) {
      throw toToriiError(error, classifyConnectError(error), 'connect', address)
    }
    const { client, server } = checkedOut
    const left = () => Math.min(attemptMs, timeLeft(deadline ?? Number.POSITIVE_INFINITY))
    const { connection, isDoubtful } = connectionOver(client, prepare, (query) =>
      connections.send(client, query, answerMs ?? Math.max(1, left())),
    )
    try {
      return await work(connection, server)
    } finally {
      connections.release(client, isDoubtful())
    }
  }

  /** The server ends a transaction that is idle for as long as an attempt is valid: a later commit finds none. */
  const afterLostCommit = async (server: ServerAnswer, deadline: number | undefined) => {
    await connections.waitForWriteDeadline(
      connections.startAttempt(server, attemptMs + timerMs),
      deadline ?? performance.now() + callMs,
    )
  }

  return {
    run,
    connected,
    manyConnections: true,
    async transaction(work, given = {}) {
      const { deadline } = given
      const begun = () =>
        connected(
          (connection, server) =>
            inTransaction(connection, work, {
              idleMs: attemptMs,
              onLostCommit: () => afterLostCommit(server, deadline),
            }),
          given,
        )
      return inWritePlace(deadline ?? performance.now() + callMs, begun)
    },
    close: async () => options.end?.(),
  }
}

type Attempt =
  | { readonly ok: true; readonly rows: unknown[] }
  | { readonly ok: false; readonly error: unknown; readonly failure: ErrorClass }

/** Milliseconds by which a busy server fires its timer late. */
const timerMs = 250

/** A server that ends a connection says so when nothing of the statement is running any more. */
const isLastWord = (server: ServerAnswer, error: unknown): boolean =>
  server.processId !== null && sqlStateOf(error) !== null

/** A read has no outcome that could be unknown: a lost reply is the same as a lost server. */
const readsAre = (statement: Statement, failure: ErrorClass): ErrorClass =>
  statement.kind === 'read' && failure === 'ambiguous' ? 'not-sent' : failure

const mayRepeat = (statement: Statement, failure: ErrorClass): boolean =>
  failure === 'not-committed' ||
  failure === 'not-sent' ||
  failure === 'unprepared' ||
  (failure === 'ambiguous' && statement.kind === 'read')
