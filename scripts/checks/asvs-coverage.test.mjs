import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderAsvs, resolveRequirements } from '../asvs-coverage.mjs'
import { asvsLines } from '../asvs-lines.mjs'

const ids = new Set(['T1.1', 'R1.1'])
const tests = [{ path: 'packages/a/src/a.test.ts', name: 'V1.1.1 used once: always' }]
const exists = (page) => page === '../here.md'

test('asvs: an id, a test that names the requirement, a page and a reason each meet it', () => {
  const lines = [
    ['1.1.1', 'a <thing>', 'T1.1', 'R1.1'],
    ['1.1.2', 'another', { page: '../here.md' }, { notOurs: 'there is none' }],
  ]
  const { resolved, problems } = resolveRequirements(lines, ids, tests, exists)
  assert.deepEqual(problems, [])
  const text = renderAsvs(resolved)
  assert.match(
    text,
    /\| 1\.1\.1 \| a \\<thing\\> \| \[a\.test\.ts\]\(\.\.\/\.\.\/packages\/a\/src\/a\.test\.ts\): V1\.1\.1 used once: always<br>T1\.1<br>R1\.1 \|/,
  )
  assert.match(text, /\[here\.md\]\(\.\.\/here\.md\)<br>not ours: there is none/)
})

test('asvs: ids and pages must exist, tests name listed requirements, and every requirement has something', () => {
  const lines = [
    ['1.1.2', 'a', 'T9.9'],
    ['1.1.3', 'c', { page: 'gone.md' }],
    ['1.1.4', 'd'],
  ]
  assert.deepEqual(resolveRequirements(lines, ids, tests, exists).problems, [
    'packages/a/src/a.test.ts: "V1.1.1 used once: always" names V1.1.1, which is not listed',
    '1.1.2: there is no id T9.9',
    '1.1.3: there is no page docs/internals/gone.md',
    '1.1.4: neither a test nor a page nor a reason',
  ])
})

test('asvs: the chapters on authentication and sessions are complete', () => {
  const counts = {
    ...{ 6.1: 3, 6.2: 12, 6.3: 8, 6.4: 6, 6.5: 8, 6.6: 4, 6.7: 2, 6.8: 4 },
    ...{ 7.1: 3, 7.2: 4, 7.3: 2, 7.4: 5, 7.5: 3, 7.6: 2 },
  }
  const all = Object.entries(counts).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
  )
  const listed = new Set(asvsLines.map(([item]) => item))
  assert.deepEqual(
    all.filter((item) => !listed.has(item)),
    [],
  )
})

test('asvs: each requirement once, in order', () => {
  const numbers = asvsLines.map(([item]) => item.split('.').map(Number))
  const inOrder = [...numbers].sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2])
  assert.deepEqual(numbers, inOrder)
  assert.equal(new Set(asvsLines.map(([item]) => item)).size, asvsLines.length)
})
