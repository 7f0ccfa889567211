import assert from 'node:assert/strict'
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { ToriiError } from 'torii-core'
import { compiledUrl } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { lockDirectory } from './pglite-lock.js'

const moduleUrl = compiledUrl('./pglite-lock.js', import.meta.url).href
let root: string
let deadPid: number
const names = (function* () {
  for (let made = 1; ; made += 1) yield `data-${made}`
})()

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'torii-lock-'))
  const child = spawn(process.execPath, ['-e', ''])
  deadPid = child.pid ?? assert.fail()
  await new Promise((resolve) => child.once('exit', resolve))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const freshDirectory = (): string => join(root, names.next().value)

/** What a holder leaves in the file beside its directory. */
const leave = (directory: string, text: string | object): Promise<void> =>
  writeFile(`${directory}.lock`, typeof text === 'string' ? text : JSON.stringify(text))

const holder = (given: object = {}) => ({
  token: 'of-somebody',
  pid: deadPid,
  host: hostname(),
  started: '1',
  ...given,
})

async function refusalOf(directory: string): Promise<string> {
  const error = await lockDirectory(directory).then(
    () => assert.fail('was not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof ToriiError, String(error))
  assert.equal(error.code, 'ERR_DATABASE_LOCKED')
  return error.message
}

/** Nothing beside the lock file itself, whatever was left there. */
const assertTidy = async (directory: string) => {
  const name = directory.slice(root.length + 1)
  const left = (await readdir(root)).filter((file) => file.startsWith(`${name}.`))
  assert.deepEqual(left, [`${name}.lock`])
}

describe('the lock of an embedded database', () => {
  test('is refused to a second one, and free again after its release', async () => {
    const directory = freshDirectory()
    const lock = await lockDirectory(directory)
    const message = await refusalOf(directory)
    assert.match(
      message,
      new RegExp(
        `^the embedded database is open in process ${process.pid}: stop it, or use a postgresql:// server`,
      ),
    )
    assert.ok(message.endsWith(`If no such process exists, delete ${directory}.lock`))
    await assertTidy(directory)
    await lock.release()
    assert.deepEqual(
      (await readdir(root)).filter((file) => file.includes('.lock')),
      [],
    )
    await (await lockDirectory(directory)).release()
  })

  test('is one for all names of a directory', async () => {
    const directory = freshDirectory()
    await symlink(root, join(root, 'alias'))
    const lock = await lockDirectory(directory)
    await refusalOf(join(root, 'alias', directory.slice(root.length + 1)))
    await refusalOf(`${directory}/../${directory.slice(root.length + 1)}/`)
    await lock.release()
  })

  test('is refused to a second copy of this module and to a worker thread', async () => {
    const directory = freshDirectory()
    const lock = await lockDirectory(directory)
    const copy: { lockDirectory: typeof lockDirectory } = await import(`${moduleUrl}?a-second-copy`)
    await assert.rejects(copy.lockDirectory(directory), { code: 'ERR_DATABASE_LOCKED' })
    const code = `import('${moduleUrl}').then((m) => m.lockDirectory(${JSON.stringify(directory)}))
      .then(() => 'taken', (error) => error.code).then((said) => require('node:worker_threads').parentPort.postMessage(said))`
    const worker = new Worker(code, { eval: true })
    assert.equal(
      await new Promise((resolve) => worker.once('message', resolve)),
      'ERR_DATABASE_LOCKED',
    )
    await lock.release()
  })

  const leftBehind: readonly (readonly [string, () => string | object])[] = [
    ['a process that is gone', () => holder()],
    ['a process whose number another one has now', () => holder({ pid: process.ppid })],
    ['an earlier process of our own number', () => holder({ pid: process.pid })],
    ['nobody knows whom: garbage', () => '\u0000garbage'],
    ['nobody knows whom: an empty file', () => ''],
    ['nobody knows whom: other JSON', () => '[1, 2]'],
  ]
  for (const [who, text] of leftBehind)
    test(`is taken over from ${who}`, async () => {
      const directory = freshDirectory()
      await leave(directory, text())
      const lock = await lockDirectory(directory)
      assert.equal(JSON.parse(await readFile(`${directory}.lock`, 'utf8')).pid, process.pid)
      await assertTidy(directory)
      await lock.release()
    })

  test('is taken over from one that died while it took over', async () => {
    const directory = freshDirectory()
    await leave(directory, holder())
    await writeFile(
      `${directory}.lock.after-of-somebody`,
      JSON.stringify(holder({ token: 'second' })),
    )
    const lock = await lockDirectory(directory)
    await assertTidy(directory)
    await lock.release()
  })

  const living: readonly (readonly [string, () => object, RegExp])[] = [
    [
      'a living process',
      () => holder({ pid: process.ppid, started: null }),
      /is open in process \d+ on /,
    ],
    [
      'a process of another machine',
      () => holder({ host: 'elsewhere.example' }),
      /is open in process \d+ on elsewhere\.example: /,
    ],
  ]
  for (const [who, record, says] of living)
    test(`is never taken from ${who}`, async () => {
      const directory = freshDirectory()
      await leave(directory, record())
      assert.match(await refusalOf(directory), says)
      assert.deepEqual(JSON.parse(await readFile(`${directory}.lock`, 'utf8')), record())
    })
})

describe('twenty processes at once', () => {
  const crowd: ChildProcess[] = []
  beforeAll(async () => {
    const script = join(root, 'stealer.mjs')
    await writeFile(
      script,
      `import { lockDirectory } from '${moduleUrl}'
      process.on('message', (directory) => lockDirectory(directory)
        .then(() => 'won', (error) => error.code ?? String(error)).then((said) => process.send(said)))
      process.send('ready')`,
    )
    for (let count = 0; count < 20; count += 1) crowd.push(fork(script))
    await Promise.all(crowd.map(answerOf))
  })
  afterAll(() => {
    for (const child of crowd) child.kill('SIGKILL')
  })

  const answerOf = (child: ChildProcess): Promise<unknown> =>
    new Promise((resolve) => child.once('message', resolve))

  const situations: readonly (readonly [string, (directory: string) => Promise<unknown>])[] = [
    ['a free directory', async () => undefined],
    ['what a dead process left', (directory) => leave(directory, holder())],
    ['garbage', (directory) => leave(directory, 'garbage')],
    [
      'what two dead processes left',
      async (directory) => {
        await leave(directory, holder())
        await writeFile(
          `${directory}.lock.after-of-somebody`,
          JSON.stringify(holder({ token: 'second' })),
        )
      },
    ],
  ]
  for (const [what, prepare] of situations)
    test(`over ${what}: one wins, the others are refused, ten times`, async () => {
      for (let round = 0; round < 10; round += 1) {
        const directory = freshDirectory()
        await prepare(directory)
        const answers = crowd.map(answerOf)
        for (const child of crowd) child.send(directory)
        const said = (await Promise.all(answers)).toSorted()
        assert.deepEqual(said, [...Array.from({ length: 19 }, () => 'ERR_DATABASE_LOCKED'), 'won'])
        await assertTidy(directory)
      }
    })
})
