import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, nameProblems, textProblems } from './files.mjs'
import { makeRepository } from './fixture.mjs'

test('files: names of drawers are refused, as files and as folders', () => {
  const bad = [
    'src/utils.ts',
    'src/util/a.ts',
    'a/helpers/b.ts',
    'common.test.ts',
    'src/types.d.ts',
    'misc.md',
  ]
  for (const path of bad) assert.equal(nameProblems(path).length, 1, path)
  for (const path of [
    'src/session-types.ts',
    'src/utilities-bill.ts',
    'docs/uncommon.md',
    'src/typescript.ts',
  ])
    assert.deepEqual(nameProblems(path), [], path)
})

test('files: leftovers are refused with their line', () => {
  const leftovers = [
    `// TO${'DO'}: later`,
    `/* FIX${'ME'} */`,
    `test.${'only'}('x')`,
    `// @ts-${'ignore'}`,
    `// @ts-${'nocheck'}`,
  ]
  for (const line of leftovers)
    assert.match(textProblems('a.ts', `const a = 1\n${line}\n`).join(), /^a\.ts:2: /, line)
  assert.deepEqual(
    textProblems('a.ts', '// @ts-expect-error: a number is refused\nonly(1)\nmastodon\n'),
    [],
  )
})

test('files: looks at names and texts of the whole repository', (t) => {
  const root = makeRepository(t, {
    'src/utils.ts': '',
    'a.ts': `// TO${'DO'}\n`,
    'dist/types.js': '',
  })
  assert.equal(check(root).length, 2)
})
