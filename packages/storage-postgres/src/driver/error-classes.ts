import { ToriiError } from 'torii-core'
import { isLate } from '../sql/late-writes.js'

/**
 * What the outcome of a failed statement is, and so what may be done next.
 * - `not-committed`: the server refused because of concurrent work or a wrong node; may be sent again.
 * - `not-sent`: no connection could be had; may be sent again.
 * - `ended`: the server ended the statement and rolled it back; sending it again would end the same way.
 * - `ambiguous`: the connection was lost after sending: a write may have been done. Never sent again blindly.
 * - `unprepared`: the server no longer has the prepared statement, so nothing was run; may be sent again over a connection
 *   that prepares anew.
 * - `aborted`: an earlier statement of the same transaction failed.
 * - `login`, `permission`, `schema`, `pooler`: the set-up is wrong; the error says what to do.
 * - `other`: anything else the server answered; it was rolled back.
 */
export type ErrorClass =
  | 'not-committed'
  | 'not-sent'
  | 'ended'
  | 'ambiguous'
  | 'unprepared'
  | 'aborted'
  | 'login'
  | 'permission'
  | 'schema'
  | 'pooler'
  | 'other'

const classOfSqlState: Readonly<Record<string, ErrorClass>> = {
  '40001': 'not-committed', // serialization_failure
  '40P01': 'not-committed', // deadlock_detected
  '55P03': 'not-committed', // lock_not_available
  '25006': 'not-committed', // read_only_sql_transaction: a standby, the connection is dropped
  '57P03': 'not-sent', // cannot_connect_now: starting up
  '53300': 'not-sent', // too_many_connections
  '57014': 'ended', // query_canceled: statement_timeout
  '25P03': 'ended', // idle_in_transaction_session_timeout
  '25P04': 'ended', // transaction_timeout
  '53100': 'ended', // disk_full
  '53200': 'ended', // out_of_memory
  '25P02': 'aborted', // in_failed_sql_transaction
  '57P01': 'ambiguous', // admin_shutdown
  '57P02': 'ambiguous', // crash_shutdown
  '57P05': 'ambiguous', // idle_session_timeout
  '42501': 'permission',
  '42P01': 'schema', // undefined_table
  '3F000': 'schema', // invalid_schema_name
  '42703': 'schema', // undefined_column: an older schema
  '26000': 'unprepared', // invalid_sql_statement_name: discarded, or on another connection of a pooler
  '42P05': 'pooler', // duplicate_prepared_statement: another client of a pooler has prepared it on this connection
}

/** The five-character code if the server itself answered, else null. */
export function sqlStateOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null
  const code: unknown = Reflect.get(error, 'code')
  // Node's own codes (ECONNRESET, EPIPE) have the same length now and then; a server error has a severity.
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && Reflect.has(error, 'severity')
    ? code
    : null
}

/** A statement that was not answered in time, and that the server canceled when it was asked to: nothing was done. */
export class CanceledError extends Error {
  override readonly name = 'CanceledError'
}

/** {@link sqlStateOf} for a log: also that of a statement which the server was asked to cancel. */
export function loggedSqlState(error: unknown): { readonly sqlState?: string } {
  const sqlState = sqlStateOf(error instanceof CanceledError ? error.cause : error)
  return sqlState === null ? {} : { sqlState }
}

/** Classes of failures of a statement that was sent. Table-tested. */
export function classifyStatementError(error: unknown): ErrorClass {
  if (error instanceof CanceledError || isLate(error)) return 'not-committed'
  const state = sqlStateOf(error)
  if (state === null) return 'ambiguous'
  if (state === '0A000')
    return /cached plan must not change result type/.test(messageOf(error))
      ? 'not-committed'
      : 'other'
  // Class 08: the server or a pooler lost its connection while working for us. PgBouncer says 08P01 of everything:
  // a server that was killed behind it, one that cannot be reached, query_wait_timeout, its own end.
  return classOfSqlState[state] ?? (state.startsWith('08') ? 'ambiguous' : 'other')
}

/** Classes of failures while connecting: nothing was sent. */
export function classifyConnectError(error: unknown): ErrorClass {
  // Our own pool has looked for the primary until the deadline, and says what is wrong.
  if (error instanceof ToriiError) return 'other'
  const state = sqlStateOf(error)
  if (state === null) return 'not-sent'
  if (/^(28|3D)/.test(state)) return 'login'
  if (state === '08P01') return classifyPoolerRefusal(messageOf(error))
  const known = classOfSqlState[state]
  return known === 'pooler' || known === 'permission' ? known : 'not-sent'
}

/** PgBouncer has one code for everything until 1.20; its messages are not translated. */
function classifyPoolerRefusal(message: string): ErrorClass {
  if (refusedParameter(message) !== null) return 'pooler'
  return /authentication failed|no such (?:user|database)/.test(message) ? 'login' : 'not-sent'
}

/** The start-up parameter that a pooler does not take, or null where its message is about something else. */
export const refusedParameter = (message: string): string | null =>
  /unsupported startup parameter(?: in options)?: "?(\w+)/.exec(message)?.[1] ?? null

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === 'string' ? error : 'an unknown failure'

/**
 * Returns a copy of a driver's error with only what is safe to pass on: code, kind and names. Its `detail`, `where` and
 * parameters can hold addresses and hashes, and messages of class 22 quote the value, so they stay out.
 */
export function withoutValues(error: unknown): Error {
  const state = sqlStateOf(error)
  const quotesValue = state?.startsWith('22')
  const safe = new Error(quotesValue ? 'a value was refused by PostgreSQL' : messageOf(error))
  safe.name = state === null ? 'ConnectionError' : 'PostgresError'
  if (typeof error !== 'object' || error === null) return safe
  for (const key of ['code', 'severity', 'schema', 'table', 'constraint', 'routine', 'syscall']) {
    const value: unknown = Reflect.get(error, key)
    if (typeof value === 'string') Reflect.set(safe, key, value)
  }
  return safe
}
