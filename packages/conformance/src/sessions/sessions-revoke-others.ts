import assert from 'node:assert/strict'
import type { SessionActor, SessionKey } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import {
  actorOf,
  assertAllEnded,
  isStoredHash,
  letOthersRun,
  liveSession,
  only,
  openOne,
  present,
  signUp,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { freshSecretHash } from '../fixtures/samples.js'

const { cases, promise } = casesOf('sessions')

/** Ending every session but the asking one. */
export const sessionRevokeOthersCases = cases

const stale = { ok: false, reason: 'stale' }

promise('revokeOthers: ends every session but the asking one', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const others = [await openOne(storage, user.id), await openOne(storage, user.id)]
  const stranger = await signUp(storage)
  const outcome = await storage.sessions.revokeOthers(await actorOf(storage, key))
  assert.deepEqual(outcome, { ok: true, revoked: 2 })
  await assertAllEnded(storage, others)
  await liveSession(storage, key)
  await liveSession(storage, stranger.key)
  assert.deepEqual(
    (await storage.sessions.list(user.id)).map(({ id }) => id),
    [key.id],
  )
})

promise('revokeOthers: counts the sessions that were live', ['elapse'], async (storage) => {
  const { user, key } = await signUp(storage, {}, { idleSeconds: 5000 })
  await openOne(storage, user.id, { idleSeconds: 100 })
  await storage.elapse(101)
  await openOne(storage, user.id)
  const outcome = await storage.sessions.revokeOthers(await actorOf(storage, key))
  assert.deepEqual(outcome, { ok: true, revoked: 1 })
})

promise(
  'revokeOthers: the current session stays as it was, and may call it again',
  [],
  async (storage) => {
    const { user, key, hash } = await signUp(storage)
    const before = await liveSession(storage, key)
    succeeded(await storage.sessions.revokeOthers(await actorOf(storage, key)))
    const after = await liveSession(storage, key)
    assert.deepEqual(after.session, before.session)
    assert.deepEqual(after.user, before.user)
    await openOne(storage, user.id)
    const again = await storage.sessions.revokeOthers(await actorOf(storage, key))
    assert.deepEqual(again, { ok: true, revoked: 1 })
    assert.equal(await isStoredHash(storage, user.id, hash), true)
  },
)

promise('revokeOthers: an act that carries old epochs does nothing', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const actor = await actorOf(storage, key)
  succeeded(await storage.sessions.revokeOthers(actor))
  const later = await openOne(storage, user.id)
  assert.deepEqual(await storage.sessions.revokeOthers(actor), stale)
  await liveSession(storage, later)
})

promise('revokeOthers: both epochs count', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const other = await openOne(storage, user.id)
  const actor = await actorOf(storage, key)
  const { session, owner } = actor.epochs
  for (const epochs of [
    { session: session + 1, owner },
    { session, owner: owner + 1 },
  ])
    assert.deepEqual(await storage.sessions.revokeOthers({ ...actor, epochs }), stale)
  await liveSession(storage, other)
})

promise('revokeOthers: refused once the current session has ended', ['elapse'], async (storage) => {
  const endings: ((storage: ConformanceStorage, actor: SessionActor) => Promise<unknown>)[] = [
    ({ sessions }, { userId, sessionId }) => sessions.revoke(userId, sessionId),
    ({ sessions }, { userId }) => sessions.revokeAll(userId),
    ({ users }, { userId }) => users.disable(userId),
    ({ users }, { userId }) => users.delete(userId),
    (all) => all.elapse(1001),
  ]
  for (const end of endings) {
    const { user, key } = await signUp(storage, {}, { idleSeconds: 1000 })
    await openOne(storage, user.id, { idleSeconds: 9000 })
    const actor = await actorOf(storage, key)
    await end(storage, actor)
    const before = await storage.sessions.list(user.id)
    assert.deepEqual(await storage.sessions.revokeOthers(actor), stale)
    assert.deepEqual(await storage.sessions.list(user.id), before)
  }
})

promise("revokeOthers: refused for a session that is not this user's", [], async (storage) => {
  const [person, other] = [await signUp(storage), await signUp(storage)]
  const actor = await actorOf(storage, person.key)
  assert.deepEqual(
    await storage.sessions.revokeOthers({ ...actor, sessionId: other.key.id }),
    stale,
  )
  assert.deepEqual(await storage.sessions.revokeOthers({ ...actor, userId: other.user.id }), stale)
  await liveSession(storage, other.key)
  await liveSession(storage, person.key)
})

promise('revokeOthers: one of twenty with the same epochs', [], async (storage) => {
  const { key } = await signUp(storage)
  const actor = await actorOf(storage, key)
  only(winners(await twentyAtOnce(() => storage.sessions.revokeOthers(actor))))
  await liveSession(storage, key)
})

promise('revokeOthers: of twenty sessions that end each other one is left', [], async (storage) => {
  const { user } = await signUp(storage)
  const keys = await twentyAtOnce(() => openOne(storage, user.id))
  const actors = await Promise.all(keys.map((key) => actorOf(storage, key)))
  const outcomes = await Promise.all(actors.map((actor) => storage.sessions.revokeOthers(actor)))
  assert.deepEqual(only(winners(outcomes)), { ok: true, revoked: 20 })
  const left = only(await storage.sessions.list(user.id))
  assert.equal(left.id, present(keys[outcomes.findIndex(({ ok }) => ok)]).id)
})

type Operation = (storage: ConformanceStorage, key: SessionKey) => Promise<unknown>
const operations: readonly (readonly [string, Operation])[] = [
  ['rotate', ({ sessions }, key) => sessions.rotate(key, freshSecretHash())],
  [
    'reauthenticate',
    ({ sessions }, key) =>
      sessions.reauthenticate(key, { newSecretHash: freshSecretHash(), method: 'passkey' }),
  ],
  ['revoke', ({ sessions }, { userId, id }) => sessions.revoke(userId, id)],
  ['end', ({ sessions }, key) => sessions.end(key)],
]

for (const [method, operation] of operations) {
  promise(
    `${method}: finds a session alive that goes on while the others are just being ended`,
    ['transaction', 'concurrency'],
    async (storage) => {
      const { key } = await signUp(storage)
      const actor = await actorOf(storage, key)
      const { answer } = await storage.transaction(async (tx) => {
        succeeded(await tx.sessions.revokeOthers(actor))
        const asked = operation(storage, key)
        await letOthersRun(tx)
        return { answer: asked }
      })
      // It is live before and after: an answer for a dead session (null, false) is never right.
      assert.ok(await answer)
    },
  )
}
