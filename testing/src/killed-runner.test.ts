import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'vitest'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startTicks } from './processes.js'
import { sweepRunDirectories } from './run-directory.js'

const program = fileURLToPath(new URL('../fixtures/start-server.mjs', import.meta.url))

test('SIGKILL of the runner leaves neither server nor directory', async () => {
  const left = await startAndKill()
  await eventually(async () => !(await takesConnections(left.port)))
  await eventually(async () => !existsSync(left.directory))
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
  const child = spawn(process.execPath, [program, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line]: unknown[] = await once(createInterface({ input: child.stdout }), 'line')
  const { port, dataDirectory } = JSON.parse(String(line)) as {
    port: string
    dataDirectory: string
  } // printed by the fixture
  assert.equal(await takesConnections(Number(port)), true)
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  return { port: Number(port), directory: dirname(dataDirectory) }
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
