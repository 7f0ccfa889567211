import assert from 'node:assert/strict'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { newSessionId, tokenHash } from 'torii-core'
import { test } from 'vitest'
import { openImports } from './imports.test.support.js'

const { storage, database, lines, importFile, report } = await openImports()

const day = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * day).toISOString()
const keyOf = (token: string) => createHash('sha256').update(token).digest('hex')
const newSession = (given: object = {}) => ({
  key: keyOf(randomUUID()),
  createdAt: inDays(-40),
  authenticatedAt: inDays(-30),
  expiresAt: inDays(10),
  userAgent: 'Browser',
  ...given,
})
const rowsOf = async (ids: readonly string[]) =>
  (
    await database.query<{ key: string; days: number; level: number; agent: string | null }>(
      `select encode(i.key, 'hex') as key, i.level, i.user_agent as agent,
         extract(epoch from i.expires_at - now())::float8 / 86400 as days
       from torii.imported_sessions i where i.user_id = any ($1::uuid[]) order by i.expires_at`,
      [ids],
    )
  ).rows

test('import stores sessions that were used lately, by the hashes of their tokens, for two weeks', async () => {
  const [id, other] = [randomUUID(), randomUUID()]
  const [kept, long, two] = [
    newSession(),
    newSession({ expiresAt: inDays(90), lastUsedAt: inDays(-6.9) }),
    newSession({ level: 2, authenticatedAt: null, userAgent: null }),
  ]
  const path = await lines(
    {
      id,
      emailVerified: true,
      email: `${id}@example.com`,
      sessions: [
        kept,
        long,
        newSession({ expiresAt: inDays(-1) }),
        newSession({ lastUsedAt: inDays(-7.1) }),
      ],
    },
    { id: other, sessions: [two, kept] },
  )
  const words = ['jsonl', '--from', path]
  const expected = { imported: 2, merged: 0, sessions: 3, skipped: [], leftOut: [] }
  assert.deepEqual(await report(words), expected)
  const rows = await rowsOf([id, other])
  assert.deepEqual(
    rows.map(({ key, level, agent }) => [key, level, agent]),
    [
      [kept.key, 1, 'Browser'],
      [two.key, 2, null],
      [long.key, 1, 'Browser'],
    ],
  )
  assert.ok(Math.abs((rows[2]?.days ?? 0) - 14) < 0.01)
  // Again with new ones: those of accounts that are here are added, and none twice.
  const later = await lines({ id, sessions: [kept, newSession()] })
  const again = await report(['jsonl', '--from', later, '--sessions-days', '5'])
  assert.deepEqual(again, { imported: 0, merged: 1, sessions: 1, skipped: [], leftOut: [] })
  assert.ok(Math.abs((await rowsOf([id]))[0]?.days ?? 0) < 5.01)
})

test('a later import makes no session usable again that was used, ended or belongs to an account that changed', async () => {
  const [used, ended, revoked] = [randomUUID(), randomUUID(), randomUUID()]
  const records = [used, ended, revoked].map((id) => ({
    id,
    email: `${id}@example.com`,
    emailVerified: true,
    sessions: [newSession()],
  }))
  const path = await lines(...records)
  const first = await report(['jsonl', '--from', path])
  assert.equal(first.sessions, 3)
  const before = await database.query(
    `update torii.imported_sessions set used_at = case when user_id = $1 then now() end,
       session_epoch = case when user_id = $2 then -1 else 0 end
     where user_id = any ($3::uuid[]) returning 1`,
    [used, ended, [used, ended]],
  )
  assert.equal(before.rows.length, 2)
  await storage.sessions.revokeAll(revoked as never)
  const more = records.map((record) => ({
    ...record,
    sessions: [...record.sessions, newSession()],
  }))
  const again = await report(['jsonl', '--from', await lines(...more)])
  assert.deepEqual(again, { imported: 0, merged: 3, sessions: 2, skipped: [], leftOut: [] })
  const { rows } = await database.query(
    `select count(*) filter (where used_at is not null)::int as used,
       count(*) filter (where session_epoch = -1)::int as ended
     from torii.imported_sessions where user_id = any ($1::uuid[])`,
    [[used, ended]],
  )
  assert.deepEqual(rows, [{ used: 1, ended: 1 }])
  assert.equal((await rowsOf([revoked])).length, 1)
})

test('a user who is imported as disabled gets no session', async () => {
  const id = randomUUID()
  const session = newSession()
  const path = await lines({ id, disabled: true, sessions: [session] })
  assert.equal((await report(['jsonl', '--from', path])).sessions, 1)
  const opening = {
    id: newSessionId(),
    secretHash: tokenHash(randomBytes(32)),
    ip: null,
    userAgent: null,
    idleSeconds: 60,
    absoluteSeconds: 60,
  }
  const outcome = await storage.sessions.openImported(
    tokenHash(Buffer.from(session.key, 'hex')),
    opening,
  )
  assert.deepEqual(outcome, { ok: false, reason: 'invalid_token' })
})

test('what is no session is left out with its reason, and the option is checked', async () => {
  const id = randomUUID()
  const bad: readonly unknown[] = [
    newSession({ key: 'x'.repeat(64) }),
    newSession({ key: keyOf('a').slice(2) }),
    newSession({ expiresAt: null }),
    newSession({ expiresAt: 'soon' }),
    newSession({ createdAt: null, authenticatedAt: null }),
    newSession({ authenticatedAt: '1912-01-01T00:00:00Z' }),
    newSession({ level: 3 }),
    newSession({ lastUsedAt: 'yesterday' }),
    null,
    'token',
  ]
  const path = await lines(
    { id, sessions: [...bad, newSession()] },
    { id: randomUUID(), sessions: 'x' },
  )
  const got = await report(['jsonl', '--from', path])
  assert.equal(got.sessions, 1)
  assert.deepEqual(got.leftOut, [
    {
      reason: 'session_invalid',
      count: bad.length + 1,
      examples: Array.from({ length: 3 }, () => `line 1 (id ${id})`),
    },
  ])
  for (const days of ['-1', '401', 'x', '1.5']) {
    const { status, stderr } = await importFile(['jsonl', '--from', path, '--sessions-days', days])
    assert.equal(status, 2)
    assert.match(stderr, /--sessions-days/)
  }
  const none = await lines({ id: randomUUID(), sessions: [newSession()] })
  const taken = await report(['jsonl', '--from', none, '--sessions-days', '0'])
  assert.equal(taken.sessions, undefined)
})

test('a dry run says how many sessions would go on, and stores none', async () => {
  const id = randomUUID()
  const path = await lines({ id, sessions: [newSession()] })
  const got = await report(['jsonl', '--from', path, '--dry-run'])
  assert.equal(got.sessions, 1)
  assert.deepEqual(await rowsOf([id]), [])
})
