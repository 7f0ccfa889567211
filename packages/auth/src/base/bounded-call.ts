import { ToriiError } from 'torii-core'
import { createDeadline } from './deadline.js'

/** The limits of calls to a third-party service. */
export interface CallLimits {
  /** The longest wait for a result. */
  readonly seconds: number
  /** Concurrent calls. A late one counts until it is settled. */
  readonly concurrency: number
}

/**
 * Wraps a function of the application so that it is waited for no longer than the limit, and called no more often at once. The
 * result rejects with what the function threw, with ERR_UNAVAILABLE when it is late, and with ERR_BUSY beyond the limit.
 */
export function createBoundedCall<Given extends readonly unknown[], Result>(
  call: (...given: Given) => Promise<Result>,
  { seconds, concurrency }: CallLimits,
): (...given: Given) => Promise<Result> {
  let free = concurrency

  const run = async (given: Given) => {
    free -= 1
    try {
      return await call(...given)
    } finally {
      free += 1
    }
  }

  return async (...given) => {
    if (free === 0)
      throw new ToriiError('ERR_BUSY', `the limit of ${concurrency} concurrent calls is reached`)
    const deadline = createDeadline(seconds)
    try {
      return await Promise.race([run(given), deadline.passed])
    } finally {
      deadline.clear()
    }
  }
}
