import { backOff, within } from '../base/deadline.js'
import type { StorageLog, StorageLogEvent } from '../base/log.js'
import type { Statement } from '../sql/statement.js'
import type { Connection, ConnectionOptions, Driver, Work } from './driver.js'
import type { ErrorClass } from './error-classes.js'
import { classifyConnectError, classifyStatementError } from './error-classes.js'
import type { ResultTypes } from './result-types.js'
import { resultTypes } from './result-types.js'
import { toToriiError } from './storage-errors.js'

/** What is used of a connection of `pg`. */
export interface PgClient {
  query(query: PgQuery): Promise<PgResult>
  /** With an error (or true) the connection is closed instead of reused. */
  release(error?: Error | boolean): void
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** What is used of a pool of `pg`. Any pool of this shape works. */
export interface PgPool {
  connect(): Promise<PgClient>
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** What is used of an answer of `pg`. */
export interface PgResult {
  rows: unknown[]
  command?: string
}

interface PgQuery {
  text: string
  values: unknown[]
  name?: string
  /** Absent for a statement of the application, which reads results in its own way. */
  types?: ResultTypes
}

/** The deadlines of every call; each is a number of milliseconds. */
export interface Deadlines {
  /** Until a connection is at hand, new or out of the pool. */
  readonly acquire: number
  /** Until a statement has been answered. After it the connection is thrown away. */
  readonly answer: number
}

interface PgDriverOptions {
  readonly prepare: boolean
  readonly deadlines: Deadlines
  readonly log: StorageLog
  /** Ends the pool if it is ours; absent for the application's own pool. */
  readonly end?: () => Promise<void>
}

/** Attempts in all, the first one included. */
const maxAttempts = 4

/** Runs statements over a pool of `pg`, each with a deadline, repeated only where that is safe. */
export function createPgDriver(pool: PgPool, options: PgDriverOptions): Driver {
  const { prepare, deadlines, log } = options
  const guarded = new WeakSet<PgClient>()
  // Without a listener a connection that breaks while idle ends the process.
  pool.on('error', () => log({ level: 'warn', event: 'connection_lost' }))

  /** A lost connection can report more than one error, so the listener stays for its whole life. */
  function guard(client: PgClient): PgClient {
    if (!guarded.has(client)) client.on('error', () => undefined)
    guarded.add(client)
    return client
  }

  async function acquire(): Promise<PgClient> {
    const connecting = pool.connect()
    const expired = () => new Error(`no connection within ${deadlines.acquire} ms`)
    return within(connecting, deadlines.acquire, expired).then(guard, (error: unknown) => {
      connecting.then(
        (late) => guard(late).release(),
        () => undefined,
      )
      throw error
    })
  }

  async function send(
    client: PgClient,
    query: PgQuery,
    answerMs = deadlines.answer,
  ): Promise<PgResult> {
    return within(client.query(query), answerMs, () => new Error(`no answer within ${answerMs} ms`))
  }

  /** Tries one statement once, on a connection of its own. */
  async function attempt(
    statement: Statement,
    values: unknown[],
    prepared: boolean,
  ): Promise<Attempt> {
    let client: PgClient
    try {
      client = await acquire()
    } catch (error) {
      return { ok: false, error, failure: classifyConnectError(error) }
    }
    try {
      const { rows } = await send(client, toQuery(statement, values, prepared))
      client.release()
      return { ok: true, rows }
    } catch (error) {
      const failure = classifyStatementError(error)
      client.release(leavesConnectionDoubtful(error, failure))
      return { ok: false, error, failure }
    }
  }

  async function run(statement: Statement, values: unknown[]): Promise<unknown[]> {
    // Every connection of the pool can hold a plan that a migration has outdated; unprepared, none does.
    let outdatedPlan = false
    for (let tries = 1; ; tries += 1) {
      const outcome = await attempt(statement, values, prepare && !outdatedPlan)
      if (outcome.ok) return outcome.rows
      const { error, failure } = outcome
      outdatedPlan ||= codeOf(error) === cachedPlanChanged
      const giveUp = tries >= maxAttempts || !mayRepeat(statement, failure)
      const event = giveUp ? eventOfGivingUp[failure] : 'retried'
      if (event) log({ level: 'warn', event, operation: statement.name, code: failure })
      if (giveUp) throw toToriiError(error, readsAre(statement, failure), statement.name)
      await backOff(tries)
    }
  }

  async function connected<Result>(
    work: Work<Result>,
    { answerMs }: ConnectionOptions = {},
  ): Promise<Result> {
    let client: PgClient
    try {
      client = await acquire()
    } catch (error) {
      throw toToriiError(error, classifyConnectError(error), 'connect')
    }
    const { connection, isDoubtful } = connectionOver(client, prepare, (query) =>
      send(client, query, answerMs),
    )
    try {
      return await work(connection)
    } finally {
      client.release(isDoubtful())
    }
  }

  return {
    run,
    connected,
    manyConnections: true,
    transaction: (work, connectionOptions) =>
      connected((connection) => inTransaction(connection, work), connectionOptions),
    close: async () => options.end?.(),
  }
}

/** A connection over a client that is ours for a while, and whether it may be used again afterwards. */
function connectionOver(
  client: PgClient,
  prepare: boolean,
  send: (query: PgQuery) => Promise<PgResult>,
): { connection: Connection; isDoubtful(): boolean } {
  let doubtful = false
  let line: Promise<unknown> = Promise.resolve()

  /** One after the other: a client has one conversation, and its deadline starts when its turn comes. */
  function sendInLine(query: PgQuery): Promise<PgResult> {
    const answer = line.then(() => send(query))
    line = answer.catch((error: unknown) => {
      doubtful ||= leavesConnectionDoubtful(error, classifyStatementError(error))
    })
    return answer
  }

  const connection: Connection = {
    processId: processIdOf(client),
    query: (text, values = []) => sendInLine({ text, values: [...values], types: resultTypes }),
    queryOfApplication: (text, values = []) => sendInLine({ text, values: [...values] }),
    async run(statement, values) {
      try {
        return (await sendInLine(toQuery(statement, values, prepare))).rows
      } catch (error) {
        throw toToriiError(error, classifyStatementError(error), statement.name)
      }
    },
  }
  return { connection, isDoubtful: () => doubtful }
}

/** `pg` keeps what the server announced in a member that is not in its types. */
function processIdOf(client: PgClient): number | null {
  const id: unknown = Reflect.get(client, 'processID')
  return typeof id === 'number' ? id : null
}

type Attempt = { ok: true; rows: unknown[] } | { ok: false; error: unknown; failure: ErrorClass }

const toQuery = (statement: Statement, values: unknown[], prepare: boolean): PgQuery =>
  prepare
    ? { name: statement.preparedName, text: statement.text, values, types: resultTypes }
    : { text: statement.text, values, types: resultTypes }

/** What is logged when a call fails; a refusal by a healthy server is thrown to the caller only. */
const eventOfGivingUp: Partial<Record<ErrorClass, StorageLogEvent['event']>> = {
  ambiguous: 'outcome_unknown',
  'not-sent': 'connection_lost',
}

/** A read has no outcome that could be unknown: a lost reply is the same as a lost server. */
const readsAre = (statement: Statement, failure: ErrorClass): ErrorClass =>
  statement.kind === 'read' && failure === 'ambiguous' ? 'not-sent' : failure

const mayRepeat = (statement: Statement, failure: ErrorClass): boolean =>
  failure === 'not-committed' ||
  failure === 'not-sent' ||
  failure === 'unprepared' ||
  (failure === 'ambiguous' && statement.kind === 'read')

/** feature_not_supported, as PostgreSQL says it of a prepared statement whose result changed its type. */
const cachedPlanChanged = '0A000'

const codeOf = (error: unknown): unknown =>
  error instanceof Error ? Reflect.get(error, 'code') : undefined

/** Codes after which a connection is thrown away: a standby, a timed-out transaction, an outdated plan. */
const unusableAfter: readonly unknown[] = ['25006', '25P03', cachedPlanChanged]

/** After these it is unknown what the connection will reply next, or the connection is of no more use. */
const leavesConnectionDoubtful = (error: unknown, failure: ErrorClass): boolean =>
  failure === 'ambiguous' ||
  failure === 'pooler' ||
  failure === 'unprepared' ||
  unusableAfter.includes(codeOf(error))

/** Commits when `work` returns, rolls back when it throws; a failed commit says what is known of it. */
async function inTransaction<Result>(connection: Connection, work: Work<Result>): Promise<Result> {
  await control(connection, 'begin isolation level read committed')
  let result: Result
  try {
    result = await work(connection)
  } catch (error) {
    // The first error is the one to throw; a connection that cannot roll back is thrown away.
    await connection.query('rollback').catch(() => undefined)
    throw error
  }
  await commit(connection)
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
