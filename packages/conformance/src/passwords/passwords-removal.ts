import assert from 'node:assert/strict'
import type { SessionActor } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import type { Person } from '../fixtures/people.js'
import {
  actorOf,
  assertAllEnded,
  isStoredHash,
  liveSession,
  lookUp,
  only,
  openOne,
  signUp,
  signUpWithoutPassword,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { freshPasswordHash } from '../fixtures/samples.js'

const { cases, promise } = casesOf('passwords')

/** Removing passwords, and when no act of a signed-in user counts any more. */
export const passwordRemovalCases = cases

const stale = { ok: false, reason: 'stale' }

promise(
  'remove: T2.30 removes the password, ends every other session, keeps the asking one',
  [],
  async (storage) => {
    const { user, key, hash } = await signUp(storage, { emailVerified: true })
    const other = await openOne(storage, user.id)
    const outcome = await storage.passwords.remove(await actorOf(storage, key), {
      mailSignIn: true,
    })
    assert.deepEqual(outcome, { ok: true, sessionsEnded: 1 })
    assert.equal(await isStoredHash(storage, user.id, hash), false)
    await assertAllEnded(storage, [other])
    await liveSession(storage, key)
  },
)

promise('remove: a removed password is not found any more', ['charging'], async (storage) => {
  const { email, key } = await signUp(storage, { emailVerified: true })
  succeeded(await storage.passwords.remove(await actorOf(storage, key), { mailSignIn: true }))
  assert.equal(await lookUp(storage, email), null)
})

promise('remove: refused when nothing else would let the person in', [], async (storage) => {
  for (const [emailVerified, mailSignIn] of [
    [true, false],
    [false, true],
    [false, false],
  ] as const) {
    const { user, key, hash } = await signUp(storage, { emailVerified })
    const other = await openOne(storage, user.id)
    const outcome = await storage.passwords.remove(await actorOf(storage, key), { mailSignIn })
    assert.deepEqual(outcome, { ok: false, reason: 'last_method' })
    assert.equal(await isStoredHash(storage, user.id, hash), true)
    await liveSession(storage, other)
  }
})

promise('remove: refused where there is none', [], async (storage) => {
  const { actor, keys } = await signUpWithoutPassword(storage, true)
  for (const mailSignIn of [true, false])
    assert.deepEqual(await storage.passwords.remove(actor, { mailSignIn }), {
      ok: false,
      reason: 'not_found',
    })
  for (const key of keys) await liveSession(storage, key)
})

promise('remove: one winner among twenty', [], async (storage) => {
  const { user, key, hash } = await signUp(storage, { emailVerified: true })
  const actor = await actorOf(storage, key)
  only(winners(await twentyAtOnce(() => storage.passwords.remove(actor, { mailSignIn: true }))))
  assert.equal(await isStoredHash(storage, user.id, hash), false)
  await liveSession(storage, key)
})

promise('remove: a password can be set again', [], async (storage) => {
  const { user, key } = await signUp(storage, { emailVerified: true })
  succeeded(await storage.passwords.remove(await actorOf(storage, key), { mailSignIn: true }))
  const hash = freshPasswordHash()
  assert.deepEqual(await storage.passwords.set(await actorOf(storage, key), hash), { ok: true })
  assert.equal(await isStoredHash(storage, user.id, hash), true)
})

type Ending = (storage: ConformanceStorage, actor: SessionActor) => Promise<unknown>
const endings: readonly (readonly [string, Ending])[] = [
  ['was revoked', ({ sessions }, { userId, sessionId }) => sessions.revoke(userId, sessionId)],
  ['was ended with all others', ({ sessions }, { userId }) => sessions.revokeAll(userId)],
  ['ended with its user', ({ users }, { userId }) => users.disable(userId)],
  ['has expired', (storage) => storage.elapse(1001)],
]

for (const [what, end] of endings) {
  promise(
    `set, change and remove: refused once the current session ${what}`,
    ['elapse'],
    async (storage) => {
      const person = await signUp(storage, { emailVerified: true }, { idleSeconds: 1000 })
      const bare = await signUpWithoutPassword(storage, true)
      const actor = await actorOf(storage, person.key)
      await end(storage, actor)
      await end(storage, bare.actor)
      await assertChangesAreStale(storage, person, actor)
      const hash = freshPasswordHash()
      assert.deepEqual(await storage.passwords.set(bare.actor, hash), stale)
      assert.equal(await isStoredHash(storage, bare.user.id, hash), false)
    },
  )
}

promise('set, change and remove: both epochs count', [], async (storage) => {
  const person = await signUp(storage, { emailVerified: true })
  const bare = await signUpWithoutPassword(storage, true)
  const actor = await actorOf(storage, person.key)
  for (const [session, owner] of [
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const) {
    const moved = (before: SessionActor): SessionActor => ({
      ...before,
      epochs: { session: before.epochs.session + session, owner: before.epochs.owner + owner },
    })
    await assertChangesAreStale(storage, person, moved(actor))
    assert.deepEqual(await storage.passwords.set(moved(bare.actor), freshPasswordHash()), stale)
  }
  await liveSession(storage, person.key)
})

promise(
  "set, change and remove: refused for a session that is not this user's",
  [],
  async (storage) => {
    const person = await signUp(storage, { emailVerified: true })
    const other = await signUp(storage, { emailVerified: true })
    const actor = await actorOf(storage, person.key)
    await assertChangesAreStale(storage, person, { ...actor, sessionId: other.key.id })
    await assertChangesAreStale(storage, other, { ...actor, userId: other.user.id })
    await liveSession(storage, person.key)
    await liveSession(storage, other.key)
  },
)

/** Asserts that neither a change nor a removal asked for in this way does anything. */
async function assertChangesAreStale(
  storage: ConformanceStorage,
  { user, hash }: Person,
  actor: SessionActor,
): Promise<void> {
  const hashes = { verified: hash, next: freshPasswordHash() }
  assert.deepEqual(await storage.passwords.change(actor, hashes), stale)
  assert.deepEqual(await storage.passwords.remove(actor, { mailSignIn: true }), stale)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
}
