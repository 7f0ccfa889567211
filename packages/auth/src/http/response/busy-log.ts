import type { Log } from '../../services/options/log.js'

const intervalMs = 60_000

/**
 * Logs refusals for load: the first at once, the others as a count at most once a minute, since a flood has thousands.
 * Returns a function to call for each.
 */
export function createBusyLog(log: Log): () => void {
  let count = 0
  let nextAt = Number.NEGATIVE_INFINITY
  return () => {
    count += 1
    if (performance.now() < nextAt) return
    log({ level: 'warn', event: 'busy', count })
    count = 0
    nextAt = performance.now() + intervalMs
  }
}
