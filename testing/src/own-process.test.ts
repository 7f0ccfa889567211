import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { needsOwnProcess, ownProcessFiles, testName } from './own-process.js'
import { findTestFiles } from './test-files.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const files = findTestFiles(root)

test('every file that is listed exists, once, is known in src and dist, and has a reason', () => {
  for (const { file, reason } of ownProcessFiles) {
    const found = files.filter(({ source }) => testName(source).endsWith(file))
    assert.equal(found.length, 1, file)
    assert.ok(needsOwnProcess(`${root}${found[0]?.source}`))
    assert.ok(needsOwnProcess(`${root}${found[0]?.compiled}`))
    assert.ok(reason.length > 0)
  }
  assert.ok(!needsOwnProcess(`${root}packages/core/src/email.test.ts`))
})

/** At the start of a line, Biome leaves only what runs while the module loads. */
const whileLoading =
  /^(?:export )?(?:const|let) [^=\n]+= await |^await |^(?:before|after)(?:All|Each)\(/m
const importPath = /^(?:import|export)\b[^;]*? from '(\.[^']+)\.js'/gm

/** The support files that a file imports, and those that they import. */
function supportsOf(path: string, known = new Set<string>()): Set<string> {
  for (const [, imported = ''] of readFileSync(path, 'utf8').matchAll(importPath)) {
    const support = `${resolve(dirname(path), imported)}.ts`
    if (!support.endsWith('.test.support.ts') || known.has(support)) continue
    assert.ok(existsSync(support), support)
    known.add(support)
    supportsOf(support, known)
  }
  return known
}

const opensWhileLoading = (support: string) => whileLoading.test(readFileSync(support, 'utf8'))

test('a file whose support opens something or has a hook while it loads has its own process: the next file would not load it again', () => {
  const supports = files.map(({ source }) => [source, supportsOf(join(root, source))] as const)
  assert.ok(supports.filter(([, found]) => found.size > 0).length > 50)
  const opening = supports.filter(([, found]) => [...found].some(opensWhileLoading))
  assert.ok(opening.length > 0)
  assert.deepEqual(
    opening.map(([source]) => source).filter((source) => !needsOwnProcess(`${root}${source}`)),
    [],
  )
})

test('a file that replaces modules before it loads others has its own process: they may be loaded already', () => {
  const replacing = files.filter(({ source }) =>
    /\bvi\.(?:mock|doMock|hoisted|resetModules)\(/.test(readFileSync(join(root, source), 'utf8')),
  )
  assert.ok(replacing.length > 0)
  for (const { source } of replacing) assert.ok(needsOwnProcess(`${root}${source}`), source)
})
