import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check } from './docs.mjs'
import { makeRepository } from './fixture.mjs'

const problemsOf = (t, ...lines) =>
  check(
    makeRepository(
      t,
      { 'package.json': { type: 'module' }, 'README.md': lines.join('\n') },
      {
        like: ['tsconfig.base.json'],
        installed: true,
      },
    ),
  )

test('docs: modules of their own, joined ones, ignored ones with a reason, other languages', (t) => {
  const problems = problemsOf(
    t,
    '```ts',
    "import { newUserId } from 'torii-core'",
    'const id: string = newUserId()',
    '```',
    '```ts continues',
    'await Promise.resolve(id)',
    '```',
    '```ts',
    'const id = 1',
    '```',
    '```js',
    'export const greet = (name) => `hello ${name}`',
    '```',
    '```ts ignore: shows the shape only',
    'const x: = ',
    '```',
    '```sql',
    'select 1',
    '```',
  )
  assert.deepEqual(problems, [])
})

test('docs: an error is reported at its line of the document, also in a joined block', (t) => {
  const problems = problemsOf(
    t,
    '# Title',
    '```ts',
    'let a = 1',
    '```',
    '',
    '```ts continues',
    '',
    "a = 'x'",
    '```',
  )
  assert.deepEqual(problems, ["README.md:8: Type 'string' is not assignable to type 'number'."])
})

test('docs: unknown names and syntax errors fail', (t) => {
  assert.match(
    problemsOf(t, '```ts', "import { nothing } from 'torii-core'", '```').join(),
    /no exported member/,
  )
  assert.match(
    problemsOf(t, '```js', 'undefinedName()', '```').join(),
    /README\.md:2: Cannot find name/,
  )
  assert.match(problemsOf(t, '```ts', 'const =', '```').join(), /README\.md:2: /)
})

test('docs: a block that says in which file it stands must stand there', (t) => {
  const problemsIn = (code) =>
    check(
      makeRepository(
        t,
        {
          'README.md': `\`\`\`tsx ignore: in samples/page.tsx\n${code}\n\`\`\`\n`,
          'samples/page.tsx': 'export const page = 1\nexport const title = 2\n',
        },
        { like: ['tsconfig.base.json'] },
      ),
    )
  assert.deepEqual(problemsIn('export const title = 2'), [])
  assert.deepEqual(problemsIn('export const title = 3'), [
    'README.md:1: the block does not stand in samples/page.tsx',
  ])
})

test('docs: an ignored block needs its reason, and a misspelt mark is no way out', (t) => {
  for (const mark of ['ignore', 'ignore:', 'ignored: because', 'continue'])
    assert.match(
      problemsOf(t, `\`\`\`ts ${mark}`, 'let a: = 1', '```').join(),
      /README\.md:1: .*expected/,
    )
  assert.match(
    problemsOf(t, '```ts continues', 'let a = 1', '```').join(),
    /expected "continues" below/,
  )
})
