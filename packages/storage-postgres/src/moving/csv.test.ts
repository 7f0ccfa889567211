import assert from 'node:assert/strict'
import { test } from 'vitest'
import { readCsv } from './csv.js'

async function read(text: string, size = text.length) {
  async function* chunks() {
    for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size)
  }
  const records = []
  for await (const { line, cells } of readCsv(chunks())) records.push([line, ...cells])
  return records
}

test('reads quotes, commas and line breaks in cells, wherever a chunk ends', async () => {
  const text = 'id,name\r\n1,"Ada, ""Countess"""\r\n\r\n2,"two\nlines"\n3,\n4,last'
  const expected = [
    [1, 'id', 'name'],
    [2, '1', 'Ada, "Countess"'],
    [4, '2', 'two\nlines'],
    [6, '3', ''],
    [7, '4', 'last'],
  ]
  for (const size of [text.length, 1, 2, 3]) assert.deepEqual(await read(text, size), expected)
  assert.deepEqual(await read(''), [])
})
