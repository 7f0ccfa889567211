import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { canonicalEmail } from 'torii-core'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { runHere } from '../command/terminal.test.support.js'
import { oldUsers, toriiRsTables } from './moving-from-torii-rs.test.support.js'

const document = readFileSync(
  new URL('../../../../docs/moving-from-torii-rs.md', import.meta.url),
  'utf8',
)
const [moveOrders = ''] = [...document.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, sql]) => sql)

/** Their address is another user's in another spelling, who is verified, or else the first by id. */
const losers = ['twoSpellings2', 'international']

test('users of torii-rs whose address Torii takes move with their hashes and identities, and own tables follow', async () => {
  const database = await testDatabase()
  await database.query(toriiRsTables)
  for (const [
    id,
    { email, name = null, verified = false, hash = null, createdAt },
  ] of Object.entries(oldUsers))
    await database.query(
      `insert into users (id, name, email, email_verified_at, password_hash, created_at)
      values ($1, $2, $3, case when $4 then now() end, $5, coalesce($6::timestamptz, now()))`,
      [id, name, email, verified, hash, createdAt ?? null],
    )
  await database.query(`
    insert into oauth_accounts (user_id, provider, subject) values
      ('ada', 'google', '1'), ('bob', 'google', '2'), ('bob', 'google', '3'), ('noAddress', 'google', '4');
    insert into orders select row_number() over (order by id), id from users`)
  const words = ['import', 'torii-rs', '--from', database.url, '--json']
  const { stdout } = await runHere(words, { DATABASE_URL: database.url })
  const { imported } = JSON.parse(stdout)
  const { rows } = await database.query<Record<string, unknown>>(
    `select m.source_id, u.email, u.email_verified_at is not null as verified, u.name, p.hash,
       (select count(*)::int from torii.oauth_accounts a where a.user_id = u.id) as accounts
     from torii.imported_users m join torii.users u on u.id = m.user_id
     left join torii.passwords p on p.user_id = u.id`,
  )
  const moved = new Map(rows.map((row) => [row.source_id, row]))
  assert.equal(moved.size, imported)
  // Without an address, a provider account signs in.
  assert.deepEqual([moved.get('noAddress')?.email, moved.get('noAddress')?.accounts], [null, 1])
  for (const [id, { email, verified = false, hash = null, moves }] of Object.entries(oldUsers)) {
    if (canonicalEmail(email) === null) continue
    assert.equal(moved.has(id), !losers.includes(id), id)
    if (!moves) continue
    assert.deepEqual([moved.get(id)?.email, moved.get(id)?.verified], [email, verified], id)
    assert.equal(moved.get(id)?.hash, hash?.startsWith('$argon2id$') ? hash : null, id)
  }
  assert.equal(moved.get('ada')?.name, 'Ada Lovelace')
  assert.equal(moved.get('bob')?.accounts, 2)
  await database.query(moveOrders)
  const orders = await database.query<{ user_id: string | null }>('select user_id from orders')
  assert.equal(orders.rows.length, Object.keys(oldUsers).length)
  assert.equal(orders.rows.filter(({ user_id }) => user_id !== null).length, imported)
})
