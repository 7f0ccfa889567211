import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { repositoryRoot } from '../repository.mjs'
import { coverage, renderCoverage } from '../security-coverage.mjs'
import { securityLines } from '../security-lines.mjs'
import { findTests } from '../test-names.mjs'
import { makeRepository } from './fixture.mjs'

const source = `
const rounds = 100
test('T1.1 one winner', () => {})
describe(\`T1.2 of \${crowd} callers\`, () => {
  test(\`one wins, \${rounds} rounds\`, () => {})
  test(name, () => {})
})
describe('T1.4 shared', () => shared())
test.skipIf(isOld)('T1.2 not on an old server', () => {})
promise('consume: T1.1 used once', [], async () => {})
notATest('T1.3 is no test')
promise.name.includes('T1.3 is no test either')
`
const path = 'packages/a/src/a.test.ts'
const found = [
  { path, name: 'T1.1 one winner' },
  { path, name: 'T1.2 of … callers › one wins, 100 rounds' },
  { path, name: 'T1.2 of … callers › …' },
  { path, name: 'T1.4 shared' },
  { path, name: 'T1.2 not on an old server' },
  { path, name: 'consume: T1.1 used once' },
]

test('coverage: names of tests are found in the sources, with suites and numbers', (t) => {
  const files = { 'packages/a/src/a.test.ts': source, 'packages/a/src/a.ts': source }
  assert.deepEqual(findTests(makeRepository(t, files)), found)
})

test('coverage: an id in a name and a reason each cover a line', () => {
  const { covered, problems } = coverage(
    [
      ['T1.1', 'a', { note: 'And more.' }],
      ['T1.2', 'b'],
      ['T1.3', 'c', { notOurs: 'there is none' }],
      ['T1.4', 'd'],
    ],
    found,
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(
    covered.map(({ tests }) => tests.length),
    [2, 3, 0, 1],
  )
  const text = renderCoverage(covered)
  assert.match(
    text,
    /\| T1\.1 \| a \| \[a\.test\.ts\]\(\.\.\/\.\.\/packages\/a\/src\/a\.test\.ts\): T1\.1 one winner<br>.*<br>And more\. \|/,
  )
  assert.match(text, /\| T1\.3 \| c \| not ours: there is none \|/)
})

test('coverage: refuses a line without test and reason, a note that stands alone, an id that is no line', () => {
  const lines = [
    ['T1.2', 'a'],
    ['T1.4', 'b'],
    ['T1.6', 'c', { note: 'Only words.' }],
  ]
  assert.deepEqual(coverage(lines, found).problems, [
    `${path}: "T1.1 one winner" names T1.1, which is not listed`,
    `${path}: "consume: T1.1 used once" names T1.1, which is not listed`,
    'T1.6: neither a test nor a reason',
  ])
})

const from = (first, last) => Array.from({ length: last - first + 1 }, (_, at) => first + at)

test('coverage: the lines are all those of the specification, each once', () => {
  const ranges = {
    T1: [1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26],
    T2: [27, 28, 29, 30, 31, 32, 33, 35, 36, 37, 38, 39, 41, 42],
    T3: [43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54],
    T4: [55, 56, 57, 58, 59, 60, 62, 63],
    T5: [64, 65, 66, 68, 69, 70, 71, 72, 121],
    T6: [74, 75, 76, 77, 78, 79, 80, 81, 82, 83, 121, 122],
    T7: [84, 85, 86, 87, 89, 90, 91, 92],
    T8: [92, 93, 94, 95, 97, 98, 99],
    T9: [100, 102, 103, 104, 106, 107, 108, 109, 110, 190],
    T10: [
      111,
      112,
      114,
      115,
      116,
      117,
      118,
      119,
      120,
      ...from(121, 129),
      140,
      141,
      ...from(150, 166),
      ...from(170, 172),
      ...from(180, 185),
      ...from(200, 203),
      ...from(210, 212),
      220,
      221,
    ],
    T14: [
      1,
      ...from(10, 29),
      ...from(30, 33),
      40,
      ...from(50, 55),
      ...from(60, 62),
      ...from(70, 75),
      ...from(80, 83),
      ...from(85, 87),
      ...from(90, 92),
    ],
    T15: from(10, 19),
  }
  const ids = Object.entries(ranges).flatMap(([group, all]) => all.map((n) => `${group}.${n}`))
  assert.deepEqual(
    securityLines.map(([id]) => id),
    ids,
  )
  const document = readFileSync(join(repositoryRoot, 'docs/internals/security-coverage.md'), 'utf8')
  for (const id of ids) assert.ok(document.includes(`| ${id} |`), id)
})
