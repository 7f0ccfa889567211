import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import type { UserId } from 'torii-core'
import {
  newOAuthAccountId,
  newPasskeyId,
  newSessionId,
  newUserId,
  PasswordHash,
  tokenHash,
} from 'torii-core'
import { elapse, testDatabase } from 'torii-testing'
import { afterAll, beforeEach, describe, test } from 'vitest'
import { PostgresStorage } from '../index.js'

const day = 86_400
const retention = { unverifiedAccountSeconds: 30 * day }

const db = await testDatabase()
const storage = await PostgresStorage.connect(db.url)
afterAll(() => storage.close())
const pass = (seconds: number) => elapse((text, values) => db.query(text, values), 'torii', seconds)
beforeEach(() => db.query('delete from torii.users'))

const newSession = (idleSeconds = 7 * day) => ({
  id: newSessionId(),
  secretHash: tokenHash(randomBytes(32)),
  methods: ['password'] as const,
  ip: null,
  userAgent: null,
  idleSeconds,
  absoluteSeconds: 365 * day,
})

async function newUser(more: { emailVerified?: boolean } = {}): Promise<UserId> {
  const id = newUserId()
  const passwordHash = new PasswordHash('$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA')
  const given = { id, email: `${id}@example.com`, passwordHash, ...more }
  assert.ok((await storage.users.register(given)).ok)
  return id
}
const isThere = async (id: UserId) => (await storage.users.find(id)) !== null
const sweep = async () => (await storage.sweep(retention)).deleted.users

describe('sweep({ unverifiedAccountSeconds })', () => {
  test('deletes an account that was never verified, counted from its creation, and not one day earlier', async () => {
    const id = await newUser()
    await storage.magicLinks.issue({
      email: `${id}@example.com`,
      tokenHash: tokenHash(randomBytes(32)),
      codeHash: null,
      lifetimeSeconds: 60 * day,
      charges: null,
    })
    await pass(29 * day)
    await storage.users.updateProfile(id, { name: 'Ada' })
    assert.equal(await sweep(), 0)
    await pass(day + 1)
    assert.ok(await isThere(id))
    assert.equal(await sweep(), 1)
    assert.equal(await isThere(id), false)
    for (const table of ['users', 'user_emails', 'passwords', 'magic_links']) {
      const { rows } = await db.query(`select 1 from torii.${table}`)
      assert.equal(rows.length, 0, table)
    }
    // The address is free again.
    const again = { id: newUserId(), email: `${id}@example.com` }
    assert.ok((await storage.users.register(again)).ok)
  })

  test('is off by default', async () => {
    const id = await newUser()
    await pass(1000 * day)
    assert.equal((await storage.sweep()).deleted.users, undefined)
    assert.equal((await storage.sweep({})).deleted.users, undefined)
    assert.equal((await storage.sweep({ unverifiedAccountSeconds: null })).deleted.users, undefined)
    assert.ok(await isThere(id))
  })

  test('refuses less than a day', async () => {
    for (const seconds of [0, 1, day - 1, -1, Number.NaN, 1.5, '86400'])
      await assert.rejects(
        storage.sweep({ unverifiedAccountSeconds: seconds as number }),
        /unverifiedAccountSeconds/,
      )
  })

  /** What keeps an old account, each alone, and what takes it away again. */
  const reasons: Readonly<
    Record<
      string,
      {
        given?: object
        keep?: (id: UserId) => Promise<unknown>
        end?: (id: UserId) => Promise<unknown>
      }
    >
  > = {
    'a verified email': { given: { emailVerified: true } },
    'no email': {
      keep: (id) =>
        db.query(
          `with e as (delete from torii.user_emails where user_id = $1)
           update torii.users set email = null, email_key = null where id = $1`,
          [id],
        ),
    },
    'an administrator who disabled it': {
      keep: (id) => storage.users.disable(id),
      end: (id) => storage.users.enable(id),
    },
    'a live session': {
      keep: (id) => storage.sessions.open(id, newSession()),
      end: () => pass(8 * day),
    },
    'a linked provider': {
      keep: (id) =>
        db.query(
          `insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch)
           values ('p', $1::text, $2, $1::uuid, 0)`,
          [id, newOAuthAccountId()],
        ),
      end: (id) =>
        db.query('update torii.users set owner_epoch = owner_epoch + 1 where id = $1', [id]),
    },
    'a passkey': {
      keep: async (id) => {
        const session = newSession(365 * day)
        assert.ok((await storage.sessions.open(id, session)).ok)
        const actor = { userId: id, sessionId: session.id, epochs: { session: 0, owner: 0 } }
        const added = await storage.passkeys.add(actor, newPasskey(), { max: 10 })
        assert.ok(added.ok)
        await storage.sessions.revoke(id, session.id)
      },
      end: (id) => db.query('delete from torii.passkeys where user_id = $1', [id]),
    },
  }
  const newPasskey = () => ({
    id: newPasskeyId(),
    credentialId: new Uint8Array(randomBytes(32)),
    publicKey: new Uint8Array(randomBytes(77)),
    signCount: 0,
    userHandle: new Uint8Array(randomBytes(64)),
    userVerified: true,
    backupEligible: true,
    backedUp: true,
    aaguid: '00000000-0000-0000-0000-000000000000',
    transports: [],
    name: 'Key',
  })

  for (const [what, { given = {}, keep, end }] of Object.entries(reasons))
    test(`keeps an account with ${what}`, async () => {
      const [id, other] = [await newUser(given), await newUser()]
      await pass(40 * day)
      await keep?.(id)
      assert.equal(await sweep(), 1)
      assert.deepEqual([await isThere(id), await isThere(other)], [true, false])
      if (end === undefined) return
      await end(id)
      assert.equal(await sweep(), 1)
      assert.equal(await isThere(id), false)
    })

  test('keeps an account that a row of the application refers to, and deletes the others', async () => {
    await db.query('create table public.customers (user_id uuid references torii.users (id))')
    const ids = [await newUser(), await newUser(), await newUser()]
    await db.query('insert into public.customers values ($1)', [ids[1]])
    await pass(40 * day)
    assert.equal(await sweep(), 2)
    assert.deepEqual(await Promise.all(ids.map(isThere)), [false, true, false])
    await db.query('drop table public.customers')
  })

  test('of four sweeps at once, each account is counted by one', async () => {
    for (let user = 0; user < 40; user += 1) await newUser()
    await pass(40 * day)
    const counts = await Promise.all(Array.from({ length: 4 }, sweep))
    assert.equal(
      counts.reduce<number>((sum, count) => sum + (count ?? 0), 0),
      40,
    )
  })

  test('a verification during the sweep wins, or the account is gone: never both', async () => {
    const seen = { verified: 0, gone: 0 }
    for (let round = 0; round < 40; round += 1) {
      const id = await newUser()
      await pass(40 * day)
      const verify = () => storage.users.verifyEmail(id, `${id}@example.com`)
      const [user, count] = await Promise.all(
        round % 2 === 0 ? [verify(), sweep()] : [sweep().then(verify), 0],
      )
      const isGone = !(await isThere(id))
      if (round % 2 === 0) assert.equal(count === 1, isGone)
      assert.equal(user === null, isGone)
      seen[isGone ? 'gone' : 'verified'] += 1
      await db.query('delete from torii.users')
    }
    assert.ok(seen.verified > 0 && seen.gone > 0, JSON.stringify(seen))
  })

  for (const [what, begun, after] of [
    [
      'is verified',
      'update torii.users set email_verified_at = now() where id = $1',
      'select 1 from torii.users where id = $1 and email_verified_at is not null',
    ],
    [
      'gets a session',
      `insert into torii.sessions (user_id, id, secret_hash, epoch, methods, expires_at, absolute_expires_at)
       values ($1, '018f0000-0000-7000-8000-00000000000a', sha256('x'), 0, '{password}', now() + interval '1 day', now() + interval '1 day')`,
      'select 1 from torii.sessions where user_id = $1',
    ],
    [
      'gets a provider',
      `insert into torii.oauth_accounts (provider, subject, id, user_id, owner_epoch)
       values ('late', $1::text, '018f0000-0000-7000-8000-00000000000a', $1::uuid, 0)`,
      'select 1 from torii.oauth_accounts where user_id = $1',
    ],
  ] as const)
    test(`an account that ${what} while the sweep waits for it stays`, async () => {
      const id = await newUser()
      await pass(40 * day)
      const client = await db.connect()
      await client.query('begin')
      await client.query(begun, [id])
      const sweeping = sweep()
      const waiting = async () =>
        (
          await db.query(
            "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
          )
        ).rows.length > 0
      for (let tries = 0; !(await waiting()) && tries < 500; tries += 1);
      assert.ok(await waiting())
      await client.query('commit')
      assert.equal(await sweeping, 0)
      assert.equal((await db.query(after, [id])).rows.length, 1)
    })
})
