import assert from 'node:assert/strict'
import { test } from 'vitest'
import { ignoreErrors } from './ignore-errors.js'

const event = { level: 'warn', error: new Error('gone') }

test('ignoreErrors() passes the value to the callback', () => {
  const seen: unknown[] = []
  ignoreErrors((given: typeof event) => seen.push(given))(event)
  assert.deepEqual(seen, [event])
})

test('ignoreErrors() hands over an error, or a rejection, with its value', async () => {
  const failures: unknown[] = []
  const failed = (error: unknown, value: string) => failures.push([String(error), value])
  const thrown = (value: string) => {
    throw new Error(value)
  }
  ignoreErrors(thrown, failed)('at once')
  ignoreErrors(async (value: string) => thrown(value), failed)('later')
  await new Promise(setImmediate)
  assert.deepEqual(failures, [
    ['Error: at once', 'at once'],
    ['Error: later', 'later'],
  ])
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
