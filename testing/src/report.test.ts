import assert from 'node:assert/strict'
import { test } from 'vitest'
import { parseTotalsLine, totalsLine, withoutPassword } from './report.js'

test('the last line can be read back', () => {
  const totals = { passed: 10, failed: 2, skipped: 3 }
  assert.equal(totalsLine(totals), 'tests: 10 passed, 2 failed, 3 skipped')
  assert.deepEqual(parseTotalsLine(totalsLine(totals)), totals)
  assert.equal(parseTotalsLine('tests: none'), null)
})

test('the password of the server is taken out of a text', () => {
  const long = 'postgresql://u:0123456789abcdef@h/d'
  assert.equal(
    withoutPassword(`${long} 0123456789abcdef`, long),
    'postgresql://u:[redacted]@h/d [redacted]',
  )
  const short = 'postgresql://u:word@h/d'
  assert.equal(withoutPassword(`${short} word`, short), 'postgresql://u:[redacted]@h/d word')
})
