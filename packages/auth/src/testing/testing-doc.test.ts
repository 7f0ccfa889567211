import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, test } from 'vitest'

const run = promisify(execFile)
const document = new URL('../../../../docs/testing.md', import.meta.url)
const require = createRequire(import.meta.url)
const vitestFolder = dirname(require.resolve('vitest/package.json'))
const vitest = join(vitestFolder, 'vitest.mjs')
const modules = dirname(vitestFolder)
let folder: string

/** The files of the document, by the name in their first line. */
const files = new Map(
  [...(await readFile(document, 'utf8')).matchAll(/^```js\n(\/\/ (\S+)\n[\s\S]*?)^```$/gm)].map(
    ([, text = '', name = '']) => [name, text],
  ),
)

beforeAll(async () => {
  // Not in dist, where a build of another test would remove what no source makes. The link leads to what the files import.
  folder = await mkdtemp(join(tmpdir(), 'testing-doc-'))
  await symlink(modules, join(folder, 'node_modules'))
  // Vitest would take the configuration of this repository.
  await writeFile(
    join(folder, 'vitest.config.js'),
    `export default { test: { execArgv: ${JSON.stringify(flags)} } }\n`,
  )
  for (const [name, text] of files) await writeFile(join(folder, name), text)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Optimizing the embedded engine takes longer than a few tests take without it. */
const flags = ['--liftoff-only']

const hostVariables = /^(?:VITEST|TORII_TEST_|NODE_ENV|NODE_OPTIONS|NODE_TEST_CONTEXT|DATABASE_URL)/

/** Runs a program in the folder of the files, as from a terminal. */
async function runHere(args: readonly string[], databaseUrl: string | null): Promise<string> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !hostVariables.test(name)),
  )
  const database = databaseUrl === null ? {} : { DATABASE_URL: databaseUrl }
  const { stdout } = await run(process.execPath, [...flags, ...args], {
    cwd: folder,
    env: { ...env, ...database, NO_COLOR: '1' },
  })
  return stdout
}

const usesVitest = (name: string) => files.get(name)?.includes("from 'vitest'") === true
const ofNode = [...files.keys()].filter((name) => !usesVitest(name))
const ofVitest = [...files.keys()].filter(usesVitest)

for (const engine of ['the embedded engine', 'a server'] as const)
  test(`every test of docs/testing.md passes on ${engine}, under node:test and Vitest`, async () => {
    assert.deepEqual([ofNode.length, ofVitest.length], [2, 1])
    const database = engine === 'a server' ? await testDatabase({ empty: true }) : null
    const url = database?.url ?? null
    const said = await runHere(['--test', '--test-reporter=tap', ...ofNode], url)
    assert.match(said, /^# pass 4$/m, said)
    const vitestSaid = await runHere([vitest, 'run', ...ofVitest], url)
    assert.match(vitestSaid, /Tests +1 passed/, vitestSaid)
    const left = await database?.query(
      `select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace where nspname like 'test\\_%'`,
    )
    assert.deepEqual(left?.rows ?? [], [])
  })
