import assert from 'node:assert/strict'
import { InvalidInputError } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import { test } from 'vitest'
import type { ToriiEvent } from '../../index.js'
import { Torii } from '../../index.js'
import {
  baseUrl,
  goodPassword,
  newEmail,
  openTestSite,
  requestInfo,
} from '../../test/site.test.support.js'

const emitted: ToriiEvent[] = []
const site = await openTestSite({ audit: true, onEvent: (event) => emitted.push(event) })
const { torii, db } = site
const { admin } = torii
const unknownId = '00000000-0000-7000-8000-000000000000'
const wrongPassword = 'not this one, surely'

async function signUp(email = newEmail()) {
  const made = await torii.password.register({ email, password: goodPassword }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  return { email, id: made.user.id, token: made.token, session: made.session }
}

const signIn = (email: string, password = goodPassword) =>
  torii.password.authenticate({ email, password }, { ip: null, userAgent: null })

/** Runs `work` and returns the events that it emitted. */
async function eventsOf<Result>(work: () => Promise<Result>) {
  const before = emitted.length
  const result = await work()
  return { result, events: emitted.slice(before) }
}

test('users() finds by the start of an email address and by id, in pages', async () => {
  const made = []
  for (const name of ['zoe1', 'zoe2', 'zoe3']) made.push(await signUp(`${name}@pages.example`))
  const first = await admin.users({ search: ' ZOE', limit: 2 })
  assert.deepEqual(
    first.users.map(({ email }) => email),
    ['zoe1@pages.example', 'zoe2@pages.example'],
  )
  assert.ok(first.next)
  const second = await admin.users({ search: 'zoe', limit: 2, after: first.next })
  assert.deepEqual(
    second.users.map(({ email }) => email),
    ['zoe3@pages.example'],
  )
  assert.equal(second.next, null)
  const id = made[1]?.id ?? ''
  for (const search of [id, id.toUpperCase()])
    assert.deepEqual(
      (await admin.users({ search })).users.map((user) => user.id),
      [id],
    )
  const newest = await admin.users({ limit: 1 })
  assert.equal(newest.users[0]?.id, made[2]?.id)
})

test('users() accepts any search text; a text that starts no email address finds no user', async () => {
  for (const search of ['é', 'two words', "' or 1=1 --", '%', '_', 'x'.repeat(10_000), unknownId])
    assert.deepEqual(await admin.users({ search }), { users: [], next: null })
  await assert.rejects(admin.users({ after: 'not a cursor' }), InvalidInputError)
  await assert.rejects(admin.users({ limit: 201 }), InvalidInputError)
})

test('user() returns the account with its sessions, sign-in methods and counters', async () => {
  const person = await signUp()
  await signIn(person.email, wrongPassword)
  const view = await admin.user(person.id)
  assert.ok(view)
  assert.equal(view.user.email, person.email)
  assert.deepEqual(
    view.sessions.map(({ id }) => id),
    [person.session.id],
  )
  assert.deepEqual([view.password, view.oauthAccounts, view.passkeys], [true, [], []])
  assert.deepEqual(view.attempts, {
    password: { state: 'open', failures: 1 },
    codes: { state: 'open', failures: 0 },
    mails: {
      enrollment_code: { state: 'open', failures: 0 },
      magic_link: { state: 'open', failures: 0 },
      verify_email: { state: 'open', failures: 0 },
      reset_password: { state: 'open', failures: 0 },
      change_email: { state: 'open', failures: 0 },
    },
  })
  const text = JSON.stringify(view)
  for (const secret of [person.token.reveal(), 'argon2', goodPassword])
    assert.ok(!text.includes(secret))
})

test('create() creates an account without a password, verified or not', async () => {
  for (const emailVerified of [true, false]) {
    const email = newEmail()
    const { result, events } = await eventsOf(() =>
      admin.create({ email, emailVerified, name: 'Ann', metadata: { plan: 'team' } }),
    )
    assert.ok(result.ok)
    const { user } = result
    assert.deepEqual(
      [user.email, user.name, user.metadata, user.emailVerifiedAt !== null],
      [email, 'Ann', { plan: 'team' }, emailVerified],
    )
    assert.equal((await admin.user(user.id))?.password, false)
    assert.deepEqual(
      events.map(({ type, detail }) => [type, detail]),
      [
        ['user_created', { method: 'admin' }],
        ...(emailVerified ? [['email_verified', { by: 'admin' }]] : []),
      ],
    )
    const again = await eventsOf(() => admin.create({ email: email.toUpperCase() }))
    assert.deepEqual(again, { result: { ok: false, reason: 'email_taken' }, events: [] })
  }
})

test('create() refuses invalid input before any query', async () => {
  const email = newEmail()
  const bad: unknown[] = [
    null,
    {},
    { email: 'nobody' },
    { email, emailVerified: 'yes' },
    { email, id: unknownId },
    { email, password: goodPassword },
    { email, name: '' },
  ]
  for (const input of bad) {
    const { statements } = await site.counted(() =>
      // Callers without types send anything.
      assert.rejects(admin.create(input as { email: string }), InvalidInputError),
    )
    assert.equal(statements, 0)
  }
})

test('T2.31 disable() ends the sessions and refuses sign-ins until enable()', async () => {
  const person = await signUp()
  const disabled = await eventsOf(() => admin.disable(person.id))
  assert.notEqual(disabled.result?.disabledAt, null)
  assert.deepEqual(
    disabled.events.map(({ type, detail }) => [type, detail]),
    [['user_disabled', { by: 'admin' }]],
  )
  assert.equal(await torii.sessions.validate(person.token), null)
  assert.deepEqual(await signIn(person.email), { ok: false, reason: 'invalid_credentials' })
  const enabled = await eventsOf(() => admin.enable(person.id))
  assert.equal(enabled.result?.disabledAt, null)
  assert.deepEqual(
    enabled.events.map(({ type }) => type),
    ['user_enabled'],
  )
  assert.equal(await torii.sessions.validate(person.token), null, 'old sessions stay ended')
  assert.ok((await signIn(person.email)).ok)
})

test('delete() deletes an account', async () => {
  const person = await signUp()
  const { result, events } = await eventsOf(() => admin.delete(person.id))
  assert.equal(result, true)
  assert.deepEqual(
    events.map(({ type, detail }) => [type, detail]),
    [['user_deleted', { by: 'admin' }]],
  )
  assert.equal(await admin.user(person.id), null)
  assert.equal(await torii.sessions.validate(person.token), null)
})

test('verifyEmail() verifies only the current email address of the account', async () => {
  const person = await signUp()
  assert.equal(await admin.verifyEmail(person.id, newEmail()), null)
  const { result, events } = await eventsOf(() => admin.verifyEmail(person.id, person.email))
  assert.notEqual(result?.emailVerifiedAt, null)
  assert.deepEqual(
    events.map(({ type, detail }) => [type, detail]),
    [['email_verified', { by: 'admin' }]],
  )
  assert.notEqual(await torii.sessions.validate(person.token), null, 'sessions stay')
  await assert.rejects(admin.verifyEmail(person.id, 'nobody'), InvalidInputError)
})

test('T2.41 endSessions() ends every session of a user, also for a process that starts later', async () => {
  const person = await signUp()
  assert.ok((await signIn(person.email)).ok)
  const { result, events } = await eventsOf(() => admin.endSessions(person.id))
  // What another process, or this one after a restart, finds: nothing of an ending lives in memory.
  const restarted = await PostgresStorage.connect(db.url)
  const other = new Torii(restarted, { baseUrl })
  assert.equal(await other.sessions.validate(person.token), null)
  await restarted.close()
  assert.equal(result, 2)
  assert.deepEqual(
    events.map(({ type, detail }) => [type, detail]),
    [['sessions_revoked', { count: 2, by: 'admin' }]],
  )
  assert.equal(await torii.sessions.validate(person.token), null)
})

test('unlock() resets every counter of an account', async () => {
  const person = await signUp()
  for (let tries = 0; tries < 10; tries += 1) await signIn(person.email, wrongPassword)
  assert.equal((await admin.user(person.id))?.attempts.password.state, 'locked')
  const refused = await signIn(person.email)
  assert.equal(!refused.ok && refused.reason, 'too_many_attempts')
  const { result, events } = await eventsOf(() => admin.unlock(person.id))
  assert.equal(result, true)
  assert.deepEqual(
    events.map(({ type, detail }) => [type, detail]),
    [['attempts_unlocked', { by: 'admin' }]],
  )
  assert.ok((await signIn(person.email)).ok)
  assert.equal(await admin.unlock(person.id), false, 'nothing is locked any more')
})

test('operations with an unknown id do nothing and emit no event', async () => {
  for (const id of [unknownId, 'no id', '']) {
    const { result, events } = await eventsOf(async () => [
      await admin.user(id),
      await admin.disable(id),
      await admin.enable(id),
      await admin.delete(id),
      await admin.verifyEmail(id, newEmail()),
      await admin.unlock(id),
      await admin.endSessions(id),
    ])
    assert.deepEqual(result, [null, null, null, false, null, false, 0])
    assert.deepEqual(events, [])
  }
})

test('audit() lists by page and by user, and auditCounts() counts by period', async () => {
  const person = await signUp()
  await signIn(person.email, wrongPassword)
  await torii.settled()
  await signIn(person.email)
  const all = await admin.audit({ userId: person.id })
  assert.deepEqual(
    all.events.map(({ type }) => type),
    ['signed_in', 'sign_in_failed', 'signed_in', 'user_created'],
    'newest first, and the events of one act in their order',
  )
  const first = await admin.audit({ userId: person.id, limit: 2 })
  assert.ok(first.next)
  const second = await admin.audit({ userId: person.id, limit: 2, after: first.next })
  assert.deepEqual([...first.events, ...second.events], all.events)
  assert.deepEqual(await admin.audit({ userId: unknownId }), { events: [], next: null })
  assert.deepEqual(await admin.audit({ userId: 'no id' }), { events: [], next: null })
  assert.ok((await admin.audit()).events.length >= 3)
  await assert.rejects(admin.audit({ after: 'x' }), InvalidInputError)

  await db.query('delete from torii.audit_events')
  const { id } = await signUp()
  await admin.disable(id)
  const day = { intervals: 24, intervalSeconds: 3600 }
  const all24 = await admin.auditCounts(day)
  assert.equal(all24.length, 24)
  assert.deepEqual(all24.at(-1)?.counts, { signed_in: 1, user_created: 1, user_disabled: 1 })
  assert.deepEqual(all24.at(-2), { from: all24.at(-2)?.from, counts: {}, complete: true })
  const disabled = await admin.auditCounts({ ...day, types: ['user_disabled', 'user_enabled'] })
  assert.deepEqual(disabled.at(-1)?.counts, { user_disabled: 1 })
  const { statements } = await site.counted(() =>
    assert.rejects(admin.auditCounts({ intervals: 1001, intervalSeconds: 1 }), InvalidInputError),
  )
  assert.equal(statements, 0)
})

test('endSession() ends one session of the user, and none of another user', async () => {
  const [person, other] = [await signUp(), await signUp()]
  for (const [id, session] of [
    [other.id, person.session.id],
    [person.id, unknownId],
    [person.id, 'no id'],
    ['no id', person.session.id],
  ] as const) {
    const { result, events } = await eventsOf(() => admin.endSession(id, session))
    assert.deepEqual([result, events], [false, []])
  }
  const { result, events } = await eventsOf(() => admin.endSession(person.id, person.session.id))
  assert.equal(result, true)
  assert.deepEqual(
    events.map(({ type, userId, detail }) => [type, userId, detail]),
    [['session_revoked', person.id, { revokedSessionId: person.session.id, by: 'admin' }]],
  )
  assert.equal(await torii.sessions.validate(person.token), null)
  assert.notEqual(await torii.sessions.validate(other.token), null)
})

test("an operator's acts join the application's transaction", async () => {
  const email = newEmail()
  const { events } = await eventsOf(() =>
    site.storage.transaction(async (tx) => {
      const operations = torii.with(tx).admin
      const made = await operations.create({ email })
      assert.ok(made.ok)
      assert.notEqual(await operations.verifyEmail(made.user.id, email), null)
      assert.notEqual(await operations.disable(made.user.id), null)
      assert.equal(
        emitted.at(-1)?.userId === made.user.id,
        false,
        'no event is emitted before the commit',
      )
    }),
  )
  assert.deepEqual(
    events.map(({ type }) => type),
    ['user_created', 'email_verified', 'user_disabled'],
  )
  const rolledBack = await eventsOf(() =>
    assert.rejects(
      site.storage.transaction(async (tx) => {
        await torii.with(tx).admin.create({ email: newEmail() })
        throw new Error('rolled back')
      }),
      /rolled back/,
    ),
  )
  assert.deepEqual(rolledBack.events, [])
})

test('update() changes the named fields of an account that is as it was read, with an event by the administrator', async () => {
  const { id } = await signUp()
  const seen = (await admin.user(id))?.user.updatedAt ?? assert.fail()
  const changes = { name: 'Ada', metadata: { role: 'editor' } }
  const { result, events } = await eventsOf(() => admin.update(id, changes, seen))
  assert.ok(result.ok)
  assert.deepEqual([result.user.name, result.user.metadata], ['Ada', { role: 'editor' }])
  assert.deepEqual(
    events.map(({ type, userId, detail }) => ({ type, userId, detail })),
    [
      {
        type: 'user_updated',
        userId: id,
        detail: { fields: ['name', 'metadata'], by: 'admin' },
      },
    ],
  )
  const { events: recorded } = await admin.audit({ userId: id })
  assert.equal(recorded.filter(({ type }) => type === 'user_updated').length, 1)
  assert.ok(!JSON.stringify(recorded).includes('editor'))
})

test('update() overwrites no change that the administrator has not seen', async () => {
  const { id } = await signUp()
  const seen = (await admin.user(id))?.user.updatedAt ?? assert.fail()
  assert.ok((await admin.update(id, { metadata: { role: 'owner' } }, seen)).ok)
  const late = await eventsOf(() => admin.update(id, { metadata: { role: 'guest' } }, seen))
  assert.deepEqual(late, { result: { ok: false, reason: 'conflict' }, events: [] })
  assert.deepEqual((await admin.user(id))?.user.metadata, { role: 'owner' })
  for (const unknown of [unknownId, 'no id'])
    assert.deepEqual(await admin.update(unknown, { name: 'x' }, seen), {
      ok: false,
      reason: 'not_found',
    })
})

test('update() refuses any other field, none, and a wrong time, and changes nothing', async () => {
  const { id } = await signUp()
  const before = (await admin.user(id))?.user ?? assert.fail()
  const seen = before.updatedAt
  // What JavaScript callers can hand over.
  const update = admin.update as (...given: unknown[]) => Promise<unknown>
  for (const changes of [{}, { email: newEmail() }, { emailVerified: true }, { name: 1 }, null])
    await assert.rejects(update(id, changes, seen), InvalidInputError)
  for (const time of [undefined, seen.toISOString(), new Date(Number.NaN)])
    await assert.rejects(update(id, { name: 'Ada' }, time), InvalidInputError)
  assert.deepEqual((await admin.user(id))?.user, before)
})
