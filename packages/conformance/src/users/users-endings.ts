import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  actorOf,
  assertAllEnded,
  assertEnded,
  credentialOf,
  isStoredHash,
  keyOf,
  liveSession,
  lookUp,
  openOne,
  present,
  signUp,
} from '../fixtures/people.js'
import {
  freshPasswordHash,
  newSession,
  newUser,
  noRefund,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('users')

/** Disabling and enabling accounts. */
export const userEndingCases = cases

promise('disable: ends every session of the user at once', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const second = await openOne(storage, user.id)
  const disabled = present(await storage.users.disable(user.id))
  assert.ok(disabled.disabledAt instanceof Date)
  assert.deepEqual(await storage.users.find(user.id), disabled)
  await assertAllEnded(storage, [key, second])
  assert.deepEqual(await storage.sessions.list(user.id), [])
})

promise('disable: no session opens', [], async (storage) => {
  const { user } = await signUp(storage)
  await storage.users.disable(user.id)
  assert.deepEqual(await storage.sessions.open(user.id, newSession()), {
    ok: false,
    reason: 'account_disabled',
  })
})

promise('disable: refuses a sign-in by a password looked up before', [], async (storage) => {
  const person = await signUp(storage)
  const credential = await credentialOf(storage, person)
  await storage.users.disable(person.user.id)
  const outcome = await storage.passwords.signIn({
    credential,
    session: newSession(),
    refund: noRefund,
  })
  assert.deepEqual(outcome, { ok: false, reason: 'stale' })
})

promise(
  'disable: refuses a sign-in by a password looked up after',
  ['charging'],
  async (storage) => {
    const person = await signUp(storage)
    await storage.users.disable(person.user.id)
    const credential = present(await lookUp(storage, person.email))
    assert.equal(credential.disabled, true)
    const outcome = await storage.passwords.signIn({
      credential,
      session: newSession(),
      refund: noRefund,
    })
    assert.deepEqual(outcome, { ok: false, reason: 'stale' })
  },
)

promise('disable: an act of a session from before does nothing', [], async (storage) => {
  const { user, key, hash } = await signUp(storage, { emailVerified: true })
  const actor = await actorOf(storage, key)
  await storage.users.disable(user.id)
  const next = freshPasswordHash()
  const stale = { ok: false, reason: 'stale' }
  assert.deepEqual(await storage.passwords.change(actor, { verified: hash, next }), stale)
  assert.deepEqual(await storage.passwords.remove(actor, { mailSignIn: true }), stale)
  assert.deepEqual(await storage.sessions.revokeOthers(actor), stale)
  await storage.users.enable(user.id)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
})

promise('disable: keeps the address', [], async (storage) => {
  const { user, email } = await signUp(storage)
  await storage.users.disable(user.id)
  assert.deepEqual(await storage.users.register(newUser({ email })), {
    ok: false,
    reason: 'email_taken',
    notice: null,
  })
  assert.equal(present(await storage.users.findByEmail(email)).id, user.id)
})

promise('disable: ends no session of another user', [], async (storage) => {
  const [person, other] = [await signUp(storage), await signUp(storage)]
  await storage.users.disable(person.user.id)
  await liveSession(storage, other.key)
})

promise(
  'disable: of twenty openings at once no session lives, also after enable',
  [],
  async (storage) => {
    const { user } = await signUp(storage)
    const sessions = Array.from({ length: 20 }, () => newSession())
    const [disabled] = await Promise.all([
      storage.users.disable(user.id),
      ...sessions.map((session) => storage.sessions.open(user.id, session)),
    ])
    present(disabled)
    const keys = sessions.map((session) => keyOf(user.id, session))
    await assertAllEnded(storage, keys)
    await storage.users.enable(user.id)
    await assertAllEnded(storage, keys)
  },
)

promise(
  'disable: of twenty sign-ins at once no session lives, also after enable',
  [],
  async (storage) => {
    const person = await signUp(storage)
    const credential = await credentialOf(storage, person)
    const sessions = Array.from({ length: 20 }, () => newSession())
    await Promise.all([
      ...sessions.map((session) =>
        storage.passwords.signIn({ credential, session, refund: noRefund }),
      ),
      storage.users.disable(person.user.id),
    ])
    const keys = sessions.map((session) => keyOf(person.user.id, session))
    await assertAllEnded(storage, keys)
    await storage.users.enable(person.user.id)
    await assertAllEnded(storage, keys)
  },
)

promise('disable: null for a user who is gone', [], async (storage) => {
  assert.equal(await storage.users.disable(unknownUserId()), null)
})

promise('enable: lets the user sign in again', [], async (storage) => {
  const { user, hash } = await signUp(storage)
  await storage.users.disable(user.id)
  const enabled = present(await storage.users.enable(user.id))
  assert.equal(enabled.disabledAt, null)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
  await liveSession(storage, await openOne(storage, user.id))
})

promise('enable: old sessions stay ended', [], async (storage) => {
  const { user, key } = await signUp(storage)
  await storage.users.disable(user.id)
  await storage.users.enable(user.id)
  await assertEnded(storage, key)
  assert.deepEqual(await storage.sessions.list(user.id), [])
  assert.equal(await storage.sessions.revoke(user.id, key.id), false)
})

promise(
  'enable: a password looked up before the user was disabled opens no session',
  [],
  async (storage) => {
    const person = await signUp(storage)
    const credential = await credentialOf(storage, person)
    await storage.users.disable(person.user.id)
    await storage.users.enable(person.user.id)
    const outcome = await storage.passwords.signIn({
      credential,
      session: newSession(),
      refund: noRefund,
    })
    assert.deepEqual(outcome, { ok: false, reason: 'stale' })
  },
)

promise('enable: leaves the sessions of an enabled user alone', [], async (storage) => {
  const { user, key } = await signUp(storage)
  present(await storage.users.enable(user.id))
  await liveSession(storage, key)
})

promise('enable: null for a user who is gone', [], async (storage) => {
  assert.equal(await storage.users.enable(unknownUserId()), null)
})
