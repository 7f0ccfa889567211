import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { Torii, type ToriiOptions } from 'torii-auth'
import { createHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'
import { origin } from './browser.js'

const run = promisify(execFile)
const command = fileURLToPath(new URL('./cli.js', import.meta.resolve('torii-storage-postgres')))
const secret = randomBytes(32)
const keys = `k1:${secret.toString('base64url')}`

/** A database for the tables of another library, and one with those of Torii, on the PostgreSQL of DATABASE_URL. */
export async function openSite() {
  const admin = new pg.Client(process.env.DATABASE_URL)
  await admin.connect()
  const create = async () => {
    const name = `moving_${randomBytes(6).toString('hex')}`
    await admin.query(`create database ${name}`)
    const url = new URL(process.env.DATABASE_URL ?? '')
    url.pathname = `/${name}`
    return url.href
  }
  const [oldUrl, newUrl] = [await create(), await create()]
  await admin.end()
  const oldPool = new pg.Pool({ connectionString: oldUrl })
  const storage = await PostgresStorage.connect(newUrl)
  await storage.migrate()
  const torii = new Torii(storage, { baseUrl: origin, log: null })
  const pool = new pg.Pool({ connectionString: newUrl })
  after(() => Promise.all([storage.close(), pool.end(), oldPool.end()]))

  /** Runs the command as an application does, and gives its report. */
  async function importFrom(source: string, words: readonly string[] = [], env = {}) {
    // With --verify the exit status says whether something differs.
    const { stdout }: { stdout: string } = await run(
      process.execPath,
      [command, 'import', source, '--from', 'OLD_URL', '--json', ...words],
      { env: { ...process.env, DATABASE_URL: newUrl, OLD_URL: oldUrl, TORII_KEYS: keys, ...env } },
    ).catch((error) => {
      if (error.code === 1 && words.includes('--verify')) return error
      throw error
    })
    return JSON.parse(stdout)
  }
  /** The routes of a Torii that continues the sessions of another system. */
  const continuing = (importedSessions: ToriiOptions['importedSessions']) =>
    createHandler(
      new Torii(storage, {
        baseUrl: origin,
        keys: [{ id: 'k1', secret }],
        log: null,
        ...(importedSessions === undefined ? {} : { importedSessions }),
      }),
    )
  return { oldUrl, oldPool, pool, storage, torii, continuing, importFrom }
}

/** The records of a source, before anything is checked or stored: of a file that the package keeps to itself. */
export async function recordsOf(source: string, oldUrl: string, env = {}) {
  const entry = import.meta.resolve('torii-storage-postgres')
  const { sources } = await import(new URL('./moving/sources/sources.js', entry).href)
  const { open } = sources.find(({ name }: { name: string }) => name === source)
  const { read } = await open({
    from: oldUrl,
    schema: null,
    passwordHashes: null,
    columns: new Map(),
    verification: null,
    env,
  })
  const records = new Map<string, Record<string, unknown>>()
  for await (const { fields } of read()) records.set(fields.email, fields)
  return records
}

/** The first entry of a list of a record. */
export function firstOf(record: Record<string, unknown> | undefined, field: string) {
  const [first] = Object(record)[field] as readonly Record<string, unknown>[]
  return first
}

export const keyOf = (token: string) => createHash('sha256').update(token).digest('hex')

/** The users here by their addresses. */
export async function usersOf(pool: pg.Pool) {
  const { rows } = await pool.query(
    `select u.email, u.email_verified_at is not null as verified, u.name, u.disabled_at is not null as disabled,
       (select count(*)::int from torii.passwords p where p.user_id = u.id) as passwords,
       (select count(*)::int from torii.oauth_accounts a where a.user_id = u.id) as accounts
     from torii.users u order by u.email`,
  )
  return rows
}

export function assertReport(report: unknown, imported: number, sessions: number) {
  assert.deepEqual(report, { imported, merged: 0, sessions, skipped: [], leftOut: [] })
}
