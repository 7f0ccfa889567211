import { OutcomeUnknownError, ToriiError } from 'torii-core'
import type { ErrorClass } from './error-classes.js'
import { refusedParameter, sqlStateOf, withoutValues } from './error-classes.js'

export const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof ToriiError && error.code === 'ERR_OUTCOME_UNKNOWN'

/**
 * The error a caller gets for a statement that failed for good: what happened and what to do.
 * @param address of the server, from `addressOf`; null where it is not known
 */
export function toToriiError(
  error: unknown,
  failure: ErrorClass,
  operation: string,
  address: string | null = null,
): ToriiError {
  if (error instanceof ToriiError) return error
  const cause = withoutValues(error)
  const state = sqlStateOf(error)
  const at = address === null ? '' : ` at ${address}`
  switch (failure) {
    case 'ambiguous':
      return new OutcomeUnknownError(operation, { cause })
    case 'not-sent':
      return new ToriiError(
        'ERR_UNAVAILABLE',
        `the database cannot be reached${at}; nothing was done. Check that PostgreSQL runs and accepts connections ${address === null ? 'at the configured address' : 'there, and that this is the address you mean'}`,
        { cause },
      )
    case 'not-committed':
      return new ToriiError('ERR_CONTENTION', contention(state ?? 'no answer in time', operation), {
        cause,
      })
    case 'ended':
      return new ToriiError(
        'ERR_STATEMENT_ENDED',
        `PostgreSQL ended "${operation}" (${state}) and rolled it back: a time limit, or its disk or memory is full`,
        { cause },
      )
    case 'aborted':
      return new ToriiError(
        'ERR_MISUSE',
        'an earlier statement of this transaction failed, so it was rolled back: let the error leave the work, or set a savepoint around what may fail',
        { cause },
      )
    case 'login':
      return new ToriiError(
        'ERR_UNAVAILABLE',
        `PostgreSQL${at} refused the login (${state}): check user, password and database name of the URL`,
        { cause },
      )
    case 'permission':
      return new ToriiError('ERR_PERMISSION', missingRight(error), { cause })
    case 'schema':
      return new ToriiError(
        'ERR_SCHEMA_OUTDATED',
        'the Torii tables are missing or older than this version: run "npx torii-storage-postgres migrate", or call storage.migrate() before you serve',
        { cause },
      )
    case 'pooler':
      return new ToriiError('ERR_POOLER', poolerRefusal(cause.message), { cause })
    case 'unprepared':
      return new ToriiError(
        'ERR_POOLER',
        'a connection pooler does not keep prepared statements, or the application has discarded them; nothing was done. Behind a pooler: connect with the option prepare: false',
        { cause },
      )
    case 'other':
      return new ToriiError(
        'ERR_STORAGE',
        `PostgreSQL refused "${operation}" (${state ?? 'no code'})`,
        { cause },
      )
  }
}

/** PostgreSQL has one code for a missing right and for row-level security; its functions have the same names everywhere. */
const checksRowSecurity: readonly unknown[] = ['ExecWithCheckOptions', 'check_enable_rls']

const missingRight = (error: unknown): string =>
  error instanceof Error && checksRowSecurity.includes(Reflect.get(error, 'routine'))
    ? 'row-level security of a Torii table restricts the database role: run "npx torii-storage-postgres validate" as this role to see which table, and what to do'
    : 'the database role lacks a right: run "npx torii-storage-postgres migrate --grant-to ROLE" as the owner of the schema'

/** What the storage itself sends while `prepare` is on. */
const ownParameters = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']

function poolerRefusal(message: string): string {
  const parameter = refusedParameter(message)
  return parameter === null || ownParameters.includes(parameter)
    ? 'a connection pooler does not keep prepared statements or start-up settings: connect with the option prepare: false'
    : `a connection pooler refuses the start-up parameter ${parameter}: remove it from the URL, or add it to ignore_startup_parameters of PgBouncer`
}

function contention(state: string, operation: string): string {
  return state === '25006'
    ? `"${operation}" reached a read-only server (a standby, or default_transaction_read_only); nothing was done. Connect to the primary`
    : `PostgreSQL gave up "${operation}" because of concurrent work (${state}), also when tried again; nothing was done`
}
