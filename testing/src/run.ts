// `npm test`: see ../README.md.
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { prepareTemplate } from './prepare-template.js'
import { totalsLine, withoutPassword } from './report.js'
import { runAll } from './run-all.js'
import { createSkipJudge, readSkips } from './skips.js'
import { createTemplate } from './template.js'
import { filterTestFiles, findTestFiles, type TestFile } from './test-files.js'
import { openRunServer, type RunServer } from './test-server.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const skipsFile = fileURLToPath(new URL('../skips.json', import.meta.url))

/** Resolves to the exit status. */
async function main(signal: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { major: { type: 'string' } },
  })
  const all = findTestFiles(root)
  const files = filterTestFiles(all, positionals, root)
  const server = await openRunServer(values.major === undefined ? undefined : Number(values.major))
  try {
    console.log(`Testing on ${server.title}`)
    return await runOn(server, files, files.length === all.length, signal)
  } finally {
    await server.stop()
  }
}

async function runOn(
  server: RunServer,
  files: readonly TestFile[],
  complete: boolean,
  signal: AbortSignal,
): Promise<number> {
  const print = (text: string) => console.log(withoutPassword(text, server.url))
  const skips = createSkipJudge(await readSkips(skipsFile), server.major)
  const template = await createTemplate(server.url, prepareTemplate)
  // The test processes inherit the environment.
  process.env.TORII_TEST_SERVER_URL = server.url
  process.env.TORII_TEST_TEMPLATE = template.name
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --enable-source-maps`
  try {
    const totals = await runAll({ root, files, skips, complete, signal, print })
    if (!signal.aborted) console.log(totalsLine(totals))
    return totals.failed === 0 ? 0 : 1
  } finally {
    await template.dropAll()
  }
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
