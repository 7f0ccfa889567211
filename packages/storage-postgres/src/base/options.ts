import { InvalidOptionsError, unknownOption } from 'torii-core'
import type { StorageLog } from './log.js'

/** How a storage uses its database. */
export interface PostgresStorageOptions {
  /** Schema of the Torii tables: lower-case letters, digits, `_`, at most 63 (default: `torii`). */
  schema?: string
  /**
   * Use named prepared statements (default: true). Set to false behind a pooler that does not keep
   * them for its clients, such as PgBouncer before 1.21 in transaction mode.
   */
  prepare?: boolean
  /**
   * Seconds until a connection must be at hand, new or out of the pool (default: 5). Our own pool waits so long for a
   * server that restarts, too.
   */
  acquireSeconds?: number
  /**
   * Seconds in which every call ends, with all its tries (default: 10). One attempt of a statement has half of them:
   * after that the server refuses a write that it had not begun, however late it is delivered. `migrate`, `sweep` and
   * `revokeAllSessionsAndTokens` are many calls; in `transaction` each statement has half of them, and the server
   * ends a transaction that waits for its application for longer than that.
   */
  callSeconds?: number
  /**
   * Answer session validations that come at the same time by one statement, and open sessions that are opened at the
   * same time by one (default: true). One that comes alone, one in a transaction and the embedded engine have a
   * statement each in any case.
   */
  batchValidation?: boolean
  /** Receives what an administrator may want to know: names and codes, never values (default: silent). */
  log?: StorageLog
}

/** Options of {@link PostgresStorage.connect}. */
export interface ConnectOptions extends PostgresStorageOptions {
  /** Connections at most in our own pool (default: 10). */
  maxConnections?: number
}

/** Every default, in one place. */
export const defaults = Object.freeze({
  schema: 'torii',
  prepare: true,
  acquireSeconds: 5,
  callSeconds: 10,
  batchValidation: true,
  maxConnections: 10,
})

/** All options with their defaults, checked. @throws InvalidOptionsError */
export function resolveOptions(options: ConnectOptions) {
  if (typeof options !== 'object' || options === null)
    throw new InvalidOptionsError('options', 'must be an object')
  refuseUnknown(options, [...Object.keys(defaults), 'log'])
  const { schema = defaults.schema, log } = options
  if (log !== undefined && typeof log !== 'function')
    throw new InvalidOptionsError('log', 'must be a function')
  return {
    schema,
    prepare: flag('prepare', options.prepare ?? defaults.prepare),
    batchValidation: flag('batchValidation', options.batchValidation ?? defaults.batchValidation),
    log,
    acquireMs: milliseconds('acquireSeconds', options.acquireSeconds ?? defaults.acquireSeconds),
    callMs: milliseconds('callSeconds', options.callSeconds ?? defaults.callSeconds),
    maxConnections: count('maxConnections', options.maxConnections ?? defaults.maxConnections),
  }
}

/** A misspelled limit would be no limit. @throws InvalidOptionsError */
export function refuseUnknown(options: object, known: readonly string[]): void {
  for (const name of Object.keys(options))
    if (!known.includes(name)) throw unknownOption(name, known)
}

function flag(option: string, value: boolean): boolean {
  if (typeof value !== 'boolean') throw new InvalidOptionsError(option, 'must be true or false')
  return value
}

function milliseconds(option: string, value: number): number {
  if (typeof value !== 'number' || !(value >= 0.1 && value <= 3600))
    throw new InvalidOptionsError(option, 'must be a number of seconds from 0.1 to 3600')
  return Math.round(value * 1000)
}

function count(option: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < 1 || value > 1000)
    throw new InvalidOptionsError(option, 'must be a whole number from 1 to 1000')
  return value
}
