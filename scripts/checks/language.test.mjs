import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeRepository } from './fixture.mjs'
import { check, pathProblems, proseProblems, sourceProblems, wordsOf } from './language.mjs'

test('language: identifiers are read as words', () => {
  assert.equal(wordsOf('createPasswordJudge'), 'create password judge')
  assert.equal(wordsOf('HTTPLetterBox'), 'http letter box')
  assert.equal(wordsOf('login_attempts'), 'login attempts')
})

test('language: a refused word is found in an identifier, a file name, a text and a document', (t) => {
  const root = makeRepository(t, {
    'packages/a/src/ways-in.ts': 'export const one = 1\n',
    'packages/a/src/b.ts': "export const askingSession = 'x'\nexport const c = 'Your e-mail'\n",
    'README.md': 'Ask somebody.\n',
  })
  assert.deepEqual(
    check(root)
      .map((problem) => problem.split(': ')[0])
      .sort(),
    ['README.md:1', 'packages/a/src/b.ts:1', 'packages/a/src/b.ts:2', 'packages/a/src/ways-in.ts'],
  )
})

test('language: every declaration counts, a use of a foreign name does not', () => {
  for (const text of [
    'function tell() {}',
    'const story = 1',
    'interface Letter {}',
    'type X = { readonly scene: 1 }',
    'const x = { judge: 1 }',
    'function f(asking) {}',
    'class Seal {}',
    'const { a: door } = x',
  ])
    assert.equal(sourceProblems('packages/a/src/a.ts', text).length, 1, text)
  for (const text of [
    'x.tell()',
    'const { operator } = node',
    "import { seal } from 'x'",
    'join(a)',
  ])
    assert.deepEqual(sourceProblems('packages/a/src/a.ts', text), [], text)
})

test('language: texts of tests and of code blocks are not checked', () => {
  assert.deepEqual(sourceProblems('packages/a/src/a.test.ts', "f('somebody')"), [])
  assert.deepEqual(proseProblems('a.md', '```\nsomebody\n```\n'), [])
  assert.equal(proseProblems('a.md', '```\nx\n```\nsomebody\n').length, 1)
})

test('language: an exception holds in its place and for its word only', () => {
  assert.deepEqual(pathProblems('packages/a/src/argon2-lane.ts'), [])
  assert.equal(pathProblems('packages/a/src/lane.ts').length, 1)
  assert.equal(pathProblems('packages/a/src/argon2-door.ts').length, 1)
})
