import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'vitest'

const root = new URL('../../../', import.meta.url)

test('every code of docs/errors.md and of the browser client has a message', async () => {
  const { explain } = await import(new URL('../public/words.js', import.meta.url).href)
  const list = await readFile(new URL('docs/errors.md', root), 'utf8')
  const codes = [...list.matchAll(/^\| `([a-z_]+)` \| \d{3} \|/gm)].map(([, code]) => code)
  assert.ok(codes.length > 20)
  const fault = explain({ error: 'a code of tomorrow', message: 'the words of the server' })
  assert.match(fault, /Something went wrong/)
  // What only a wrong program meets: a fault of the page is all that a person can be told.
  const programs = [
    'invalid_json',
    'origin_not_allowed',
    'method_not_allowed',
    'body_too_large',
    'unsupported_media_type',
    'internal',
  ]
  for (const code of [...codes, 'network', 'cancelled', 'unsupported']) {
    const words = explain({ error: code, message: `the server on ${code}` })
    assert.equal(words === fault, programs.includes(String(code)), String(code))
  }
})

test('the words of an action replace the server’s message', async () => {
  const { explain } = await import(new URL('../public/words.js', import.meta.url).href)
  const refusal = { error: 'invalid_credentials', message: 'the words of the server' }
  assert.equal(explain(refusal), 'The words of the server')
  assert.equal(explain(refusal, { invalid_credentials: 'ours' }), 'ours')
})
