import assert from 'node:assert/strict'
import type { SessionActor } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { addOne, linkOne } from '../fixtures/credentials.js'
import { issueLink, issueToken, newProof } from '../fixtures/mail.js'
import {
  actorOf,
  assertEnded,
  isStoredHash,
  liveSession,
  only,
  openOne,
  present,
  sessionEnds,
  signUp,
  succeeded,
} from '../fixtures/people.js'
import { unknownSessionId } from '../fixtures/samples.js'

const { cases, promise } = casesOf('users')
const { cases: sessionCases, promise: sessionPromise } = casesOf('sessions')

/** What a user does to their own account by a session that must be live. */
export const userActorCases = [...cases, ...sessionCases]

/** Asking sessions that were live once, or never. */
async function staleOnes(storage: ConformanceStorage) {
  const person = await signUp(storage)
  const actor = await actorOf(storage, person.key)
  const stale: SessionActor[] = [
    { ...actor, sessionId: unknownSessionId() },
    { ...actor, epochs: { ...actor.epochs, session: actor.epochs.session + 1 } },
    { ...actor, epochs: { ...actor.epochs, owner: actor.epochs.owner + 1 } },
  ]
  for (const [, end] of sessionEnds.slice(0, 2)) {
    const key = await openOne(storage, person.user.id)
    stale.push(await actorOf(storage, key))
    await end(storage, key)
  }
  const strangers = await signUp(storage)
  stale.push({ ...(await actorOf(storage, strangers.key)), userId: person.user.id })
  return { ...person, actor, stale }
}

promise('updateProfile: by a live session of the user', [], async (storage) => {
  const { user, actor, stale } = await staleOnes(storage)
  for (const by of stale) assert.equal(await storage.users.updateProfile(by, { name: 'No' }), null)
  assert.deepEqual(await storage.users.find(user.id), user)
  const changed = present(await storage.users.updateProfile(actor, { name: 'Yes' }))
  assert.equal(changed.name, 'Yes')
  await storage.sessions.revokeAll(user.id)
  assert.equal(await storage.users.updateProfile(actor, { name: 'Late' }), null)
})

promise(
  'delete: by a live session of the user, with everything of theirs',
  ['charging'],
  async (storage) => {
    const { user, email, key, actor } = await staleOnes(storage)
    const link = await issueLink(storage, { email })
    await issueToken(storage, 'verify_email', email)
    await addOne(storage, actor)
    await linkOne(storage, actor)
    assert.equal(await storage.users.delete(actor), true)
    assert.equal(await storage.users.find(user.id), null)
    assert.equal(await storage.users.findByEmail(email), null)
    await assertEnded(storage, key)
    const proof = newProof({ newUserId: null })
    assert.equal((await storage.magicLinks.consume(link.tokenHash, proof)).ok, false)
    assert.equal(await storage.users.delete(actor), false)
  },
)

promise('delete: a session that may not takes nothing away', ['charging'], async (storage) => {
  const { user, email, hash, key, actor, stale } = await staleOnes(storage)
  const link = await issueLink(storage, { email })
  const { passkey } = await addOne(storage, actor)
  const account = await linkOne(storage, actor)
  for (const by of stale) assert.equal(await storage.users.delete(by), false)
  assert.deepEqual(await storage.users.findByEmail(email), user)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
  assert.deepEqual(await storage.passkeys.list(user.id), [passkey])
  assert.deepEqual(await storage.oauthAccounts.list(user.id), [account])
  await liveSession(storage, key)
  succeeded(await storage.magicLinks.consume(link.tokenHash, newProof()))
})

promise(
  'delete: raced against what ends its session, all of the account is gone or none of it',
  [],
  async (storage) => {
    for (let round = 0; round < 10; round += 1) {
      const { user, email, actor, hash } = await staleOnes(storage)
      const account = await linkOne(storage, actor)
      const [, deleted] = await Promise.all([
        storage.sessions.revokeAll(user.id),
        storage.users.delete(actor),
      ])
      assert.equal(await isStoredHash(storage, user.id, hash), !deleted)
      assert.equal((await storage.users.findByEmail(email))?.id ?? null, deleted ? null : user.id)
      assert.deepEqual(await storage.oauthAccounts.list(user.id), deleted ? [] : [account])
    }
  },
)

sessionPromise('revoke: by a live session of the user', [], async (storage) => {
  const { user, key, actor, stale } = await staleOnes(storage)
  const other = await openOne(storage, user.id)
  for (const by of stale) assert.equal(await storage.sessions.revoke(by, other.id), false)
  await liveSession(storage, other)
  assert.equal(await storage.sessions.revoke(actor, other.id), true)
  await assertEnded(storage, other)
  const stranger = await signUp(storage)
  assert.equal(await storage.sessions.revoke(actor, stranger.key.id), false)
  assert.equal(await storage.sessions.revoke(actor, actor.sessionId), true)
  await assertEnded(storage, key)
  only(await storage.sessions.list(stranger.user.id))
})

sessionPromise('revokeAll: by a live session of the user', [], async (storage) => {
  const { user, key, actor, stale } = await staleOnes(storage)
  const other = await openOne(storage, user.id)
  for (const by of stale) assert.equal(await storage.sessions.revokeAll(by), 0)
  await liveSession(storage, other)
  assert.ok((await storage.sessions.revokeAll(actor)) >= 2)
  for (const ended of [key, other]) await assertEnded(storage, ended)
})
