import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import ts from 'typescript'
import { isFirstBuild, removeOrphans } from '../build.mjs'
import { chooseWords } from '../common-passwords.mjs'
import { generateMigrations, readMigrations, renderMigrations } from '../generate-migrations.mjs'
import { repositoryRoot } from '../repository.mjs'
import { updateSnapshot } from '../schema-snapshot.mjs'
import { makeRepository } from './fixture.mjs'
import { check, generators } from './generated.mjs'

const folder = 'packages/storage-postgres'
const migrations = (files) =>
  Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`${folder}/migrations/${name}`, text]),
  )

test('migrations: the module holds each file exactly, whatever ASCII characters it has', async (t) => {
  const awkward = "-- torii:no-transaction\nselect `a`, '${b}', E'\\\\n\\`', '\\$', '\"~'\n"
  const root = makeRepository(
    t,
    migrations({ '0001_accounts.sql': 'select 1\n', '0002_more_rows.sql': awkward }),
  )
  const { outputText } = ts.transpileModule(renderMigrations(readMigrations(root)), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  })
  writeFileSync(join(root, 'm.mjs'), outputText)
  const { migrations: made } = await import(pathToFileURL(join(root, 'm.mjs')).href)
  const checksum = (text) => createHash('sha256').update(text).digest('hex')
  assert.deepEqual(made, [
    {
      id: 1,
      name: 'accounts',
      checksum: checksum('select 1\n'),
      transactional: true,
      sql: 'select 1\n',
    },
    { id: 2, name: 'more_rows', checksum: checksum(awkward), transactional: false, sql: awkward },
  ])
})

const bad = {
  gap: { '0001_a.sql': 'x', '0003_b.sql': 'x' },
  'number twice': { '0001_a.sql': 'x', '0001_b.sql': 'x' },
  'wrong start': { '0000_a.sql': 'x' },
  'capital letter': { '0001_Accounts.sql': 'x' },
  hyphen: { '0001_a-b.sql': 'x' },
  'short number': { '001_a.sql': 'x' },
  'other file': { '0001_a.sql': 'x', 'README.md': 'x' },
  tab: { '0001_a.sql': 'select\t1\n' },
  'letter that is not ASCII': { '0001_a.sql': "select 'é'\n" },
  'carriage return': { '0001_a.sql': 'select 1\r\n' },
  'empty file': { '0001_a.sql': '\n' },
  'no migration': {},
}
for (const [what, files] of Object.entries(bad))
  test(`migrations: refuses a ${what}`, (t) => {
    assert.throws(
      () => readMigrations(makeRepository(t, migrations(files))),
      /sql|must be named|no migration/,
    )
  })

test('migrations: writes only when different, and --check never writes', (t) => {
  const root = makeRepository(t, migrations({ '0001_a.sql': 'select 1\n' }))
  const output = join(root, folder, 'src/migrate/migrations.generated.ts')
  mkdirSync(join(root, folder, 'src'))
  assert.equal(generateMigrations(root, { check: true }), true)
  assert.equal(existsSync(output), false)
  assert.equal(generateMigrations(root), true)
  const { mtimeMs } = statSync(output)
  assert.equal(generateMigrations(root), false)
  assert.equal(statSync(output).mtimeMs, mtimeMs)
  writeFileSync(join(root, folder, 'migrations/0001_a.sql'), 'select 2\n')
  assert.equal(generateMigrations(root, { check: true }), true)
})

test('schema.sql: stale when missing or different', (t) => {
  const path = join(makeRepository(t, {}), 'schema.sql')
  assert.equal(updateSnapshot(path, 'a\n', { check: true }), true)
  assert.equal(updateSnapshot(path, 'a\n', { check: false }), true)
  assert.equal(updateSnapshot(path, 'a\n', { check: true }), false)
  assert.equal(updateSnapshot(path, 'b\n', { check: true }), true)
  assert.equal(readFileSync(path, 'utf8'), 'a\n')
})

test('generated: fails with what a generator says', (t) => {
  const saying = (text) => Object.fromEntries(generators.map((path) => [path, text]))
  assert.deepEqual(check(makeRepository(t, saying(''))), [])
  const stale = check(makeRepository(t, saying("console.error('is stale')\nprocess.exit(1)")))
  assert.deepEqual(
    stale,
    generators.map((path) => `${path}: is stale`),
  )
})

test('common passwords: for each length so many of each list, folded, in order, each once', () => {
  const texts = [
    'Monkey\r\nb b b b b\nmonkey\nlonger\nabc\nlongest1\nmonkeys',
    'zebra\nmonkey\nz\u00e9bre\n',
  ]
  const fold = (text) => text.toLowerCase().replace(/\s/g, '')
  const rule = { fold, maxLength: 7, lengths: { from: 4, to: 7 }, perLength: 2 }
  assert.deepEqual(chooseWords(texts, rule), ['bbbbb', 'longer', 'monkey', 'monkeys', 'zebra'])
})

test('build: removes output without a source and nothing else', (t) => {
  const root = makeRepository(t, {
    'src/kept.ts': '',
    'src/deep/kept.test.ts': '',
    'dist/kept.js': '',
    'dist/kept.d.ts.map': '',
    'dist/deep/kept.test.js': '',
    'dist/.tsbuildinfo': '',
    'dist/gone.js': '',
    'dist/gone.d.ts': '',
    'dist/deep/gone.test.js.map': '',
  })
  const removed = removeOrphans(root).map((path) =>
    path.slice(root.length + 1).replaceAll('\\', '/'),
  )
  assert.deepEqual(removed.sort(), ['dist/deep/gone.test.js.map', 'dist/gone.d.ts', 'dist/gone.js'])
  assert.ok(existsSync(join(root, 'dist/kept.js')))
})

test('build: the first one is recognized until every workspace was built', (t) => {
  const references = [{ path: 'a' }, { path: 'a/tsconfig.test.json' }, { path: 'b' }]
  const root = makeRepository(t, {
    'tsconfig.json': JSON.stringify({ files: [], references }),
    'a/dist/.tsbuildinfo': '{}',
  })
  assert.equal(isFirstBuild(root), true)
  mkdirSync(join(root, 'b/dist'), { recursive: true })
  writeFileSync(join(root, 'b/dist/.tsbuildinfo'), '{}')
  assert.equal(isFirstBuild(root), false)
})

// The compiler looks up the peers of torii-storage-postgres while it writes its declarations, and remembers what was missing.
test('build: torii-auth is compiled before torii-storage-postgres, which names it as a peer', () => {
  const { references } = JSON.parse(readFileSync(join(repositoryRoot, 'tsconfig.json'), 'utf8'))
  const paths = references.map(({ path }) => path)
  assert.ok(paths.indexOf('packages/auth') < paths.indexOf('packages/storage-postgres'))
})
