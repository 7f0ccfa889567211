import { ToriiError } from 'torii-core'

/** The end of the time that a call may take. */
export interface Deadline {
  /** Rejects with ERR_UNAVAILABLE when the time is over. */
  readonly passed: Promise<never>
  /** Aborts when the time is over. */
  readonly signal: AbortSignal
  /** Call it once the result is there. */
  clear(): void
}

/** Starts a deadline for a call of the application's code. */
export function createDeadline(seconds: number): Deadline {
  const controller = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const passed = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new ToriiError('ERR_UNAVAILABLE', `no result within ${seconds} s`)
      reject(error)
      controller.abort(error)
    }, seconds * 1000)
  })
  // Avoids an unhandled rejection if the deadline passes after the result.
  passed.catch(() => undefined)
  return { passed, signal: controller.signal, clear: () => clearTimeout(timer) }
}
