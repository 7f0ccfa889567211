import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { newSessionId, newUserId, SessionToken } from 'torii-core'
import { PostgresStorage } from 'torii-storage-postgres'
import { test } from 'vitest'
import { formatSessionToken } from '../../crypto/session-token.js'
import {
  baseUrl,
  newEmail,
  openTestSite,
  goodPassword as password,
  requestInfo,
} from '../../test/site.test.support.js'
import { Torii } from '../../torii.js'

const site = await openTestSite()
const { torii, db, storage } = site

async function signUp() {
  const email = newEmail()
  const made = await torii.password.register({ email, password }, requestInfo)
  assert.ok(made.ok && made.token !== null)
  return { email, user: made.user, token: made.token, session: made.session }
}

async function signInAgain(email: string) {
  const again = await torii.password.authenticate({ email, password }, requestInfo)
  assert.ok(again.ok)
  return again
}

async function validated(token: SessionToken) {
  const valid = await torii.sessions.validate(token)
  assert.ok(valid)
  return valid
}

test('validate() takes one statement, for a string or an object', async () => {
  const { token, user, session } = await signUp()
  for (const given of [token, token.reveal()]) {
    const { result, statements } = await site.counted(() => torii.sessions.validate(given))
    assert.equal(statements, 1)
    assert.equal(result?.user.id, user.id)
    assert.deepEqual(result?.session, session)
  }
})

test('validate() returns null for a malformed token and sends no query', async () => {
  const not: readonly unknown[] = [
    '',
    'torii_s_',
    'x'.repeat(94),
    null,
    undefined,
    42,
    {},
    [],
    new SessionToken(''),
  ]
  for (const token of not) {
    const { result, statements } = await site.counted(() =>
      // What JavaScript callers can hand over.
      torii.sessions.validate(token as string),
    )
    assert.equal(result, null)
    assert.equal(statements, 0)
    assert.equal(await torii.sessions.signOut(token as string), false)
  }
})

test('T2.28 a made-up session is not adopted, nor one with a wrong secret', async () => {
  const { user, session } = await signUp()
  const made = [
    formatSessionToken(newUserId(), newSessionId(), randomBytes(32)),
    formatSessionToken(user.id, newSessionId(), randomBytes(32)),
    formatSessionToken(user.id, session.id, randomBytes(32)),
  ]
  for (const token of made) {
    assert.equal(await torii.sessions.validate(token), null)
    assert.equal(await torii.sessions.signOut(token), false)
  }
  const { rows } = await db.query('select 1 from torii.sessions where user_id = $1', [user.id])
  assert.equal(rows.length, 1)
})

test('a use is recorded when it is due, in a second statement, and extends the idle expiry', async () => {
  const { token } = await signUp()
  await site.elapse(61)
  const due = await site.counted(() => torii.sessions.validate(token))
  assert.equal(due.statements, 2)
  const stored = await torii.sessions.validate(token)
  assert.deepEqual(due.result?.session, stored?.session)
  assert.equal(due.result?.touchDue, false)
  assert.equal((await site.counted(() => torii.sessions.validate(token))).statements, 1)
})

test('a failed update of the last use does not fail validate(), and is logged', async () => {
  const { token, session } = await signUp()
  await site.elapse(61)
  await db.query(`
    create function torii.refuse() returns trigger language plpgsql as $$ begin raise 'disk full'; end $$;
    create trigger refuse before update on torii.sessions for each row execute function torii.refuse()`)
  site.events.length = 0
  const valid = await torii.sessions.validate(token)
  await db.query('drop trigger refuse on torii.sessions')
  assert.equal(valid?.session.id, session.id)
  assert.equal(valid?.touchDue, true)
  const [reported] = site.events
  assert.ok(reported?.event === 'session_touch_failed')
  assert.equal(reported.sessionId, session.id)
})

test('T2.33 idle and absolute ends both hold, and use moves only the first', async () => {
  const week = 604_800
  const idle = await signUp()
  const used = await signUp()
  for (let weeks = 0; weeks < 4; weeks++) {
    await site.elapse(week - 60)
    assert.ok(await torii.sessions.validate(used.token))
  }
  assert.equal(await torii.sessions.validate(idle.token), null)
  await site.elapse(2 * 86_400)
  const last = await validated(used.token)
  assert.deepEqual(last.session.expiresAt, last.session.absoluteExpiresAt)
  await site.elapse(86_400)
  assert.equal(await torii.sessions.validate(used.token), null)
})

test('T2.29 signing out ends the session at once, from every connection, in one statement', async () => {
  const { token } = await signUp()
  const elsewhere = await PostgresStorage.connect(db.url)
  const other = new Torii(elsewhere, { baseUrl })
  assert.ok(await other.sessions.validate(token))
  const { result, statements } = await site.counted(() => torii.sessions.signOut(token))
  assert.equal(result, true)
  assert.equal(statements, 1)
  assert.equal(await other.sessions.validate(token), null)
  assert.equal(await torii.sessions.validate(token), null)
  assert.equal(await torii.sessions.signOut(token), false)
  await elsewhere.close()
})

test('list() returns every live session of the user and no other', async () => {
  const { email, token, session } = await signUp()
  await signUp()
  const again = await signInAgain(email)
  const listed = await torii.sessions.list(await validated(token))
  assert.deepEqual(new Set(listed.map(({ id }) => id)), new Set([session.id, again.session.id]))
})

test("T2.36 revoke() ends a session of the user by its id, and returns false for another user's id as for an unknown one", async () => {
  const { email, token } = await signUp()
  const victim = await signUp()
  const again = await signInAgain(email)
  const valid = await validated(token)
  const not = [victim.session.id, newSessionId(), '', 'x', '../', again.session.id.slice(1)]
  for (const id of not) assert.equal(await torii.sessions.revoke(valid, id), false)
  assert.ok(await torii.sessions.validate(victim.token))
  assert.equal(await torii.sessions.revoke(valid, again.session.id), true)
  assert.equal(await torii.sessions.validate(again.token), null)
  assert.ok(await torii.sessions.validate(token))
})

test('revokeOthers() ends all other sessions; an ended session cannot call it', async () => {
  const { email, token } = await signUp()
  const [one, two] = [await signInAgain(email), await signInAgain(email)]
  const old = await validated(one.token)
  const { result, statements } = await site.counted(async () =>
    torii.sessions.revokeOthers(await validated(token)),
  )
  assert.deepEqual(result, { ok: true, revoked: 2 })
  assert.equal(statements, 2)
  for (const ended of [one, two]) assert.equal(await torii.sessions.validate(ended.token), null)
  assert.deepEqual(await torii.sessions.revokeOthers(old), { ok: false, reason: 'stale' })
  assert.ok(await torii.sessions.validate(token))
})

test('T2.31 T2.32 V7.4.5 a disabled or deleted person has no session', async () => {
  const [disabled, deleted] = [await signUp(), await signUp()]
  await storage.users.disable(disabled.user.id)
  await storage.users.delete(deleted.user.id)
  for (const { token } of [disabled, deleted])
    assert.equal(await torii.sessions.validate(token), null)
})
