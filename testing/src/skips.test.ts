import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'vitest'
import { createSkipJudge, readSkips } from './skips.js'

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

test('the engine is told by the name of the file', () => {
  const judge = createSkipJudge([{ test: 'a', reason: 'b', when: 'engine:pglite' }], 15)
  const skipped = [{ name: 'a', result: 'skipped', detail: '' }] as const
  assert.equal(judge.judge('src/storage-pglite.test.ts', skipped)[0]?.result, 'skipped')
  assert.equal(judge.judge('src/storage.test.ts', skipped)[0]?.result, 'failed')
})

test('an entry for another major is not missed', () => {
  const judge = createSkipJudge([{ test: 'a', reason: 'b', when: 'major:12' }], 15)
  assert.deepEqual(judge.unmatched(), [])
})
