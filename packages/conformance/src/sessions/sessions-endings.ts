import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  assertAllEnded,
  assertEnded,
  liveSession,
  openOne,
  seenBy,
  signUp,
  twentyAtOnce,
} from '../fixtures/people.js'
import { freshSecretHash, unknownSessionId, unknownUserId } from '../fixtures/samples.js'

const { cases, promise } = casesOf('sessions')

/** Ending one session: by its ids, or by what opens it. */
export const sessionEndingCases = cases

promise(
  'end: of sixteen calls at once each ends its own session, and of those with one key one does',
  [],
  async (storage) => {
    const people = await Promise.all(Array.from({ length: 5 }, () => signUp(storage)))
    const keys = people.map(({ key }) => key)
    const wrong = { ...(keys[0] ?? assert.fail()), secretHash: freshSecretHash() }
    const kept = await openOne(storage, (people[0] ?? assert.fail()).user.id)
    const asked = [wrong, ...keys, ...keys, ...keys]
    const ended = await Promise.all(asked.map((key) => storage.sessions.end(key)))
    assert.equal(ended[0], false)
    for (const [at] of keys.entries())
      assert.equal([1, 6, 11].filter((first) => ended[first + at]).length, 1)
    await assertAllEnded(storage, keys)
    await liveSession(storage, kept)
  },
)

promise('revoke: ends one session and no other', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const second = await openOne(storage, user.id)
  const before = await liveSession(storage, second)
  assert.equal(await storage.sessions.revoke(user.id, key.id), true)
  await assertEnded(storage, key)
  assert.deepEqual(await liveSession(storage, second), before)
})

promise('revoke: one of twenty callers ends the session', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const answers = await twentyAtOnce(() => storage.sessions.revoke(user.id, key.id))
  assert.equal(answers.filter((ended) => ended).length, 1)
})

promise("revoke: false for another user's session, which goes on", [], async (storage) => {
  const [person, other] = [await signUp(storage), await signUp(storage)]
  assert.equal(await storage.sessions.revoke(person.user.id, other.key.id), false)
  await liveSession(storage, other.key)
})

promise('revoke: false for what is not a live session', ['elapse'], async (storage) => {
  const { user, key } = await signUp(storage)
  assert.equal(await storage.sessions.revoke(user.id, unknownSessionId()), false)
  assert.equal(await storage.sessions.revoke(unknownUserId(), key.id), false)
  await storage.elapse(1001)
  assert.equal(await storage.sessions.revoke(user.id, key.id), false)
})

promise('end: ends the session that the key opens and no other', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const second = await openOne(storage, user.id)
  const before = await liveSession(storage, second)
  assert.equal(await storage.sessions.end(key), true)
  await assertEnded(storage, key)
  assert.deepEqual(await liveSession(storage, second), before)
})

promise('end: one of twenty callers ends the session', [], async (storage) => {
  const { key } = await signUp(storage)
  const answers = await twentyAtOnce(() => storage.sessions.end(key))
  assert.equal(answers.filter((ended) => ended).length, 1)
})

promise('end: who only knows the ids ends nothing', [], async (storage) => {
  const [person, other] = [await signUp(storage), await signUp(storage)]
  for (const wrong of [
    { ...person.key, secretHash: freshSecretHash() },
    { ...person.key, secretHash: other.key.secretHash },
    { ...person.key, id: other.key.id },
    { ...person.key, userId: other.user.id },
  ])
    assert.equal(await storage.sessions.end(wrong), false)
  await liveSession(storage, person.key)
  await liveSession(storage, other.key)
})

promise('end: false for what is not a live session', ['elapse'], async (storage) => {
  const { user, key } = await signUp(storage)
  await storage.elapse(1001)
  assert.equal(await storage.sessions.end(key), false)
  const second = await openOne(storage, user.id)
  await storage.users.disable(user.id)
  assert.equal(await storage.sessions.end(second), false)
  assert.equal(await storage.sessions.end({ ...key, userId: unknownUserId() }), false)
})

promise(
  'end: with twenty rotations at once either the session has ended or one new secret opens it',
  [],
  async (storage) => {
    const { key } = await signUp(storage)
    const hashes = Array.from({ length: 20 }, () => freshSecretHash())
    const [ended] = await Promise.all([
      storage.sessions.end(key),
      ...hashes.map((hash) => storage.sessions.rotate(key, hash)),
    ])
    await assertEnded(storage, key)
    const seen = await Promise.all(
      hashes.map((secretHash) => seenBy(storage, { ...key, secretHash })),
    )
    assert.equal(seen.filter((found) => found !== null).length, ended ? 0 : 1)
  },
)
