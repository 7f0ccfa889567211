import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { parseUserId } from 'torii-core'
import { test } from 'vitest'
import { openImports } from './command/imports.test.support.js'
import { importAccounts } from './index.js'

const { storage, database, lines, report } = await openImports()

const first = `${'0'.repeat(32)}:${'1'.repeat(128)}`
const second = `${'0'.repeat(32)}:${'2'.repeat(128)}`
const newAccount = (given: object = {}) => {
  const id = randomUUID().replaceAll('-', '')
  const email = `${id}@example.com`
  return { id, email, emailVerified: true, passwordHash: first, ...given }
}
const newSession = () => ({
  key: createHash('sha256').update(randomUUID()).digest('hex'),
  createdAt: new Date().toISOString(),
  expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
})
const importOne = (account: ReturnType<typeof newAccount>) =>
  importAccounts(storage, 'other', [account])
const outcome = { imported: 0, merged: 0, skipped: [], leftOut: [] }

async function find(sourceId: string) {
  const { rows } = await database.query<{ id: string; hash: string | null; epoch: number }>(
    `select m.user_id as id, p.hash, u.session_epoch as epoch from torii.imported_users m
     join torii.users u on u.id = m.user_id left join torii.passwords p on p.user_id = u.id
     where m.source = 'other' and m.source_id = $1`,
    [sourceId],
  )
  return rows[0] ?? null
}

test('importAccounts() imports a new account with its session, and the command finds it here', async () => {
  const account = newAccount({ sessions: [newSession()] })
  assert.deepEqual(await importOne(account), { ...outcome, imported: 1, sessions: 1 })
  assert.deepEqual(await importOne(account), { ...outcome, merged: 1 })
  const words = ['jsonl', '--source', 'other', '--from', await lines(account)]
  assert.deepEqual(await report(words), { ...outcome, merged: 1 })
  const none = { ...account, sessions: [newSession()] }
  assert.deepEqual(await importAccounts(storage, 'other', [none], { sessionDays: 0 }), {
    ...outcome,
    merged: 1,
  })
})

test('importAccounts() of one new account twenty times at once imports it once, and no one is told that its address is taken', async () => {
  for (let round = 0; round < 5; round += 1) {
    const account = newAccount({ sessions: [newSession()] })
    const reports = await Promise.all(Array.from({ length: 20 }, () => importOne(account)))
    const total = (name: 'imported' | 'merged' | 'sessions') =>
      reports.reduce((sum, each) => sum + (each[name] ?? 0), 0)
    assert.deepEqual(
      reports.flatMap(({ skipped, leftOut }) => [...skipped, ...leftOut]),
      [],
    )
    assert.deepEqual([total('imported'), total('merged'), total('sessions')], [1, 19, 1])
  }
})

test('importAccounts() takes over a new password, which ends the sessions of the user, and keeps one that was changed here', async () => {
  const account = newAccount()
  await importOne(account)
  const changed = { ...account, passwordHash: second }
  assert.deepEqual(await importOne(changed), { ...outcome, merged: 1, updated: 1 })
  assert.deepEqual(await importOne(changed), { ...outcome, merged: 1 })
  const found = (await find(account.id)) ?? assert.fail()
  assert.deepEqual([found.hash, found.epoch], [second, 1])
  await database.query(
    `update torii.passwords set hash = 'own', updated_at = now() + interval '1 ms' where user_id = $1`,
    [found.id],
  )
  assert.deepEqual(await importOne(account), { ...outcome, merged: 1 })
  assert.equal((await find(account.id))?.hash, 'own')
})

test('importAccounts() brings no account back that was deleted here', async () => {
  const account = newAccount()
  await importOne(account)
  const { id } = (await find(account.id)) ?? assert.fail()
  await storage.users.delete(parseUserId(id) ?? assert.fail())
  assert.deepEqual(await importOne(account), { ...outcome, merged: 1 })
  assert.equal(await find(account.id), null)
})

test('importAccounts() makes one account of an account that twenty calls bring at once', async () => {
  const account = newAccount()
  const reports = await Promise.all(Array.from({ length: 20 }, () => importOne(account)))
  assert.equal(
    reports.reduce((sum, { imported }) => sum + imported, 0),
    1,
  )
  assert.equal((await find(account.id))?.hash, first)
})

test('importAccounts() reports an account that it cannot import, and the others come', async () => {
  const good = newAccount()
  const { emailVerified: _, ...unknown } = newAccount()
  const accounts = [unknown, { ...newAccount(), mail: 'x' }, null as never, good]
  const { imported, skipped } = await importAccounts(storage, 'other', accounts)
  assert.equal(imported, 1)
  assert.deepEqual(skipped.map(({ reason, count }) => [reason, count]).sort(), [
    ['field_unknown', 1],
    ['id_invalid', 1],
    ['verification_unknown', 1],
  ])
})

test('importAccounts() refuses a malformed source, too many accounts and days that are none', async () => {
  const calls = [
    () => importAccounts(storage, 'Other', []),
    () => importAccounts(storage, 'other', {} as never),
    () =>
      importAccounts(
        storage,
        'other',
        Array.from({ length: 501 }, () => newAccount()),
      ),
    () => importAccounts(storage, 'other', [], { sessionDays: 1.5 }),
    () => importAccounts(storage, 'other', [], { sessionDays: 401 }),
  ]
  for (const call of calls) await assert.rejects(call, { code: 'ERR_INVALID_INPUT' })
  const schema = { code: 'ERR_INVALID_OPTIONS' }
  await assert.rejects(importAccounts(storage, 'other', [], { schema: '"' }), schema)
})
