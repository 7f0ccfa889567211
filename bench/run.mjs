/**
 * `npm run bench [-- NAME] [-- --quick] [-- --flow=WORD] [-- --rows=N]`: the comparison with a WORD measures only the flows that contain it,
 * and writes no results. Installs what the benchmark needs beside the repository's own
 * packages, from this folder's own lock file, then runs it: the peers are installed here and nowhere else.
 */
import { fileURLToPath } from 'node:url'
import { installOwnPackages } from '../scripts/own-packages.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))

const runs = {
  compare: async (given) => (await import('./compare.mjs')).compare(given),
  timing: async (given) => (await import('./timing.mjs')).timing(given),
  'mail-timing': async (given) => (await import('./mail-timing.mjs')).mailTiming(given),
  growth: async (given) => (await import('./growth.mjs')).growth(given),
  soak: async (given) => (await import('./soak.mjs')).soak(given),
  size: async () => (await import('./size.mjs')).size(),
  import: async (given) => (await import('./import.mjs')).importRate(given),
  types: async (given) => (await import('./type-check.mjs')).types(given),
  transactions: async () => (await import('./transaction-cost.mjs')).transactionCost(),
  publish: async () => (await import('./publish.mjs')).publish(),
}

const words = process.argv.slice(2)
const isQuick = words.includes('--quick')
const flow = words.find((word) => word.startsWith('--flow='))?.slice('--flow='.length) ?? null
const rows = words.find((word) => /^--rows=[1-9]\d*$/.test(word))?.slice('--rows='.length)
const [name = 'compare', ...rest] = words.filter(
  (word) => word !== '--quick' && !word.startsWith('--flow=') && !/^--rows=[1-9]\d*$/.test(word),
)
const note = (text) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)

if (!(name in runs) || rest.length > 0) {
  console.error(
    `usage: npm run bench [-- ${Object.keys(runs).join(' | ')}] [--quick] [--flow=WORD] [--rows=N]`,
  )
  process.exitCode = 2
} else {
  installOwnPackages(folder)
  process.exitCode = await runs[name]({
    isQuick,
    note,
    flow,
    rows: rows === undefined ? null : Number(rows),
  })
}
