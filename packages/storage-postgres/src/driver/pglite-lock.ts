import { randomUUID } from 'node:crypto'
import { access, link, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { ToriiError } from 'torii-core'

/** The process that holds a data directory. `started` distinguishes it from a later one with the same number. */
interface Holder {
  readonly token: string
  readonly pid: number
  readonly host: string
  readonly started: string | null
}

/**
 * Directories that this process holds, for all copies of this module that are loaded: a bundler or a
 * hot reload makes a second one. A worker thread has its own list; there the start time decides.
 */
const heldHere = sharedSet('torii-storage-postgres.held-directories')

/**
 * Takes the directory for this process by a file next to it. A running holder keeps it; what a
 * killed process left behind is taken over by exactly one.
 * @throws ToriiError `ERR_DATABASE_LOCKED`
 */
export async function lockDirectory(directory: string): Promise<{ release(): Promise<void> }> {
  const path = `${await realPath(resolve(directory))}.lock`
  if (heldHere.has(path)) throw lockedError(path, { pid: process.pid })
  heldHere.add(path)
  try {
    const holder = await newHolder()
    while (!(await createExclusively(path, holder)) && !(await replaceDeadHolder(path, holder)));
    return { release: () => release(path, holder) }
  } catch (error) {
    heldHere.delete(path)
    throw error
  }
}

/** The directory by its one true name, also where it does not exist yet; what is above it is made. */
async function realPath(directory: string): Promise<string> {
  await mkdir(dirname(directory), { recursive: true })
  try {
    return await realpath(directory)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
    return join(await realpath(dirname(directory)), basename(directory))
  }
}

async function newHolder(): Promise<Holder> {
  const { pid } = process
  return { token: randomUUID(), pid, host: hostname(), started: await startOf(pid) }
}

async function release(path: string, holder: Holder): Promise<void> {
  const current = await readHolder(path)
  if (current?.token === holder.token) await rm(path, { force: true })
  heldHere.delete(path)
}

/** The file appears with its whole content or not at all, so no process reads a half-written one. */
async function createExclusively(path: string, holder: Holder): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, JSON.stringify(holder))
  try {
    await link(draft, path)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/**
 * Replaces a dead holder. The process that creates the file that is named after the dead one's token is its only
 * successor; a successor that died before it was entered into `path` is succeeded in the same way.
 * @returns false when the file has changed meanwhile, so that it must be read again
 */
async function replaceDeadHolder(path: string, holder: Holder): Promise<boolean> {
  const dead = await readHolder(path)
  const claims: string[] = []
  for (let last = dead; ; last = await readHolder(claims.at(-1) ?? path)) {
    if (last !== null && (await isAlive(last))) throw lockedError(path, last)
    const claim = `${path}.after-${last?.token ?? 'unreadable'}`
    // A claim that cannot be read disappears soon: the process that created it is removing it.
    if (claims.includes(claim)) return false
    claims.push(claim)
    if (await createExclusively(claim, holder)) break
  }
  // Claims are removed after the file has changed: if it has not, ours is the first one.
  const stillDead = (await readHolder(path))?.token === dead?.token && (await exists(path))
  if (stillDead) await replace(path, holder)
  for (const claim of stillDead ? claims : claims.slice(-1)) await rm(claim, { force: true })
  return stillDead
}

async function replace(path: string, holder: Holder): Promise<void> {
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, JSON.stringify(holder))
  await rename(draft, path)
}

/** Null when there is no file, or it does not hold what we write. */
async function readHolder(path: string): Promise<Holder | null> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    return isHolder(value) ? value : null
  } catch (error) {
    if (hasCode(error, 'ENOENT') || error instanceof SyntaxError) return null
    throw error
  }
}

const isHolder = (value: unknown): value is Holder =>
  typeof value === 'object' &&
  value !== null &&
  typeof Reflect.get(value, 'token') === 'string' &&
  typeof Reflect.get(value, 'pid') === 'number' &&
  typeof Reflect.get(value, 'host') === 'string'

async function isAlive(holder: Holder): Promise<boolean> {
  // Another machine's or container's process cannot be seen from here, so it is taken as living.
  if (holder.host !== hostname()) return true
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false
  }
  return holder.started === null || (await startOf(holder.pid)) === holder.started
}

/** When the process began, in kernel ticks since boot (Linux), or null where that cannot be read. */
async function startOf(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in parentheses and may hold spaces; the start is field 22.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}

function sharedSet(name: string): Set<string> {
  const key = Symbol.for(name)
  const known: unknown = Reflect.get(globalThis, key)
  if (known instanceof Set) return known
  const made = new Set<string>()
  Reflect.set(globalThis, key, made)
  return made
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && Reflect.get(error, 'code') === code

function lockedError(
  path: string,
  holder: (Pick<Holder, 'pid'> & Partial<Holder>) | null,
): ToriiError {
  const who =
    holder === null
      ? 'another process'
      : `process ${holder.pid}${holder.host === undefined ? '' : ` on ${holder.host}`}`
  return new ToriiError(
    'ERR_DATABASE_LOCKED',
    `the embedded database is open in ${who}: stop it, or use a postgresql:// server for several processes. If no such process exists, delete ${path}`,
  )
}
