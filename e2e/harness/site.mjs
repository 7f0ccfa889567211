/** The web application as a separate process, as `npm start` runs it. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import { makeEmptyDatabase } from './empty-database.mjs'

const main = new URL('../../examples/webapp/dist/main.js', import.meta.url).pathname
const startMs = 30_000

/**
 * Starts the application on a free port with an empty database: the PostgreSQL of `DATABASE_URL`, in a schema of its
 * own, or an embedded one. `settings` are further variables.
 */
export async function startSite(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'torii-e2e-'))
  const server = process.env.DATABASE_URL
  const schema = server === undefined ? 'torii' : `e2e_${randomBytes(6).toString('hex')}`
  const databaseUrl = server ?? `pglite:${join(folder, 'data')}`
  if (server === undefined) await makeEmptyDatabase(join(folder, 'data'))
  const port = await freePort()
  const environment = {
    ...process.env,
    PORT: String(port),
    DATABASE_URL: databaseUrl,
    DATABASE_SCHEMA: schema,
    ...settings,
  }
  let running = await launch(environment, folder)
  return {
    url: `http://localhost:${port}`,
    schema,
    /** The current URL of the administrator console. */
    admin: () => last(/^Admin on (\S+)$/gm, running.printed()),
    /** The secret that the console printed last. */
    adminSecret: () => last(/^Admin secret (\S+)$/gm, running.printed()),
    /** Stops the application, runs statements on its database, and starts it again on the same port. */
    async between(...statements) {
      await running.stop()
      await runStatements(databaseUrl, statements)
      running = await launch(environment, folder)
    },
    async stop() {
      await running.stop()
      if (server !== undefined) await runStatements(server, [`drop schema ${schema} cascade`])
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function last(form, text) {
  const found = [...text.matchAll(form)].at(-1)?.[1]
  if (found === undefined) throw new Error(`the application has not printed ${form}`)
  return found
}

async function launch(environment, folder) {
  const child = spawn(process.execPath, [main], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk) => {
    output += chunk
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exited = once(child, 'exit')
  const deadline = Date.now() + startMs
  while (!/^Listening on /m.test(output)) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill()
      throw new Error(`the application did not start:\n${output}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    printed: () => output,
    async stop() {
      child.kill('SIGTERM')
      const [status] = await exited
      if (status !== 0) throw new Error(`the application ended with ${status}:\n${output}`)
    },
  }
}

async function runStatements(databaseUrl, statements) {
  if (databaseUrl.startsWith('pglite:')) {
    const database = await PGlite.create(databaseUrl.slice('pglite:'.length))
    for (const statement of statements) await database.exec(statement)
    await database.close()
    return
  }
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

/** A free port of 127.0.0.1. Restarts keep it, since it is part of the origin. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}
