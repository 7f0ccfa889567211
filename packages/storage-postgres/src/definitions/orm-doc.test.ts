import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'vitest'

const read = (path: string) => readFileSync(new URL(`../../../../${path}`, import.meta.url), 'utf8')

test('the code of docs/orm.md stands in the sample, which compiles and runs it', () => {
  const blocks = [...read('docs/orm.md').matchAll(/^```ts ignore: in (\S+)\n([\s\S]*?)^```$/gm)]
  assert.ok(blocks.length >= 4)
  for (const [, file = '', code = ''] of blocks)
    assert.ok(read(file).includes(code), `${file}:\n${code}`)
  assert.equal(read('docs/orm.md').split('```ts').length - 1, blocks.length)
})
