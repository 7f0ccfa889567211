import { serverVersion, startServer } from './server.js'

/** The server of a run, our own or one that was given. */
export interface RunServer {
  url: string
  major: number
  /** `PostgreSQL 15.20 (from /usr/lib/postgresql/15/bin)`, without secrets. */
  title: string
  /** What the server logs, null for one that was given. */
  logFile: string | null
  stop(): Promise<void>
}

/** Uses the server of `TORII_TEST_DATABASE_URL`, or starts one. Throws when the given one is not of the major asked for. */
export async function openRunServer(major: number | undefined): Promise<RunServer> {
  const url = process.env.TORII_TEST_DATABASE_URL
  if (url !== undefined && url !== '') return givenServer(url, major)
  const server = await startServer(major === undefined ? {} : { major })
  const title = server.description.replace(/ (from .*)$/, ' ($1)')
  return {
    url: server.url,
    major: majorOf(server.version),
    title,
    logFile: server.logFile,
    stop: server.stop,
  }
}

async function givenServer(url: string, major: number | undefined): Promise<RunServer> {
  const version = await serverVersion(url)
  if (major !== undefined && majorOf(version) !== major) {
    throw new Error(
      `TORII_TEST_DATABASE_URL is PostgreSQL ${version}, not ${major}: unset it to let the tests start their own`,
    )
  }
  const title = `PostgreSQL ${version} (from TORII_TEST_DATABASE_URL, ${new URL(url).host})`
  return { url, major: majorOf(version), title, logFile: null, stop: async () => {} }
}

const majorOf = (version: string) => Number.parseInt(version, 10)
