import assert from 'node:assert/strict'
import { test } from 'node:test'
import { budgets, sizeProblems } from './sizes.mjs'

test('a package over its budget is named, one within it is not', () => {
  const sizes = Object.entries(budgets).map(([name, packedKib]) => ({ name, packedKib }))
  assert.deepEqual(sizeProblems(sizes), [])
  const heavy = sizes.map((packed) => ({ ...packed, packedKib: packed.packedKib + 1 }))
  assert.deepEqual(
    sizeProblems(heavy).map((problem) => problem.split(':')[0]),
    Object.keys(budgets),
  )
})
