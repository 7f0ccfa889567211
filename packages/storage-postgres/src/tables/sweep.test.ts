import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { newSessionId, newUserId, tokenHash } from 'torii-core'
import type { TestDatabase } from 'torii-testing'
import { elapse, testDatabase } from 'torii-testing'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'
import {
  answerOf,
  beginSignIn,
  enroll,
  newTrust,
  startEnrollment,
} from '../test/races/enrollment.test.support.js'
import { signUp } from '../test/races/people.test.support.js'

const day = 86_400

describe('sweep', () => {
  let db: TestDatabase
  let storage: PostgresStorage
  beforeAll(async () => {
    db = await testDatabase()
    storage = await PostgresStorage.connect(db.url)
  })
  afterAll(() => storage.close())

  const newSession = (idleSeconds: number) => ({
    id: newSessionId(),
    secretHash: tokenHash(randomBytes(32)),
    methods: ['password'] as const,
    ip: null,
    userAgent: null,
    idleSeconds,
    absoluteSeconds: 30 * day,
  })

  async function newUser(): Promise<ReturnType<typeof newUserId>> {
    const id = newUserId()
    const made = await storage.users.register({ id, email: `${id}@example.com` })
    assert.ok(made.ok)
    return id
  }

  const count = async (table: string): Promise<number> => {
    const { rows } = await db.query<{ count: number }>(
      `select count(*)::int as count from torii.${table}`,
    )
    return rows[0]?.count ?? -1
  }

  /** Sessions in bulk, on enough pages for several ranges. */
  const fill = (userId: string, sessions: number, lifetime: string) =>
    db.query(
      `insert into torii.sessions (user_id, id, secret_hash, epoch, methods, expires_at, absolute_expires_at)
       select $1::uuid, md5(random()::text || i)::uuid, sha256(i::text::bytea), 0, '{password}',
         now() + $3::interval, now() + interval '30 days'
       from generate_series(1, $2::int) i`,
      [userId, sessions, lifetime],
    )

  test('R6.1 deletes expired sessions and leaves live ones, by four sweepers during touches', async () => {
    const userId = await newUser()
    await fill(userId, 20_000, '-1 minute')
    const live = Array.from({ length: 200 }, () => newSession(7 * day))
    for (const session of live) assert.ok((await storage.sessions.open(userId, session)).ok)
    await db.query(
      "update torii.sessions set last_active_at = now() - interval '1 hour' where expires_at > now()",
    )
    const touches = live.map(({ id, secretHash }) =>
      storage.sessions.touch(
        { userId, id, secretHash },
        { idleSeconds: 7 * day, touchSeconds: 60 },
      ),
    )
    const swept = await Promise.all(Array.from({ length: 4 }, () => storage.sweep()))
    assert.ok((await Promise.all(touches)).every((touched) => touched !== null))
    // A range that two sweepers read at once is left to one of them: nothing is counted twice.
    const deleted = swept.reduce((sum, counts) => sum + (counts.deleted.sessions ?? 0), 0)
    const rest = (await storage.sweep()).deleted.sessions ?? 0
    assert.equal(deleted + rest, 20_000)
    assert.equal(await count('sessions'), 200)
  })

  test('deletes what an epoch has ended, in every table that carries one', async () => {
    const userId = await newUser()
    assert.ok((await storage.sessions.open(userId, newSession(day))).ok)
    await db.query("insert into torii.passwords (user_id, hash, owner_epoch) values ($1, 'h', 0)", [
      userId,
    ])
    await db.query(
      `insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch)
       values ('p', $1::text, $1::uuid, $1::uuid, 0)`,
      [userId],
    )
    await storage.sweep()
    const before = [
      await count('sessions'),
      await count('passwords'),
      await count('oauth_accounts'),
    ]
    await db.query(
      'update torii.users set session_epoch = session_epoch + 1, owner_epoch = owner_epoch + 1 where id = $1',
      [userId],
    )
    const { deleted } = await storage.sweep()
    assert.deepEqual([deleted.sessions, deleted.passwords, deleted.oauth_accounts], [1, 1, 1])
    const now = [await count('sessions'), await count('passwords'), await count('oauth_accounts')]
    assert.deepEqual(
      now,
      before.map((rows) => rows - 1),
    )
  })

  test('leaves the token that undoes a second factor, which an epoch does not end', async () => {
    const owner = await signUp(storage)
    const secretHash = tokenHash(randomBytes(32))
    await enroll(storage, owner, secretHash)
    await storage.sessions.revokeAll(owner.id)
    await storage.sweep()
    const key = { userId: owner.id, secretHash }
    const undone = await storage.verificationTokens.undoSecondFactor(key, {
      ipAddress: null,
      usedBy: null,
    })
    assert.equal(undone.ok, true)
  })

  test('deletes pending sign-ins and enrollments that are over, and factors and codes that count no more', async () => {
    const tables = ['pending_sign_ins', 'totp_enrollments', 'totp_factors', 'recovery_codes']
    const counts = async () => {
      const { deleted } = await storage.sweep()
      return tables.map((table) => deleted[table])
    }
    const [owner, waiting] = [await signUp(storage), await signUp(storage)]
    const { step } = await enroll(storage, owner)
    await startEnrollment(storage, waiting)
    await beginSignIn(storage, owner)
    await counts()
    assert.deepEqual(await counts(), [0, 0, 0, 0])
    // A raised epoch ends what waits, and leaves the factor.
    await storage.sessions.revokeAll(owner.id)
    assert.deepEqual(await counts(), [1, 0, 0, 0])
    const pending = await beginSignIn(storage, owner)
    await elapse((text, values) => db.query(text, values), 'torii', 601)
    assert.deepEqual(await storage.secondFactors.signIn(answerOf(pending, step + 1)), {
      ok: false,
      reason: 'invalid_token',
    })
    assert.deepEqual(await counts(), [1, 1, 0, 0])
    const trusted = async () => (await storage.sweep()).deleted.trusted_browsers
    const trust = async (place: number) => {
      const answer = answerOf(await beginSignIn(storage, owner), step + place)
      assert.ok((await storage.secondFactors.signIn({ ...answer, trust: newTrust() })).ok)
    }
    await trust(2)
    assert.equal(await trusted(), 0)
    await elapse((text, values) => db.query(text, values), 'torii', 31 * day)
    assert.equal(await trusted(), 1)
    await trust(3)
    await storage.sessions.revokeAll(owner.id)
    assert.equal(await trusted(), 1)
    // As a first proof of the mailbox does.
    await db.query(
      'update torii.users set owner_epoch = owner_epoch + 1, session_epoch = session_epoch + 1 where id = $1',
      [owner.id],
    )
    const [pendings, enrollments, factors, codes] = await counts()
    assert.deepEqual([pendings, enrollments, factors], [0, 0, 1])
    // The codes go with their factor, in this sweep or in the next one.
    const [, , , later] = await counts()
    assert.equal((codes ?? 0) + (later ?? 0), 10)
  })

  test('forgets counts of attempts when their time is over, not before', async () => {
    const key = tokenHash(randomBytes(32))
    await db.query(
      `insert into torii.rate_limits
       values ($1, 1, 10, 10, 1, 100, now(), now(), now(), now() + interval '1 day')`,
      [key],
    )
    assert.equal((await storage.sweep()).deleted.rate_limits, 0)
    await elapse((text, values) => db.query(text, values), 'torii', 2 * day)
    assert.equal((await storage.sweep()).deleted.rate_limits, 1)
  })

  test('keeps a used OAuth state for an hour after its end', async () => {
    const started = await storage.oauthStates.start({ lifetimeSeconds: 600, ipAddress: null })
    assert.ok(started.ok)
    const { expiresAt, globalEpoch } = started
    const state = { hash: tokenHash(randomBytes(32)), expiresAt, globalEpoch }
    assert.equal(await storage.oauthStates.use(state), true)
    const pass = (seconds: number) =>
      elapse((text, values) => db.query(text, values), 'torii', seconds)
    await pass(600 + 3590)
    assert.equal((await storage.sweep()).deleted.used_oauth_states, 0)
    await pass(20)
    assert.equal((await storage.sweep()).deleted.used_oauth_states, 1)
  })

  test('a row that another transaction holds is left for later, without waiting', async () => {
    const userId = await newUser()
    await fill(userId, 10, '-1 minute')
    const holder = await db.connect()
    await holder.query('begin')
    await holder.query('select 1 from torii.sessions where expires_at < now() limit 3 for update')
    assert.equal((await storage.sweep()).deleted.sessions, 7)
    await holder.query('rollback')
    assert.equal((await storage.sweep()).deleted.sessions, 3)
  })

  test('revokeAllSessionsAndTokens() revokes all sessions and pending tokens and keeps sign-in methods', async () => {
    const people = await Promise.all(Array.from({ length: 5 }, newUser))
    const sessions = people.map((userId) => ({ userId, session: newSession(day) }))
    for (const { userId, session } of sessions)
      assert.ok((await storage.sessions.open(userId, session)).ok)
    await storage.passkeyChallenges.store({
      challengeHash: tokenHash(randomBytes(32)),
      ceremony: 'authenticate',
      holder: { kind: 'anyone' },
      lifetimeSeconds: day,
      ipAddress: null,
    })
    const started = await storage.oauthStates.start({ lifetimeSeconds: 600, ipAddress: null })
    assert.ok(started.ok)
    const { expiresAt, globalEpoch } = started
    const state = { hash: tokenHash(randomBytes(32)), expiresAt, globalEpoch }
    assert.equal(await storage.oauthStates.use(state), true)
    const pending = await beginSignIn(storage, await enroll(storage, await signUp(storage)))
    assert.equal(await storage.revokeAllSessionsAndTokens(), await count('users'))
    assert.equal(await storage.secondFactors.findPending(pending), null)
    for (const { userId, session } of sessions) {
      const key = { userId, id: session.id, secretHash: session.secretHash }
      assert.equal(await storage.sessions.validate(key, { touchSeconds: 60 }), null)
      assert.ok((await storage.sessions.open(userId, newSession(day))).ok)
    }
    // It waits for the sweep as an expired one does.
    assert.equal(await count('passkey_challenges'), 1)
    assert.equal((await storage.sweep()).deleted.passkey_challenges, 1)
    assert.equal(await storage.oauthStates.use(state), false)
    // A flow in progress has ended, and a new one has not.
    const unused = { ...state, hash: tokenHash(randomBytes(32)) }
    assert.equal((await storage.oauthStates.check({ state: unused })).ok, false)
    assert.equal(await storage.oauthStates.use(unused), false)
    const again = await storage.oauthStates.start({ lifetimeSeconds: 600, ipAddress: null })
    assert.ok(again.ok && again.globalEpoch > globalEpoch)
    assert.equal(await storage.oauthStates.use({ ...unused, globalEpoch: again.globalEpoch }), true)
  })
})

describe('health check', () => {
  test('tells versions, clock and that no pooler stands between', async () => {
    const db = await testDatabase()
    const storage = await PostgresStorage.connect(db.url)
    const health = await storage.healthCheck()
    assert.ok(health.connected)
    assert.equal(health.schemaVersion, (await storage.migrationStatus()).latest)
    assert.equal(health.readOnly, false)
    assert.equal(health.pooler, 'none')
    assert.ok(Math.abs(health.clockDifferenceSeconds) < 60)
    await storage.close()
    assert.deepEqual(await storage.healthCheck(), {
      connected: false,
      code: 'ERR_CLOSED',
      message: 'the storage was closed',
    })
  })

  test('tells a read-only server and a database without tables', async () => {
    const { url } = await testDatabase({ empty: true })
    const readOnly = new URL(url)
    readOnly.searchParams.set('options', '-c default_transaction_read_only=on')
    const storage = await PostgresStorage.connect(readOnly.href)
    const health = await storage.healthCheck()
    assert.ok(health.connected)
    assert.deepEqual([health.readOnly, health.schemaVersion], [true, 0])
    await storage.close()
  })
})

test('a sweep refuses a table that keeps its rows in others: its size says nothing', async () => {
  const db = await testDatabase()
  const storage = await PostgresStorage.connect(db.url)
  await db.query('drop table torii.used_oauth_states')
  await db.query(
    `create table torii.used_oauth_states (state_hash bytea, expires_at timestamptz not null)
     partition by range (expires_at)`,
  )
  await db.query(
    'create table torii.used_oauth_states_all partition of torii.used_oauth_states default',
  )
  // An empty one has nothing to sweep.
  assert.equal((await storage.sweep()).deleted.used_oauth_states, 0)
  await db.query("insert into torii.used_oauth_states values ('x', now() - interval '1 day')")
  await assert.rejects(storage.sweep(), {
    code: 'ERR_STORAGE',
    message: /^the table used_oauth_states cannot be swept: it is partitioned or distributed/,
  })
  await assert.rejects(storage.sweepIfDue({ everySeconds: 60 }), { code: 'ERR_STORAGE' })
  await storage.close()
})
