import assert from 'node:assert/strict'
import { test } from 'vitest'
import { field, timeAgo, timeUntil } from './form-parts.js'

const now = new Date('2026-11-28T12:00:00Z')
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const text = (markup: { toString(): string }) => markup.toString().replace(/<[^>]*>/g, '')

test('times are told in words, and a skewed clock never puts the past ahead', () => {
  assert.equal(text(timeAgo(after(-30), now)), 'just now')
  assert.equal(text(timeAgo(after(-60 * 5), now)), '5 minutes ago')
  assert.equal(text(timeAgo(after(-86_400 * 3), now)), '3 days ago')
  assert.equal(text(timeAgo(after(600), now)), 'just now')
  assert.equal(text(timeUntil(after(3600 * 2), now)), 'in 2 hours')
  assert.equal(text(timeUntil(after(-600), now)), 'in under a minute')
})

test('an input has its label, and names what describes it', () => {
  const markup = field({
    id: 'x',
    name: 'x',
    label: 'X',
    autocomplete: 'off',
    hint: 'A hint',
  }).toString()
  assert.match(markup, /<label for="x">X<\/label>/)
  assert.match(markup, /<input id="x"[^>]* aria-describedby="x-error x-hint">/)
  assert.match(markup, /<span id="x-error"[^>]*aria-live="polite">/)
  assert.match(markup, /<span id="x-hint"[^>]*>A hint</)
})
