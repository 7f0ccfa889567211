import assert from 'node:assert/strict'
import type { CallerTransaction, User } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import { test } from 'vitest'
import type { ToriiEvent } from '../index.js'
import { Torii } from '../index.js'
import {
  baseUrl,
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
  signUp,
} from '../test/site.test.support.js'

const site = await openTestSite()
const { db, storage } = site
const wrong = 'not this one, surely'
await db.query(
  'create table public.customers (user_id uuid primary key references torii.users (id))',
)

/** A Torii that keeps the trail, and the events it emitted. */
function audited(options: Parameters<typeof site.with>[0] = {}) {
  const emitted: ToriiEvent[] = []
  const torii = site.with({ audit: true, onEvent: (event) => emitted.push(event), ...options })
  return { torii, emitted, types: () => emitted.map(({ type }) => type) }
}

const addCustomer = async (tx: CallerTransaction, user: User): Promise<void> => {
  await tx.query('insert into public.customers values ($1)', [user.id])
}

const trailOf = async (userId: string): Promise<string[]> => {
  const { rows } = await db.query<{ type: string }>(
    'select type from torii.audit_events where user_id = $1 order by at, id',
    [userId],
  )
  return rows.map(({ type }) => type)
}

/** How many rows there are of each: the address, the trail, the application's own table. */
async function countRows(email: string): Promise<Record<string, number>> {
  const { rows } = await db.query(
    `select (select count(*)::int from torii.users where email = $1) as users,
       (select count(*)::int from torii.audit_events) as events,
       (select count(*)::int from public.customers) as customers`,
    [email],
  )
  return rows[0] as Record<string, number>
}

test('with neither trail nor hook nothing is kept and no transaction is opened', async () => {
  const emitted: ToriiEvent[] = []
  const torii = site.with({ onEvent: (event) => emitted.push(event) })
  const { result, statements } = await site.counted(() =>
    torii.password.register({ email: newEmail(), password }, requestInfo),
  )
  assert.ok(result.ok)
  assert.equal(statements, 2)
  assert.deepEqual(
    emitted.map(({ type }) => type),
    ['user_created', 'signed_in'],
  )
  assert.deepEqual(await trailOf(result.user.id), [])
})

test('with the trail an act and its events are one short transaction', async () => {
  const { torii, types } = audited()
  const made = await site.counted(() => signUp(torii))
  // The charge; then begin, the account, its events, commit.
  assert.equal(made.statements, 5)
  const { user, token } = made.result
  assert.deepEqual(await trailOf(user.id), types())
  const signedOut = await site.counted(() => torii.sessions.signOut(token))
  assert.equal(signedOut.statements, 4)
  assert.deepEqual(await trailOf(user.id), ['user_created', 'signed_in', 'signed_out'])
})

test('V16.3.1 an event says who, when, where and what, and nothing secret', async () => {
  const { torii } = audited()
  const email = newEmail()
  const made = await signUp(torii, email)
  const { events } = await torii.admin.audit({ userId: made.user.id })
  const { id: _, at, ...rest } = events[0] ?? assert.fail()
  assert.ok(Math.abs(at.getTime() - made.user.createdAt.getTime()) < 60_000)
  assert.deepEqual(rest, {
    type: 'signed_in',
    userId: made.user.id,
    sessionId: made.session.id,
    ...requestInfo,
    detail: { method: 'password' },
  })
  const text = JSON.stringify(events)
  for (const secret of [email, password, made.token.reveal(), 'argon2'])
    assert.ok(!text.includes(secret))
})

test('T4.56 a refusal is kept after the answer, which does not wait for that statement', async () => {
  const { torii, types } = audited()
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok)
  const none = { ip: null, userAgent: null }
  for (const address of [email, newEmail()]) {
    const { result, statements } = await site.counted(() =>
      torii.password.authenticate({ email: address, password: wrong }, none),
    )
    assert.equal(result.ok, false)
    assert.equal(statements, 1)
    await torii.settled()
  }
  assert.deepEqual(await trailOf(made.user.id), ['user_created', 'signed_in', 'sign_in_failed'])
  assert.deepEqual(types().slice(2), ['sign_in_failed', 'sign_in_failed'])
})

test('what a lock refuses is emitted as an event, but fills no table', async () => {
  const { torii, types } = audited()
  const email = newEmail()
  const none = { ip: null, userAgent: null }
  const tryOnce = () => torii.password.authenticate({ email, password: wrong }, none)
  for (let tries = 0; tries < 10; tries += 1) await tryOnce()
  await torii.settled()
  const before = await countRows(email)
  await tryOnce()
  await torii.settled()
  assert.equal(types().at(-1), 'attempts_refused')
  assert.deepEqual(await countRows(email), before)
})

test('a trail that cannot be kept ends the act: neither is done', async () => {
  const { torii, emitted } = audited()
  const email = newEmail()
  await db.query(
    "alter table torii.audit_events add constraint torn check (type <> 'user_created') not valid",
  )
  const before = await countRows(email)
  await assert.rejects(torii.password.register({ email, password }, requestInfo))
  await db.query('alter table torii.audit_events drop constraint torn')
  assert.deepEqual(await countRows(email), before)
  assert.deepEqual(emitted, [])
})

test('a connection killed before the commit leaves neither account, event nor customer', async () => {
  const emitted: ToriiEvent[] = []
  const own = await PostgresStorage.connect(db.url)
  const torii = new Torii(own, {
    baseUrl,
    audit: true,
    onEvent: (event) => emitted.push(event),
    hooks: {
      async onUserCreated(tx, user) {
        await addCustomer(tx, user)
        await tx.query('select pg_terminate_backend(pg_backend_pid())')
      },
    },
  })
  const email = newEmail()
  const before = await countRows(email)
  await assert.rejects(torii.password.register({ email, password }, requestInfo))
  await own.close()
  assert.deepEqual(await countRows(email), before)
  assert.deepEqual(emitted, [])
})

test('events are deleted by the sweep once their time is over', async () => {
  const { torii } = audited({ audit: { retentionSeconds: 3600 } })
  const made = await torii.password.register({ email: newEmail(), password }, requestInfo)
  assert.ok(made.ok)
  await storage.sweep()
  assert.equal((await trailOf(made.user.id)).length, 2)
  await db.query(
    `update torii.audit_events set at = at - interval '3601 seconds',
       expires_at = expires_at - interval '3601 seconds' where user_id = $1`,
    [made.user.id],
  )
  assert.deepEqual((await torii.admin.audit({ userId: made.user.id })).events, [])
  const { deleted } = await storage.sweep()
  assert.ok((deleted.audit_events ?? 0) >= 2)
  assert.deepEqual(await trailOf(made.user.id), [])
})

test('T10.166 a handler that throws or rejects breaks nothing, misses nothing, and is logged', async () => {
  for (const fail of [
    () => {
      throw new Error('handler')
    },
    () => Promise.reject(new Error('handler')),
  ]) {
    const heard: string[] = []
    const torii = site.with({
      onEvent: ({ type }) => {
        heard.push(type)
        return fail()
      },
    })
    const made = await signUp(torii)
    assert.notEqual(await torii.sessions.validate(made.token), null)
    assert.deepEqual(heard, ['user_created', 'signed_in'])
    await new Promise(setImmediate)
    const failures = site.events.splice(0).filter(({ event }) => event === 'event_handler_failed')
    assert.equal(failures.length, 1)
    const [failure] = failures
    assert.ok(failure?.event === 'event_handler_failed' && failure.error instanceof Error)
    assert.deepEqual([failure.type, failure.count], ['user_created', 1])
  }
})

test('onUserCreated shares the commit, and costs only its own transaction', async () => {
  const torii = site.with({ hooks: { onUserCreated: addCustomer } })
  const { result, statements } = await site.counted(() => signUp(torii))
  // The charge; then begin, the account, the hook's own statement, commit.
  assert.equal(statements, 5)
  const { rows } = await db.query('select user_id from public.customers where user_id = $1', [
    result.user.id,
  ])
  assert.equal(rows.length, 1)
  const out = await site.counted(() => torii.sessions.signOut(result.token))
  assert.equal(out.statements, 1, 'an operation that creates no user opens no transaction')
})

test('onUserCreated that throws makes no account, whichever way it was to be made', async () => {
  const emitted: ToriiEvent[] = []
  const torii = site.with({
    onEvent: (event) => emitted.push(event),
    hooks: { onUserCreated: () => Promise.reject(new Error('no customers today')) },
  })
  const ways: ((email: string) => Promise<unknown>)[] = [
    (email) => torii.password.register({ email, password }, requestInfo),
    (email) => torii.admin.create({ email }),
    async (email) => {
      const { token } = await torii.magicLink.create({ email })
      return torii.magicLink.authenticate({ token }, requestInfo)
    },
    (email) => storage.transaction((tx) => torii.with(tx).admin.create({ email })),
  ]
  for (const way of ways) {
    const email = newEmail()
    const before = await countRows(email)
    await assert.rejects(way(email), /no customers today/)
    assert.deepEqual(await countRows(email), before)
  }
  assert.deepEqual(
    emitted.filter(({ type }) => type !== 'magic_link_requested'),
    [],
  )
})

test('onUserCreated runs for no one who was there already', async () => {
  const seen: string[] = []
  const torii = site.with({
    hooks: { onUserCreated: async (_, user) => void seen.push(user.id) },
  })
  const email = newEmail()
  const first = await torii.password.register({ email, password }, requestInfo)
  assert.ok(first.ok)
  assert.equal((await torii.password.register({ email, password }, requestInfo)).ok, false)
  assert.equal((await torii.admin.create({ email })).ok, false)
  assert.ok((await torii.password.authenticate({ email, password }, requestInfo)).ok)
  assert.deepEqual(seen, [first.user.id])
})

test('with(tx): no event is emitted before the commit, all of it after, nothing after a rollback', async () => {
  const { torii, types } = audited({ hooks: { onUserCreated: addCustomer } })
  const register = async (fails: boolean) => {
    const email = newEmail()
    const prepared = await torii.password.prepare({ email, password }, requestInfo)
    assert.ok(prepared.ok)
    await storage.transaction(async (tx) => {
      const made = await torii.with(tx).password.register(prepared)
      assert.ok(made.ok)
      assert.deepEqual(types(), [])
      if (fails) throw new Error('rolled back')
    })
    return email
  }
  const before = await countRows('')
  await assert.rejects(register(true), /rolled back/)
  assert.deepEqual(await countRows(''), before)
  assert.deepEqual(types(), [])
  const email = await register(false)
  assert.deepEqual(types(), ['user_created', 'signed_in'])
  assert.deepEqual(await countRows(email), {
    users: 1,
    events: (before.events ?? 0) + 2,
    customers: (before.customers ?? 0) + 1,
  })
})

test('withClient: the application says that it has committed', async () => {
  const { torii, types } = audited()
  const client = await db.connect()
  const create = async (end: 'commit' | 'rollback') => {
    await client.query('begin')
    const inTransaction = torii.with(storage.withClient(client))
    const made = await inTransaction.admin.create({ email: newEmail() })
    assert.ok(made.ok)
    await client.query(end)
    assert.deepEqual(types(), [])
    return { inTransaction, id: made.user.id }
  }
  const lost = await create('rollback')
  assert.deepEqual(await trailOf(lost.id), [])
  const done = await create('commit')
  assert.deepEqual(await trailOf(done.id), ['user_created'])
  done.inTransaction.committed()
  done.inTransaction.committed()
  assert.deepEqual(types(), ['user_created'], 'emitted once')
})
