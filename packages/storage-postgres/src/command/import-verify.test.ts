import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'vitest'
import { openImports } from './imports.test.support.js'

const { storage, database, bcrypt, coseKey, lines, importFile, report } = await openImports()

function account(given: object = {}) {
  const id = randomUUID()
  return { id, email: `${id}@example.com`, emailVerified: true, passwordHash: bcrypt, ...given }
}

/** The report of a comparison, and its exit status. */
async function verify(path: string, more: readonly string[] = []) {
  const { status, stdout, stderr } = await importFile([
    'jsonl',
    '--from',
    path,
    '--verify',
    '--json',
    ...more,
  ])
  assert.equal(stderr, '')
  return { status, ...JSON.parse(stdout) }
}

const at = (line: number, { id }: { id: string }) => `line ${line} (id ${id})`

test('import --verify finds one altered hash, one missing account and one moved address, and nothing else', async () => {
  const records = Array.from({ length: 1200 }, (_, index) =>
    account({
      oauthAccounts: index % 10 === 0 ? [{ provider: 'google', subject: randomUUID() }] : [],
      disabled: index % 50 === 0,
    }),
  )
  const path = await lines(...records)
  assert.equal((await report(['jsonl', '--from', path])).imported, 1200)
  const equal = { compared: 1200, differences: [], changedHere: [], skipped: [] }
  assert.deepEqual(await verify(path), { status: 0, ok: true, ...equal })
  const [altered, missing, moved] = [3, 700, 1150].map((index) => records[index] ?? assert.fail())
  assert.ok(altered && missing && moved)
  await database.query(`update torii.passwords set hash = hash || 'x' where user_id = $1`, [
    altered.id,
  ])
  await database.query('delete from torii.users where id = $1', [missing.id])
  await database.query(
    `with e as (update torii.user_emails set email_key = 'moved@example.com' where user_id = $1)
     update torii.users set email = 'moved@example.com', email_key = 'moved@example.com' where id = $1`,
    [moved.id],
  )
  assert.deepEqual(await verify(path), {
    status: 1,
    ok: false,
    compared: 1199,
    differences: [
      { reason: 'account_removed', count: 1, examples: [at(701, missing)] },
      { reason: 'email_differs', count: 1, examples: [at(1151, moved)] },
      { reason: 'password_differs', count: 1, examples: [at(4, altered)] },
    ],
    changedHere: [],
    skipped: [],
  })
})

test('import --verify finds what else differs, and tells what was changed here since', async () => {
  const [unverified, banned, unlinked, unkeyed, unfactored, changed, renamed, absent] = [
    account(),
    account({ disabled: true }),
    account({ oauthAccounts: [{ provider: 'github', subject: randomUUID() }] }),
    account({
      passkeys: [{ credentialId: randomUUID().replaceAll('-', ''), publicKey: coseKey() }],
    }),
    account({ totp: 'unreadable' }),
    account(),
    account(),
    account(),
  ]
  const all = [unverified, banned, unlinked, unkeyed, unfactored, changed, renamed]
  await report(['jsonl', '--from', await lines(...all)])
  const run = (text: string, { id }: { id: string }) => database.query(text, [id])
  await run('update torii.users set email_verified_at = null where id = $1', unverified)
  await run('update torii.users set disabled_at = null where id = $1', banned)
  await run('delete from torii.oauth_accounts where user_id = $1', unlinked)
  await run('delete from torii.passkeys where user_id = $1', unkeyed)
  await run('update torii.users set second_factor_epoch = null where id = $1', unfactored)
  await run(`update torii.passwords set hash = 'x', updated_at = now() where user_id = $1`, changed)
  await storage.users.disable(renamed.id as never)
  const path = await lines(...all, absent, { id: randomUUID(), email: changed.email }, { no: 1 })
  const one = (reason: string, line: number, of: { id: string }) => ({
    reason,
    count: 1,
    examples: [at(line, of)],
  })
  const got = await verify(path, ['--addresses', 'verified'])
  assert.deepEqual([got.status, got.ok, got.compared], [1, false, 7])
  assert.deepEqual(got.differences, [
    one('account_missing', 8, absent),
    one('disabled_differs', 2, banned),
    one('oauth_account_missing', 3, unlinked),
    one('passkey_missing', 4, unkeyed),
    one('second_factor_missing', 5, unfactored),
    one('verification_differs', 1, unverified),
  ])
  assert.deepEqual(got.changedHere, [
    one('disabled_differs', 7, renamed),
    one('password_differs', 6, changed),
  ])
  assert.deepEqual(
    got.skipped.map(({ reason, count }: { reason: string; count: number }) => [reason, count]),
    [
      ['email_taken', 1],
      ['field_unknown', 1],
    ],
  )
})

test('import --verify expects what an import stores of weak hashes, marks and lost addresses', async () => {
  const taken = account()
  const weak = account({ passwordHash: '5f4dcc3b5aa765d61d8327deb882cf99' })
  const without = account({ passwordHash: null })
  const loser = account({
    email: taken.email,
    emailVerified: false,
    oauthAccounts: [{ provider: 'google', subject: randomUUID() }],
  })
  const unsupported = account({ passwordHash: 'plain text' })
  const path = await lines(taken, weak, without, loser, unsupported)
  const words = ['--wrap-weak-hashes', '--imported-passwords']
  await report(['jsonl', '--from', path, ...words])
  const got = await verify(path, words)
  assert.deepEqual([got.status, got.compared, got.differences], [0, 5, []])
  await database.query('delete from torii.passwords where user_id = any ($1::uuid[])', [
    [weak.id, without.id],
  ])
  await database.query(
    `insert into torii.passwords (user_id, hash, owner_epoch, updated_at) values ($1, 'x', 0, '2020-01-01')`,
    [loser.id],
  )
  const differs = await verify(path, words)
  assert.deepEqual(
    differs.differences.map(({ reason, count }: { reason: string; count: number }) => [
      reason,
      count,
    ]),
    [['password_differs', 3]],
  )
  const { stdout } = await importFile(['jsonl', '--from', path, '--verify', ...words])
  assert.match(stdout, /^compared 5: found differences\ndiffers password_differs 3: line 2 \(id /)
})
