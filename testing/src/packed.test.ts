import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { testDatabase } from './index.js'
import type { PackedProject } from './packed-project.js'
import { createPackedProject, readmeBlock } from './packed-project.js'

describe('the packages as a user installs them', () => {
  let project: PackedProject
  let databaseUrl: string
  let sample: string

  before(async () => {
    databaseUrl = (await testDatabase({ empty: true })).url
    project = await createPackedProject([
      'express',
      '@types/express',
      '@types/node',
      '@types/pg',
      'typescript',
    ])
    sample = await readmeBlock('Add it to your Express application', 'js')
  })
  after(() => project.remove())

  test('the Express sample of the README has at most 20 lines', () => {
    assert.ok(sample.trimEnd().split('\n').length <= 20)
  })

  test('the Express sample registers, knows who is signed in, and signs out', async () => {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    await project.write('server.js', sample.replaceAll('3000', String(port)))
    const server = spawn(process.execPath, ['server.js'], {
      cwd: project.folder,
      env: { ...process.env, DATABASE_URL: databaseUrl },
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    try {
      assert.equal((await answerOf(`${origin}/me`)).status, 401)
      const registered = await post(`${origin}/auth/password/register`, {
        email: 'ada@example.com',
        password: 'a gate of two pillars',
      })
      assert.equal(registered.status, 201)
      const cookie = registered.headers.get('set-cookie')?.split(';')[0] ?? ''
      const me = await fetch(`${origin}/me`, { headers: { cookie } })
      const body: unknown = await me.json()
      assert.equal(me.status, 200)
      assert.equal(Reflect.get(Object(body), 'email'), 'ada@example.com')
      const out = await fetch(`${origin}/auth/sign-out`, {
        method: 'POST',
        headers: { cookie, origin },
      })
      assert.equal(out.status, 204)
      assert.equal((await fetch(`${origin}/me`, { headers: { cookie } })).status, 401)
    } finally {
      const ended = once(server, 'exit')
      server.kill()
      await ended
    }
  })

  test('the samples compile in strict TypeScript, and so do our declarations', async () => {
    await project.write('server.ts', sample)
    await project.write('storage.ts', storageSample)
    await project.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: strict, files: ['server.ts', 'storage.ts'] }),
    )
    await project.run('npx', ['tsc', '--noEmit', '-p', '.'])
    const declarations = { ...strict, skipLibCheck: false, types: ['node'] }
    await project.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: declarations, files: ['storage.ts'] }),
    )
    await project.run('npx', ['tsc', '--noEmit', '-p', '.'])
  })

  test('the storage sample runs as plain JavaScript', async () => {
    await project.write('storage.js', storageSample)
    const printed = await project.run(process.execPath, ['storage.js'], {
      DATABASE_URL: databaseUrl,
    })
    assert.match(printed, /registered and found/)
  })

  test('the command runs by its name', async () => {
    const printed = await project.run('npx', ['torii-storage-postgres', 'status', '--json'], {
      DATABASE_URL: databaseUrl,
    })
    const status: unknown = JSON.parse(printed)
    assert.deepEqual(Reflect.get(Object(status), 'pending'), [])
  })
})

const strict = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  module: 'NodeNext',
  target: 'ES2022',
  types: ['node', 'express', 'pg'],
  skipLibCheck: true,
}

/** The ways to open a storage, with the application's own rows in the same commit. */
const storageSample = `
import pg from 'pg'
import { newUserId } from 'torii-core'
import { conformance } from 'torii-core/conformance'
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

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

/** The answer, once the server listens. */
async function answerOf(url: string): Promise<Response> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await fetch(url)
    } catch (error) {
      if (tries >= 150) throw error
      await sleep(100)
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
