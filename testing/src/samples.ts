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

/** What the frameworks tell Torii of the client's address, each in its own way. */
const knowsAddress = new Map([
  ['nextjs', false],
  ['sveltekit', true],
])

/** Samples whose tests need a PostgreSQL: their libraries know no embedded one. */
const needsDatabase = new Set(['orm'])

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
  await npm('install', ...flags, ...tarballs, await versionHere('@electric-sql/pglite'))
  await npm('run', 'build')
}

async function runSample(name: string, tarballs: readonly string[], folder: string) {
  await buildSample(name, tarballs, folder)
  if (await hasServer(name)) return visitSample(name, folder)
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

async function hasServer(name: string): Promise<boolean> {
  const manifest = await readFile(join(samples, name, 'package.json'), 'utf8')
  const { scripts } = JSON.parse(manifest) as { scripts: { start?: string } }
  return scripts.start !== undefined
}

async function visitSample(name: string, folder: string) {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  await visit({
    command: ['npm', 'start'],
    cwd: folder,
    env: {
      PORT: String(port),
      HOST: '127.0.0.1',
      ORIGIN: origin,
      BASE_URL: origin,
      DATABASE_URL: `pglite:${join(folder, '.torii/data')}`,
      NEXT_TELEMETRY_DISABLED: '1',
    },
    origin,
    page: '/',
    knowsAddress: knowsAddress.get(name) ?? true,
    hasForms: true,
    twoFactorPage: '/payouts',
    ...(name === 'nextjs' ? { membersPage: '/members' } : {}),
  })
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
      if (run === null) await runSample(name, tarballs, join(folder, name))
      else await run(join(folder, name), tarballs)
      console.log(`ok    ${title}`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}
