import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'vitest'
import { filterTestFiles, findTestFiles } from './test-files.js'

function tree(t: TestContext, paths: string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'torii-tree-'))
  t.onTestFinished(() => rmSync(root, { recursive: true }))
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), '')
  }
  return root
}

const a = ['packages/a/src/deep/one.test.ts', 'packages/a/dist/deep/one.test.js']
const b = ['testing/src/two.test.ts', 'testing/dist/two.test.js']

test('output of a deleted test is removed and does not run', (t) => {
  const stale = [
    'examples/x/dist/gone.test.js',
    'examples/x/dist/gone.test.js.map',
    'examples/x/dist/gone.test.d.ts',
  ]
  const root = tree(t, [...a, ...b, ...stale, 'examples/x/dist/kept.js'])
  const files = findTestFiles(root)
  assert.deepEqual(
    files.map((file) => file.source),
    [a[0], b[0]],
  )
  assert.deepEqual(
    stale.filter((path) => existsSync(join(root, path))),
    [],
  )
  assert.ok(existsSync(join(root, 'examples/x/dist/kept.js')))
})

test('a test that was not compiled is an error', (t) => {
  const root = tree(t, [...a, 'packages/a/src/new.test.ts'])
  assert.throws(() => findTestFiles(root), /packages\/a\/src\/new\.test\.ts is not compiled/)
})

test('filters name a part of a path; one that names nothing is an error', (t) => {
  const root = tree(t, [...a, ...b])
  const files = findTestFiles(root)
  const sources = (filters: string[]) =>
    filterTestFiles(files, filters, root).map((file) => file.source)
  assert.deepEqual(sources([]), [a[0], b[0]])
  assert.deepEqual(sources(['deep/one']), [a[0]])
  assert.deepEqual(sources([join(root, 'testing')]), [b[0]])
  assert.throws(() => sources(['three']), /no test file matches "three"/)
})
