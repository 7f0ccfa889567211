import assert from 'node:assert/strict'
import { test } from 'node:test'
import { problemsOf, renderAsvs } from '../asvs-coverage.mjs'
import { asvsLines } from '../asvs-lines.mjs'

const attacks = [['T1.1', 'a']]
const tests = [{ path: 'packages/a/src/a.test.ts', name: 'used once: always' }]
const exists = (page) => page === 'here.md'
const good = [
  ['1.1.1', 'a <thing>', 'T1.1', { test: 'packages/a/src/a.test.ts: used once: always' }],
  ['1.1.2', 'another', { page: 'here.md' }, { notOurs: 'because there is none' }],
]

test('asvs: a line, a test, a page and a reason each hold a requirement', () => {
  assert.deepEqual(problemsOf(good, attacks, tests, exists), [])
  const text = renderAsvs(good)
  assert.match(
    text,
    /\| 1\.1\.1 \| a \\<thing\\> \| T1\.1<br>\[a\.test\.ts\]\(\.\.\/packages\/a\/src\/a\.test\.ts\): used once: always \|/,
  )
  assert.match(text, /\[here\.md\]\(here\.md\)<br>not ours, because there is none/)
})

test('asvs: what is named must exist, and every requirement has something', () => {
  const lines = [
    ['1.1.1', 'a', 'T9.9'],
    ['1.1.2', 'b', { test: 'packages/a/src/a.test.ts: gone' }],
    ['1.1.3', 'c', { page: 'gone.md' }],
    ['1.1.4', 'd'],
  ]
  assert.deepEqual(problemsOf(lines, attacks, tests, exists), [
    '1.1.1: there is no line T9.9',
    '1.1.2: there is no test "packages/a/src/a.test.ts: gone"',
    '1.1.3: there is no page docs/gone.md',
    '1.1.4: neither a proof nor a reason',
  ])
})

test('asvs: each requirement once, in order', () => {
  const numbers = asvsLines.map(([item]) => item.split('.').map(Number))
  const inOrder = [...numbers].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
  assert.deepEqual(numbers, inOrder)
  assert.equal(new Set(asvsLines.map(([item]) => item)).size, asvsLines.length)
})
