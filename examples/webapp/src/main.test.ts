import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { compiledUrl, testDatabase } from 'torii-testing'
import { testKeys } from './application.test.support.js'

const main = fileURLToPath(compiledUrl('./main.js', import.meta.url))

/** Runs the program; `ended` has its status and everything that it printed. */
function run(environment: Record<string, string>) {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [main], { env: { PATH, ...environment } })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const ended = once(child, 'close').then(([status]) => ({ status, output }))
  const listening = new Promise<string>((resolve) => {
    child.stdout.on('data', () => {
      const url = /^Listening on (\S+)$/m.exec(output)?.[1]
      if (url !== undefined) resolve(url)
    })
  })
  return { child, ended, listening }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`the program serves until ${signal}, and ends with status 0`, async () => {
    const { url: databaseUrl } = await testDatabase()
    const { child, ended, listening } = run({
      DATABASE_URL: databaseUrl,
      PORT: '0',
      TORII_KEYS: testKeys,
    })
    const url = await Promise.race([listening, ended.then(({ output }) => assert.fail(output))])
    assert.equal((await fetch(url)).status, 200)
    child.kill(signal)
    const { status, output } = await ended
    assert.equal(status, 0, output)
    await assert.rejects(fetch(url))
  })

test('what it cannot start with is said in a sentence, without a stack', async () => {
  const { ended } = run({ BASE_URL: 'http://app.example' })
  const { status, output } = await ended
  assert.equal(status, 1)
  assert.match(output, /^BASE_URL must be https: .*\n$/)
})
