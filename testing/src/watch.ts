import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('./watchdog.js', import.meta.url))

/** The line to a watchdog process. */
export interface Watchdog {
  /** Tells it a process of the run directory to end with this one. */
  note(pid: number): void
  /** Lets it go. It clears what is left of the run directory and exits. */
  release(): void
}

/**
 * Starts a process that waits for this one to end, however it ends, and then stops the server and removes the run
 * directory. It sees the end as end of file: only this process holds the other end of the pipe.
 */
export function startWatchdog(directory: string): Watchdog {
  const child = spawn(process.execPath, [program, directory], {
    detached: true,
    cwd: '/',
    env: {},
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.on('error', () => {})
  child.stdin.on('error', () => {})
  child.unref()
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref()
  return {
    note: (pid) => void child.stdin.write(`${pid}\n`),
    release: () => void child.stdin.end(),
  }
}
