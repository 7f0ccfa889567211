import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constantsOf, renderRaces, resolve } from '../races-docs.mjs'

const path = 'packages/a/src/a.test.ts'
const tests = [{ path, name: 'of … one wins: always' }]
const source =
  'const rounds = 1_000\nconst sizes = [2, 8, 64]\n  const inner = 3\nconst text = 4 + 5\n'
const race = (name, counts) => [['A', [['many <come>', { test: `${path}: ${name}`, counts }]]]]

test('races: counts are the constants at the top of the file', () => {
  assert.deepEqual(
    [...constantsOf(source)],
    [
      ['rounds', '1000'],
      ['sizes', '2, 8 and 64'],
    ],
  )
  const lines = race('of … one wins: always', '{rounds} rounds of {sizes}')
  const { resolved, problems } = resolve(lines, tests, () => source)
  assert.deepEqual(problems, [])
  assert.match(
    renderRaces(resolved),
    /\| many \\<come\\> \| \[a\.test\.ts\]\(\.\.\/packages\/a\/src\/a\.test\.ts\): of … one wins: always \| 1000 rounds of 2, 8 and 64 \|/,
  )
})

test('races: a test and a number that are named must exist', () => {
  assert.deepEqual(resolve(race('gone', '{rounds}'), tests, () => source).problems, [
    `there is no test "${path}: gone"`,
  ])
  assert.deepEqual(
    resolve(race('of … one wins: always', '{inner}'), tests, () => source).problems,
    [`${path} has no number inner`],
  )
})
