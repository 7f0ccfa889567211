import assert from 'node:assert/strict'
import { test } from 'vitest'
import { plot } from './plot.js'

const drawn = (...values: (number | null)[]) =>
  String(
    plot({
      id: 'p',
      title: 'A "title"',
      period: '24 hours',
      bar: '1 hour',
      marks: 1,
      labels: values.map((_, place) => `hour ${place}`),
      values,
    }),
  )

const tops = (markup: string) => /class="plot-top"[^>]*>([^<]+)</.exec(markup)?.[1]
const heights = (markup: string) =>
  [...markup.matchAll(/class="bar"[^>]*height="([\d.]+)"/g)].map(([, height]) => Number(height))

test('bars are as high as their numbers, and the smallest stays visible', () => {
  assert.deepEqual(heights(drawn(2, 1)), [100, 50])
  assert.deepEqual(heights(drawn(0, 3000, 1)), [100, 1.5])
})

test('the scale ends at a round number, never below the highest bar', () => {
  for (const [highest, top] of [
    [0, '2'],
    [1, '2'],
    [7, '8'],
    [10, '10'],
    [11, '20'],
    [250, '300'],
    [999, '1,000'],
    [1001, '2,000'],
    [8_000_001, '10,000,000'],
  ] as const)
    assert.equal(tops(drawn(highest)), top)
})

test('an unknown number is not drawn as zero', () => {
  const markup = drawn(null, 0, 5)
  assert.match(markup, /hour 0: not counted<\/title>.*class="unknown"/)
  assert.match(markup, /hour 1: 0<\/title>/)
  assert.equal(heights(markup).length, 1)
})

test('the plot says what it shows, what a bar is, and which bar is the highest', () => {
  const markup = drawn(1, 3)
  assert.match(markup, /role="img" aria-labelledby="p-title"/)
  assert.match(markup, /<title id="p-title">A &quot;title&quot; in the last 24 hours: 4\./)
  assert.match(markup, /One bar: 1 hour, highest hour 1</)
  assert.doesNotMatch(drawn(0, 0), /highest/)
})
