import type { PoolState } from 'torii-core'
import { diagnosticsChannels, ToriiError, trace } from 'torii-core'
import { timeLeft, within } from '../base/deadline.js'
import type { StorageLog } from '../base/log.js'
import { requestCancel } from './cancel-request.js'
import type { ServerAnswer } from './database-clock.js'
import { createDatabaseClock } from './database-clock.js'
import { CanceledError, sqlStateOf } from './error-classes.js'
import type { PgClient, PgPool, PgQuery, PgResult } from './pg-pool.js'
import { closedPool, isClosedPool } from './pg-pool.js'
import type { WriteAttempt } from './write-deadline.js'
import { waitForWriteDeadline } from './write-deadline.js'

/** A connection out of the pool, with what its server said of itself. */
export interface CheckedOut {
  readonly client: PgClient
  readonly server: ServerAnswer
}

/** The connections of a pool. Deadlines are times of `performance.now()`. */
export interface PgConnections {
  /** @throws what the pool or the server said; nothing was sent then */
  checkOut(deadline: number): Promise<CheckedOut>
  /** Sends, and has the server cancel what it does not answer in time. */
  send(client: PgClient, query: PgQuery, milliseconds: number): Promise<PgResult>
  /**
   * Gives the connection back, or closes it if its next reply is in doubt, as it is after a request to cancel:
   * PostgreSQL signals a process twice, and the second signal may end the statement after the one that was meant.
   */
  release(client: PgClient, isDoubtful: boolean): void
  /** A write that is sent now and is valid for so many milliseconds. */
  startAttempt(server: ServerAnswer, milliseconds: number): WriteAttempt
  /** Waits until the server says that it begins nothing of a lost write any more; false when it does not say so in time. */
  waitForWriteDeadline(write: WriteAttempt, deadline: number): Promise<boolean>
  /** The server's clock was found to be another one. */
  forgetClock(): void
}

/** Milliseconds for the reply of a server that was asked to cancel. */
const cancelMs = 300
/** query_canceled */
const queryCanceled = '57014'

/** Nothing was heard of the server in time. */
class NoAnswerError extends Error {}

export function createPgConnections(
  pool: PgPool,
  {
    acquireMs,
    attemptMs,
    log,
    state,
  }: { acquireMs: number; attemptMs: number; log: StorageLog; state: PoolState },
): PgConnections {
  const guarded = new WeakSet<PgClient>()
  const canceled = new WeakSet<PgClient>()
  const clock = createDatabaseClock(sendPlainly)
  // Without a listener a connection that breaks while idle ends the process.
  pool.on('error', () => log({ level: 'warn', event: 'connection_lost' }))

  /** A lost connection can report more than one error, so the listener stays for its whole life. */
  function guard(client: PgClient): PgClient {
    if (!guarded.has(client)) client.on('error', () => undefined)
    guarded.add(client)
    return client
  }

  const acquire = (deadline: number): Promise<PgClient> =>
    trace(
      diagnosticsChannels.storageConnection,
      () => ({ pool: state }),
      () => connect(deadline),
    )

  async function connect(deadline: number): Promise<PgClient> {
    if (isClosedPool(pool)) throw new ToriiError('ERR_CLOSED', closedPool)
    const milliseconds = Math.min(acquireMs, Math.max(1, timeLeft(deadline)))
    const connecting = pool.connect()
    const expired = () => new Error(`no connection within ${Math.round(milliseconds)} ms`)
    return within(connecting, milliseconds, expired).then(guard, (error: unknown) => {
      connecting.then(
        (late) => guard(late).release(),
        () => undefined,
      )
      throw error
    })
  }

  return {
    async checkOut(deadline) {
      const client = await acquire(deadline)
      const known = clock.serverOf(client)
      // Asked once for each connection, and from time to time for its clock.
      if (known !== null && clock.now() !== null) return { client, server: known }
      try {
        const milliseconds = Math.max(1, Math.min(attemptMs, timeLeft(deadline)))
        const answer = await clock.ask(client, milliseconds)
        return { client, server: known ?? answer }
      } catch (error) {
        client.release(true)
        throw error
      }
    },
    async send(client, query, milliseconds) {
      const answer = client.query(query)
      const graceMs = Math.min(cancelMs, milliseconds / 4)
      try {
        return await within(answer, milliseconds - graceMs, () => noAnswer(milliseconds))
      } catch (error) {
        const isDirect = typeof clock.serverOf(client)?.processId === 'number'
        if (!(error instanceof NoAnswerError) || !isDirect) throw error
        canceled.add(client)
        requestCancel(client)
        return await within(answer, graceMs, () => error).catch(orCanceled)
      }
    },
    release: (client, isDoubtful) => client.release(isDoubtful || canceled.has(client)),
    startAttempt(server, milliseconds) {
      const sentAt = clock.now(Number.POSITIVE_INFINITY) ?? server.now
      return { sentAt, notAfter: sentAt + milliseconds / 1000, server }
    },
    waitForWriteDeadline: (write, deadline) =>
      waitForWriteDeadline(write, deadline, { acquire, clock }),
    forgetClock: () => clock.forget(),
  }
}

const noAnswer = (milliseconds: number) =>
  new NoAnswerError(`no answer within ${Math.round(milliseconds)} ms`)

const sendPlainly = (client: PgClient, query: PgQuery, milliseconds: number): Promise<PgResult> =>
  within(client.query(query), milliseconds, () => noAnswer(milliseconds))

/** The answer to a request to cancel says that nothing was done; without an answer the outcome is unknown. */
function orCanceled(error: unknown): never {
  throw sqlStateOf(error) === queryCanceled
    ? new CanceledError('no answer in time', { cause: error })
    : error
}
