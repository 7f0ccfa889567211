import type { Caller } from './caller.js'
import { asStranger } from './caller.js'
import type { BruteForcePolicies } from './rate-limits.js'

/** An outcome that may be the refusal of a rate limit. */
export type Countable =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly retryAfterSeconds?: number }

/**
 * Runs an attempt that counts the caller. A known browser that has failed too often in a row counts as a stranger from then
 * on: its attempt is run again as one.
 */
export async function asKnownOrStranger<Outcome extends Countable>(
  { knownBrowser }: Pick<BruteForcePolicies, 'knownBrowser'>,
  caller: Caller,
  attempt: (caller: Caller) => Promise<Outcome>,
): Promise<Outcome> {
  const outcome = await attempt(caller)
  if (caller.knownBrowser === null || outcome.ok || outcome.reason !== 'too_many_attempts')
    return outcome
  // Every other lock of a known browser is shorter.
  const isOver = (outcome.retryAfterSeconds ?? 0) > knownBrowser.maxLockSeconds
  return isOver ? attempt(asStranger(caller)) : outcome
}
