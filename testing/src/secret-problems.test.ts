import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'vitest'
import { findSecretProblems } from './secret-problems.js'

function makeRun(t: TestContext, notes: readonly Buffer[], log: string) {
  const directory = mkdtempSync(join(tmpdir(), 'torii-secrets-'))
  t.onTestFinished(() => rmSync(directory, { recursive: true }))
  const logFile = join(directory, 'server.log')
  writeFileSync(logFile, log)
  for (const [at, secret] of notes.entries())
    writeFileSync(join(directory, `${at + 1}-1`), `${secret.toString('hex')}\n`)
  return { directory, logFile }
}

test('a complete run that has seen no secret is a failure, a run of some files is none', async (t) => {
  const run = makeRun(t, [], 'LOG: ready\n')
  assert.match(String(await findSecretProblems({ ...run, complete: true })), /has seen none/)
  assert.deepEqual(await findSecretProblems({ ...run, complete: false }), [])
  const none = { directory: undefined, logFile: undefined }
  assert.match(String(await findSecretProblems({ ...none, complete: true })), /has seen none/)
})

test('a secret in the log of the server is a failure', async (t) => {
  const secrets = [randomBytes(32), randomBytes(32)]
  const clean = makeRun(t, secrets, 'LOG: ready\n')
  assert.deepEqual(await findSecretProblems({ ...clean, complete: true }), [])
  const logged = makeRun(
    t,
    secrets,
    `LOG: execute <unnamed>: ${secrets[1]?.toString('base64url')}\n`,
  )
  assert.deepEqual(await findSecretProblems({ ...logged, complete: false }), [
    "the server's log holds 1 secrets that were issued",
  ])
})
