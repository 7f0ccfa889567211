import assert from 'node:assert/strict'
import { test } from 'node:test'
import { browserBudgets, browserSizeProblems, viewBudget } from './browser-size.mjs'
import { budgets, sizeProblems } from './sizes.mjs'

test('a package over its budget, packed or unpacked, is named; one within it is not', () => {
  const sizes = Object.entries(budgets).map(([name, { packed, unpacked = 9999 }]) => ({
    name,
    packedKib: packed,
    unpackedKib: unpacked,
  }))
  assert.deepEqual(sizeProblems(sizes), [])
  const heavy = sizes.map((each) => ({ ...each, packedKib: each.packedKib + 1 }))
  assert.deepEqual(
    sizeProblems(heavy).map((problem) => problem.split(':')[0]),
    Object.keys(budgets),
  )
  const [core] = sizes
  assert.match(sizeProblems([{ ...core, unpackedKib: core.unpackedKib + 1 }]).join(), /unpacked/)
})

test('a use of the browser client over its budget is named, and one that pays for what it leaves out', () => {
  const sizes = Object.fromEntries(
    Object.entries(browserBudgets).map(([use, { bytes }]) => [use, bytes]),
  )
  const views = ['torii-auth/react', 'torii-auth/vue', 'torii-auth/svelte']
  for (const entry of views) sizes[entry] = viewBudget
  assert.deepEqual(browserSizeProblems(sizes), [])
  for (const [use, bytes] of Object.entries(sizes)) {
    const [problem, ...more] = browserSizeProblems({ ...sizes, [use]: bytes + 1 })
    assert.match(problem, new RegExp(`${use}: ${bytes + 1} bytes`))
    assert.deepEqual(more, [])
  }
  const unshaken = { ...sizes, 'password and passkeys': sizes['password only'] + 1 }
  assert.match(browserSizeProblems(unshaken).join(), /no longer shakes/)
})
