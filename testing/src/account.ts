import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { chown, cp, lchown, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.js'

/** The account a server runs as: null means that of this process. */
export type Account = { name: string; uid: number; gid: number } | null

/** Chooses the account. PostgreSQL refuses to run as root, so root hands it to `postgres`, or else to `nobody`. */
export function serverAccount(): Account {
  if (process.getuid?.() !== 0) return null
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const found = accounts.find((fields) => fields[0] === name)
    if (found) return { name, uid: Number(found[2]), gid: Number(found[3]) }
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is no user postgres or nobody: run the tests as another user',
  )
}

/** The spawn options that run a program as the account, with an environment free of PG variables. */
export function spawnOptions(account: Account) {
  const env = { PATH: process.env.PATH ?? '', LC_ALL: 'C' }
  const identity = account === null ? {} : { uid: account.uid, gid: account.gid }
  return { ...identity, env, cwd: '/' } as const
}

/**
 * Returns binaries the account can execute: the same ones, or a copy within `directory` where they lie under a
 * closed folder (a checkout in /root).
 */
export async function executableBy(
  account: Account,
  binaries: Binaries,
  directory: string,
): Promise<Binaries> {
  if (account === null || canExecute(account, binaries.directory)) return binaries
  if (binaries.tree === null) {
    throw new Error(
      `user ${account.name} may not execute ${binaries.directory}: open its folders, or choose another server with --major`,
    )
  }
  const copy = join(directory, 'binaries')
  await cp(binaries.tree, copy, { recursive: true, verbatimSymlinks: true })
  await own(account, copy)
  if (!canExecute(account, join(copy, 'bin'))) {
    throw new Error(
      `user ${account.name} may not execute ${copy}: is the temporary folder mounted noexec, or closed? Set TMPDIR`,
    )
  }
  return { ...binaries, directory: join(copy, 'bin') }
}

function canExecute(account: Account, directory: string): boolean {
  const programs = ['initdb', 'postgres'].map((name) => join(directory, name))
  return programs.every(
    (path) => spawnSync(path, ['--version'], spawnOptions(account)).status === 0,
  )
}

/** Gives a whole tree to the account. */
async function own(account: NonNullable<Account>, path: string): Promise<void> {
  await chown(path, account.uid, account.gid)
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), account.uid, account.gid)
  }
}
