import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { type Account, serverAccount, spawnOptions } from './account.js'
import { type Binaries, findBinaries } from './binaries.js'
import { postgresProgram } from './postmaster.js'
import { clearRunDirectory, createRunDirectory, dataDirectoryOf } from './run-directory.js'
import { serverControl, serverVersion, startOnFreePort, type TestServer } from './server.js'
import { startWatchdog, type Watchdog } from './watch.js'

/** A streaming standby of a server of `startServer`, with the same superuser and password. */
export interface TestStandby extends TestServer {
  /** Makes it a primary; resolves when it takes writes. */
  promote(): Promise<void>
}

/** Null, or why no standby can be made here: `pg_basebackup` is not part of the npm packages. */
export async function canStartStandby(): Promise<string | null> {
  const { directory, source } = await findBinaries()
  return existsSync(join(directory, 'pg_basebackup')) ? null : `no pg_basebackup in ${source}`
}

/** Copies the primary, which must be of the default major, and follows it until promoted. */
export async function startStandby(primary: TestServer): Promise<TestStandby> {
  const binaries = await findBinaries()
  const account = serverAccount()
  const directory = createRunDirectory()
  const watchdog = startWatchdog(directory)
  try {
    await copyPrimary(primary.url, { binaries, account, directory, watchdog })
    const input = {
      directory,
      account,
      program: postgresProgram(binaries.directory),
      logFile: join(directory, 'server.log'),
      onSpawn: watchdog.note,
    }
    const { pid, port } = await startOnFreePort(input)
    const url = new URL(primary.url)
    url.port = String(port)
    const version = await serverVersion(url.href)
    return {
      url: url.href,
      version,
      description: `standby of PostgreSQL ${version} from ${binaries.source}`,
      dataDirectory: dataDirectoryOf(directory),
      logFile: input.logFile,
      promote: () => promote(url.href),
      ...serverControl({ ...input, port }, pid, watchdog.release),
    }
  } catch (error) {
    await clearRunDirectory(directory).finally(watchdog.release)
    throw error
  }
}

interface CopyInput {
  binaries: Binaries
  account: Account
  directory: string
  watchdog: Watchdog
}

async function copyPrimary(
  url: string,
  { binaries, account, directory, watchdog }: CopyInput,
): Promise<void> {
  const { hostname, port, username, password } = new URL(url)
  const data = dataDirectoryOf(directory)
  await mkdir(data, { mode: 0o700 })
  if (account !== null) await chown(data, account.uid, account.gid)
  const connection = ['--host', hostname, '--port', port, '--username', username, '--no-password']
  // `--write-recovery-conf` makes it a standby that streams.
  const copy = ['--write-recovery-conf', '--wal-method=stream', '--checkpoint=fast', '--no-sync']
  const options = spawnOptions(account)
  // In the environment: every user of the machine can read a command line.
  const env = { ...options.env, PGPASSWORD: decodeURIComponent(password) }
  await new Promise<void>((resolve, reject) => {
    const program = join(binaries.directory, 'pg_basebackup')
    const child = execFile(
      program,
      [...connection, ...copy, '-D', data],
      { ...options, env },
      (error, _, stderr) =>
        error === null ? resolve() : reject(new Error(`${program} failed: ${stderr.trim()}`)),
    )
    if (child.pid !== undefined) watchdog.note(child.pid)
  })
}

async function promote(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('select pg_promote(wait => true)')
  } finally {
    await client.end()
  }
}
