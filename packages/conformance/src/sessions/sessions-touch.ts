import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  assertEnded,
  liveSession,
  openOne,
  present,
  signUp,
  twentyAtOnce,
} from '../fixtures/people.js'
import { freshSecretHash, unknownSessionId } from '../fixtures/samples.js'

const { cases, promise } = casesOf('sessions')

/** Moving the idle end of a session. */
export const sessionTouchCases = cases

const often = { idleSeconds: 1000, touchSeconds: 60 }

promise('touch: moves the idle end forward', ['elapse'], async (storage) => {
  const { key } = await signUp(storage)
  await storage.elapse(900)
  const before = await liveSession(storage, key)
  const touched = present(await storage.sessions.touch(key, often))
  const { session, touchDue } = await liveSession(storage, key)
  assert.deepEqual({ lastActiveAt: session.lastActiveAt, expiresAt: session.expiresAt }, touched)
  assert.equal(touched.expiresAt.getTime() - touched.lastActiveAt.getTime(), 1_000_000)
  assert.deepEqual(session.absoluteExpiresAt, before.session.absoluteExpiresAt)
  assert.equal(touchDue, false)
  await storage.elapse(900)
  await liveSession(storage, key)
  await storage.elapse(101)
  await assertEnded(storage, key)
})

promise('touch: null when nothing was due', ['elapse'], async (storage) => {
  const { key } = await signUp(storage)
  const before = await liveSession(storage, key)
  assert.equal(await storage.sessions.touch(key, often), null)
  assert.deepEqual(await liveSession(storage, key), before)
  await storage.elapse(500)
  assert.equal(await storage.sessions.touch(key, { idleSeconds: 1000, touchSeconds: 900 }), null)
})

promise('touch: R5.4 one writer among twenty', ['elapse'], async (storage) => {
  const { key } = await signUp(storage)
  await storage.elapse(500)
  const touched = await twentyAtOnce(() => storage.sessions.touch(key, often))
  assert.equal(touched.filter((written) => written !== null).length, 1)
})

promise(
  'touch: never waits for another writer',
  ['elapse', 'transaction', 'concurrency'],
  async (storage) => {
    const { key } = await signUp(storage)
    await storage.elapse(500)
    await storage.transaction(async (tx) => {
      present(await tx.sessions.touch(key, often))
      // The other writer's transaction is open: waiting for its end would never end.
      assert.equal(await storage.sessions.touch(key, often), null)
    })
  },
)

promise('touch: T2.33 never passes the absolute end', ['elapse'], async (storage) => {
  const { key } = await signUp(storage, {}, { idleSeconds: 1000, absoluteSeconds: 1500 })
  await storage.elapse(900)
  const touched = present(await storage.sessions.touch(key, often))
  const { session } = await liveSession(storage, key)
  assert.deepEqual(touched.expiresAt, session.absoluteExpiresAt)
  await storage.elapse(601)
  await assertEnded(storage, key)
})

promise(
  'touch: a longer idle time than is left ends at the absolute end',
  ['elapse'],
  async (storage) => {
    const { key } = await signUp(storage, {}, { idleSeconds: 1000, absoluteSeconds: 1500 })
    await storage.elapse(900)
    const touched = await storage.sessions.touch(key, { idleSeconds: 100_000, touchSeconds: 60 })
    assert.deepEqual(
      present(touched).expiresAt,
      (await liveSession(storage, key)).session.absoluteExpiresAt,
    )
  },
)

promise('touch: never brings an expired session back to life', ['elapse'], async (storage) => {
  const { key } = await signUp(storage)
  await storage.elapse(1001)
  assert.equal(await storage.sessions.touch(key, often), null)
  await assertEnded(storage, key)
})

promise('touch: never brings a revoked session back to life', ['elapse'], async (storage) => {
  const { user, key } = await signUp(storage)
  const second = await openOne(storage, user.id)
  await storage.elapse(500)
  await storage.sessions.revoke(user.id, key.id)
  assert.equal(await storage.sessions.touch(key, often), null)
  await storage.sessions.revokeAll(user.id)
  assert.equal(await storage.sessions.touch(second, often), null)
  await assertEnded(storage, key)
  await assertEnded(storage, second)
})

promise(
  "touch: never brings a disabled user's session back to life",
  ['elapse'],
  async (storage) => {
    const { user, key } = await signUp(storage)
    await storage.elapse(500)
    await storage.users.disable(user.id)
    assert.equal(await storage.sessions.touch(key, often), null)
    await storage.users.enable(user.id)
    assert.equal(await storage.sessions.touch(key, often), null)
    await assertEnded(storage, key)
  },
)

promise('touch: null for a wrong secret, which moves nothing', ['elapse'], async (storage) => {
  const { key } = await signUp(storage)
  await storage.elapse(500)
  const before = await liveSession(storage, key)
  assert.equal(await storage.sessions.touch({ ...key, secretHash: freshSecretHash() }, often), null)
  assert.equal(await storage.sessions.touch({ ...key, id: unknownSessionId() }, often), null)
  assert.deepEqual(await liveSession(storage, key), before)
})

promise(
  'touch: twenty at once with a revocation leave the session ended',
  ['elapse'],
  async (storage) => {
    const { user, key } = await signUp(storage)
    await storage.elapse(500)
    const [revoked] = await Promise.all([
      storage.sessions.revoke(user.id, key.id),
      twentyAtOnce(() => storage.sessions.touch(key, often)),
    ])
    assert.equal(revoked, true)
    await assertEnded(storage, key)
  },
)
