import assert from 'node:assert/strict'
import { test } from 'vitest'
import { ignoreErrors } from './ignore-errors.js'

const event = { level: 'warn', error: new Error('gone') }

test('ignoreErrors() passes the value to the callback', () => {
  const seen: unknown[] = []
  ignoreErrors((given: typeof event) => seen.push(given))(event)
  assert.deepEqual(seen, [event])
})

test('ignoreErrors() ignores errors, rejections and a missing callback', async () => {
  ignoreErrors(() => {
    throw new Error('no disk')
  })(event)
  ignoreErrors(async () => {
    throw new Error('no network')
  })(event)
  ignoreErrors(undefined)(event)
  // An unhandled rejection would end this process before the next turn.
  await new Promise((turn) => setImmediate(turn))
})
