import assert from 'node:assert/strict'
import { test } from 'vitest'
import { createProgress } from './progress.js'

function watched(isTerminal: boolean, silent = false) {
  const lines: string[] = []
  let time = 0
  const add = (text: string) => void lines.push(text)
  const progress = createProgress(
    { rewrite: isTerminal ? add : null, warn: add },
    { silent, now: () => time },
  )
  return { lines, progress, pass: (ms: number) => (time += ms) }
}

test('on a terminal one line with a bar is rewritten, at most ten times a second, and removed at the end', () => {
  const { lines, progress, pass } = watched(true)
  progress.show('sweeping sessions', 0.25)
  progress.show('sweeping sessions', 0.3)
  pass(100)
  progress.show('sweeping users', 1)
  pass(100)
  progress.show('re-encrypted 7 provider tokens', null)
  progress.end()
  progress.end()
  assert.deepEqual(lines, [
    `[${'#'.repeat(6)}${'.'.repeat(18)}] 25 % sweeping sessions`,
    `[${'#'.repeat(24)}] 100 % sweeping users`,
    're-encrypted 7 provider tokens',
    '',
  ])
})

test('without a terminal there is a plain line at most every five seconds, and none in the first five', () => {
  const { lines, progress, pass } = watched(false)
  for (let second = 0; second < 14; second += 1) {
    progress.show('sweeping sessions', second / 20)
    pass(1000)
  }
  progress.end()
  assert.deepEqual(lines, ['25 % sweeping sessions', '50 % sweeping sessions'])
})

test('with --json there is no progress', () => {
  for (const isTerminal of [true, false]) {
    const { lines, progress, pass } = watched(isTerminal, true)
    pass(60_000)
    progress.show('sweeping sessions', 0.5)
    progress.end()
    assert.deepEqual(lines, [])
  }
})
