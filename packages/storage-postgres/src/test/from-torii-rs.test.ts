import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { canonicalEmail, newUserId, type UserId } from 'torii-core'
import type { TestDatabase } from 'torii-testing'
import { testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { mayStay, oldUsers, toriiRsTables } from './from-torii-rs.test.support.js'

const document = readFileSync(new URL('../../../../docs/from-torii-rs.md', import.meta.url), 'utf8')
const blocks = [...document.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map(([, sql]) => sql ?? '')
const [createIds, moveIds, showRest, moveUsers, moveIdentities, movePasskeys, moveOrders, count] =
  blocks

describe('the statements of docs/from-torii-rs.md', () => {
  let database: TestDatabase
  let storage: PostgresStorage
  const ids = new Map<string, UserId>()
  const run = (sql: string | undefined) => database.query(sql ?? assert.fail('the block is gone'))

  beforeAll(async () => {
    database = await testDatabase()
    storage = await PostgresStorage.connect(database.url)
    await makeGenerator()
    await run(toriiRsTables)
    await storage.users.register({ id: newUserId(), email: 'Taken@example.com' })
    await insertOldRows()
    for (const sql of [createIds, moveIds, moveUsers, moveIdentities, movePasskeys]) await run(sql)
    const { rows } = await database.query<{ old_id: string; id: UserId }>(
      'select m.old_id, m.id from moved_users m join torii.users u on u.id = m.id',
    )
    for (const row of rows) ids.set(row.old_id, row.id)
  })
  afterAll(() => storage.close())

  /** torii-rs installs pgcrypto, which has this function before PostgreSQL 13; some builds of 12 come without it. */
  async function makeGenerator(): Promise<void> {
    const { rows } = await database.query(
      `select 1 from pg_proc where proname = 'gen_random_uuid' and pronamespace = 'pg_catalog'::regnamespace`,
    )
    if (rows.length === 0)
      await run(`create function public.gen_random_uuid() returns uuid language sql
        as 'select overlay(overlay(md5(random()::text) placing ''4'' from 13) placing ''8'' from 17)::uuid'`)
  }

  async function insertOldRows(): Promise<void> {
    for (const [
      id,
      { email, name = null, verified = false, hash = null, createdAt },
    ] of Object.entries(oldUsers))
      await database.query(
        `insert into users (id, name, email, email_verified_at, password_hash, created_at)
        values ($1, $2, $3, case when $4 then now() end, $5, coalesce($6::timestamptz, now()))`,
        [id, name, email, verified, hash, createdAt ?? null],
      )
    await run(`
      insert into oauth_accounts (user_id, provider, subject) values
        ('ada', 'google', '1'), ('bob', 'google', '2'), ('bob', 'google', '3'), ('noAddress', 'google', '4'),
        ('ada', 'github', 'shared'), ('bob', 'github', 'shared'), ('taken', 'google', '5'),
        ('ada', 'google', repeat('x', 300)), ('ada', '', '6');
      insert into passkeys (credential_id, user_id, public_key, name) values
        ('AQID', 'ada', 'a', E' Lap\\ttop '), ('BAUG', 'ada', 'a', null), ('BwgJ', 'ada', 'a', 'shared'),
        ('BwgJ', 'bob', 'a', 'shared'), ('CgsM', 'ada', 'a', 'without facts'), ('DQ4P', 'noAddress', 'a', null);
      insert into passkey_facts
      select credential_id, '\\xa1', 7, '\\x01', true, true, false, '00000000-0000-0000-0000-000000000000', '{usb}'
      from (select distinct credential_id from passkeys where credential_id <> 'CgsM') p;
      insert into orders select row_number() over (order by id), id from users`)
  }

  const countRows = async () => {
    const { rows } = await database.query(
      `select (select count(*) from moved_users) as ids, (select count(*) from torii.users) as users,
        (select count(*) from torii.passwords) as passwords, (select count(*) from torii.user_emails) as emails,
        (select count(*) from torii.oauth_accounts) as identities, (select count(*) from torii.passkeys) as passkeys`,
    )
    return rows[0]
  }

  test('all of them are here', () => {
    assert.equal(blocks.length, 8)
  })

  test('every user moves whose email address Torii takes as it is', async () => {
    const moved = Object.entries(oldUsers).filter(([, { moves }]) => moves)
    assert.deepEqual([...ids.keys()].sort(), moved.map(([id]) => id).sort())
    for (const { email, moves } of Object.values(oldUsers))
      assert.notEqual(moves, mayStay(email), email)
    for (const [oldId, { email, name = null, nameAfter = name, verified = false }] of moved) {
      const user = (await storage.users.findByEmail(email)) ?? assert.fail(email)
      assert.deepEqual([user.id, user.email, user.name], [ids.get(oldId), email, nameAfter])
      assert.equal(user.emailVerifiedAt !== null, verified)
      await storage.users.updateProfile(user.id, { name: user.name })
      const again = await storage.users.register({ id: newUserId(), email: email.toLowerCase() })
      assert.equal(again.ok, false)
    }
    const { rows } = await database.query<{ email_key: string; email: string }>(
      'select email_key, email from torii.users',
    )
    for (const row of rows) assert.equal(canonicalEmail(row.email), row.email_key)
  })

  test('ids are version 7 and in the order of creation', async () => {
    const { rows } = await database.query<{ id: string; old_id: string }>(
      'select id, old_id from moved_users order by id limit 1',
    )
    assert.equal(rows[0]?.old_id, 'early')
    for (const id of ids.values()) assert.match(id, /^.{8}-.{4}-7.{3}-[89ab].{3}-.{12}$/)
  })

  test('the users who stay are listed', async () => {
    const { rows } = await run(showRest)
    const listed = new Set(rows.map(({ id }) => id))
    for (const [id, { moves }] of Object.entries(oldUsers))
      assert.equal(listed.has(id), !moves && id !== 'taken', id)
  })

  test('Argon2id hashes count as passwords, others stay', async () => {
    for (const [oldId, { hashMoves = false }] of Object.entries(oldUsers)) {
      const id = ids.get(oldId)
      if (id !== undefined) assert.equal(await storage.passwords.exists(id), hashMoves, oldId)
    }
  })

  test('identities and passkeys of one user count, shared ones stay', async () => {
    const [ada, bob] = [ids.get('ada') ?? assert.fail(), ids.get('bob') ?? assert.fail()]
    const { rows } = await database.query(
      'select user_id, provider, subject from torii.oauth_accounts',
    )
    assert.deepEqual(
      new Set(rows.map(({ user_id, provider, subject }) => `${user_id} ${provider} ${subject}`)),
      new Set([`${ada} google 1`, `${bob} google 2`, `${bob} google 3`]),
    )
    assert.equal((await storage.oauthAccounts.list(ada)).length, 1)
    assert.equal((await storage.oauthAccounts.list(bob)).length, 2)
    const names = (await storage.passkeys.list(ada)).map(({ name }) => name).sort()
    assert.deepEqual(names, ['Laptop', 'Passkey'])
    assert.deepEqual(await storage.passkeys.list(bob), [])
    const credentials = await storage.passkeys.credentials(ada)
    assert.equal(credentials.length, 2)
  })

  test('running them again adds nothing', async () => {
    const counts = await countRows()
    for (const sql of [moveIds, moveUsers, moveIdentities, movePasskeys]) await run(sql)
    assert.deepEqual(await countRows(), counts)
  })

  test('own tables follow, and the counts are right', async () => {
    await run(moveOrders)
    const { rows } = await database.query<{ user_id: string | null }>('select user_id from orders')
    assert.equal(rows.length, Object.keys(oldUsers).length)
    assert.equal(rows.filter(({ user_id }) => user_id !== null).length, ids.size)
    const { rows: counts } = await run(count)
    assert.deepEqual(counts, [
      {
        users_before: String(Object.keys(oldUsers).length),
        users_moved: String(ids.size),
        passwords_before: '2',
        passwords_moved: '1',
      },
    ])
  })
})
