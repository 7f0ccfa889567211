import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const documentUrl = new URL('../../../docs/engines.md', import.meta.url)

test('every test that docs/engines.md names exists', () => {
  const text = readFileSync(documentUrl, 'utf8')
  const promises = text.split('\n').filter((line) => /^\| .* \| `[\w-]+\.test\.ts`/.test(line))
  assert.ok(promises.length >= 25)
  for (const line of promises) {
    const { file = '', title = '' } =
      /`(?<file>[\w-]+\.test\.ts)`: (?<title>.+) \|$/.exec(line)?.groups ?? {}
    const source = readFileSync(new URL(`../src/${file}`, import.meta.url), 'utf8')
    assert.ok(source.includes(title), `${file} has no "${title}"`)
  }
})
