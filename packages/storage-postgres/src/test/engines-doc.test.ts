import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'

const documentUrl = new URL('../../../../docs/engines.md', import.meta.url)

const source = fileURLToPath(new URL('../../src', import.meta.url))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })

test('every test that docs/engines.md names exists', () => {
  const text = readFileSync(documentUrl, 'utf8')
  const promises = text.split('\n').filter((line) => /^\| .* \| `[\w-]+\.test\.ts`/.test(line))
  assert.ok(promises.length >= 25)
  for (const line of promises) {
    const { file = '', title = '' } =
      /`(?<file>[\w-]+\.test\.ts)`: (?<title>.+) \|$/.exec(line)?.groups ?? {}
    const path = files.find((name) => name.split('/').at(-1) === file)
    assert.ok(path !== undefined, `there is no ${file}`)
    assert.ok(readFileSync(join(source, path), 'utf8').includes(title), `${file} has no "${title}"`)
  }
})
