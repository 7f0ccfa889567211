import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { PasswordHash } from 'torii-core'
import { test } from 'vitest'
import { openImports } from './imports.test.support.js'

const { storage, database, bcrypt, lines, importFile, report, usersOf } = await openImports()

const other = bcrypt.replace('2APZzRatm', '2APZzRatn')
const hour = 3_600_000
const ago = (hours: number) => new Date(Date.now() - hours * hour).toISOString()
const since = ago(1)

/** An account of a source, and what it becomes there later. */
function account(given: object = {}) {
  const id = randomUUID()
  return {
    id,
    email: `${id}@example.com`,
    emailVerified: true,
    passwordHash: bcrypt,
    createdAt: ago(100),
    updatedAt: ago(100),
    ...given,
  }
}

const row = async (source: string, id: string) =>
  (await usersOf(source)).find((each) => each.source_id === id)

test('import --since takes over new passwords, verified addresses and disabled accounts, and adds new accounts', async () => {
  const source = 'pass'
  const words = (path: string) => ['jsonl', '--from', path, '--source', source]
  const [changed, verified, banned, same, old] = [
    account(),
    account({ emailVerified: false }),
    account(),
    account(),
    account(),
  ]
  const first = await report(words(await lines(changed, verified, banned, same, old)))
  assert.equal(first.imported, 5)
  const second = [
    { ...changed, passwordHash: other, updatedAt: ago(0) },
    { ...verified, emailVerified: ago(0.5), updatedAt: ago(0) },
    { ...banned, disabled: true, updatedAt: ago(0) },
    { ...same, updatedAt: ago(0) },
    // The source says that it was not changed since, so it is not looked at.
    { ...old, passwordHash: other },
    account({ createdAt: ago(0), updatedAt: null }),
  ]
  const path = await lines(...second)
  const expected = { imported: 1, merged: 4, updated: 3, skipped: [], leftOut: [] }
  assert.deepEqual(await report([...words(path), '--since', since, '--dry-run']), {
    dryRun: true,
    ...expected,
  })
  assert.equal((await row(source, changed.id))?.hash, bcrypt)
  const session = await storage.sessions.list(changed.id as never)
  assert.deepEqual(session, [])
  assert.deepEqual(await report([...words(path), '--since', since]), expected)
  assert.equal((await row(source, changed.id))?.hash, other)
  assert.equal((await row(source, verified.id))?.verified, true)
  assert.equal((await row(source, banned.id))?.disabled, true)
  assert.equal((await row(source, old.id))?.hash, bcrypt)
  // A new password, and being disabled, end the sessions that were opened before; nothing else does.
  const { rows } = await database.query(
    'select id, session_epoch as epoch from torii.users where id = any ($1::uuid[])',
    [[changed.id, verified.id, banned.id, same.id]],
  )
  const epochs = new Map(rows.map(({ id, epoch }) => [id, epoch]))
  assert.deepEqual(
    [changed, verified, banned, same].map(({ id }) => epochs.get(id)),
    [1, 0, 1, 0],
  )
  // Once more: nothing is left to do.
  const again = await report([...words(path), '--since', since])
  assert.deepEqual(again, { imported: 0, merged: 5, skipped: [], leftOut: [] })
})

test('import --since leaves what was changed or removed here', async () => {
  const source = 'kept'
  const words = (path: string) => ['jsonl', '--from', path, '--source', source]
  const [password, enabled, removed, proved, moved, gone] = [
    account(),
    account(),
    account(),
    account({ emailVerified: false }),
    account(),
    account(),
  ]
  const all = [password, enabled, removed, proved, moved, gone]
  assert.equal((await report(words(await lines(...all)))).imported, all.length)
  await database.query(
    `update torii.passwords set hash = 'here', updated_at = now() where user_id = $1`,
    [password.id],
  )
  await storage.users.disable(enabled.id as never)
  await storage.users.enable(enabled.id as never)
  await database.query('delete from torii.passwords where user_id = $1', [removed.id])
  await database.query(
    `update torii.users set owner_epoch = 1, session_epoch = 1, email_verified_at = '2020-01-01', updated_at = now() where id = $1`,
    [proved.id],
  )
  await database.query(
    `with e as (update torii.user_emails set email_key = $2 where user_id = $1)
     update torii.users set email = $2, email_key = $2 where id = $1`,
    [moved.id, `moved-${moved.email}`],
  )
  await storage.users.delete(gone.id as never)
  const path = await lines(
    ...all.map((each) => ({ ...each, passwordHash: other, disabled: true, updatedAt: ago(0) })),
  )
  const got = await report([...words(path), '--since', since])
  // Three user rows were not changed here, and are disabled as they are there; `enabled` has the new password alone.
  assert.deepEqual(got, { imported: 0, merged: 6, updated: 4, skipped: [], leftOut: [] })
  assert.equal((await row(source, password.id))?.hash, 'here')
  assert.equal((await row(source, enabled.id))?.disabled, false)
  assert.equal((await row(source, enabled.id))?.hash, other)
  assert.equal((await row(source, removed.id))?.hash, null)
  assert.equal((await row(source, proved.id))?.disabled, false)
  // What an earlier owner of the address had as a password counts no more, and is not renewed.
  assert.equal((await row(source, proved.id))?.hash, bcrypt)
  assert.equal((await row(source, moved.id))?.hash, bcrypt)
  assert.equal(await row(source, gone.id), undefined)
})

test('import --since takes over a new password also of a user who has signed in here, and knows it from the former one', async () => {
  const source = 'rehashed'
  const words = ['jsonl', '--source', source, '--since', since, '--from']
  const user = account()
  await report(['jsonl', '--source', source, '--from', await lines(user)])
  const argon2 =
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
  const rehashed = await storage.passwords.rehash(user.id as never, {
    verified: new PasswordHash(bcrypt),
    next: new PasswordHash(argon2),
  })
  assert.equal(rehashed, true)
  const visited = { ...user, updatedAt: ago(0) }
  const same = { imported: 0, merged: 1, skipped: [], leftOut: [] }
  assert.deepEqual(await report([...words, await lines(visited)]), same)
  assert.equal((await row(source, user.id))?.hash, argon2)
  const compared = await importFile([
    'jsonl',
    '--source',
    source,
    '--verify',
    '--json',
    '--from',
    await lines(visited),
  ])
  assert.deepEqual(
    JSON.parse(compared.stdout).changedHere.map(({ reason }: { reason: string }) => reason),
    ['password_differs'],
  )
  assert.equal(compared.status, 0)
  const changed = await lines({ ...visited, passwordHash: other })
  assert.deepEqual(await report([...words, changed]), { ...same, updated: 1 })
  assert.equal((await row(source, user.id))?.hash, other)
  assert.deepEqual(await report([...words, changed]), same)
})

test('the time of --since is checked', async () => {
  const path = await lines(account())
  for (const time of ['yesterday', '2026', '12/01/2026', '2026-13-01T00:00:00Z']) {
    const { status, stderr } = await importFile(['jsonl', '--from', path, '--since', time])
    assert.equal(status, 2, time)
    assert.match(stderr, /--since must be a time in ISO 8601/)
  }
})
