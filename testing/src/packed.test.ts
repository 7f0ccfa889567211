import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { testDatabase } from './index.js'
import type { Project } from './packed-project.js'
import { createPackedProject, documentBlock, documentBlocks } from './packed-project.js'
import { freePort, visit } from './visit.js'

/** Where the sample of each framework stands. */
const samples = [
  ['express', 'README.md', 'Add it to your Express application'],
  ['fastify', 'docs/frameworks.md', 'Fastify'],
  ['hono', 'docs/frameworks.md', 'Hono'],
] as const

describe('the packages as a user installs them', () => {
  let project: Project

  beforeAll(async () => {
    project = await createPackedProject({
      installed: ['@types/express', '@types/node', '@types/pg'],
      linked: ['express', 'fastify', 'hono', '@hono/node-server', 'typescript', 'vite'],
    })
    for (const [name, document, heading] of samples)
      await project.write(`${name}.ts`, await documentBlock(document, heading, 'js'))
  })
  afterAll(() => project.remove())

  for (const [name, document, heading] of samples)
    test(`the sample for ${name} registers, knows who is signed in, and signs out, in at most 30 lines`, async () => {
      const sample = await documentBlock(document, heading, 'js')
      assert.ok(sample.trimEnd().split('\n').length <= (name === 'express' ? 20 : 30))
      const port = await freePort()
      await project.write(`${name}.js`, sample.replaceAll('3000', String(port)))
      await visit({
        command: [process.execPath, `${name}.js`],
        cwd: project.folder,
        env: { DATABASE_URL: (await testDatabase({ empty: true })).url },
        origin: `http://localhost:${port}`,
        page: '/me',
        knowsAddress: true,
      })
    })

  test('the page and the server of docs/vite.md work on one origin, by the proxy of Vite', async () => {
    const [port, vitePort] = [await freePort(), await freePort()]
    const ported = (text: string) =>
      text.replaceAll('5173', String(vitePort)).replaceAll('3000', String(port))
    const [config, server] = (await documentBlocks('docs/vite.md', 'A proxy of Vite', 'js')).map(
      ported,
    )
    await project.write('vite.config.js', config ?? '')
    await project.write('server.js', server ?? '')
    await project.write('proxied.js', bothSample)
    const origin = `http://localhost:${vitePort}`
    await visit({
      command: [process.execPath, 'proxied.js'],
      cwd: project.folder,
      // Vitest sets a BASE_URL for itself.
      env: { DATABASE_URL: (await testDatabase({ empty: true })).url, BASE_URL: origin },
      origin,
      page: '/auth/session',
      knowsAddress: true,
    })
  })

  test('the server of docs/vite.md serves Torii and the page of Vite on one port', async () => {
    const port = await freePort()
    const [server = ''] = await documentBlocks('docs/vite.md', 'Vite inside of your server', 'js')
    await project.write('inside.js', server.replaceAll('3000', String(port)))
    await visit({
      command: [process.execPath, 'inside.js'],
      cwd: project.folder,
      env: { DATABASE_URL: (await testDatabase({ empty: true })).url },
      origin: `http://localhost:${port}`,
      page: '/auth/session',
      knowsAddress: true,
    })
  })

  test('the samples compile in strict TypeScript, and so do our declarations', async () => {
    await project.write('storage.ts', storageSample)
    await project.write('entries.ts', entriesSample)
    await project.write('commonjs.cts', commonJsSample)
    const files = [...samples.map(([name]) => `${name}.ts`), 'storage.ts', 'entries.ts']
    const compile = async (compilerOptions: object, sources: readonly string[]) => {
      await project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: sources }))
      await project.run(process.execPath, [compiler, '--noEmit', '-p', '.'])
    }
    await compile(strict, [...files, 'commonjs.cts'])
    await compile({ ...strict, module: 'ESNext', moduleResolution: 'bundler' }, files)
    const declarations = { ...strict, skipLibCheck: false, types: ['node'] }
    await project.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: declarations, files: ['storage.ts'] }),
    )
    await project.run(process.execPath, [compiler, '--noEmit', '-p', '.'])
  })

  test('a CommonJS program loads the packages with require', async () => {
    await project.write(
      'commonjs.cjs',
      "const { Torii } = require('torii-auth'); const { createHandler } = require('torii-auth/http'); console.log(typeof Torii, typeof createHandler)",
    )
    assert.match(await project.run(process.execPath, ['commonjs.cjs']), /^function function/)
  })

  test('the storage sample runs as plain JavaScript, and the command by its name', async () => {
    const env = { DATABASE_URL: (await testDatabase({ empty: true })).url }
    await project.write('storage.js', storageSample)
    const said = await project.run(process.execPath, ['storage.js'], env)
    assert.match(said, /registered and found/)
    const command = ['torii-storage-postgres', 'status', '--schema', 'other', '--json']
    const printed = await project.run('npx', command, env)
    const status: unknown = JSON.parse(printed)
    assert.deepEqual(Reflect.get(Object(status), 'pending'), [])
  })
})

/** The server and Vite in one process, so that both end with it. */
const bothSample = `
import { createServer } from 'vite'
import './server.js'
await (await createServer()).listen()
`

const compiler = 'node_modules/typescript/bin/tsc'

const strict = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  module: 'NodeNext',
  target: 'ES2022',
  types: ['node', 'express', 'pg'],
  skipLibCheck: true,
}

/** Every entry for a framework, in the shapes of an application that has not installed it. */
const entriesSample = `
import type { ValidSession } from 'torii-auth'
import type { AuthHandler } from 'torii-auth/http'
import { requireSession as forExpress } from 'torii-auth/express'
import { requireSession as forFastify } from 'torii-auth/fastify'
import { requireSession as forHono } from 'torii-auth/hono'
import { createRouteHandlers, requireUser } from 'torii-auth/next'
import { createHandle, requireSession } from 'torii-auth/sveltekit'
import type { Torii } from 'torii-auth'
import { createTestKit } from 'torii-auth/testing'
import type { PostgresStorage } from 'torii-storage-postgres'

export const use = (auth: AuthHandler<{ plan: string }>, open: () => Promise<AuthHandler<{ plan: string }>>) => ({
  middleware: [forExpress(auth), forFastify(open, { recent: true }), forHono(auth, { redirectTo: '/sign-in' })],
  routes: createRouteHandlers(open),
  handle: createHandle(open),
})
export const testUser = async (torii: Torii<{ plan: string }>, storage: PostgresStorage<{ plan: string }>): Promise<string> =>
  (await createTestKit(torii, storage).createUser({ metadata: { plan: 'free' } })).user.metadata.plan
export const planOf = async (open: () => Promise<AuthHandler<{ plan: string }>>): Promise<string> =>
  (await requireUser(open, { redirectTo: '/sign-in' })).metadata.plan
export const planIn = (event: { locals: { signedIn: ValidSession<{ plan: string }> | null } }): string =>
  requireSession(event, () => { throw new Error('sign in') }).user.metadata.plan
`

/** A CommonJS file of TypeScript. */
const commonJsSample = `
import { Torii } from 'torii-auth'
import { createHandler } from 'torii-auth/http'
export const create = (...given: ConstructorParameters<typeof Torii>) => createHandler(new Torii(...given))
`

/** The ways to open a storage, with the application's own rows in the same commit. */
const storageSample = `
import pg from 'pg'
import { newUserId } from 'torii-core'
import { conformance } from 'torii-conformance'
import { PostgresStorage } from 'torii-storage-postgres'
import { Torii } from 'torii-auth'

const url = process.env['DATABASE_URL'] ?? ''
const pool = new pg.Pool({ connectionString: url })
const storage = new PostgresStorage(pool, { schema: 'other' })
await storage.migrate()
await pool.query('create table customers (user_id uuid references other.users (id))')
const email = 'grace@example.com'
await storage.transaction(async (tx) => {
  const outcome = await tx.users.register({ id: newUserId(), email })
  if (outcome.ok) await tx.query('insert into customers values ($1)', [outcome.user.id])
})
const client = await pool.connect()
const found = await storage.withClient(client).users.findByEmail(email)
client.release()
const torii = new Torii(storage, { baseUrl: 'http://localhost:3000' })
const refused = await torii.password.authenticate({ email, password: 'x' }, { ip: null, userAgent: null })
const { rows } = await pool.query('select user_id from customers')
if (!refused.ok && found?.id === rows[0].user_id && conformance.length > 0) console.log('registered and found')
await storage.close()
await pool.end()
const own = await PostgresStorage.connect(url)
await own[Symbol.asyncDispose]()
`
