// `npm test`: see ../README.md.
import { constants } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { saysTheSameOfEveryMajor } from './any-major.js'
import { isMatrixRun } from './matrix-run.js'
import { needsOwnProcess } from './own-process.js'
import { totalsLine, withoutPassword } from './report.js'
import { runTests } from './run-tests.js'
import { findSecretProblems } from './secret-problems.js'
import { createSkipPolicy, readSkips } from './skips.js'
import { filterTestFiles, findTestFiles } from './test-files.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const skipsFile = fileURLToPath(new URL('../skips.json', import.meta.url))

/** Resolves to the exit status. */
async function main(signal: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { major: { type: 'string' } },
  })
  const all = findTestFiles(root)
  const found = filterTestFiles(all, positionals, root)
  const complete = found.length === all.length
  const files = isMatrixRun()
    ? found.filter(({ source }) => !saysTheSameOfEveryMajor(join(root, source)))
    : found
  const skips = await readSkips(skipsFile)
  // Read by global-setup.ts, which writes what the server really is.
  if (values.major !== undefined) process.env.TORII_TEST_MAJOR = values.major
  const totals = await runTests({
    root,
    files,
    complete,
    signal,
    needsOwnProcess,
    openSkips: () => createSkipPolicy(skips, Number(process.env.TORII_TEST_MAJOR)),
    findProblems: () =>
      findSecretProblems({
        directory: process.env.TORII_TEST_SECRETS,
        logFile: process.env.TORII_TEST_SERVER_LOG,
        complete,
      }),
    print: (text) => console.log(withoutPassword(text, process.env.TORII_TEST_SERVER_URL)),
  })
  return totals?.failed === 0 ? 0 : 1
}

const interrupt = new AbortController()
let received: 'SIGINT' | 'SIGTERM' | null = null
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    received = name
    interrupt.abort()
  })
}

try {
  const status = await main(interrupt.signal)
  process.exitCode = received === null ? status : 128 + constants.signals[received]
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.log(totalsLine({ passed: 0, failed: 1, skipped: 0 }))
  process.exitCode = 1
}
