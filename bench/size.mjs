/** What each package weighs: `npm run bench -- size`. Import times are medians of fresh processes. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { budgets, packedSizes } from '../scripts/checks/sizes.mjs'
import { resultsFolder } from './compare.mjs'
import { median } from './measure.mjs'

const entries = ['torii-core', 'torii-storage-postgres', 'torii-auth', 'torii-auth/http']
const root = join(new URL('.', import.meta.url).pathname, '..')

/** Milliseconds until an entry is imported, and what the process then holds in memory. */
function importOnce(entry) {
  const code = `const started = performance.now(); await import('${entry}');
    console.log(JSON.stringify({ ms: performance.now() - started, rss: process.memoryUsage().rss }))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: root,
    encoding: 'utf8',
  })
  return JSON.parse(stdout)
}

export async function size() {
  const imports = entries.map((entry) => {
    const runs = Array.from({ length: 9 }, () => importOnce(entry))
    const ms = median(runs.map((run) => run.ms))
    return { entry, ms, rssMib: median(runs.map(({ rss }) => rss)) / 2 ** 20 }
  })
  const packed = packedSizes(root)
  writeFileSync(
    join(resultsFolder, 'size.json'),
    `${JSON.stringify({ imports, packed }, null, 1)}\n`,
  )
  for (const { entry, ms, rssMib } of imports)
    console.log(`import ${entry}: ${ms.toFixed(0)} ms, process ${rssMib.toFixed(0)} MiB`)
  for (const { name, packedKib, unpackedKib } of packed)
    console.log(
      `${name}: ${packedKib} KiB packed (budget ${budgets[name]}), ${unpackedKib} KiB unpacked`,
    )
  return 0
}
