import assert from 'node:assert/strict'
import { newSessionId } from 'torii-core'
import { testDatabase } from 'torii-testing'
import { test } from 'vitest'
import { PostgresStorage } from '../index.js'
import { freshSecretHash, signUp } from './races/people.test.support.js'

const sessions = 1000

test('touches of sessions are HOT updates: they write no index', async () => {
  const database = await testDatabase()
  const storage = await PostgresStorage.connect(database.url)
  const { id: userId } = await signUp(storage)
  const keys = Array.from({ length: sessions }, () => ({
    userId,
    id: newSessionId(),
    secretHash: freshSecretHash(),
  }))
  // Rows as they are opened, an hour ago: moving their time afterwards would count as updates.
  await database.query(
    `insert into torii.sessions
       (user_id, id, secret_hash, epoch, methods, last_active_at, expires_at, absolute_expires_at)
     select $1::uuid, id, secret_hash, 0, '{password}', now() - interval '1 hour',
       now() + interval '1 day', now() + interval '30 days'
     from unnest($2::uuid[], $3::bytea[]) as s (id, secret_hash)`,
    [userId, keys.map(({ id }) => id), keys.map(({ secretHash }) => secretHash)],
  )
  const touched = []
  for (const key of keys)
    touched.push(await storage.sessions.touch(key, { idleSeconds: 1000, touchSeconds: 60 }))
  assert.equal(touched.filter((each) => each !== null).length, sessions)
  // A server process reports its counts at the latest when it ends.
  await storage.close()
  let counts = { all: 0, hot: 0 }
  while (counts.all < sessions) {
    const { rows } = await database.query<{ all: number; hot: number }>(
      `select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_user_tables
       where schemaname = 'torii' and relname = 'sessions'`,
    )
    counts = rows[0] ?? counts
  }
  // An index on a time that moves would leave none at all. How many there are depends on when the server finds
  // old versions dead: until then a full page makes a row move on.
  assert.equal(counts.all, sessions)
  assert.ok(counts.hot >= sessions * 0.1, JSON.stringify(counts))
})
