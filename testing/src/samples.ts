/**
 * `npm run samples [-- NAME…]`: copies each folder of samples/ away, installs it with the packed packages, builds
 * it, starts it on an embedded database, and goes through it over HTTP. A sample without a server runs its own tests, and
 * once more with the versions of its folder `lowest`. `tutorial` follows docs/tutorial.md; `create` creates an application by
 * create-torii-auth. Fails when one of them fails.
 */
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { useCreatedApp } from './created-app.js'
import { packPackages, runProgram, versionHere } from './packed-project.js'
import { startServer } from './server.js'
import { followTutorial } from './tutorial.js'
import { freePort, visit } from './visit.js'

const samples = fileURLToPath(new URL('../../samples', import.meta.url))

/** The samples whose framework does not tell Torii the client's address. */
const withoutAddress = new Set(['nextjs'])

/** The samples whose forms are walked in a browser here. e2e/journeys/own-forms.mjs walks the others. */
const browserWalks = new Map<string, readonly string[]>([
  // Server actions redirect where they refuse.
  ['nextjs', []],
  // The statuses of a refused registration and sign-in.
  ['sveltekit', ['422', '401']],
])

const ownForm = fileURLToPath(new URL('../../e2e/own-form.mjs', import.meta.url))
const chromium = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Samples whose tests need a PostgreSQL: their libraries know no embedded one. */
const needsDatabase = new Set(['moving', 'orm'])

/** Packages that only these samples install. */
const morePackages = new Map<string, readonly string[]>([['authjs', ['torii-authjs']]])

const own = new Set(['node_modules', 'build', 'dist', '.next', '.svelte-kit'])

/** Copies a sample, with the package files of `versions` if given, installs and builds it. */
async function buildSample(
  name: string,
  tarballs: readonly string[],
  folder: string,
  versions?: string,
) {
  const filter = (path: string) => !own.has(path.slice(path.lastIndexOf('/') + 1))
  await cp(join(samples, name), folder, { recursive: true, filter })
  if (versions !== undefined) await cp(join(folder, versions), folder, { recursive: true })
  const npm = (...args: string[]) => runProgram('npm', args, folder)
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund']
  await npm('ci', ...flags)
  const more = await packMore(name, folder)
  await npm('install', ...flags, ...tarballs, ...more, await versionHere('@electric-sql/pglite'))
  await npm('run', 'build')
}

/** Packs the packages that only this sample installs. */
async function packMore(name: string, folder: string): Promise<readonly string[]> {
  const names = morePackages.get(name)
  if (names === undefined) return []
  const packed = `${folder}-packages`
  await mkdir(packed)
  return packPackages(packed, names)
}

async function runSample(name: string, tarballs: readonly string[], folder: string) {
  await buildSample(name, tarballs, folder)
  const scripts = await startScripts(name)
  for (const script of scripts) await visitSample(name, script, folder)
  if (scripts.length > 0) return
  if (needsDatabase.has(name)) return testOnServer(folder)
  await runProgram('npm', ['test'], folder)
  if (!existsSync(join(samples, name, 'lowest'))) return
  const older = `${folder}-lowest`
  await buildSample(name, tarballs, older, 'lowest')
  await runProgram('npm', ['test'], older)
}

/** Runs the tests of a sample on a PostgreSQL that is started for them. */
async function testOnServer(folder: string) {
  const server = await startServer()
  try {
    await runProgram('npm', ['test'], folder, { DATABASE_URL: server.url })
  } finally {
    await server.stop()
  }
}

/** The scripts that start a server: `start`, or one for each server of the sample. */
async function startScripts(name: string): Promise<readonly string[]> {
  const manifest = await readFile(join(samples, name, 'package.json'), 'utf8')
  const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> }
  return Object.keys(scripts).filter((script) => /^start(?::|$)/.test(script))
}

async function visitSample(name: string, script: string, folder: string) {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  await visit({
    command: ['npm', 'run', script],
    cwd: folder,
    env: {
      PORT: String(port),
      HOST: '127.0.0.1',
      ORIGIN: origin,
      BASE_URL: origin,
      DATABASE_URL: `pglite:${join(folder, '.torii', script.replace(':', '-'))}`,
      NEXT_TELEMETRY_DISABLED: '1',
    },
    origin,
    page: '/',
    knowsAddress: !withoutAddress.has(name),
    hasForms: true,
    ...(name === 'servers' ? {} : { twoFactorPage: '/payouts' }),
    ...(name === 'nextjs' ? { membersPage: '/members' } : {}),
    also: () => walkInBrowser(name, origin, folder),
  })
}

/** Walks the forms of the sample in Chromium; without one it says so. */
async function walkInBrowser(name: string, origin: string, folder: string) {
  const statuses = browserWalks.get(name)
  if (statuses === undefined) return
  if (existsSync(chromium))
    await runProgram(process.execPath, [ownForm, origin, name, ...statuses], folder)
  else
    console.log(
      `note  samples/${name}: no browser at ${chromium}, so its forms were used over HTTP only`,
    )
}

type Run = (folder: string, tarballs: readonly string[]) => Promise<void>

/** What has no folder: the files and commands of docs/tutorial.md, and the template of create-torii-auth. */
const generated = new Map<string, { readonly title: string; readonly run: Run }>([
  ['tutorial', { title: 'docs/tutorial.md', run: followTutorial }],
  ['create', { title: 'packages/create-torii-auth', run: createApp }],
])

async function createApp(folder: string, tarballs: readonly string[]) {
  const own = `${folder}-tarball`
  await mkdir(own)
  const [tarball = ''] = await packPackages(own, ['create-torii-auth'])
  await useCreatedApp(folder, tarballs, tarball)
}

const wanted = process.argv.slice(2)
const entries = await readdir(samples, { withFileTypes: true })
const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
const names = [...folders, ...generated.keys()]
const unknown = wanted.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`no such sample: ${unknown.join(', ')}; there are: ${names.join(', ')}`)
  process.exitCode = 2
} else {
  const folder = await mkdtemp(join(tmpdir(), 'torii-samples-'))
  try {
    await mkdir(join(folder, 'tarballs'))
    const tarballs = await packPackages(join(folder, 'tarballs'))
    for (const name of wanted.length > 0 ? wanted : names) {
      const { title = `samples/${name}`, run = null } = generated.get(name) ?? {}
      const started = performance.now()
      if (run === null) await runSample(name, tarballs, join(folder, name))
      else await run(join(folder, name), tarballs)
      console.log(`ok    ${title}, ${Math.round((performance.now() - started) / 1000)} s`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}
