import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { executableBy, serverAccount } from './account.js'
import { findBinaries } from './binaries.js'
import { createCluster } from './cluster.js'
import {
  freePort,
  killPostmaster,
  PortTakenError,
  type PostmasterInput,
  postgresProgram,
  startPostmaster,
  stopPostmaster,
} from './postmaster.js'
import {
  clearRunDirectory,
  createRunDirectory,
  dataDirectoryOf,
  sweepRunDirectories,
} from './run-directory.js'
import { startWatchdog } from './watch.js'

/** Which server to start. */
export interface ServerOptions {
  /** 12 to 18 (default: the newest installed on the system, else 18 from npm). */
  major?: number
  /** Lines for postgresql.conf; they win over the defaults for tests (fsync off, shared_buffers 128MB, max_connections 200). */
  settings?: Readonly<Record<string, string>>
  /** A file the server's log is appended to (default: one that is removed with the server). */
  log?: string
}

/** A PostgreSQL server of our own, on 127.0.0.1, with a new data directory. */
export interface TestServer {
  /** A superuser's URL. Holds the password: never print it. */
  url: string
  /** `15.20`. */
  version: string
  /** `PostgreSQL 15.20 from /usr/lib/postgresql/15/bin`. */
  description: string
  dataDirectory: string
  /** The file the server's log is appended to. */
  logFile: string
  /** Stops the server and removes everything of it. Safe to call twice. */
  stop(): Promise<void>
  /** Stops it in order (or finds it killed) and starts it again on the same port and data. */
  restart(): Promise<void>
  /** Crashes it: SIGKILL to all its processes. `restart` brings it back through recovery. */
  kill(): Promise<void>
}

/**
 * Starts a PostgreSQL server that ends with this process, even when this process is killed. First clears what
 * killed runs have left. Throws an error with the end of the server's log and what to do.
 */
export async function startServer(options: ServerOptions = {}): Promise<TestServer> {
  await sweepRunDirectories()
  const found = await findBinaries(options.major)
  const account = serverAccount()
  const directory = createRunDirectory()
  const watchdog = startWatchdog(directory)
  try {
    const binaries = await executableBy(account, found, directory)
    const password = await createCluster({
      directory,
      binaries,
      account,
      settings: options.settings ?? {},
      watchdog,
    })
    const input = {
      directory,
      account,
      program: postgresProgram(binaries.directory),
      logFile: options.log ?? join(directory, 'server.log'),
      onSpawn: watchdog.note,
    }
    const { pid, port } = await startOnFreePort(input)
    const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`
    const version = await serverVersion(url)
    const control = serverControl({ ...input, port }, pid, watchdog.release)
    return {
      url,
      version,
      description: `PostgreSQL ${version} from ${found.source}`,
      dataDirectory: dataDirectoryOf(directory),
      logFile: input.logFile,
      ...control,
    }
  } catch (error) {
    await clearRunDirectory(directory).finally(watchdog.release)
    throw error
  }
}

/** Starts a server on a port that is free, trying others when someone else takes it first. */
export async function startOnFreePort(
  input: Omit<PostmasterInput, 'port'>,
): Promise<{ pid: number; port: number }> {
  for (let tries = 1; ; tries++) {
    const port = await freePort()
    try {
      return { pid: await startPostmaster({ ...input, port }), port }
    } catch (error) {
      if (!(error instanceof PortTakenError) || tries === 5) throw error
    }
  }
}

/** What can be done to a server that runs. */
export function serverControl(
  input: PostmasterInput,
  firstPid: number,
  release: () => void,
): Pick<TestServer, 'stop' | 'restart' | 'kill'> {
  let pid: number | null = firstPid
  const end = async (how: (pid: number) => Promise<void>) => {
    if (pid === null) return
    await how(pid)
    pid = null
  }
  return {
    kill: () => end(killPostmaster),
    async restart() {
      await end(stopPostmaster)
      pid = await startAgain(input)
    },
    async stop() {
      await end(stopPostmaster)
      await clearRunDirectory(input.directory)
      release()
    },
  }
}

/** The port is part of the URL that callers hold, so a taken one is waited for. */
async function startAgain(input: PostmasterInput): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      return await startPostmaster(input)
    } catch (error) {
      if (!(error instanceof PortTakenError) || tries === 20) throw error
      await sleep(250)
    }
  }
}

/** The version of the server at a URL, like `15.20`. */
export async function serverVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ server_version: string }>('show server_version')
    return rows[0]?.server_version.split(' ')[0] ?? ''
  } finally {
    await client.end()
  }
}
