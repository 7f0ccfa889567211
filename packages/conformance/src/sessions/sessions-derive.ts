import assert from 'node:assert/strict'
import type { DerivedSession } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
  actorOf,
  assertEnded,
  crowd,
  liveSession,
  present,
  sessionEnds,
  signUp,
  twentyAtOnce,
} from '../fixtures/people.js'
import {
  freshSecretHash,
  newSession,
  unknownSessionId,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('sessions')

/** Opening a session beside a live one. */
export const sessionDeriveCases = cases

/** A session to derive: half as long idle as the one that asks, unless `given`. */
const newDerived = (given: Partial<DerivedSession> = {}): DerivedSession => ({
  id: unknownSessionId(),
  secretHash: freshSecretHash(),
  ip: '2001:db8::9',
  userAgent: 'curl/8',
  idleSeconds: 500,
  ...given,
})

promise(
  'derive: inherits ways, proof and absolute end; the rest is its own',
  ['elapse'],
  async (storage) => {
    const person = await signUp(storage, {}, { methods: ['passkey', 'oauth'] })
    await storage.elapse(100)
    const actor = await actorOf(storage, person.key)
    const given = newDerived()
    const derived = present(await storage.sessions.derive(actor, given))
    const { session } = await liveSession(storage, person.key)
    assert.deepEqual(derived.methods, session.methods)
    assert.deepEqual(derived.authenticatedAt, session.authenticatedAt)
    assert.deepEqual(derived.absoluteExpiresAt, session.absoluteExpiresAt)
    assert.deepEqual(
      [derived.id, derived.userId, derived.ip, derived.userAgent],
      [given.id, person.user.id, given.ip, given.userAgent],
    )
    assert.deepEqual(derived.createdAt, derived.lastActiveAt)
    assert.equal(derived.expiresAt.getTime() - derived.createdAt.getTime(), 500_000)
    const age = derived.createdAt.getTime() - derived.authenticatedAt.getTime()
    assert.ok(age >= 100_000 && age < 200_000, `${age}`)
    const key = { userId: person.user.id, id: given.id, secretHash: given.secretHash }
    assert.deepEqual((await liveSession(storage, key)).session, derived)
    await liveSession(storage, person.key)
  },
)

promise('derive: never outlives the session that asks', [], async (storage) => {
  const person = await signUp(storage, {}, { idleSeconds: 1000, absoluteSeconds: 1000 })
  const actor = await actorOf(storage, person.key)
  const derived = await storage.sessions.derive(actor, newDerived({ idleSeconds: 100_000 }))
  const { session } = await liveSession(storage, person.key)
  assert.deepEqual(present(derived).expiresAt, session.absoluteExpiresAt)
})

for (const [name, end] of sessionEnds)
  promise(`derive: nothing from a session that ${name}`, [], async (storage) => {
    const { key, user } = await signUp(storage)
    const actor = await actorOf(storage, key)
    await end(storage, key)
    assert.equal(await storage.sessions.derive(actor, newDerived()), null)
    assert.deepEqual(await storage.sessions.list(user.id), [])
  })

promise(
  'derive: nothing from an expired session, of a disabled user, in other epochs or for another user',
  ['elapse'],
  async (storage) => {
    const expired = await signUp(storage)
    const late = await actorOf(storage, expired.key)
    await storage.elapse(1001)
    assert.equal(await storage.sessions.derive(late, newDerived()), null)
    const { key, user } = await signUp(storage)
    const actor = await actorOf(storage, key)
    const { session, owner } = actor.epochs
    for (const wrong of [
      { ...actor, epochs: { session: session + 1, owner } },
      { ...actor, epochs: { session, owner: owner + 1 } },
      { ...actor, userId: unknownUserId() },
      { ...actor, userId: expired.user.id },
      { ...actor, sessionId: unknownSessionId() },
    ])
      assert.equal(await storage.sessions.derive(wrong, newDerived()), null)
    await storage.users.disable(user.id)
    assert.equal(await storage.sessions.derive(actor, newDerived()), null)
  },
)

promise('derive: twenty at once are twenty sessions', [], async (storage) => {
  const { key, user } = await signUp(storage)
  const actor = await actorOf(storage, key)
  const all = await twentyAtOnce(() => storage.sessions.derive(actor, newDerived()))
  for (const derived of all) present(derived)
  assert.equal((await storage.sessions.list(user.id)).length, crowd + 1)
})

promise('derive: what ends all sessions ends those being derived', [], async (storage) => {
  for (let round = 0; round < 5; round += 1) {
    const { key, user } = await signUp(storage)
    const actor = await actorOf(storage, key)
    const sessions = Array.from({ length: crowd }, () => newDerived())
    await Promise.all([
      ...sessions.map((session) => storage.sessions.derive(actor, session)),
      storage.sessions.revokeAll(user.id),
    ])
    for (const { id, secretHash } of sessions)
      await assertEnded(storage, { userId: user.id, id, secretHash })
  }
})

promise(
  'derive: a session derived from what another user knows opens nothing',
  [],
  async (storage) => {
    const { key } = await signUp(storage)
    const actor = await actorOf(storage, key)
    const given = newDerived()
    present(await storage.sessions.derive(actor, given))
    await assertEnded(storage, { ...newSession(), userId: key.userId, id: given.id })
  },
)
