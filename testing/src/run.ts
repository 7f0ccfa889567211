// `npm test`: see ../README.md.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createSecretSearch, secretsOfRun } from './issued-secrets.js'
import { prepareTemplate } from './prepare-template.js'
import { addTotals, type Totals, totalsLine, withoutPassword } from './report.js'
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
  const secrets = await watchSecrets()
  try {
    const run = await runAll({ root, files, skips, complete, signal, print })
    const totals = addTotals(run, await searchLog(server.logFile, secrets, print))
    if (!signal.aborted) console.log(totalsLine(totals))
    return totals.failed === 0 ? 0 : 1
  } finally {
    await template.dropAll()
    await rm(secrets, { recursive: true, force: true })
  }
}

/** Has every process of the run note what secrets it issues (secret-watch.ts). Resolves to the folder of notes. */
async function watchSecrets(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'torii-run-'))
  process.env.TORII_TEST_SECRETS = directory
  const preload = new URL('secret-watch.js', import.meta.url)
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --import ${preload}`
  return directory
}

/** One failure when the server, by its default settings, has logged a secret that some test was issued. */
async function searchLog(
  logFile: string | null,
  secrets: string,
  print: (text: string) => void,
): Promise<Totals> {
  const search = createSecretSearch(secretsOfRun(secrets))
  const count = logFile === null ? 0 : search.count(await readFile(logFile, 'latin1'))
  if (count > 0) print(`FAIL  the server's log holds ${count} secrets that were issued`)
  return { passed: 0, failed: count > 0 ? 1 : 0, skipped: 0 }
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
