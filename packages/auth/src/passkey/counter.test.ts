import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countAccepted } from './counter.js'

const most = 2 ** 32 - 1
const cases: readonly [name: string, stored: number, given: number, accepted: boolean][] = [
  ['no counter at all', 0, 0, true],
  ['the first count', 0, 1, true],
  ['one more', 7, 8, true],
  ['many more', 7, 7000, true],
  ['equal', 7, 7, false],
  ['lower', 7, 6, false],
  ['back to 0', 7, 0, false],
  ['up to the largest', most - 1, most, true],
  ['the largest again', most, most, false],
  ['wrapped around', most, 0, false],
  ['wrapped around and on', most, 1, false],
]
for (const [name, stored, given, accepted] of cases)
  test(`T7.86 counter: ${name}`, () => {
    assert.equal(countAccepted(stored, given), accepted)
  })
