import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { runningForks } from './forks.js'
import { isAlive, startTicks } from './processes.js'
import { forksDirectoryOf, sweepRunDirectories } from './run-directory.js'

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))

test('SIGKILL of the runner leaves neither server nor directory', async () => {
  const left = await startAndKill()
  await eventually(async () => !(await takesConnections(left.port)))
  await eventually(async () => !existsSync(left.directory))
})

test('SIGKILL of the runner ends the process of a test file, even in a synchronous loop', async () => {
  const input = JSON.stringify({ files: ['looping.mjs'], printsDirectory: true })
  const { child, line: directory } = await start('run-fixtures.mjs', input)
  const forks = () => runningForks(forksDirectoryOf(directory))
  await eventually(async () => forks().length === 1)
  const [fork] = forks()
  assert.match(fork?.file ?? '', /looping\.mjs$/)
  await kill(child)
  await eventually(async () => !isAlive(fork?.pid ?? 0))
  await eventually(async () => !existsSync(directory))
})

test('SIGTERM to the runner does the same, in order', async () => {
  const input = JSON.stringify({ files: ['looping.mjs'], printsDirectory: true })
  const { child, line: directory } = await start('run-fixtures.mjs', input)
  await eventually(async () => runningForks(forksDirectoryOf(directory)).length === 1)
  const [fork] = runningForks(forksDirectoryOf(directory))
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [1, null])
  assert.equal(isAlive(fork?.pid ?? 0), false)
  assert.equal(existsSync(directory), false)
})

test('SIGKILL of the runner and its watchdog is cleared by the next run', async () => {
  const left = await startAndKill('no-watchdog')
  await sweepRunDirectories()
  assert.equal(existsSync(left.directory), false)
  assert.equal(await takesConnections(left.port), false)
})

test('the sweep spares a living owner, sees through a reused pid, and judges no directory without a record', async (t) => {
  const make = (name: string, owner?: object) => {
    const directory = mkdtempSync(join(tmpdir(), `torii-test-${name}-`))
    t.onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
    mkdirSync(join(directory, 'data'))
    if (owner) writeFileSync(join(directory, 'owner.json'), JSON.stringify(owner))
    // A live process that is no postgres: it must survive.
    writeFileSync(join(directory, 'data', 'postmaster.pid'), `${process.pid}\n`)
    utimesSync(directory, 0, 0)
    return directory
  }
  const living = make('living', { pid: process.pid, startTicks: startTicks(process.pid) })
  const reused = make('reused', { pid: process.pid, startTicks: '1' })
  const foreign = make('foreign')
  await sweepRunDirectories()
  assert.deepEqual(
    [living, reused, foreign].map((path) => existsSync(path)),
    [true, false, true],
  )
})

async function startAndKill(...options: string[]): Promise<{ port: number; directory: string }> {
  const { child, line } = await start('start-server.mjs', ...options)
  const { port, dataDirectory } = JSON.parse(line) as {
    port: string
    dataDirectory: string
  } // printed by the fixture
  assert.equal(await takesConnections(Number(port)), true)
  await kill(child)
  return { port: Number(port), directory: dirname(dataDirectory) }
}

/** Starts a fixture and waits for the first line that it prints. */
async function start(name: string, ...options: string[]) {
  const child = spawn(process.execPath, [fixture(name), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line]: unknown[] = await once(createInterface({ input: child.stdout }), 'line')
  return { child, line: String(line) }
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, 'not within 20 seconds')
    await sleep(50)
  }
}
