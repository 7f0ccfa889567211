import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'vitest'
import { createSkipPolicy, readSkips } from './skips.js'

async function read(t: TestContext, list: unknown) {
  const folder = await mkdtemp(join(tmpdir(), 'torii-skips-'))
  t.onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'skips.json'), JSON.stringify(list))
  return readSkips(join(folder, 'skips.json'))
}

test('an entry needs a reason and a known condition', async (t) => {
  await assert.rejects(read(t, [{ test: 'a' }]), /needs test, reason/)
  await assert.rejects(
    read(t, [{ test: 'a', reason: 'b', when: 'engine:mysql' }]),
    /needs test, reason/,
  )
  await assert.rejects(read(t, [{ test: 'a', reason: 'b', file: 'c' }]), /needs test, reason/)
  assert.equal((await read(t, [{ test: 'a', reason: 'b', when: 'major:12-14' }])).length, 1)
})

test('the name of the file decides the engine', () => {
  const policy = createSkipPolicy([{ test: 'a', reason: 'b', when: 'engine:pglite' }], 15)
  const skipped = [{ name: 'a', result: 'skipped', detail: '' }] as const
  assert.equal(policy.failUnlisted('src/storage-pglite.test.ts', skipped)[0]?.result, 'skipped')
  assert.equal(policy.failUnlisted('src/storage.test.ts', skipped)[0]?.result, 'failed')
})

test('an entry for another major is not missed', () => {
  const policy = createSkipPolicy([{ test: 'a', reason: 'b', when: 'major:12' }], 15)
  assert.deepEqual(policy.unmatched(), [])
})

test('an entry of another major allows no skip', () => {
  const policy = createSkipPolicy([{ test: 'a', reason: 'b', when: 'major:12-13' }], 15)
  const skipped = [{ name: 'a', result: 'skipped', detail: '' }] as const
  assert.equal(policy.failUnlisted('src/storage.test.ts', skipped)[0]?.result, 'failed')
})

test('an entry that names no test of the run is unmatched', () => {
  const [met, missed] = ['a', 'gone'].map((name) => ({ test: name, reason: 'b' }))
  assert.ok(met && missed)
  const policy = createSkipPolicy([met, missed], 15)
  policy.failUnlisted('src/storage.test.ts', [{ name: 'a', result: 'passed', detail: '' }])
  assert.deepEqual(policy.unmatched(), [missed])
})
