import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { longestFiles, rankOf } from './longest-first.js'
import { findTestFiles } from './test-files.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('every file that is listed as long exists, once, and ranks the same in src and dist', () => {
  const files = findTestFiles(root)
  for (const [rank, name] of longestFiles.entries()) {
    const found = files.filter(({ source }) => rankOf(`${root}${source}`) === rank)
    assert.equal(found.length, 1, name)
    assert.equal(rankOf(`${root}${found[0]?.compiled}`), rank)
  }
})

test('a file that is not listed comes after all that are', () => {
  assert.equal(rankOf(`${root}packages/core/src/email.test.ts`), longestFiles.length)
})
