import assert from 'node:assert/strict'
import { test } from 'vitest'
import { printable, printableJson, printableLines } from './printable.js'

/** Escape, bell, carriage return, DEL, the C1 form of escape [, direction, invisible, separators, a tag, half a pair. */
const acting = [
  ...[
    '\u001b[2J',
    '\u0007',
    '\r',
    '\t',
    '\u007f',
    '\u009b2J',
    '\u202e',
    '\u200b',
    '\u2028',
    '\u2029',
  ],
  ...['\u{e0041}', '\ud800'],
]

/** A character that a terminal may act on: whatever is not visible, but for a space. */
const control = /[^\P{C}]|\p{Z}(?<! )/u

test('one line and lines hold no character that acts', () => {
  for (const text of acting) {
    assert.doesNotMatch(printable(`a${text}b\nc`), control)
    assert.match(printableLines(`a${text}b\nc`), /^a\ufffd.*b\nc$/)
  }
  assert.equal(printable('Ada Lovelace, Žižkov 🎉'), 'Ada Lovelace, Žižkov 🎉')
})

test('JSON holds none either, and reads as the same value', () => {
  for (const text of acting) {
    const value = { [text]: [text, `"${text}"`] }
    const json = printableJson(value)
    assert.doesNotMatch(json, control)
    assert.deepEqual(JSON.parse(json), value)
  }
  assert.equal(
    printableJson({ a: ['b', { c: 'd' }] }, (text) => `${text}!`),
    '{"a":["b!",{"c":"d!"}]}',
  )
})
