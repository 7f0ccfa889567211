import assert from 'node:assert/strict'
import type { AskingSession } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { addOne, linkOne } from '../fixtures/credentials.js'
import { issueLink, issueToken, newProof } from '../fixtures/mail.js'
import {
  askingOf,
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
export const userAskingCases = [...cases, ...sessionCases]

/** Asking sessions that were live once, or never. */
async function staleOnes(storage: ConformanceStorage) {
  const person = await signUp(storage)
  const asking = await askingOf(storage, person.key)
  const stale: AskingSession[] = [
    { ...asking, sessionId: unknownSessionId() },
    { ...asking, epochs: { ...asking.epochs, session: asking.epochs.session + 1 } },
    { ...asking, epochs: { ...asking.epochs, owner: asking.epochs.owner + 1 } },
  ]
  for (const [, end] of sessionEnds.slice(0, 2)) {
    const key = await openOne(storage, person.user.id)
    stale.push(await askingOf(storage, key))
    await end(storage, key)
  }
  const strangers = await signUp(storage)
  stale.push({ ...(await askingOf(storage, strangers.key)), userId: person.user.id })
  return { ...person, asking, stale }
}

promise('updateProfile: by a live session of the user', [], async (storage) => {
  const { user, asking, stale } = await staleOnes(storage)
  for (const by of stale) assert.equal(await storage.users.updateProfile(by, { name: 'No' }), null)
  assert.deepEqual(await storage.users.find(user.id), user)
  const changed = present(await storage.users.updateProfile(asking, { name: 'Yes' }))
  assert.equal(changed.name, 'Yes')
  await storage.sessions.revokeAll(user.id)
  assert.equal(await storage.users.updateProfile(asking, { name: 'Late' }), null)
})

promise(
  'delete: by a live session of the user, with everything of theirs',
  ['charging'],
  async (storage) => {
    const { user, email, key, asking } = await staleOnes(storage)
    const link = await issueLink(storage, { email })
    await issueToken(storage, 'verify_email', email)
    await addOne(storage, asking)
    await linkOne(storage, asking)
    assert.equal(await storage.users.delete(asking), true)
    assert.equal(await storage.users.find(user.id), null)
    assert.equal(await storage.users.findByEmail(email), null)
    await assertEnded(storage, key)
    const proof = newProof({ newUserId: null })
    assert.equal((await storage.magicLinks.consume(link.tokenHash, proof)).ok, false)
    assert.equal(await storage.users.delete(asking), false)
  },
)

promise('delete: a session that may not takes nothing away', ['charging'], async (storage) => {
  const { user, email, hash, key, asking, stale } = await staleOnes(storage)
  const link = await issueLink(storage, { email })
  const { passkey } = await addOne(storage, asking)
  const account = await linkOne(storage, asking)
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
      const { user, email, asking, hash } = await staleOnes(storage)
      const account = await linkOne(storage, asking)
      const [, deleted] = await Promise.all([
        storage.sessions.revokeAll(user.id),
        storage.users.delete(asking),
      ])
      assert.equal(await isStoredHash(storage, user.id, hash), !deleted)
      assert.equal((await storage.users.findByEmail(email))?.id ?? null, deleted ? null : user.id)
      assert.deepEqual(await storage.oauthAccounts.list(user.id), deleted ? [] : [account])
    }
  },
)

sessionPromise('revoke: by a live session of the user', [], async (storage) => {
  const { user, key, asking, stale } = await staleOnes(storage)
  const other = await openOne(storage, user.id)
  for (const by of stale) assert.equal(await storage.sessions.revoke(by, other.id), false)
  await liveSession(storage, other)
  assert.equal(await storage.sessions.revoke(asking, other.id), true)
  await assertEnded(storage, other)
  const stranger = await signUp(storage)
  assert.equal(await storage.sessions.revoke(asking, stranger.key.id), false)
  assert.equal(await storage.sessions.revoke(asking, asking.sessionId), true)
  await assertEnded(storage, key)
  only(await storage.sessions.list(stranger.user.id))
})

sessionPromise('revokeAll: by a live session of the user', [], async (storage) => {
  const { user, key, asking, stale } = await staleOnes(storage)
  const other = await openOne(storage, user.id)
  for (const by of stale) assert.equal(await storage.sessions.revokeAll(by), 0)
  await liveSession(storage, other)
  assert.ok((await storage.sessions.revokeAll(asking)) >= 2)
  for (const ended of [key, other]) await assertEnded(storage, ended)
})
