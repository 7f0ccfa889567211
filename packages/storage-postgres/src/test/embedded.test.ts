import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newUserId } from 'torii-core'
import { compiledUrl } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'

const indexUrl = compiledUrl('../index.js', import.meta.url).href
const coreUrl = import.meta.resolve('torii-core')
let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'torii-embedded-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const register = (storage: PostgresStorage, email: string) =>
  storage.users.register({ id: newUserId(), email })

const messageOf = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => child.once('message', resolve))

/** A process that opens the directory, registers a user, reports it and stays. */
async function startHolder(directory: string): Promise<ChildProcess> {
  const script = join(root, 'holder.mjs')
  await writeFile(
    script,
    `
    import { PostgresStorage } from '${indexUrl}'
    import { newUserId } from '${coreUrl}'
    process.on('message', () => undefined)
    try {
      const storage = await PostgresStorage.connect(${JSON.stringify(`pglite:${directory}`)})
      await storage.migrate()
      await storage.users.register({ id: newUserId(), email: 'from-another-process@example.com' })
      process.send({ ok: true })
    } catch ({ code, message }) {
      process.send({ ok: false, code, message })
    }`,
  )
  return fork(script)
}

describe('the embedded engine on disk', () => {
  let url: string
  let directory: string
  let storage: PostgresStorage
  beforeAll(async () => {
    directory = join(root, 'new', 'data')
    url = `pglite:${directory}`
    storage = await PostgresStorage.connect(url, { acquireSeconds: 0.5 })
    await storage.migrate()
    await register(storage, 'first@example.com')
  })
  afterAll(() => storage.close())

  test('flushes every commit to disk', async () => {
    for (const setting of ['fsync', 'synchronous_commit', 'full_page_writes']) {
      const { rows } = await storage.transaction((tx) => tx.query(`show ${setting}`))
      assert.deepEqual(rows, [{ [setting]: 'on' }])
    }
  })

  test('refuses a second process, which changes nothing', async () => {
    const child = await startHolder(directory)
    const said = await messageOf(child)
    child.kill('SIGKILL')
    assert.deepEqual(said, {
      ok: false,
      code: 'ERR_DATABASE_LOCKED',
      message: `${Reflect.get(Object(said), 'message')}`,
    })
    assert.match(
      String(Reflect.get(Object(said), 'message')),
      new RegExp(
        `^the embedded database is open in process ${process.pid} on .*: stop it, or use a postgresql:// server for several processes`,
      ),
    )
    await register(storage, 'second@example.com')
  })

  test('refuses a second storage in the same process', async () => {
    await assert.rejects(PostgresStorage.connect(url), { code: 'ERR_DATABASE_LOCKED' })
    assert.equal((await storage.users.list()).users.length, 2)
  })

  test('refuses to use itself inside its own transaction, instead of waiting for itself', async () => {
    await storage.transaction(async (tx) => {
      await assert.rejects(storage.users.list(), (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), 'ERR_UNAVAILABLE')
        assert.match(error.message, /inside a transaction call the methods of its tx/)
        return true
      })
      assert.equal((await tx.users.list()).users.length, 2)
    })
    assert.equal((await storage.users.list()).users.length, 2)
  })

  test('T2.41 keeps its data over a close, and what a killed process had acknowledged', async () => {
    await storage.close()
    await assert.rejects(storage.users.list(), { code: 'ERR_CLOSED' })
    const child = await startHolder(directory)
    assert.deepEqual(await messageOf(child), { ok: true })
    await assert.rejects(PostgresStorage.connect(url), { code: 'ERR_DATABASE_LOCKED' })
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    storage = await PostgresStorage.connect(url)
    assert.deepEqual((await storage.migrate()).applied, [])
    const { users } = await storage.users.list()
    const emails = ['first@example.com', 'from-another-process@example.com', 'second@example.com']
    assert.deepEqual(users.map(({ email }) => email).sort(), emails)
  })
})

describe('the embedded engine says what is wrong', () => {
  test('with a directory that holds something else, and lets go of it', async () => {
    const directory = join(root, 'something-else')
    await mkdir(directory)
    await writeFile(join(directory, 'PG_VERSION'), '9.6\n')
    for (let tries = 0; tries < 2; tries += 1)
      await assert.rejects(PostgresStorage.connect(`pglite:${directory}`), (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), 'ERR_UNAVAILABLE')
        assert.match(
          error.message,
          /^the embedded database in .*something-else cannot be opened: .* Move that directory away/,
        )
        return true
      })
  })

  test('where its package is not installed', () => {
    const hooks = `export async function resolve(specifier, context, next) {
      if (specifier !== '@electric-sql/pglite') return next(specifier, context)
      throw Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' })
    }`
    const asUrl = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`
    const loader = asUrl(
      `import { register } from 'node:module'; register(${JSON.stringify(asUrl(hooks))})`,
    )
    const script = `import { PostgresStorage } from '${indexUrl}'
      await PostgresStorage.connect('pglite:').catch(({ code, message }) => console.log(code, message))`
    const { stdout } = spawnSync(
      process.execPath,
      ['--import', loader, '--input-type=module', '-e', script],
      { encoding: 'utf8' },
    )
    assert.equal(
      stdout,
      'ERR_INVALID_OPTIONS a pglite: URL needs the embedded engine: run "npm install @electric-sql/pglite", or use a postgresql:// URL\n',
    )
  })
})
