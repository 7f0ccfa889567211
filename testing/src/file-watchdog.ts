import { runningForks } from './forks.js'
import { signal } from './processes.js'

/** The longest that a test file may take. */
export const fileSeconds = 300

/**
 * Ends every process that runs one test file for longer than `seconds`, also in a synchronous loop, which Vitest
 * cannot interrupt. Returns what stops the watch.
 */
export function watchForks(
  directory: string,
  seconds: number,
  report: (text: string) => void,
): () => void {
  const timer = setInterval(() => {
    for (const fork of runningForks(directory)) {
      if (fork.seconds <= seconds) continue
      report(`${fork.file} takes over ${seconds} seconds: its process is ended`)
      signal(fork.pid, 'SIGKILL')
    }
  }, 1000)
  timer.unref()
  return () => clearInterval(timer)
}
