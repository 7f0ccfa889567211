import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { anyMajorFiles, saysTheSameOfEveryMajor } from './any-major.js'
import { testName } from './own-process.js'
import { findTestFiles } from './test-files.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const files = findTestFiles(root)

test('every file that the matrix leaves out exists, once, is known in src and dist, and has a reason', () => {
  for (const { file, reason } of anyMajorFiles) {
    const found = files.filter(({ source }) => testName(source).endsWith(file))
    assert.equal(found.length, 1, file)
    assert.ok(saysTheSameOfEveryMajor(`${root}${found[0]?.source}`))
    assert.ok(saysTheSameOfEveryMajor(`${root}${found[0]?.compiled}`))
    assert.ok(reason.length > 0)
  }
  assert.ok(!saysTheSameOfEveryMajor(`${root}packages/storage-postgres/src/test/roles.test.ts`))
})

test('a file that the matrix leaves out knows nothing of the server: it opens no database of the run', () => {
  const opensDatabase = (source: string) =>
    /\b(?:testDatabase|startServer|openRunServer|TORII_TEST_\w+)\b|test\.support/.test(
      readFileSync(join(root, source), 'utf8'),
    )
  assert.ok(files.filter(({ source }) => opensDatabase(source)).length > 50)
  const leftOut = files.filter(({ source }) => saysTheSameOfEveryMajor(`${root}${source}`))
  assert.deepEqual(
    leftOut.filter(({ source }) => opensDatabase(source)),
    [],
  )
})
