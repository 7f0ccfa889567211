/** The processes of a benchmark end with it. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { repositoryRoot } from '../repository.mjs'

const folder = join(repositoryRoot, 'bench')
const moduleOf = (text) => `data:text/javascript,${encodeURIComponent(text)}`

/** A subject that nothing but its parent ends. */
const subject = moduleOf(`export const open = async () => {
  setInterval(() => undefined, 60_000)
  return { flows: {}, close: async () => undefined }
}`)

/** Starts such a subject as the benchmark does, and prints its process id. */
const parent = `
  import { fork } from 'node:child_process'
  const child = fork(${JSON.stringify(join(folder, 'subject-process.mjs'))}, [${JSON.stringify(subject)}, '', '{}'], { execArgv: [] })
  child.on('message', () => console.log(child.pid))`

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

for (const signal of ['SIGINT', 'SIGKILL'])
  test(`a subject ends when the benchmark is ended by ${signal}`, async () => {
    const benchmark = spawn(process.execPath, ['--input-type=module', '--eval', parent], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [printed] = await once(benchmark.stdout, 'data')
    const pid = Number(printed)
    try {
      assert.equal(isAlive(pid), true)
      const ended = once(benchmark, 'exit')
      benchmark.kill(signal)
      await ended
      const deadline = performance.now() + 20_000
      while (isAlive(pid)) {
        assert.ok(performance.now() < deadline, 'the subject lives on')
        await sleep(20)
      }
    } finally {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    }
  })

test('every program of the benchmark that a parent starts ends with it', () => {
  const started = readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .filter((file) => readFileSync(join(folder, file), 'utf8').includes('process.send('))
  assert.ok(started.length >= 3, started.join(', '))
  for (const file of started)
    assert.match(readFileSync(join(folder, file), 'utf8'), /from '\.\/ends-with-parent\.mjs'/, file)
})
