import type { CallLimits } from '../base/bounded-call.js'
import { createBoundedCall } from '../base/bounded-call.js'

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
  limits: CallLimits = breachedLimits,
): (password: string) => Promise<boolean> {
  if (hook === null) return async () => false
  const ask = createBoundedCall(hook, limits)
  return async (password) => {
    try {
      return (await ask(password)) === true
    } catch (error) {
      log({ level: 'warn', event: 'breached_check_failed', error })
      return false
    }
  }
}
