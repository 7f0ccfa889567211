import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { mutations, weaken } from '../mutate.mjs'
import { listFiles, repositoryRoot } from '../repository.mjs'

test('mutations: a guard is weakened where it stands once, and nowhere else', () => {
  const mutation = { file: 'a.ts', weakens: 'a', from: 'b && ', to: '' }
  assert.equal(weaken('return b && c', mutation), 'return c')
  assert.throws(() => weaken('return c', mutation), /a\.ts: the guard of "a" stands there 0 times/)
  assert.throws(() => weaken('b && b && c', mutation), /stands there 2 times/)
})

test('mutations: every guard stands in its file, once, and its tests are there', () => {
  const tests = listFiles(repositoryRoot).filter((path) => /\.test\.ts$/.test(path))
  for (const mutation of mutations) {
    const text = readFileSync(join(repositoryRoot, mutation.file), 'utf8')
    assert.notEqual(weaken(text, mutation), text)
    assert.ok(mutation.tests.length > 0)
    for (const word of mutation.tests)
      assert.ok(
        tests.some((path) => path.includes(word)),
        `no test file has "${word}" in its path`,
      )
  }
  const names = mutations.map(({ file, weakens }) => `${file}: ${weakens}`)
  assert.equal(new Set(names).size, names.length)
})
