import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { compiledUrl, testDatabase } from 'torii-testing'
import { test } from 'vitest'
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

test('SIGTERM with a mail server that hangs: unsent mail is logged as a count, its allowance given back', async () => {
  const silent = createServer().listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const db = await testDatabase()
  const { child, ended, listening } = run({
    DATABASE_URL: db.url,
    PORT: '0',
    TORII_KEYS: testKeys,
    SMTP_URL: `smtp://127.0.0.1:${port}`,
    MAIL_FROM: 'torii@app.example',
  })
  const url = await Promise.race([listening, ended.then(({ output }) => assert.fail(output))])
  for (let person = 0; person < 6; person += 1) {
    const answer = await fetch(`${url}/auth/magic-link/request`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: `person${person}@example.com` }),
    })
    assert.equal(answer.status, 202)
  }
  // One counter of each address, and one of the IP address that asked.
  const counted = async () =>
    (await db.query('select failures from torii.rate_limits order by failures')).rows.map(
      ({ failures }) => failures,
    )
  assert.deepEqual(await counted(), [1, 1, 1, 1, 1, 1, 6])
  const started = performance.now()
  child.kill('SIGTERM')
  const { status, output } = await ended
  assert.ok(performance.now() - started < 5000)
  assert.equal(status, 0, output)
  assert.match(output, /^error mail_unsent \{"counts":\{"magic_link":6\}\}$/m)
  assert.ok(!output.includes('@example.com'))
  assert.deepEqual(await counted(), [0, 0, 0, 0, 0, 0, 6])
  silent.close()
})

test('a failed start prints one sentence, without a stack', async () => {
  const { ended } = run({ BASE_URL: 'http://app.example' })
  const { status, output } = await ended
  assert.equal(status, 1)
  assert.match(output, /^BASE_URL must be https, .*\n$/)
})
