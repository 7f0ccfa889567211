import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFile, chown, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Account, spawnOptions } from './account.js'
import type { Binaries } from './binaries.js'
import { dataDirectoryOf } from './run-directory.js'
import type { Watchdog } from './watch.js'

/** Fit for tests on two cores: fast, and lost at a crash of the machine. */
const defaultSettings: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  shared_buffers: '128MB',
  // The data may lie in memory.
  max_wal_size: '256MB',
  // A plan that a test forces has a cost at which it would be compiled.
  jit: 'off',
  max_connections: '200',
}

// Not for callers: tests must not be reachable from another machine or by another way than the URL.
const fixedSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  logging_collector: 'off',
}

/** What `createCluster` needs. */
export interface ClusterInput {
  directory: string
  binaries: Binaries
  account: Account
  settings: Readonly<Record<string, string>>
  watchdog: Watchdog
}

/** Runs initdb and writes the settings. Resolves to the password of the superuser `postgres`, new for every cluster. */
export async function createCluster(input: ClusterInput): Promise<string> {
  const { directory, account } = input
  const data = dataDirectoryOf(directory)
  const password = randomBytes(24).toString('base64url')
  const passwordFile = join(directory, 'password')
  await mkdir(data, { mode: 0o700 })
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (account !== null) {
    for (const path of [data, passwordFile]) await chown(path, account.uid, account.gid)
  }
  await initdb(input, data, passwordFile)
  await rm(passwordFile)
  await appendFile(
    join(data, 'postgresql.conf'),
    configuration({ ...defaultSettings, ...input.settings, ...fixedSettings }),
  )
  return password
}

function configuration(settings: Record<string, string>): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`,
  )
  return `\n# torii-testing\n${lines.join('\n')}\n`
}

function initdb(
  { binaries, account, watchdog }: ClusterInput,
  data: string,
  passwordFile: string,
): Promise<void> {
  const options = [
    '--no-sync',
    '--encoding=UTF8',
    '--locale=C',
    '--username=postgres',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
  ]
  return new Promise((resolve, reject) => {
    const program = join(binaries.directory, 'initdb')
    const child = execFile(
      program,
      [...options, '-D', data],
      spawnOptions(account),
      (error, stdout, stderr) => {
        if (error === null) return resolve()
        const output = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n')
        reject(
          new Error(
            `${program} failed: is the temporary folder open to ${account?.name ?? 'this user'}, and is there space? (TMPDIR chooses another)\n${output}`,
          ),
        )
      },
    )
    if (child.pid !== undefined) watchdog.note(child.pid)
  })
}
