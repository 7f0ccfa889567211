import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { loadKeys, signingKeys } from './keys.js'
import { readSettings } from './settings.js'

describe('keys that no one gave', () => {
  let directory = ''
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'torii-keys-'))
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))
  const load = () => loadKeys(readSettings({ DATABASE_URL: `pglite:${directory}` }))

  test('are created once, by the first process, and only their owner can read them', async () => {
    const [one, two] = await Promise.all([load(), load()])
    assert.deepEqual(one, two)
    assert.deepEqual(await load(), one)
    const path = join(directory, 'torii-keys')
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    const [, secret = ''] = (await readFile(path, 'utf8')).trim().split(':')
    assert.equal(Buffer.from(secret, 'base64url').length, 32)
  })

  test('are refused when other users can read them', async () => {
    const path = join(directory, 'torii-keys')
    await chmod(path, 0o644)
    await assert.rejects(load(), /holds secrets, but other users can read it. Run "chmod 600/)
  })
})

test('given keys are used, and none are created', async () => {
  const settings = readSettings({ TORII_KEYS: 'k9:given', DATABASE_URL: 'pglite:/nowhere/at/all' })
  assert.deepEqual(await loadKeys(settings), [{ id: 'k9', secret: 'given' }])
})

test('a key in memory is new at each start', async () => {
  const settings = readSettings({ DATABASE_URL: 'pglite:' })
  assert.notDeepEqual(await loadKeys(settings), await loadKeys(settings))
})

test('the same secret gives the same signing key in every process, another one a different key', () => {
  const exported = (secret: string) =>
    signingKeys([{ id: 'k1', secret }]).map(({ id, algorithm, privateKey }) => {
      assert.ok(typeof privateKey === 'object')
      return { id, algorithm, key: privateKey.export({ format: 'jwk' }).x }
    })
  const [first, second] = ['a'.repeat(43), 'b'.repeat(43)].map((secret) => exported(secret))
  assert.deepEqual(exported('a'.repeat(43)), first)
  assert.notDeepEqual(first, second)
})
