import assert from 'node:assert/strict'
import type { SessionId } from 'torii-core'
import { test } from 'vitest'
import { ignoreErrors } from './ignore-errors.js'
import type { LogEvent } from './log.js'

const event: LogEvent = {
  level: 'warn',
  event: 'session_touch_failed',
  sessionId: '0190f000-0000-7000-8000-000000000000' as SessionId, // written like one
  error: new Error('gone'),
}

test('a hook receives the event', () => {
  const seen: LogEvent[] = []
  ignoreErrors((given: LogEvent) => seen.push(given))(event)
  assert.deepEqual(seen, [event])
})

test('a hook that throws, rejects, or is not there breaks nothing', async () => {
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
