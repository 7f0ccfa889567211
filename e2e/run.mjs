/**
 * `npm run e2e [-- WORD…]`: the web application in a real browser. Installs what it needs beside the repository's own
 * packages, then walks every journey, or those whose name has one of the words. `CHROMIUM` names another browser than
 * Debian's, `DATABASE_URL` a PostgreSQL instead of the embedded one.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'

const folder = new URL('.', import.meta.url).pathname

function install() {
  const installed = join(folder, 'node_modules/.package-lock.json')
  const lock = join(folder, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' })
  if (status !== 0) throw new Error('npm ci failed in e2e/')
}

install()
const words = process.argv.slice(2)
const only = words.length === 0 ? [] : [`--test-name-pattern=${words.join('|')}`]
const { status } = spawnSync(
  process.execPath,
  ['--test-reporter=spec', ...only, join(folder, 'journeys.mjs')],
  { stdio: 'inherit' },
)
process.exitCode = status ?? 1
