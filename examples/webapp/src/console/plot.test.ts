import assert from 'node:assert/strict'
import { test } from 'vitest'
import { plot } from './plot.js'

const drawn = (...values: (number | null)[]) =>
  plot({
    id: 'p',
    title: 'A "title"',
    description: 'What is seen',
    bars: values.map((value, place) => ({ label: `hour ${place}`, value })),
    marks: ['00:00'],
    tone: 'plain',
  }).toString()

const tops = (markup: string) => /class="plot-top"[^>]*>([^<]+)</.exec(markup)?.[1]
const heights = (markup: string) =>
  [...markup.matchAll(/class="bar"[^>]*height="([\d.]+)"/g)].map(([, height]) => Number(height))

test('bars are as high as their numbers, and the smallest is still seen', () => {
  assert.deepEqual(heights(drawn(2, 1)), [100, 50])
  assert.deepEqual(heights(drawn(0, 3000, 1)), [100, 1.5])
})

test('the scale ends at a number that is easy to read, never below the highest bar', () => {
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

test('what is not known is not drawn as nothing', () => {
  const markup = drawn(null, 0, 5)
  assert.match(markup, /hour 0: not counted<\/title>.*class="unknown"/)
  assert.match(markup, /hour 1: 0<\/title>/)
  assert.equal(heights(markup).length, 1)
})

test('a reader who sees nothing is told', () => {
  const markup = drawn(1)
  assert.match(markup, /role="img" aria-labelledby="p-title p-description"/)
  assert.match(markup, /<title id="p-title">A &#34;title&#34;<\/title>/)
  assert.match(markup, /<desc id="p-description">What is seen<\/desc>/)
})
