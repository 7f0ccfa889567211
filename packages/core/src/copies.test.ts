import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { coreVersion } from './copies.js'
import * as core from './index.js'

describe('two copies of torii-core in one process', () => {
  let folder: string
  let other: typeof core

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'torii-core-'))
    await cp(fileURLToPath(new URL('.', import.meta.url)), join(folder, 'dist'), {
      recursive: true,
    })
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    other = await import(pathToFileURL(join(folder, 'dist', 'index.js')).href)
  })
  afterAll(() => rm(folder, { recursive: true }))

  test('the second copy is another one: its errors are none of ours', () => {
    assert.notEqual(other.ToriiError, core.ToriiError)
  })

  test('a storage that was made with the other copy is refused, in one sentence with both copies and the fix', () => {
    const storage = {}
    other.markCore(storage)
    assert.throws(
      () => core.requireSameCore(storage),
      (error) => {
        assert.ok(error instanceof core.ToriiError)
        assert.equal(error.code, 'ERR_INVALID_OPTIONS')
        assert.match(
          error.message,
          /^two copies of torii-core are loaded: \S+ from \S+, and \S+ from \S+ for the storage; run "npm ls torii-core"[^.]*$/m,
        )
        assert.ok(error.message.includes(pathToFileURL(folder).href), error.message)
        return true
      },
    )
  })

  test('a storage of this copy passes, and so does one without a mark', () => {
    const storage = {}
    core.requireSameCore(storage)
    core.markCore(storage)
    core.requireSameCore(storage)
    assert.deepEqual(Object.keys(storage), [])
  })
})

test('the version is the one of package.json', async () => {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  assert.equal(coreVersion, JSON.parse(manifest).version)
})
