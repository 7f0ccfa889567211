import assert from 'node:assert/strict'
import { elapse, testDatabase } from 'torii-testing'
import { afterAll, beforeEach, test } from 'vitest'
import { PostgresStorage } from '../index.js'

const db = await testDatabase()
const processes = await Promise.all(
  Array.from({ length: 4 }, () => PostgresStorage.connect(db.url)),
)
afterAll(() => Promise.all(processes.map((storage) => storage.close())))
const [storage] = processes as [PostgresStorage]
const pass = (seconds: number) => elapse((text, values) => db.query(text, values), 'torii', seconds)
const everySeconds = 3600
beforeEach(() => db.query('delete from torii.sweep_lease'))

test('sweepIfDue() sweeps in one of any number of processes, and again after everySeconds', async () => {
  for (let round = 0; round < 5; round += 1) {
    const counts = await Promise.all(
      Array.from({ length: 20 }, (_, caller) =>
        (processes[caller % 4] ?? storage).sweepIfDue({ everySeconds }),
      ),
    )
    const swept = counts.filter((count) => count !== null)
    assert.equal(swept.length, 1)
    assert.equal(swept[0]?.deleted.sessions, 0)
    await pass(everySeconds - 10)
    assert.equal(await storage.sweepIfDue({ everySeconds }), null)
    await pass(20)
  }
})

test('a process that died keeps the others waiting for five minutes', async () => {
  await db.query(
    `insert into torii.sweep_lease (only_row, holder, ends_at)
     values (true, '018f0000-0000-7000-8000-00000000000a', now() + interval '300 seconds')`,
  )
  assert.equal(await storage.sweepIfDue({ everySeconds }), null)
  await pass(290)
  assert.equal(await storage.sweepIfDue({ everySeconds }), null)
  await pass(11)
  assert.ok((await storage.sweepIfDue({ everySeconds })) !== null)
})

test('a sweep that was told to end is due at once, and deletes nothing more', async () => {
  const controller = new AbortController()
  controller.abort()
  const counts = await storage.sweepIfDue({ everySeconds, signal: controller.signal })
  assert.ok(counts !== null)
  assert.ok((await storage.sweepIfDue({ everySeconds })) !== null)
  assert.equal(await storage.sweepIfDue({ everySeconds }), null)
})

test('a sweep that fails gives the lease back, and is due at once', async () => {
  await db.query('alter table torii.passkeys rename to hidden')
  await assert.rejects(storage.sweepIfDue({ everySeconds }))
  await db.query('alter table torii.hidden rename to passkeys')
  assert.ok((await storage.sweepIfDue({ everySeconds })) !== null)
})

test('refuses bad options before it asks the database', async () => {
  for (const bad of [0, -1, 1.5, '3600', null, undefined])
    await assert.rejects(storage.sweepIfDue({ everySeconds: bad as number }), /everySeconds/)
  await assert.rejects(
    storage.sweepIfDue({ everySeconds, unverifiedAccountSeconds: 5 }),
    /unverifiedAccountSeconds/,
  )
  assert.equal((await db.query('select 1 from torii.sweep_lease')).rows.length, 0)
})
