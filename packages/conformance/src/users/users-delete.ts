import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  assertAllEnded,
  assertEnded,
  credentialOf,
  isStoredHash,
  keyOf,
  liveSession,
  seenBy,
  signUp,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { newSession, newUser, noRefund, unknownUserId } from '../fixtures/samples.js'

const { cases, promise } = casesOf('users')

/** Deleting accounts. */
export const userDeleteCases = cases

promise('delete: T2.32 deletes the user and what belongs to it', [], async (storage) => {
  const { user, email, key, hash } = await signUp(storage)
  assert.equal(await storage.users.delete(user.id), true)
  assert.equal(await storage.users.find(user.id), null)
  assert.equal(await storage.users.findByEmail(email), null)
  assert.equal(await storage.users.updateProfile(user.id, { name: 'Ghost' }), null)
  await assertEnded(storage, key)
  assert.deepEqual(await storage.sessions.list(user.id), [])
  assert.equal(await isStoredHash(storage, user.id, hash), false)
  assert.deepEqual(await storage.sessions.open(user.id, newSession()), {
    ok: false,
    reason: 'account_disabled',
  })
})

promise(
  'delete: frees the address, and the next owner gets nothing of the former one',
  [],
  async (storage) => {
    const former = await signUp(storage, { name: 'Former', metadata: { secret: 'of the former' } })
    await storage.users.delete(former.user.id)
    const next = await signUp(storage, { email: former.email })
    assert.deepEqual([next.user.name, next.user.metadata], [null, {}])
    assert.notEqual(next.user.id, former.user.id)
    await assertEnded(storage, former.key)
    assert.equal(await isStoredHash(storage, next.user.id, former.hash), false)
  },
)

promise(
  'delete: a user made again with the former id gets nothing of the former one',
  [],
  async (storage) => {
    const former = await signUp(storage)
    await storage.users.delete(former.user.id)
    const again = succeeded(
      await storage.users.register(newUser({ id: former.user.id, email: former.email })),
    )
    assert.equal(again.user.id, former.user.id)
    await assertEnded(storage, former.key)
    assert.equal(await isStoredHash(storage, former.user.id, former.hash), false)
  },
)

promise('delete: false if there was no such user', [], async (storage) => {
  const { user } = await signUp(storage)
  assert.equal(await storage.users.delete(unknownUserId()), false)
  assert.equal(await storage.users.delete(user.id), true)
  assert.equal(await storage.users.delete(user.id), false)
})

promise('delete: deletes no other user', [], async (storage) => {
  const [person, other] = [await signUp(storage), await signUp(storage)]
  await storage.users.delete(person.user.id)
  assert.deepEqual((await liveSession(storage, other.key)).user, other.user)
  assert.equal(await isStoredHash(storage, other.user.id, other.hash), true)
})

promise('delete: one of twenty callers deletes', [], async (storage) => {
  const { user } = await signUp(storage)
  const answers = await twentyAtOnce(() => storage.users.delete(user.id))
  assert.equal(answers.filter((deleted) => deleted).length, 1)
})

promise('delete: with twenty openings at once no session is left', [], async (storage) => {
  const { user } = await signUp(storage)
  const sessions = Array.from({ length: 20 }, () => newSession())
  const [deleted, ...outcomes] = await Promise.all([
    storage.users.delete(user.id),
    ...sessions.map((session) => storage.sessions.open(user.id, session)),
  ])
  assert.equal(deleted, true)
  for (const outcome of outcomes)
    if (!outcome.ok) assert.deepEqual(outcome, { ok: false, reason: 'account_disabled' })
  assert.equal(await storage.users.find(user.id), null)
  assert.deepEqual(await storage.sessions.list(user.id), [])
  await assertAllEnded(
    storage,
    sessions.map((session) => keyOf(user.id, session)),
  )
})

promise('delete: with twenty sign-ins at once no session is left', [], async (storage) => {
  const person = await signUp(storage)
  const credential = await credentialOf(storage, person)
  const sessions = Array.from({ length: 20 }, () => newSession())
  const [deleted, ...outcomes] = await Promise.all([
    storage.users.delete(person.user.id),
    ...sessions.map((session) =>
      storage.passwords.signIn({ credential, session, refund: noRefund }),
    ),
  ])
  assert.equal(deleted, true)
  for (const outcome of outcomes)
    if (!outcome.ok) assert.deepEqual(outcome, { ok: false, reason: 'stale' })
  await assertAllEnded(
    storage,
    sessions.map((session) => keyOf(person.user.id, session)),
  )
  assert.equal(await isStoredHash(storage, person.user.id, person.hash), false)
})

promise(
  'delete: an email is never left without its account while other users register it',
  [],
  async (storage) => {
    const former = await signUp(storage)
    const attempts = Array.from({ length: 20 }, () => newUser({ email: former.email }))
    const [deleted, ...outcomes] = await Promise.all([
      storage.users.delete(former.user.id),
      ...attempts.map((user) => storage.users.register(user)),
    ])
    assert.equal(deleted, true)
    assert.ok(winners(outcomes).length <= 1)
    const [winner] = winners(outcomes)
    const owner = await storage.users.findByEmail(former.email)
    assert.equal(owner?.id, winner === undefined ? undefined : succeeded(winner).user.id)
    if (owner === null) succeeded(await storage.users.register(newUser({ email: former.email })))
  },
)

promise(
  'delete: a session that is read meanwhile is there entirely or not at all',
  [],
  async (storage) => {
    const { user, key } = await signUp(storage)
    const [deleted, ...seen] = await Promise.all([
      storage.users.delete(user.id),
      ...Array.from({ length: 20 }, () => seenBy(storage, key)),
    ])
    assert.equal(deleted, true)
    for (const found of seen) if (found !== null) assert.deepEqual(found.user, user)
  },
)
