import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openHistory, readHistories } from './history.mjs'
import { createRandom } from './random.mjs'

test('a history keeps calls with their answers; one that was cut short is unfinished', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'torii-history-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const history = openHistory(folder, 'worker')
  const [first, second] = [
    history.invoked('users.find', { user: 'u1' }),
    history.invoked('users.find', { user: 'u2' }),
  ]
  history.returned(first, { outcome: 'ok', result: { name: null } })
  history.close()
  appendFileSync(join(folder, 'worker.jsonl'), `{"call":${second},"outc`)
  const calls = readHistories(folder)
  assert.deepEqual(
    calls.map(({ process, input, outcome }) => [process, input.user, outcome]),
    [
      ['worker', 'u1', 'ok'],
      ['worker', 'u2', 'unfinished'],
    ],
  )
  assert.ok(calls[0].end >= calls[0].start)
  assert.equal(calls[1].end, null)
})

test('the same seeds make the same choices, others make others', () => {
  const choices = (...seeds) => {
    const random = createRandom(...seeds)
    return Array.from({ length: 20 }, () => random.weighted({ a: 1, b: 2, c: 3 })).join('')
  }
  assert.equal(choices(1, 2), choices(1, 2))
  assert.notEqual(choices(1, 2), choices(1, 3))
  assert.notEqual(choices(1, 2), choices(2, 2))
})
