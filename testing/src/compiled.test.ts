import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describe, test } from 'vitest'
import { compiledUrl } from './compiled-url.js'
import { compiledSubjects } from './vitest-options.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('a test finds compiled files from src and from dist', () => {
  for (const folder of ['src', 'dist']) {
    const at = (path: string) => pathToFileURL(`${root}${path.replace('src/', `${folder}/`)}`).href
    const urls = [
      compiledUrl('./cli.js', at('packages/storage-postgres/src/cli.test.ts')),
      compiledUrl('../cli.js', at('packages/storage-postgres/src/deep/src/cli.test.ts')),
      compiledUrl('.', at('testing/src/cli.test.ts')),
    ]
    assert.deepEqual(
      urls.map(({ href }) => href.slice(pathToFileURL(root).href.length)),
      [
        'packages/storage-postgres/dist/cli.js',
        'packages/storage-postgres/dist/deep/cli.js',
        'testing/dist/',
      ],
    )
  }
})

describe('tests from src', () => {
  const resolve = (source: string) => {
    const { resolveId } = compiledSubjects
    assert.ok(typeof resolveId === 'function')
    const { value }: PropertyDescriptor = { value: resolveId }
    return value(source, `${root}testing/src/report.test.ts`) as unknown
  }

  test('get what they test from dist, and other tests from src', () => {
    assert.equal(resolve('./report.js'), `${root}testing/dist/report.js`)
    assert.equal(resolve('./people.test.support.js'), null)
    assert.equal(resolve('./not-compiled.js'), null)
    assert.equal(resolve('torii-core'), null)
  })

  test('can be run by name', () => {
    const vitest = join(root, 'node_modules/vitest/vitest.mjs')
    const { stdout, status } = spawnSync(
      process.execPath,
      [vitest, 'run', 'testing/src/report.test.ts', '-t', 'the last line', '--no-color'],
      {
        cwd: root,
        env: { ...process.env, TORII_TEST_DATABASE_URL: process.env.TORII_TEST_SERVER_URL },
        encoding: 'utf8',
      },
    )
    assert.equal(status, 0, stdout)
    assert.match(stdout, /✓ testing\/src\/report\.test\.ts \(2 tests \| 1 skipped\)/)
    assert.match(stdout, /Tests +1 passed \| 1 skipped \(2\)/)
  })
})
