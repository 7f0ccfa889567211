import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionId } from 'torii-core'
import type { LogEvent } from './log.js'
import { quietLog } from './log.js'

const event: LogEvent = {
  level: 'warn',
  event: 'session_touch_failed',
  sessionId: '0190f000-0000-7000-8000-000000000000' as SessionId, // written like one
  error: new Error('gone'),
}

test('a hook receives the event', () => {
  const seen: LogEvent[] = []
  quietLog((given) => seen.push(given))(event)
  assert.deepEqual(seen, [event])
})

test('a hook that throws, rejects, or is not there breaks nothing', async () => {
  quietLog(() => {
    throw new Error('no disk')
  })(event)
  quietLog(async () => {
    throw new Error('no network')
  })(event)
  quietLog(undefined)(event)
  // An unhandled rejection would end this process before the next turn.
  await new Promise((turn) => setImmediate(turn))
})
