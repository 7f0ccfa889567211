import assert from 'node:assert/strict'
import { test } from 'node:test'
import { raceSections } from '../race-lines.mjs'
import { renderRaces, resolveRaces } from '../races-docs.mjs'

const path = 'packages/a/src/a.test.ts'
const tests = [
  { path, name: 'T1.1 of 32 one wins: always' },
  { path, name: 'T1.1 R1.2 of two <one> wins' },
]
const lines = (...races) => [['A', races]]

test('races: a race lists each test that has one of its ids, once', () => {
  const { sections, problems } = resolveRaces(
    lines(['T1.1 R1.2', 'many <come>'], ['R1.2', 'b']),
    tests,
  )
  assert.deepEqual(problems, [])
  assert.deepEqual(
    sections[0].races.map((race) => race.tests),
    [tests, [tests[1]]],
  )
  const text = renderRaces(sections)
  assert.match(
    text,
    /\| R1\.2 \| b \| \[a\.test\.ts\]\(\.\.\/\.\.\/packages\/a\/src\/a\.test\.ts\): T1\.1 R1\.2 of two \\<one\\> wins \|/,
  )
  assert.match(text, /\| T1\.1 R1\.2 \| many \\<come\\> \| .*<br>/)
})

test('races: refuses a race without a test, and a test of an unlisted race', () => {
  assert.deepEqual(resolveRaces(lines(['R1.1', 'a'], ['T1.1 T1.3', 'b']), tests).problems, [
    `${path}: "T1.1 R1.2 of two <one> wins" names R1.2, which is not listed`,
    'R1.1: no test has this id in its name',
    'T1.3: no test has this id in its name',
  ])
})

test('races: each id once', () => {
  const ids = raceSections.flatMap(([, races]) => races.flatMap(([id]) => id.split(' ')))
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  )
  for (const id of ids) assert.match(id, /^[RT]\d+\.\d+$/)
})
