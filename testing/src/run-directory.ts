import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { endForks } from './forks.js'
import { commandLine, isAlive, signal, startTicks, waitUntilGone } from './processes.js'
import { chooseRunFolder, runFolders } from './run-folders.js'

const prefix = 'torii-test-'
const quitSeconds = 6

/**
 * Makes the folder that holds everything of one server (`data`, `server.log`, copied binaries), or the notes of a run,
 * and records the process that owns it.
 */
export function createRunDirectory(): string {
  const directory = mkdtempSync(join(chooseRunFolder(), prefix))
  // Root's server runs as another user, which must reach what is its own inside.
  if (process.getuid?.() === 0) chmodSync(directory, 0o711)
  const owner = { pid: process.pid, startTicks: startTicks(process.pid) }
  writeFileSync(join(directory, 'owner.json'), JSON.stringify(owner), { flag: 'wx', mode: 0o600 })
  return directory
}

/** Where PostgreSQL keeps its files within a run directory. */
export const dataDirectoryOf = (directory: string): string => join(directory, 'data')

/** Where the test processes of a run note the secrets they draw. */
export const secretsDirectoryOf = (directory: string): string => join(directory, 'secrets')

/** Where the test processes of a run note themselves. */
export const forksDirectoryOf = (directory: string): string => join(directory, 'forks')

/** The pid and state that a postmaster wrote down, or null when there is none. */
export function readPostmasterFile(directory: string): { pid: number; ready: boolean } | null {
  try {
    const lines = readFileSync(join(dataDirectoryOf(directory), 'postmaster.pid'), 'utf8').split(
      '\n',
    )
    const pid = Number(lines[0])
    return Number.isInteger(pid) && pid > 1 ? { pid, ready: lines[7]?.trim() === 'ready' } : null
  } catch {
    return null
  }
}

const programs = ['postgres', 'initdb', 'pg_basebackup', 'pgbouncer']

/** Whether a pid is one of our programs that was started on this run directory, and no other process. */
function belongsTo(directory: string, pid: number): boolean {
  const [program, ...values] = commandLine(pid)
  const data = dataDirectoryOf(directory)
  const isOurs = values.some((value) => value === data || value.startsWith(`${data}/`))
  return programs.includes(basename(program ?? '')) && isOurs
}

/** Stops what was started for a run directory, by pid and only after a look at what it is, then removes the directory. */
export async function clearRunDirectory(
  directory: string,
  pids: readonly number[] = [],
): Promise<void> {
  const recorded = readPostmasterFile(directory)
  for (const pid of new Set(recorded === null ? pids : [...pids, recorded.pid])) {
    if (!belongsTo(directory, pid)) continue
    signal(pid, 'SIGQUIT')
    if (await waitUntilGone(pid, quitSeconds)) continue
    signal(pid, 'SIGKILL')
    await waitUntilGone(pid, quitSeconds)
  }
  endForks(forksDirectoryOf(directory))
  await rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}

/**
 * Clears what killed runs left: directories of this user whose owner is dead. A directory without a record is not
 * ours to judge; it is removed only when it is empty and a minute old.
 */
export async function sweepRunDirectories(): Promise<string[]> {
  const cleared: string[] = []
  const found = runFolders().flatMap((folder) =>
    readdirSync(folder).flatMap((name) => (name.startsWith(prefix) ? [join(folder, name)] : [])),
  )
  for (const directory of found) {
    if (!isAbandoned(directory)) continue
    await clearRunDirectory(directory)
    cleared.push(directory)
  }
  return cleared
}

function isAbandoned(directory: string): boolean {
  try {
    const stat = lstatSync(directory)
    if (!stat.isDirectory() || stat.uid !== process.getuid?.()) return false
    const owner = readOwner(directory)
    if (owner !== null) return !isAlive(owner.pid) || startTicks(owner.pid) !== owner.startTicks
    if (Date.now() - stat.mtimeMs > 60_000) rmdirSync(directory)
    return false
  } catch {
    return false
  }
}

function readOwner(directory: string): { pid: number; startTicks: string | null } | null {
  const owner: unknown = JSON.parse(readFileSync(join(directory, 'owner.json'), 'utf8'))
  if (typeof owner !== 'object' || owner === null || !('pid' in owner) || !('startTicks' in owner))
    return null
  const { pid, startTicks: ticks } = owner
  if (typeof pid !== 'number' || (ticks !== null && typeof ticks !== 'string')) return null
  return { pid, startTicks: ticks }
}
