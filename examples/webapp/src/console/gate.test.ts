import assert from 'node:assert/strict'
import { test } from 'vitest'
import { createGate, gateLimits } from './gate.js'

const start = 1_000_000_000_000

/** A gate and every secret that it printed. */
function openGate() {
  const printed: string[] = []
  const gate = createGate((secret) => printed.push(secret))
  gate.offer(start)
  const last = () => printed.at(-1) ?? ''
  const signIn = (now = start) => {
    gate.offer(now)
    const outcome = gate.exchange(last(), now)
    assert.ok(outcome.ok)
    return outcome.token
  }
  return { gate, printed, last, signIn }
}

test('a secret has 256 bits and opens one session, once', () => {
  const { gate, last } = openGate()
  assert.match(last(), /^[\w-]{43}$/)
  const outcome = gate.exchange(last(), start)
  assert.ok(outcome.ok)
  assert.notEqual(outcome.token, last())
  assert.equal(gate.isOpen(outcome.token, start), true)
  assert.deepEqual(gate.exchange(last(), start), { ok: false, reason: 'wrong' })
  for (const token of ['', 'x', last(), outcome.token.slice(1)])
    assert.equal(gate.isOpen(token, start), false)
})

test('a secret is printed only where none is waiting, and is void after an hour', () => {
  const { gate, printed } = openGate()
  gate.offer(start + gateLimits.secretMs - 1)
  assert.equal(printed.length, 1)
  const late = start + gateLimits.secretMs
  assert.deepEqual(gate.exchange(printed[0] ?? '', late), { ok: false, reason: 'wrong' })
  gate.offer(late)
  assert.equal(printed.length, 2)
  assert.ok(gate.exchange(printed[1] ?? '', late).ok)
})

test('five wrong tries void the secret, and nothing is taken or printed for a minute', () => {
  const { gate, printed } = openGate()
  for (let tries = 1; tries < gateLimits.tries; tries += 1)
    assert.deepEqual(gate.exchange('wrong', start), { ok: false, reason: 'wrong' })
  const refused = { ok: false, reason: 'too_many_tries' } as const
  assert.deepEqual(gate.exchange('wrong', start), refused)
  assert.deepEqual(gate.exchange(printed[0] ?? '', start), refused)
  gate.offer(start + gateLimits.pauseMs - 1)
  assert.equal(printed.length, 1)
  const later = start + gateLimits.pauseMs
  assert.deepEqual(gate.exchange(printed[0] ?? '', later), { ok: false, reason: 'wrong' })
  gate.offer(later)
  assert.ok(gate.exchange(printed[1] ?? '', later).ok)
})

test('wrong tries end no session', () => {
  const { gate, signIn } = openGate()
  const token = signIn()
  gate.offer(start)
  for (let tries = 0; tries < 10; tries += 1) gate.exchange('wrong', start)
  assert.equal(gate.isOpen(token, start), true)
})

test('a session ends after half an hour without use', () => {
  const { gate, signIn } = openGate()
  const token = signIn()
  const { idleMs } = gateLimits
  assert.equal(gate.isOpen(token, start + idleMs - 1), true)
  assert.equal(gate.isOpen(token, start + 2 * idleMs - 2), true, 'use moved the end')
  assert.equal(gate.isOpen(token, start + 3 * idleMs - 2), false)
  assert.equal(gate.isOpen(token, start), false, 'what has ended stays ended')
})

test('a session ends after eight hours, however it is used', () => {
  const { gate, signIn } = openGate()
  const token = signIn()
  const step = gateLimits.idleMs - 1
  let now = start
  for (; now + step < start + gateLimits.absoluteMs; now += step)
    assert.equal(gate.isOpen(token, now), true)
  // In use until the last moment, so that it is not for want of use that it ends.
  assert.equal(gate.isOpen(token, now), true)
  assert.equal(gate.isOpen(token, start + gateLimits.absoluteMs - 1), true)
  assert.equal(gate.isOpen(token, start + gateLimits.absoluteMs), false)
})

test('one operator at a time: a new session ends the former one, signing out ends its own', () => {
  const { gate, signIn } = openGate()
  const first = signIn()
  const second = signIn()
  assert.equal(gate.isOpen(first, start), false)
  gate.close(first)
  assert.equal(gate.isOpen(second, start), true)
  gate.close(second)
  assert.equal(gate.isOpen(second, start), false)
})
