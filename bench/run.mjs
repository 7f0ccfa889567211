/**
 * `npm run bench [-- NAME] [-- --quick]`. Installs what the benchmark needs beside the repository's own
 * packages, then runs it.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

const folder = new URL('.', import.meta.url).pathname

/** The peers are installed here and nowhere else, from this folder's own lock file. */
function install() {
  const installed = join(folder, 'node_modules/.package-lock.json')
  const lock = join(folder, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error('npm ci failed in bench/')
}

const runs = {
  compare: async (given) => (await import('./compare.mjs')).compare(given),
  timing: async (given) => (await import('./timing.mjs')).timing(given),
  growth: async (given) => (await import('./growth.mjs')).growth(given),
  soak: async (given) => (await import('./soak.mjs')).soak(given),
  size: async () => (await import('./size.mjs')).size(),
  publish: async () => (await import('./publish.mjs')).publish(),
}

const words = process.argv.slice(2)
const isQuick = words.includes('--quick')
const [name = 'compare', ...rest] = words.filter((word) => word !== '--quick')
const note = (text) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)

if (!(name in runs) || rest.length > 0) {
  console.error(`usage: npm run bench [-- ${Object.keys(runs).join(' | ')}] [--quick]`)
  process.exitCode = 2
} else {
  install()
  process.exitCode = await runs[name]({ isQuick, note })
}
