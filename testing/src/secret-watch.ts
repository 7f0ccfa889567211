/**
 * Loaded before everything else into every process of a test run: notes each secret that torii-auth draws, so
 * that the run can look for it afterwards where it must not be. Only its own source is listened to: what tests
 * draw is theirs. Nothing of this is known to the packages.
 */
import crypto from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { beginSecretsFile, secretBytes } from './issued-secrets.js'

const drawing = /\/(?:packages\/auth|torii-auth)\/dist\/(?!.*\.test\.)/

// The processes that a test file starts note their secrets in its file.
if (process.env.TORII_TEST_SECRETS_FILE === undefined) beginSecretsFile()

/** The file that the caller of our caller was loaded from, as it was before source maps. */
function callerOf(ours: (...given: never[]) => unknown): string {
  const { prepareStackTrace, stackTraceLimit } = Error
  Error.stackTraceLimit = 1
  Error.prepareStackTrace = (_, sites) => sites[0]?.getFileName() ?? ''
  const here: { stack?: unknown } = {}
  Error.captureStackTrace(here, ours)
  const caller = String(here.stack)
  Error.prepareStackTrace = prepareStackTrace
  Error.stackTraceLimit = stackTraceLimit
  return caller
}

if (process.env.TORII_TEST_SECRETS_FILE !== undefined) {
  const { randomBytes } = crypto
  const watched = (size: number, callback?: (error: Error | null, bytes: Buffer) => void) => {
    if (callback !== undefined) return randomBytes(size, callback)
    const bytes = randomBytes(size)
    // Read at each call: a process may run several test files.
    const file = process.env.TORII_TEST_SECRETS_FILE
    if (size === secretBytes && file !== undefined && drawing.test(callerOf(watched)))
      appendFileSync(file, `${bytes.toString('hex')}\n`, { mode: 0o600 })
    return bytes
  }
  Object.assign(crypto, { randomBytes: watched })
  syncBuiltinESMExports()
}
