import type { StorageLog, StorageLogEvent } from '../index.js'

/** What a storage had to send again, or gave up, as `OPERATION CODE SQLSTATE`. */
export interface RetryLog {
  /** What other work was the reason for: 40P01 is a deadlock, 40001 a conflict. */
  readonly retried: string[]
  /** What only took too long, as on a loaded machine. No deadlock: the server finds one in a second, long before this. */
  readonly late: string[]
  readonly log: StorageLog
}

export function createRetryLog(): RetryLog {
  const [retried, late]: [string[], string[]] = [[], []]
  return {
    retried,
    late,
    log(event) {
      const { operation = '', code = '', sqlState = '' } = event
      const list = tookTooLong(event) ? late : retried
      list.push(`${operation} ${code} ${sqlState}`.trimEnd())
    },
  }
}

/** query_canceled, lock_not_available (after `lock_timeout`), and check_violation, by which the server refuses a late write. */
const tooLongStates = ['57014', '55P03', '23514']

/** Without an answer of the server, `not-sent` is that no connection was free in time. */
const tookTooLong = ({ code, sqlState }: StorageLogEvent): boolean =>
  sqlState === undefined ? code === 'not-sent' : tooLongStates.includes(sqlState)
