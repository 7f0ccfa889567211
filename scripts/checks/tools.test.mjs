/** The checks that hand over to a tool: each passes on a small good repository and fails on a bad one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRepository } from './fixture.mjs'
import * as lint from './lint.mjs'
import * as promises from './promises.mjs'
import * as types from './type-check.mjs'
import * as unused from './unused.mjs'

const options = { like: ['tsconfig.base.json'], installed: true }
const source = 'export const later = async (): Promise<number> => 1\n'
const project = (text) => ({
  'package.json': { name: 'fixture', type: 'module' },
  'tsconfig.json': { files: [], references: [{ path: 'packages/a' }] },
  'packages/a/tsconfig.json': {
    extends: '../../tsconfig.base.json',
    compilerOptions: { rootDir: 'src', outDir: 'dist' },
    include: ['src'],
  },
  'packages/a/src/a.ts': text,
})

test('types: a wrong type fails', (t) => {
  assert.deepEqual(types.check(makeRepository(t, project(source), options)), [])
  const bad = makeRepository(t, project("export const a: number = 'x'\n"), options)
  assert.match(types.check(bad).join(), /a\.ts\(1,14\): error TS2322/)
})

test('promises: finds floating ones, of pg as well', (t) => {
  const text = (statement) =>
    `import type { Pool } from 'pg'\n${source}export function go(pool: Pool): void {\n  ${statement}\n}\n`
  const good = [
    'void later()',
    'later().catch(() => {})',
    'pool.listenerCount("x")',
    'let a = later()\n  a = later()',
  ]
  for (const statement of good)
    assert.deepEqual(
      promises.check(makeRepository(t, project(text(statement)), options)),
      [],
      statement,
    )
  for (const statement of [
    'later()',
    "pool.query('select 1')",
    'later().finally(() => {})',
    'pool && pool.end()',
  ])
    assert.match(
      promises.check(makeRepository(t, project(text(statement)), options)).join(),
      /^packages\/a\/src\/a\.ts:4: floating/,
      statement,
    )
})

const biome = { like: ['biome.json', '.gitignore'] }
const lintOf = (t, path, text) => lint.check(makeRepository(t, { [path]: text }, biome)).join()

test('lint: format and rules, in every kind of file', (t) => {
  assert.equal(lintOf(t, 'packages/a/src/a.ts', source), '')
  const bad = [
    ['packages/a/src/a.ts', "export const a = 'x';\n", /format/],
    ['packages/a/src/a.ts', 'export const a: any = 1\n', /noExplicitAny/],
    ['packages/a/src/a.ts', `${source}later()\n`, /noFloatingPromises/],
    ['packages/a/src/a.ts', "import { A } from './b.js'\nexport type B = A\n", /useImportType/],
    ['packages/a/src/a.ts', 'export default 1\n', /noDefaultExport/],
    ['packages/a/src/a.ts', 'export const f = (a?: string) => a!.length\n', /noNonNullAssertion/],
    ['packages/a/src/a.ts', "console.log('x')\n", /noConsole/],
    ['packages/a/src/a.ts', 'const unused = 1\nexport {}\n', /noUnusedVariables/],
    [
      'packages/a/src/a.ts',
      "import { join } from 'path'\nexport const a = join('a')\n",
      /useNodejsImportProtocol/,
    ],
    ['packages/a/src/badName.ts', source, /useFilenamingConvention/],
    ['packages/a/src/a.test.ts', 'test.onl'.concat("y('x', () => {})\n"), /noFocusedTests/],
    ['examples/a/public/a.css', 'a{color:red}\n', /format/],
    ['examples/a/public/a.html', '<p >x</p>\n', /format/],
  ]
  for (const [path, text, expected] of bad) assert.match(lintOf(t, path, text), expected)
})

test('lint: console is for tests, commands and scripts; generated files are left alone', (t) => {
  for (const path of ['packages/a/src/a.test.ts', 'packages/a/src/cli.ts', 'scripts/a.mjs'])
    assert.equal(lintOf(t, path, "console.log('x')\n"), '', path)
  const files = {
    'packages/a/src/a.ts': source,
    'packages/a/src/b.generated.ts': 'export const a   = 1;',
  }
  assert.deepEqual(lint.check(makeRepository(t, files, biome)), [])
})

test('unused: files, exports and dependencies', (t) => {
  const files = (extra) => ({
    'package.json': { name: 'fixture', type: 'module', private: true, workspaces: ['packages/*'] },
    'tsconfig.json': { files: [], references: [{ path: 'packages/a' }] },
    'packages/a/package.json': {
      name: 'a',
      type: 'module',
      exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
    },
    'packages/a/tsconfig.json': {
      compilerOptions: { rootDir: 'src', outDir: 'dist' },
      include: ['src'],
    },
    'packages/a/src/index.ts': "import { b } from './b.js'\nexport const a = b\n",
    'packages/a/src/b.ts': 'export const b = 1\n',
    ...extra,
  })
  const knip = (extra) =>
    unused.check(makeRepository(t, files(extra), { like: ['knip.json'] })).join()
  assert.equal(knip({}), '')
  assert.match(knip({ 'packages/a/src/c.ts': 'export {}\n' }), /Unused files[\s\S]*src\/c\.ts/)
  assert.match(
    knip({ 'packages/a/src/b.ts': 'export const b = 1\nexport const c = 2\n' }),
    /Unused exports[\s\S]*c /,
  )
  assert.match(
    knip({ 'packages/a/src/b.ts': "import 'left-pad'\nexport const b = 1\n" }),
    /Unlisted dependencies/,
  )
})
