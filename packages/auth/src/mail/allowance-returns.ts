import { setImmediate as nextTurn } from 'node:timers/promises'
import type { RateLimitKey } from 'torii-core'
import type { BackgroundLogEvent } from '../base/background.js'

/** Gives mail allowances back that were counted for messages which were lost. */
export interface AllowanceReturns {
  /** Gives one back for each key, soon and together with others. Never throws. */
  add(allowances: readonly RateLimitKey[]): void
  /** Resolves when all have been given back. */
  settled(): Promise<void>
}

/** The most keys of one statement. */
const maxKeys = 10_000

/**
 * Collects the allowances of a turn, so that many lost messages cost one statement. One statement runs at a time; one
 * that fails is logged and not repeated, since a repetition could give back twice.
 */
export function createAllowanceReturns(
  giveBack: (allowances: readonly RateLimitKey[]) => Promise<void>,
  log: (event: BackgroundLogEvent) => void,
): AllowanceReturns {
  let waiting: RateLimitKey[] = []
  let running: Promise<void> | null = null

  async function flush(): Promise<void> {
    await nextTurn()
    while (waiting.length > 0) {
      const keys = waiting.slice(0, maxKeys)
      waiting = waiting.slice(maxKeys)
      try {
        await giveBack(keys)
      } catch (error) {
        log({ level: 'warn', event: 'background_task_failed', task: 'mail_allowances', error })
      }
    }
    running = null
  }

  return {
    add(allowances) {
      waiting.push(...allowances)
      if (waiting.length > 0) running ??= flush()
    },
    async settled() {
      while (running !== null) await running
    },
  }
}
