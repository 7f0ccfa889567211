import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'vitest'
import { oldestNode, requireNode } from './node-version.js'

test('a Node.js that is too old is refused in one sentence with both versions and the fix', () => {
  for (const version of ['16.20.2', '18.20.8', '20.0.0', '20.18.3', '20.9.0'])
    assert.throws(() => requireNode(version), {
      code: 'ERR_INVALID_OPTIONS',
      message: `Torii needs Node.js 20.19 or newer, and this process runs ${version}: install a newer Node.js, and start the application with it`,
    })
})

test('every supported Node.js passes, this one too', () => {
  for (const version of ['20.19.0', '20.20.2', '22.0.0', '26.1.0', '100.0.0', undefined])
    requireNode(version)
})

test('the oldest version is that of every package.json', async () => {
  for (const name of ['core', 'auth', 'storage-postgres', 'conformance']) {
    const manifest = await readFile(new URL(`../../${name}/package.json`, import.meta.url), 'utf8')
    assert.equal(JSON.parse(manifest).engines.node, `>=${oldestNode}`)
  }
})
