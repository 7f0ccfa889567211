import assert from 'node:assert/strict'
import type { ValidSession } from 'torii-core'
import { InvalidInputError } from 'torii-core'
import { test } from 'vitest'
import type { ToriiEvent } from '../../index.js'
import { goodPassword, newEmail, openTestSite, requestInfo } from '../../test/site.test.support.js'

const emitted: ToriiEvent[] = []
const site = await openTestSite({ audit: true, onEvent: (event) => emitted.push(event) })
const { torii, db } = site

/** Someone who has just registered, with the token and what validating it says. */
async function signUp() {
  const email = newEmail()
  const made = await torii.password.register({ email, password: goodPassword }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  const valid = await torii.sessions.validate(made.token)
  assert.ok(valid)
  return { email, user: made.user, token: made.token, valid }
}

/** The same session an hour later: the proof is no longer recent. */
async function later(token: Parameters<typeof torii.sessions.validate>[0]) {
  await site.elapse(3600)
  const valid = await torii.sessions.validate(token)
  assert.ok(valid)
  return valid
}

test('find() finds an account by its id only', async () => {
  const { user } = await signUp()
  assert.deepEqual(await torii.users.find(user.id), user)
  for (const id of ['', 'me', `${user.id} `, '00000000-0000-7000-8000-000000000000'])
    assert.equal(await torii.users.find(id), null)
})

test('update() changes name, picture and metadata, each separately', async () => {
  const { user, valid } = await signUp()
  const steps = [
    { name: 'Ann' },
    { picture: 'https://img.example/ann.png' },
    { metadata: { plan: 'free' } },
    { name: null },
  ]
  for (const step of steps) {
    const { result, statements } = await site.counted(() =>
      torii.users.update(valid, step, requestInfo),
    )
    assert.ok(result.ok)
    // With the audit trail: begin, the act, its event, commit.
    assert.equal(statements, 4)
  }
  const after = await torii.users.find(user.id)
  assert.deepEqual(
    [after?.name, after?.picture, after?.metadata, after?.email],
    [null, 'https://img.example/ann.png', { plan: 'free' }, user.email],
  )
  assert.deepEqual(emitted.at(-1), {
    type: 'user_updated',
    userId: user.id,
    sessionId: valid.session.id,
    ...requestInfo,
    detail: { fields: ['name'], by: 'user' },
  })
})

test('T5.72 T10.116 update() refuses other fields by name, before any query', async () => {
  const { user, valid } = await signUp()
  const hostile: Record<string, unknown>[] = [
    { emailVerified: true },
    { emailVerifiedAt: new Date() },
    { email: 'other@example.com' },
    { id: '00000000-0000-7000-8000-000000000000' },
    { userId: user.id },
    { role: 'admin' },
    { disabledAt: null },
    { sessionEpoch: 0 },
    { owner_epoch: 0 },
    JSON.parse('{"__proto__": {"emailVerified": true}}'),
    { constructor: { prototype: {} } },
    { [Symbol('verified')]: true },
  ]
  for (const stranger of hostile) {
    const changes = Object.defineProperties(
      { name: 'Mallory' },
      Object.getOwnPropertyDescriptors(stranger),
    )
    const { statements } = await site.counted(() =>
      assert.rejects(torii.users.update(valid, changes), InvalidInputError),
    )
    assert.equal(statements, 0)
  }
  assert.deepEqual(await torii.users.find(user.id), user)
})

test('T3.50 update() refuses an invalid value before any query', async () => {
  const { valid } = await signUp()
  const bad: unknown[] = [
    null,
    [],
    'name',
    {},
    { name: 1 },
    { name: 'a\u0000b' },
    { name: '\ud800' },
    { picture: 'javascript:alert(1)' },
    { metadata: [] },
    { metadata: { at: new Date() } },
  ]
  for (const changes of bad) {
    const { statements } = await site.counted(() =>
      // Callers without types send anything.
      assert.rejects(torii.users.update(valid, changes as object), InvalidInputError),
    )
    assert.equal(statements, 0)
  }
})

test('T2.32 delete() leaves no row of the user in any table, and the token is invalid', async () => {
  const { user, token, valid } = await signUp()
  assert.deepEqual(await torii.users.delete(valid, requestInfo), { ok: true })
  assert.equal(await torii.sessions.validate(token), null)
  assert.equal(await torii.users.find(user.id), null)
  const { rows } = await db.query<{ table_name: string }>(
    `select table_name from information_schema.columns
     where table_schema = 'torii' and column_name = 'user_id' and table_name <> 'audit_events'`,
  )
  assert.ok(rows.length >= 5)
  for (const { table_name: table } of rows) {
    const { rows: left } = await db.query(`select 1 from torii.${table} where user_id = $1`, [
      user.id,
    ])
    assert.deepEqual(left, [], table)
  }
  // The trail outlives the person: it says that a user was deleted, without an address.
  assert.deepEqual(emitted.at(-1)?.type, 'user_deleted')
})

test('delete() and export() need a recent authentication', async () => {
  const { user, token } = await signUp()
  const valid = await later(token)
  const refusal = { ok: false, reason: 'reauthentication_required' }
  const { statements } = await site.counted(async () => {
    assert.deepEqual(await torii.users.delete(valid), refusal)
    assert.deepEqual(await torii.users.export(valid), refusal)
  })
  assert.equal(statements, 0)
  assert.notEqual(await torii.users.find(user.id), null)
})

test('T5.66 no operation of a session succeeds after its epoch has ended', async () => {
  const { user, valid } = await signUp()
  await torii.admin.endSessions(user.id)
  const stale = { ok: false, reason: 'stale' }
  assert.deepEqual(await torii.users.update(valid, { name: 'Mallory' }), stale)
  assert.deepEqual(await torii.users.delete(valid), stale)
  assert.equal((await torii.users.find(user.id))?.name, null)
})

test('signInMethods() lists the sign-in methods of the user', async () => {
  const { valid } = await signUp()
  assert.deepEqual(await torii.users.signInMethods(valid), {
    password: true,
    oauthAccounts: [],
    passkeys: [],
    secondFactors: { requiredAt: null, totp: null, recoveryCodes: { remaining: 0, generation: 0 } },
  })
})

test('export() returns all data of the user and no secret', async () => {
  const { user, email, token, valid } = await signUp()
  const other = await signUp()
  const exported = await torii.users.export(valid, requestInfo)
  assert.ok(exported.ok)
  const { data } = exported
  assert.deepEqual(data.user, user)
  assert.equal(data.password, true)
  assert.deepEqual(
    data.sessions.map(({ id }) => id),
    [valid.session.id],
  )
  assert.deepEqual(data.events.map(({ type }) => type).sort(), ['signed_in', 'user_created'])
  const text = JSON.stringify(data)
  assert.ok(text.includes(email))
  assert.ok(!text.includes(other.user.id))
  const { rows } = await db.query<{ hash: string; secret: string }>(
    `select p.hash, encode(s.secret_hash, 'hex') as secret
     from torii.passwords p join torii.sessions s on s.user_id = p.user_id where p.user_id = $1`,
    [user.id],
  )
  const [kept] = rows
  assert.ok(kept)
  for (const secret of [kept.hash, kept.secret, token.reveal(), goodPassword, 'argon2'])
    assert.ok(!text.includes(secret))
  assert.equal(emitted.at(-1)?.type, 'user_exported')
})

test('export() includes every page of the audit trail', async () => {
  const { user, valid } = await signUp()
  await db.query(
    `insert into torii.audit_events (id, type, user_id, detail, at, expires_at)
     select md5(random()::text)::uuid, 'signed_in', $1, '{}', now(), now() + interval '1 day' from generate_series(1, 450)`,
    [user.id],
  )
  const exported = await torii.users.export(valid)
  assert.ok(exported.ok)
  assert.equal(exported.data.events.length, 452)
  assert.equal(new Set(exported.data.events.map(({ id }) => id)).size, 452)
})

test("a person's own rows go in the commit that deletes the account, or none does", async () => {
  await db.query('create table if not exists public.notes (user_id uuid not null)')
  const { user, valid } = await signUp()
  await db.query('insert into public.notes values ($1)', [user.id])
  const deletion = (fails: boolean) =>
    site.storage.transaction(async (tx) => {
      const inTransaction = torii.with(tx)
      await inTransaction.users.update(valid, { name: 'Gone' })
      assert.deepEqual(await inTransaction.users.delete(valid), { ok: true })
      await tx.query('delete from public.notes where user_id = $1', [user.id])
      if (fails) throw new Error('rolled back')
    })
  const before = emitted.length
  await assert.rejects(deletion(true), /rolled back/)
  assert.equal(emitted.length, before)
  assert.equal((await torii.users.find(user.id))?.name, null)
  await deletion(false)
  assert.equal(await torii.users.find(user.id), null)
  assert.deepEqual(
    emitted.slice(before).map(({ type }) => type),
    ['user_updated', 'user_deleted'],
  )
})

test('invalid request information is refused; without it the events have none', async () => {
  const { valid } = await signUp()
  const wrong = 'no object' as unknown as typeof requestInfo
  const operations: ((given: ValidSession) => Promise<unknown>)[] = [
    (given) => torii.users.update(given, { name: 'Ann' }, wrong),
    (given) => torii.users.export(given, wrong),
    (given) => torii.users.delete(given, wrong),
  ]
  for (const operation of operations) await assert.rejects(operation(valid), InvalidInputError)
  assert.ok((await torii.users.update(valid, { name: 'Ann' })).ok)
  assert.equal(emitted.at(-1)?.ip, null)
})
