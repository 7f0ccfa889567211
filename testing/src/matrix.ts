// `npm run test:matrix -- 12 18 [path filters...]`: see ../README.md.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { supportedMajors } from './binaries.js'
import { addTotals, parseTotalsLine, type Totals, totalsLine } from './report.js'

const runner = fileURLToPath(new URL('./run.js', import.meta.url))
let interrupted: NodeJS.Signals | null = null

/** Runs all tests on one major, showing the output. A run that ends without its last line counts as one failure. */
function runMajor(major: number, filters: readonly string[]): Promise<Totals> {
  const { TORII_TEST_DATABASE_URL: _, ...env } = process.env
  const child = spawn(process.execPath, [runner, '--major', String(major), ...filters], {
    env: { ...env, TORII_TEST_MATRIX: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const forward = (name: NodeJS.Signals) => {
    interrupted = name
    child.kill(name)
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, forward)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    process.stdout.write(chunk)
    text = (text + chunk).slice(-1000)
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, forward)
      const totals = parseTotalsLine(text.trimEnd().split('\n').at(-1) ?? '')
      const failed = totals === null || (status !== 0 && totals.failed === 0)
      resolve(failed ? { passed: 0, failed: 1, skipped: 0 } : totals)
    })
  })
}

const values = process.argv.slice(2)
const asked = values.filter((value) => /^\d+$/.test(value)).map(Number)
const filters = values.filter((value) => !/^\d+$/.test(value))
const summary: string[] = []
let sum: Totals = { passed: 0, failed: 0, skipped: 0 }

for (const major of asked.length > 0 ? asked : supportedMajors) {
  console.log(`\n=== PostgreSQL ${major} ===`)
  const totals = await runMajor(major, filters)
  if (interrupted !== null) break
  summary.push(`PostgreSQL ${major}  ${totalsLine(totals).replace('tests: ', '')}`)
  sum = addTotals(sum, totals)
}

console.log(`\n${summary.join('\n')}`)
if (interrupted === null) console.log(totalsLine(sum))
process.exitCode = interrupted === null && sum.failed === 0 && sum.passed > 0 ? 0 : 1
