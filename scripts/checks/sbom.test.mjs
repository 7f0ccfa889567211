import assert from 'node:assert/strict'
import { test } from 'node:test'
import { licenseProblems, licensesIn, withoutTime } from '../sbom.mjs'

const bill = {
  components: [
    { name: 'b', version: '2.0.0', licenses: [{ license: { id: 'MIT' } }] },
    { name: 'a', version: '1.0.0', licenses: [{ expression: 'MIT OR GPL-2.0' }] },
    { name: 'c', version: '3.0.0' },
  ],
}

test('sbom: licenses are listed by name, one without is unknown', () => {
  assert.deepEqual(
    licensesIn(bill).map(({ name, license }) => `${name} ${license}`),
    ['a MIT OR GPL-2.0', 'b MIT', 'c unknown'],
  )
  assert.deepEqual(licensesIn({}), [])
})

test('sbom: a license that is not in the list, or none, is a problem', () => {
  assert.deepEqual(licenseProblems('p', bill), [
    'p: a 1.0.0 has the license MIT OR GPL-2.0',
    'p: c 3.0.0 has the license unknown',
  ])
})

test('sbom: two runs give the same file', () => {
  const made = (at) => ({
    serialNumber: at,
    metadata: { timestamp: at, component: 'a' },
    components: [],
  })
  assert.deepEqual(withoutTime(made('now')), withoutTime(made('later')))
  assert.deepEqual(withoutTime(made('now')), { metadata: { component: 'a' }, components: [] })
})
