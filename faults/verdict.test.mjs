import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assess, conclude, describe } from './verdict.mjs'

const violation = (kind) => ({ kind, subject: 'link 1', detail: 'w1:1, w1:2' })
const result = (changes) => ({
  name: 'late-delivery',
  seed: 7,
  injected: 3,
  wanted: 3,
  operations: 10,
  seconds: 1,
  folder: 'nowhere',
  violations: [],
  ...changes,
})
const expected = { reason: 'write deadlines', violations: ['used twice'] }
const stateOf = (changes, entry) => assess(result(changes), entry).state

test('a schedule fails with a violation, and when it injected fewer faults than it states', () => {
  assert.equal(stateOf({}), 'ok')
  assert.equal(stateOf({ violations: [violation('used twice')] }), 'failed')
  assert.equal(stateOf({ injected: 2 }), 'failed')
  assert.equal(stateOf({ injected: 2, violations: [violation('used twice')] }, expected), 'failed')
})

test('a pending schedule fails when it passes, and with a violation that is not expected', () => {
  assert.equal(stateOf({ violations: [violation('used twice')] }, expected), 'pending')
  assert.equal(stateOf({}, expected), 'failed')
  const both = [violation('used twice'), violation('half done')]
  assert.equal(stateOf({ violations: both }, expected), 'failed')
})

test('the last line counts, without what is pending or skipped; a failure makes the run fail', () => {
  const results = [
    { ...result(), state: 'ok' },
    { ...result({ violations: [violation('used twice')] }), state: 'pending' },
    { ...result({ name: 'full-disk', skipped: 'no tmpfs' }), state: 'skipped' },
  ]
  const pending = { 'late-delivery': expected }
  const good = conclude(results, pending)
  assert.equal(good.lines.at(-1), 'faults: 1 kinds, 6 injected, 20 operations, 0 violations')
  assert.equal(good.isGood, true)
  const failed = { ...result({ violations: [violation('half done')] }), state: 'failed' }
  assert.match(conclude([...results, failed], pending).lines.at(-1), / 1 violations$/)
  assert.equal(conclude([...results, failed], pending).isGood, false)
  assert.equal(conclude([], pending).isGood, false)
})

test('violations are described by kind, with the first of each', () => {
  const violations = [violation('used twice'), violation('used twice'), violation('half done')]
  const text = describe(result({ violations }), { state: 'failed', reason: 'violations' })
  assert.match(
    text,
    /^failed +late-delivery +seed 7, 3 faults, 10 operations, 1\.0 s \(violations\)/,
  )
  assert.match(text, /\n +2 × used twice: link 1 \(w1:1, w1:2\)\n +1 × half done/)
})
