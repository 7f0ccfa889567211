/** Work that is repeated in the background. */
export interface Repeating {
  /** Stops it; resolves when the current run has ended. `signal` of the run is aborted. */
  stop(): Promise<void>
}

/** Processes that start at the same moment do not run at the same moment: each wait is up to a tenth longer. */
const jitter = 0.1
/** The longest wait before the first run. */
const firstSeconds = 60

/**
 * Calls `run` now and then: for the first time after a random part of a minute, then `everySeconds` after the end of each
 * run, a random tenth later. It keeps no process alive. An error is passed to `failed` and ends nothing.
 */
export function repeat(
  everySeconds: number,
  run: (signal: AbortSignal) => Promise<unknown>,
  failed: (error: unknown) => void,
): Repeating {
  const controller = new AbortController()
  let current: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const schedule = (seconds: number) => {
    if (controller.signal.aborted) return
    timer = setTimeout(() => {
      current = runOnce()
    }, seconds * 1000)
    timer.unref()
  }
  async function runOnce() {
    try {
      await run(controller.signal)
    } catch (error) {
      failed(error)
    }
    schedule(everySeconds * (1 + jitter * Math.random()))
  }
  schedule(Math.min(firstSeconds, everySeconds) * Math.random())
  return {
    stop() {
      controller.abort()
      clearTimeout(timer)
      return current
    },
  }
}
