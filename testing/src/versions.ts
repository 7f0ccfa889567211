/**
 * `npm run versions [-- node typescript postgresql bun]`: installs the packed packages in an empty project, and uses them with
 * each version of these: every step of an account by Node.js and Bun, on each PostgreSQL, and a strict compilation by each
 * TypeScript. Prints the rows of docs/versions.md. Fails when one fails; what cannot be installed here is a row that says so.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { supportedMajors } from './binaries.js'
import type { Project } from './packed-project.js'
import { createPackedProject, runProgram } from './packed-project.js'
import { startServer } from './server.js'

/** A row of the page: what was tried, in which version, and what came of it. */
interface Row {
  readonly what: string
  readonly version: string
  readonly outcome: 'runs' | 'fails' | `not run here: ${string}`
}

const account = `
import assert from 'node:assert/strict'
import { Torii } from 'torii-auth'
import { createHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'

const baseUrl = 'http://localhost:3000'
const storage = await PostgresStorage.connect(process.env.DATABASE_URL)
await storage.migrate()
const torii = new Torii(storage, { baseUrl, keys: [{ id: '1', secret: crypto.getRandomValues(new Uint8Array(32)) }] })
const handler = createHandler(torii)
const send = (method, path, body, cookie = '') =>
  handler(new Request(baseUrl + '/auth/' + path, {
    method,
    headers: { origin: baseUrl, cookie, 'content-type': 'application/json' },
    body: body === undefined ? null : JSON.stringify(body),
  }))
const person = { email: 'ada@example.com', password: 'a gate of two pillars' }
assert.equal((await send('POST', 'password/register', person)).status, 201)
assert.equal((await send('POST', 'password/authenticate', { ...person, password: 'a gate of one' })).status, 401)
const signedIn = await send('POST', 'password/authenticate', person)
assert.equal(signedIn.status, 200)
const cookie = signedIn.headers.get('set-cookie').split(';')[0]
const sessions = await Promise.all(Array.from({ length: 50 }, () => send('GET', 'session', undefined, cookie)))
assert.ok(sessions.every(({ status }) => status === 200))
assert.equal((await send('POST', 'sign-out', undefined, cookie)).status, 204)
assert.equal((await send('GET', 'session', undefined, cookie)).status, 401)
await torii.shutdown()
await storage.close()
console.log('an account was used')
`

const types = `
import { Torii } from 'torii-auth'
import { createClient, password } from 'torii-auth/browser'
import { createHandler } from 'torii-auth/http'
import { PostgresStorage } from 'torii-storage-postgres'

const storage = await PostgresStorage.connect<{ plan: string }>('pglite:')
const torii = new Torii(storage, { baseUrl: 'http://localhost:3000' })
export const planOf = async (request: Request): Promise<string | null> =>
  (await createHandler(torii).getSession(request))?.user.metadata.plan ?? null
export const signIn = async (): Promise<string> => {
  const outcome = await password.authenticate(createClient(), { email: 'a', password: 'b' })
  return outcome.ok ? outcome.user.id : outcome.message
}
`

const strict = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  target: 'ES2022',
  lib: ['ES2023', 'DOM'],
  types: ['node', 'pg'],
  skipLibCheck: false,
}
const resolutions = [
  { module: 'NodeNext' },
  { module: 'ESNext', moduleResolution: 'bundler' },
] as const

/** Installs a package apart from the project; null where the registry has not the version, or it does not install here. */
async function install(folder: string, specifier: string): Promise<string | null> {
  const own = join(folder, specifier.replace(/\W+/g, '-'))
  await mkdir(own)
  await writeFile(join(own, 'package.json'), '{ "private": true }')
  const flags = ['--prefer-offline', '--no-audit', '--no-fund']
  const installed = await runProgram('npm', ['install', ...flags, specifier], own).catch(() => null)
  return installed === null ? null : join(own, 'node_modules')
}

async function attempt(what: string, version: string, work: () => Promise<unknown>): Promise<Row> {
  try {
    await work()
    return { what, version, outcome: 'runs' }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return { what, version, outcome: 'fails' }
  }
}

const useAccount = (project: Project, program: string, url: string): Promise<string> =>
  project.run(program, ['account.mjs'], { DATABASE_URL: url })

/** The program of an npm package on a server, then on the embedded engine. */
async function tryRuntime(
  project: Project,
  folder: string,
  [what, name, version]: readonly [what: string, name: string, version: string],
): Promise<Row> {
  const modules = await install(folder, `${name}@${version}`)
  if (modules === null) return { what, version, outcome: 'not run here: it could not be installed' }
  const program = join(modules, name, 'bin', name === 'bun' ? 'bun.exe' : name)
  const printed = await runProgram(program, ['--version'], folder).catch(() => null)
  if (printed === null) return { what, version, outcome: 'not run here: it did not start' }
  const server = await startServer()
  try {
    return await attempt(what, printed.trim().replace(/^v/, ''), async () => {
      await useAccount(project, program, server.url)
      await useAccount(project, program, 'pglite:')
    })
  } finally {
    await server.stop()
  }
}

async function tryTypeScript(project: Project, folder: string, version: string): Promise<Row> {
  const modules = await install(folder, `typescript@${version}`)
  const what = 'TypeScript'
  if (modules === null) return { what, version, outcome: 'not run here: it could not be installed' }
  const tsc = join(modules, '.bin', 'tsc')
  const printed = await runProgram(tsc, ['--version'], folder)
  return attempt(what, printed.trim().replace('Version ', ''), async () => {
    for (const resolution of resolutions) {
      const compilerOptions = { ...strict, ...resolution }
      await project.write(
        'tsconfig.json',
        JSON.stringify({ compilerOptions, files: ['types.mts'] }),
      )
      await project.run(tsc, ['-p', '.'])
    }
  })
}

async function tryPostgres(project: Project, major: number): Promise<Row> {
  const what = 'PostgreSQL'
  const server = await startServer({ major }).catch(() => null)
  if (server === null)
    return { what, version: String(major), outcome: 'not run here: it could not be installed' }
  try {
    const version = server.version.replace(/ .*/, '')
    return await attempt(what, version, () => useAccount(project, process.execPath, server.url))
  } finally {
    await server.stop()
  }
}

const tries: Readonly<Record<string, (project: Project, folder: string) => AsyncGenerator<Row>>> = {
  async *node(project, folder) {
    for (const version of ['20.19.0', '20', '22', '24', '26'])
      yield tryRuntime(project, folder, ['Node.js', 'node', version])
  },
  async *bun(project, folder) {
    yield tryRuntime(project, folder, ['Bun', 'bun', '1'])
  },
  async *typescript(project, folder) {
    for (const version of ['5.9', '6', '7']) yield tryTypeScript(project, folder, version)
  },
  async *postgresql(project) {
    for (const major of supportedMajors) yield tryPostgres(project, major)
  },
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !(name in tries))
if (unknown.length > 0) {
  console.error(`no such part: ${unknown.join(', ')}; there are: ${Object.keys(tries).join(', ')}`)
  process.exitCode = 2
} else {
  const folder = await mkdtemp(join(tmpdir(), 'torii-versions-'))
  const project = await createPackedProject({ installed: ['@types/node', '@types/pg'], linked: [] })
  try {
    await runProgram(
      'npm',
      ['install', '--no-audit', '--no-fund', '@electric-sql/pglite'],
      project.folder,
    )
    await project.write('account.mjs', account)
    await project.write('types.mts', types)
    let failed = false
    for (const name of wanted.length > 0 ? wanted : Object.keys(tries))
      for await (const { what, version, outcome } of tries[name]?.(project, folder) ?? []) {
        console.log(`| ${what} | ${version} | ${outcome} |`)
        failed ||= outcome === 'fails'
      }
    process.exitCode = failed ? 1 : 0
  } finally {
    await project.remove()
    await rm(folder, { recursive: true, force: true })
  }
}
