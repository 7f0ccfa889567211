import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, spawnOptions } from './account.js'
import { childrenOf, signal, waitUntilGone } from './processes.js'
import { dataDirectoryOf, readPostmasterFile } from './run-directory.js'

const startSeconds = 60
const stopSeconds = 10

/** Where a postmaster runs from and writes to. */
export interface PostmasterInput {
  directory: string
  program: string
  account: Account
  logFile: string
  port: number
  /** Called as soon as the process exists. */
  onSpawn(pid: number): void
}

/** The port asked for belongs to another process. */
export class PortTakenError extends Error {}

/** Asks the system for a port of 127.0.0.1 that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      )
    })
  })
}

/** Starts postgres and waits until it takes connections. Resolves to its pid; throws `PortTakenError` or an error with the end of the log. */
export async function startPostmaster(input: PostmasterInput): Promise<number> {
  const log = openSync(input.logFile, 'a', 0o600)
  const logStart = statSync(input.logFile).size
  const values = ['-D', dataDirectoryOf(input.directory), '-p', String(input.port)]
  // In a session of its own: Ctrl+C in the terminal is for the runner, which then stops the server in order.
  const child = spawn(input.program, values, {
    ...spawnOptions(input.account),
    detached: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  if (child.pid === undefined) return new Promise((_, reject) => child.once('error', reject))
  input.onSpawn(child.pid)
  child.unref()
  return waitUntilReady(child, input, logStart)
}

async function waitUntilReady(
  child: ChildProcess,
  input: PostmasterInput,
  logStart: number,
): Promise<number> {
  const deadline = performance.now() + startSeconds * 1000
  while (child.exitCode === null && child.signalCode === null && performance.now() < deadline) {
    const recorded = readPostmasterFile(input.directory)
    if (recorded?.ready && recorded.pid === child.pid) return recorded.pid
    await sleep(10)
  }
  if (child.pid !== undefined) signal(child.pid, 'SIGKILL')
  const text = readFileSync(input.logFile).subarray(logStart).toString()
  if (text.includes('Address already in use'))
    throw new PortTakenError(`port ${input.port} is taken`)
  const lines = text.trim().split('\n').slice(-15).join('\n')
  throw new Error(
    `PostgreSQL did not start (${input.program}): read its last words, then check the settings, memory and disk\n${lines}`,
  )
}

/** Stops a postmaster in order: fast, then at once, then by force. */
export async function stopPostmaster(pid: number): Promise<void> {
  for (const name of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    signal(pid, name)
    if (await waitUntilGone(pid, stopSeconds)) return
  }
  throw new Error(`process ${pid} (postgres) does not end`)
}

/** Ends a postmaster and its children with SIGKILL, as a power cut of the process would: nothing is flushed. */
export async function killPostmaster(pid: number): Promise<void> {
  const pids = [pid, ...childrenOf(pid)]
  for (const each of pids) signal(each, 'SIGKILL')
  for (const each of pids) await waitUntilGone(each, stopSeconds)
}

/** The path of a server's program. */
export const postgresProgram = (binDirectory: string): string => join(binDirectory, 'postgres')
