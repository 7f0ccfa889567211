/**
 * Loaded before everything else into every process of a test run: notes each secret that torii-auth draws, so
 * that the run can look for it afterwards where it must not be. Only its own source is listened to: what tests
 * draw is theirs. Nothing of this is known to the packages.
 */
import crypto from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { secretBytes } from './issued-secrets.js'

const drawing = /\/(?:packages\/auth|torii-auth)\/dist\/(?!.*\.test\.)/

const directory = process.env.TORII_TEST_SECRETS
// One file for a test file and the processes that it starts.
if (directory !== undefined)
  process.env.TORII_TEST_SECRETS_FILE ??= join(directory, `${process.pid}`)
const file = process.env.TORII_TEST_SECRETS_FILE

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

if (file !== undefined) {
  const { randomBytes } = crypto
  const watched = (size: number, callback?: (error: Error | null, bytes: Buffer) => void) => {
    if (callback !== undefined) return randomBytes(size, callback)
    const bytes = randomBytes(size)
    if (size === secretBytes && drawing.test(callerOf(watched)))
      appendFileSync(file, `${bytes.toString('hex')}\n`, { mode: 0o600 })
    return bytes
  }
  Object.assign(crypto, { randomBytes: watched })
  syncBuiltinESMExports()
}
