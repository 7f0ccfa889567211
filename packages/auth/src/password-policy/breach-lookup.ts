import { ToriiError } from 'torii-core'
import { createDeadline } from '../base/deadline.js'

/**
 * Returns whether a password is known from a data breach. It receives the password itself, in NFC: pass on no more of it
 * than necessary ({@link createBreachCheck} passes on five characters of a hash).
 */
export type BreachedHook = (password: string) => Promise<boolean>

/** The hook for breached passwords failed, was late or was too busy. The password was accepted without it. */
export interface BreachLogEvent {
  level: 'warn'
  event: 'breached_check_failed'
  error: unknown
}

/** The limits of the hook. It calls a third-party service, which must not delay or fail a registration. */
export const breachedLimits = Object.freeze({
  /** The longest wait for its result. */
  seconds: 2,
  /** Concurrent calls. It runs before any rate limit, so a flood must stop here. */
  concurrency: 32,
})

/**
 * Wraps the hook so that its failures refuse no password: an error, a timeout or a call beyond the limit counts as not
 * breached, and is logged. Without a hook, no password counts as breached.
 */
export function createBreachLookup(
  hook: BreachedHook | null,
  log: (event: BreachLogEvent) => void,
  { seconds, concurrency }: { seconds: number; concurrency: number } = breachedLimits,
): (password: string) => Promise<boolean> {
  if (hook === null) return async () => false
  let free = concurrency

  const ask = async (password: string) => {
    free -= 1
    try {
      return await hook(password)
    } finally {
      free += 1
    }
  }

  return async (password) => {
    const deadline = createDeadline(seconds)
    try {
      if (free === 0) throw busy()
      return (await Promise.race([ask(password), deadline.passed])) === true
    } catch (error) {
      log({ level: 'warn', event: 'breached_check_failed', error })
      return false
    } finally {
      deadline.clear()
    }
  }
}

const busy = () => new ToriiError('ERR_BUSY', 'the limit of concurrent breach checks is reached')
