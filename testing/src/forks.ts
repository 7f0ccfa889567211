import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, signal, startTicks } from './processes.js'

/** A process of Vitest and the test file that it runs. */
export interface Fork {
  pid: number
  file: string
  /** Since the file was begun. */
  seconds: number
}

/** Notes that this process runs a test file. */
export function noteFork(directory: string, file: string): void {
  const note = { file, startTicks: startTicks(process.pid) }
  writeFileSync(join(directory, String(process.pid)), JSON.stringify(note))
}

/** The processes that have noted themselves in the directory and still run. */
export function runningForks(directory: string): Fork[] {
  if (!existsSync(directory)) return []
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name)
    const pid = Number(name)
    // Written by noteFork.
    const note = JSON.parse(readFileSync(path, 'utf8')) as { file: string; startTicks: string }
    // Another process may have got the pid since.
    const isOurs =
      startTicks(pid) === note.startTicks && commandLine(pid).some((part) => /vitest/.test(part))
    return isOurs
      ? [{ pid, file: note.file, seconds: (Date.now() - statSync(path).mtimeMs) / 1000 }]
      : []
  })
}

/** Ends them all, also those in a synchronous loop, which hear nothing else. */
export function endForks(directory: string): void {
  for (const { pid } of runningForks(directory)) signal(pid, 'SIGKILL')
}
