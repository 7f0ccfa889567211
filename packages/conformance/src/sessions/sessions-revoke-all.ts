import assert from 'node:assert/strict'
import type { SessionKey, UserId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import {
  actorOf,
  assertAllEnded,
  assertEnded,
  credentialOf,
  isStoredHash,
  keyOf,
  letOthersRun,
  liveSession,
  openOne,
  signUp,
  succeeded,
} from '../fixtures/people.js'
import { newSession, noRefund, unknownUserId } from '../fixtures/samples.js'

const { cases, promise } = casesOf('sessions')

/** Ending every session, and what races it. */
export const sessionRevokeAllCases = cases

promise(
  'revokeAll: revokes every session of the user and of no other user',
  [],
  async (storage) => {
    const { user, key } = await signUp(storage)
    const keys = [key, await openOne(storage, user.id), await openOne(storage, user.id)]
    const stranger = await signUp(storage)
    assert.equal(await storage.sessions.revokeAll(user.id), 3)
    await assertAllEnded(storage, keys)
    assert.deepEqual(await storage.sessions.list(user.id), [])
    await liveSession(storage, stranger.key)
  },
)

promise('revokeAll: counts the sessions that were live', ['elapse'], async (storage) => {
  const { user } = await signUp(storage, {}, { idleSeconds: 100 })
  await storage.elapse(101)
  await openOne(storage, user.id)
  assert.equal(await storage.sessions.revokeAll(user.id), 1)
  assert.equal(await storage.sessions.revokeAll(user.id), 0)
  assert.equal(await storage.sessions.revokeAll(unknownUserId()), 0)
})

promise('revokeAll: the user can sign in again', [], async (storage) => {
  const { user, hash } = await signUp(storage)
  await storage.sessions.revokeAll(user.id)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
  await liveSession(storage, await openOne(storage, user.id))
})

promise(
  'revokeAll: racing twenty openings, what was acknowledged before the call has ended',
  [],
  async (storage) => {
    const { user } = await signUp(storage)
    await assertEndsAcknowledged(storage, user.id, () => storage.sessions.revokeAll(user.id))
  },
)

promise(
  'revokeOthers: racing twenty openings, what was acknowledged before the call has ended',
  [],
  async (storage) => {
    const { user, key } = await signUp(storage)
    const actor = await actorOf(storage, key)
    await assertEndsAcknowledged(storage, user.id, async () =>
      succeeded(await storage.sessions.revokeOthers(actor)),
    )
    await liveSession(storage, key)
  },
)

promise(
  'revokeAll: of twenty sign-ins with a password looked up before no session lives',
  [],
  async (storage) => {
    const person = await signUp(storage)
    const credential = await credentialOf(storage, person)
    const sessions = Array.from({ length: 20 }, () => newSession())
    await Promise.all([
      ...sessions.map((session) =>
        storage.passwords.signIn({ credential, session, refund: noRefund }),
      ),
      storage.sessions.revokeAll(person.user.id),
    ])
    await assertAllEnded(
      storage,
      sessions.map((session) => keyOf(person.user.id, session)),
    )
  },
)

promise(
  'revokeAll: ends what an open transaction is just opening',
  ['transaction', 'concurrency'],
  async (storage) => {
    const { user } = await signUp(storage)
    await assertEndsUncommitted(storage, user.id, () => storage.sessions.revokeAll(user.id))
  },
)

promise(
  'revokeOthers: ends what an open transaction is just opening',
  ['transaction', 'concurrency'],
  async (storage) => {
    const { user, key } = await signUp(storage)
    const actor = await actorOf(storage, key)
    await assertEndsUncommitted(storage, user.id, async () =>
      succeeded(await storage.sessions.revokeOthers(actor)),
    )
    await liveSession(storage, key)
  },
)

promise('revokeAll: endings at once leave nothing alive', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const second = await openOne(storage, user.id)
  const actor = await actorOf(storage, key)
  await Promise.all([
    ...Array.from({ length: 10 }, () => storage.sessions.revokeAll(user.id)),
    ...Array.from({ length: 10 }, () => storage.sessions.revokeOthers(actor)),
    storage.sessions.revoke(user.id, second.id),
  ])
  await assertEnded(storage, key)
  await assertEnded(storage, second)
})

/**
 * Fires twenty openings, ends all sessions once some of them were acknowledged, and asserts that those
 * have ended. (What is acknowledged later may have begun after the ending, and may live.)
 */
async function assertEndsAcknowledged(
  storage: ConformanceStorage,
  userId: UserId,
  end: () => Promise<unknown>,
): Promise<void> {
  const acknowledged: SessionKey[] = []
  const opening = Array.from({ length: 20 }, async () => {
    acknowledged.push(await openOne(storage, userId))
  })
  await Promise.race(opening)
  const before = [...acknowledged]
  await Promise.all([end(), ...opening])
  assert.ok(before.length > 0)
  await assertAllEnded(storage, before)
}

/** Opens a session in a transaction that commits only after all sessions were asked to end. */
async function assertEndsUncommitted(
  storage: ConformanceStorage,
  userId: UserId,
  end: () => Promise<unknown>,
): Promise<void> {
  const { key, ending } = await storage.transaction(async (tx) => {
    const opened = await openOne(tx, userId)
    const asked = end()
    await letOthersRun(tx)
    return { key: opened, ending: asked }
  })
  await ending
  await assertEnded(storage, key)
}
