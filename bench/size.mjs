/**
 * What each package weighs: `npm run bench -- size`. Import times are medians of fresh processes; installed is
 * what it brings along, itself included.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { budgets, packedSizes } from '../scripts/checks/sizes.mjs'
import { resultsFolder } from './compare.mjs'
import { median } from './measure.mjs'
import { startBenchServer } from './server.mjs'

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

/** Bytes of the files in a folder, without packages that lie inside it. */
function bytesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sum + (entry.name === 'node_modules' ? 0 : bytesIn(path))
    return sum + (entry.isFile() ? statSync(path).size : 0)
  }, 0)
}

/** The packages that come with one of ours, and their size. Our own sources and tests are not what npm brings. */
function installedWith(name, packed) {
  const args = ['ls', '--all', '--omit=dev', '--parseable', '--workspace', name]
  const paths = execFileSync('npm', args, { cwd: root, encoding: 'utf8' }).trim().split('\n')
  const foreign = [...new Set(paths)].filter((path) => path.includes('/node_modules/'))
  const others = foreign.filter((path) => !/\/node_modules\/torii-[a-z-]+$/.test(path))
  const own = packed.find((one) => one.name === name)?.unpackedKib ?? 0
  const kib = others.reduce((sum, path) => sum + bytesIn(path), 0) / 1024
  return { name, packages: others.length + 1, installedKib: Math.round(own + kib) }
}

async function memory() {
  const server = await startBenchServer(true)
  try {
    const program = join(root, 'bench/memory.mjs')
    const args = ['--expose-gc', program, server.url]
    return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }))
  } finally {
    await server.stop()
  }
}

export async function size() {
  const imports = entries.map((entry) => {
    const runs = Array.from({ length: 9 }, () => importOnce(entry))
    const ms = median(runs.map((run) => run.ms))
    return { entry, ms, rssMib: median(runs.map(({ rss }) => rss)) / 2 ** 20 }
  })
  const packed = packedSizes(root)
  const installed = packed.map(({ name }) => installedWith(name, packed))
  const held = await memory()
  mkdirSync(resultsFolder, { recursive: true })
  writeFileSync(
    join(resultsFolder, 'size.json'),
    `${JSON.stringify({ imports, packed, installed, memory: held }, null, 1)}\n`,
  )
  for (const { entry, ms, rssMib } of imports)
    console.log(`import ${entry}: ${ms.toFixed(0)} ms, process ${rssMib.toFixed(0)} MiB`)
  for (const { name, packedKib, unpackedKib } of packed)
    console.log(
      `${name}: ${packedKib} KiB packed (budget ${budgets[name].packed}), ${unpackedKib} KiB unpacked`,
    )
  for (const { name, packages, installedKib } of installed)
    console.log(`${name} installed: ${packages} packages, ${installedKib} KiB`)
  console.log(
    `${held.callers} validations at once: ${held.heapKibWaiting.toFixed(0)} KiB of heap, ${held.heapKibLeft.toFixed(0)} left afterwards; process ${held.rssMib.toFixed(0)} MiB`,
  )
  return 0
}
