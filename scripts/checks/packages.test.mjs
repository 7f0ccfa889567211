import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRepository } from './fixture.mjs'
import { contentProblems, declarationProblems } from './package-content.mjs'
import { check } from './packages.mjs'

const manifest = {
  name: 'a',
  version: '1.0.0',
  license: 'MIT',
  type: 'module',
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  files: ['dist', 'src', '!**/*.test.*'],
}
const good = {
  'packages/a/package.json': manifest,
  'packages/a/src/index.ts': 'export const a: number = 1\n',
  'packages/a/dist/index.js': 'export const a = 1\n//# sourceMappingURL=index.js.map\n',
  'packages/a/dist/index.js.map': {
    version: 3,
    file: 'index.js',
    sources: ['../src/index.ts'],
    mappings: '',
  },
  'packages/a/dist/index.d.ts': 'export declare const a: number\n',
}

test('packages: a complete package passes, without a network', async (t) => {
  assert.deepEqual(await check(makeRepository(t, good)), [])
})

const { 'packages/a/src/index.ts': _, ...withoutSource } = good
const exporting = (target) => ({ ...manifest, exports: { '.': target } })
const bad = [
  [
    'a test inside',
    {
      ...good,
      'packages/a/package.json': { ...manifest, files: ['dist', 'src'] },
      'packages/a/src/a.test.ts': '',
    },
    /ships src\/a\.test\.ts/,
  ],
  [
    'build state inside',
    { ...good, 'packages/a/dist/.tsbuildinfo': '' },
    /ships dist\/\.tsbuildinfo/,
  ],
  ['no source for its map', withoutSource, /points at src\/index\.ts/],
  [
    'a missing entry point',
    { ...good, 'packages/a/package.json': exporting('./dist/gone.js') },
    /dist\/gone\.js is not/,
  ],
  [
    'a missing command',
    { ...good, 'packages/a/package.json': { ...manifest, bin: { a: './dist/cli.js' } } },
    /dist\/cli\.js is not/,
  ],
  [
    'types behind the code',
    {
      ...good,
      'packages/a/package.json': exporting({
        default: './dist/index.js',
        types: './dist/index.d.ts',
      }),
    },
    /publint: /,
  ],
  [
    'CommonJS in its code',
    { ...good, 'packages/a/dist/index.js': 'module.exports = 1\n' },
    /publint: |attw: /,
  ],
  [
    'a declaration in the wrong format',
    { ...good, 'packages/a/dist/index.d.ts': "export { a } from './gone.js'\n" },
    /attw: /,
  ],
  [
    'types that are not installed',
    {
      ...good,
      'packages/a/dist/index.d.ts':
        "import type { Pool } from 'pg'\nexport declare const a: Pool\n",
    },
    /needs the types of pg/,
  ],
]

for (const [what, files, expected] of bad)
  test(`packages: refuses ${what}`, async (t) => {
    assert.match((await check(makeRepository(t, files))).join('\n'), expected)
  })

test('packages: nested conditions are entry points too', () => {
  const nested = {
    exports: { '.': { import: { types: './a.d.ts', default: './a.js' } }, './b': './b.js' },
  }
  assert.equal(contentProblems(nested, []).length, 3)
  assert.deepEqual(contentProblems(nested, ['a.d.ts', 'a.js', 'b.js']), [])
})

test('packages: the entry of an optional peer may need its types, and no other declaration', (t) => {
  const file = "import type { Ref } from 'pg'\nexport declare const a: Ref\n"
  const root = makeRepository(t, { 'dist/pg.d.ts': file, 'dist/index.d.ts': file })
  const peers = {
    peerDependencies: { pg: '>=8' },
    peerDependenciesMeta: { pg: { optional: true } },
  }
  const exports = { './pg': { types: './dist/pg.d.ts' }, '.': { types: './dist/index.d.ts' } }
  const paths = ['dist/pg.d.ts', 'dist/index.d.ts']
  assert.deepEqual(declarationProblems(root, { ...peers, exports }, paths), [
    'dist/index.d.ts needs the types of pg, which no install brings',
  ])
  assert.equal(declarationProblems(root, { exports }, paths).length, 2)
})

test('packages: the folder of an entry that is named like the scope of an optional peer may need its types, other folders not', (t) => {
  const source = "import type { Span } from '@telemetry/api'\nexport declare const a: Span\n"
  const paths = ['dist/telemetry/a.d.ts', 'dist/telemetry/b.d.ts', 'dist/c.d.ts']
  const root = makeRepository(t, Object.fromEntries(paths.map((path) => [path, source])))
  const peers = {
    peerDependencies: { '@telemetry/api': '1' },
    peerDependenciesMeta: { '@telemetry/api': { optional: true } },
  }
  const exports = { './telemetry': { types: './dist/telemetry/a.d.ts' } }
  assert.deepEqual(declarationProblems(root, { ...peers, exports }, paths), [
    'dist/c.d.ts needs the types of @telemetry/api, which no install brings',
  ])
  assert.equal(declarationProblems(root, { ...peers, exports: {} }, paths).length, 3)
})

test('packages: the tests of a template travel along, its settings not', () => {
  const paths = ['template/test/a.test.js', 'template/.env', 'src/template/a.test.ts']
  assert.deepEqual(contentProblems({}, paths), [
    'ships template/.env',
    'ships src/template/a.test.ts',
  ])
})
