import assert from 'node:assert/strict'
import { test } from 'vitest'
import type { BreachedHook, BreachLogEvent } from './breach-lookup.js'
import { createBreachLookup } from './breach-lookup.js'

function open(hook: BreachedHook | null, limits = { seconds: 60, concurrency: 2 }) {
  const events: BreachLogEvent[] = []
  return { events, ask: createBreachLookup(hook, (event) => events.push(event), limits) }
}

test('the hook decides, and is given the password', async () => {
  const { ask, events } = open(async (password) => password === 'leaked')
  assert.equal(await ask('leaked'), true)
  assert.equal(await ask('kept'), false)
  assert.equal(await open(null).ask('leaked'), false)
  assert.deepEqual(events, [])
})

test('a hook that fails, in whatever way, refuses no one and is logged', async () => {
  const failing: BreachedHook[] = [
    async () => {
      throw new Error('out of order')
    },
    () => {
      throw new Error('not even a promise')
    },
    () => new Promise(() => undefined),
  ]
  for (const hook of failing) {
    const { ask, events } = open(hook, { seconds: 0.05, concurrency: 2 })
    assert.equal(await ask('any'), false)
    assert.deepEqual(
      events.map(({ event }) => event),
      ['breached_check_failed'],
    )
    assert.ok(!JSON.stringify(events).includes('any'))
  }
})

test('what is not plainly true is no breach', async () => {
  // What JavaScript callers may return.
  const { ask } = open((async () => 'no') as unknown as BreachedHook)
  assert.equal(await ask('any'), false)
})

test('no more are asked at once than may be; a late answer gives its place back only when it comes', async () => {
  const answers: ((breached: boolean) => void)[] = []
  const { ask, events } = open(() => new Promise((answer) => answers.push(answer)))
  const two = [ask('one'), ask('two')]
  assert.equal(await ask('three'), false)
  assert.equal(answers.length, 2)
  assert.equal(events.length, 1)
  for (const answer of answers) answer(true)
  assert.deepEqual(await Promise.all(two), [true, true])
  const again = ask('four')
  answers[2]?.(true)
  assert.equal(await again, true)
})
