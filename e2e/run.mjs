/**
 * `npm run e2e [-- WORD…]`: the web application in a real browser. Installs what it needs beside the repository's own
 * packages, then walks every journey, or those whose name has one of the words. `CHROMIUM` names another browser than
 * Debian's, `DATABASE_URL` a PostgreSQL instead of the embedded one.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installOwnPackages } from '../scripts/own-packages.mjs'

const folder = fileURLToPath(new URL('.', import.meta.url))

installOwnPackages(folder)
const words = process.argv.slice(2)
const only = words.length === 0 ? [] : [`--test-name-pattern=${words.join('|')}`]
const { status } = spawnSync(
  process.execPath,
  ['--test-reporter=spec', ...only, join(folder, 'journeys.mjs')],
  { stdio: 'inherit' },
)
process.exitCode = status ?? 1
