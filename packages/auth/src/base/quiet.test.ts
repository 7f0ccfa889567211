import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SessionId } from 'torii-core'
import type { LogEvent } from './log.js'
import { quiet } from './quiet.js'

const event: LogEvent = {
  level: 'warn',
  event: 'session_touch_failed',
  sessionId: '0190f000-0000-7000-8000-000000000000' as SessionId, // written like one
  error: new Error('gone'),
}

test('a hook receives the event', () => {
  const seen: LogEvent[] = []
  quiet((given: LogEvent) => seen.push(given))(event)
  assert.deepEqual(seen, [event])
})

test('a hook that throws, rejects, or is not there breaks nothing', async () => {
  quiet(() => {
    throw new Error('no disk')
  })(event)
  quiet(async () => {
    throw new Error('no network')
  })(event)
  quiet(undefined)(event)
  // An unhandled rejection would end this process before the next turn.
  await new Promise((turn) => setImmediate(turn))
})
