import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { chown, mkdir, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, serverAccount, spawnOptions } from './account.js'
import { freePort } from './postmaster.js'
import { isAlive, signal, waitUntilGone } from './processes.js'
import { clearRunDirectory, createRunDirectory, dataDirectoryOf } from './run-directory.js'
import { startWatchdog } from './watch.js'

/** A PgBouncer in transaction mode on 127.0.0.1. */
export interface PgBouncer {
  /** The URL it was started for, through it. Holds the password: never print it. */
  url: string
  /** Stops it and removes everything of it. Safe to call twice. */
  stop(): Promise<void>
}

/** PgBouncer of this machine: the path and the version like `1.18.0`, or null when it is not installed. */
export function findPgBouncer(): { program: string; version: string } | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  const folder = folders.find((path) => path !== '' && existsSync(join(path, 'pgbouncer')))
  if (folder === undefined) return null
  const program = join(folder, 'pgbouncer')
  const text = execFileSync(program, ['--version'], { encoding: 'utf8' })
  return { program, version: /PgBouncer (\S+)/.exec(text)?.[1] ?? 'unknown' }
}

/**
 * Starts PgBouncer in transaction mode in front of the server of `url`, with SCRAM on both sides and
 * `poolSize` connections to each database. `settings` are further lines of its file. It ends with this process, even when this process is killed.
 */
export async function startPgBouncer(
  url: string,
  poolSize: number,
  settings: readonly string[] = [],
): Promise<PgBouncer> {
  const found = findPgBouncer()
  if (found === null) throw new Error('PgBouncer is not installed: apt-get install pgbouncer')
  const account = serverAccount()
  const directory = createRunDirectory()
  const watchdog = startWatchdog(directory)
  let child: ChildProcess | undefined
  const stop = async () => {
    const pid = child?.pid
    child = undefined
    if (pid !== undefined) {
      // Not SIGINT: that one waits for clients.
      signal(pid, 'SIGTERM')
      if (!(await waitUntilGone(pid, 5))) signal(pid, 'SIGKILL')
    }
    await clearRunDirectory(directory).finally(watchdog.release)
  }
  try {
    const port = await freePort()
    const file = await writeSettings(directory, account, { url, port, poolSize, settings })
    child = spawn(found.program, [file], {
      ...spawnOptions(account),
      detached: true,
      stdio: 'ignore',
    })
    child.on('error', () => {})
    child.unref()
    if (child.pid !== undefined) watchdog.note(child.pid)
    await waitUntilListening(child, port, join(dataDirectoryOf(directory), 'pgbouncer.log'))
    const through = new URL(url)
    through.port = String(port)
    return { url: through.href, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

interface Settings {
  url: string
  port: number
  poolSize: number
  settings: readonly string[]
}

async function writeSettings(
  directory: string,
  account: Account,
  { url, port, poolSize, settings }: Settings,
): Promise<string> {
  const server = new URL(url)
  const data = dataDirectoryOf(directory)
  const [users, log, path] = ['userlist.txt', 'pgbouncer.log', 'pgbouncer.ini'].map((name) =>
    join(data, name),
  ) as [string, string, string] // three names, three paths
  const lines = [
    '[databases]',
    `* = host=${server.hostname} port=${server.port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = scram-sha-256',
    `auth_file = ${users}`,
    'pool_mode = transaction',
    `default_pool_size = ${poolSize}`,
    'max_client_conn = 100',
    `logfile = ${log}`,
    ...settings,
  ]
  const quoted = (text: string) => `"${decodeURIComponent(text).replaceAll('"', '""')}"`
  await mkdir(data, { mode: 0o700 })
  // The plain password, with which PgBouncer can log in to the server whatever salt that one has.
  await writeFile(users, `${quoted(server.username)} ${quoted(server.password)}\n`, { mode: 0o600 })
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600 })
  if (account !== null)
    for (const each of [data, users, path]) await chown(each, account.uid, account.gid)
  return path
}

async function waitUntilListening(child: ChildProcess, port: number, log: string): Promise<void> {
  const deadline = performance.now() + 10_000
  while (performance.now() < deadline && child.pid !== undefined && isAlive(child.pid)) {
    if (await accepts(port)) return
    await sleep(20)
  }
  const text = existsSync(log) ? readFileSync(log, 'utf8').trim() : 'it has written no log'
  throw new Error(`PgBouncer did not start: ${text.split('\n').slice(-10).join('\n')}`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
