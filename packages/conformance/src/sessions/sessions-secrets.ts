import assert from 'node:assert/strict'
import type { SessionKey } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { assertEnded, liveSession, only, openOne, present, signUp } from '../fixtures/people.js'
import {
  freshRateLimitKey,
  freshSecretHash,
  noRefund,
  onAccount,
  unknownSessionId,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('sessions')

/** New secrets for a live session: rotation and a fresh proof of identity. */
export const sessionSecretCases = cases

const proof = () => ({ newSecretHash: freshSecretHash(), method: 'passkey' as const })

promise(
  'rotate: the new secret opens the session, the old one is dead at once',
  [],
  async (storage) => {
    const { user, key } = await signUp(storage)
    const before = await liveSession(storage, key)
    const newSecretHash = freshSecretHash()
    const rotated = present(await storage.sessions.rotate(key, newSecretHash))
    await assertEnded(storage, key)
    const after = await liveSession(storage, { ...key, secretHash: newSecretHash })
    assert.deepEqual(after.session, rotated)
    assert.deepEqual(after.epochs, before.epochs)
    assert.deepEqual(after.user, user)
  },
)

promise('rotate: changes nothing but the secret', ['elapse'], async (storage) => {
  const { key } = await signUp(storage)
  await storage.elapse(500)
  const before = await liveSession(storage, key)
  assert.deepEqual(await storage.sessions.rotate(key, freshSecretHash()), before.session)
})

promise('rotate: T1.23 one winner among twenty', [], async (storage) => {
  const { key } = await signUp(storage)
  const hashes = Array.from({ length: 20 }, () => freshSecretHash())
  const rotated = await Promise.all(hashes.map((hash) => storage.sessions.rotate(key, hash)))
  only(rotated.filter((session) => session !== null))
  await assertEnded(storage, key)
  for (const [index, secretHash] of hashes.entries())
    if (rotated[index] === null) await assertEnded(storage, { ...key, secretHash })
    else await liveSession(storage, { ...key, secretHash })
})

promise(
  'rotate: null for what is not a live session of this user and secret',
  ['elapse'],
  async (storage) => {
    const { user, key } = await signUp(storage)
    const other = await signUp(storage)
    for (const wrong of wrongKeys(key, other.key))
      assert.equal(await storage.sessions.rotate(wrong, freshSecretHash()), null)
    await liveSession(storage, key)
    await storage.elapse(1001)
    assert.equal(await storage.sessions.rotate(key, freshSecretHash()), null)
    const second = await openOne(storage, user.id)
    await storage.users.disable(user.id)
    assert.equal(await storage.sessions.rotate(second, freshSecretHash()), null)
  },
)

promise('rotate: with a revocation at once no secret opens anything', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const hashes = Array.from({ length: 20 }, () => freshSecretHash())
  const [revoked] = await Promise.all([
    storage.sessions.revoke(user.id, key.id),
    Promise.all(hashes.map((hash) => storage.sessions.rotate(key, hash))),
  ])
  assert.equal(revoked, true)
  for (const secretHash of [key.secretHash, ...hashes])
    await assertEnded(storage, { ...key, secretHash })
})

promise('rotate: with an ending of all at once no secret opens anything', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const hashes = Array.from({ length: 20 }, () => freshSecretHash())
  await Promise.all([
    ...hashes.map((hash) => storage.sessions.rotate(key, hash)),
    storage.sessions.revokeAll(user.id),
  ])
  for (const secretHash of [key.secretHash, ...hashes])
    await assertEnded(storage, { ...key, secretHash })
})

promise('reauthenticate: notes the proof and gives a new secret', ['elapse'], async (storage) => {
  const { key } = await signUp(storage)
  await storage.elapse(500)
  const before = await liveSession(storage, key)
  const given = proof()
  const session = present(await storage.sessions.reauthenticate(key, given))
  assert.ok(session.authenticatedAt > before.session.authenticatedAt)
  assert.deepEqual([...session.methods].sort(), ['passkey', 'password'])
  assert.deepEqual(session.absoluteExpiresAt, before.session.absoluteExpiresAt)
  assert.deepEqual(session.createdAt, before.session.createdAt)
  await assertEnded(storage, key)
  const after = await liveSession(storage, { ...key, secretHash: given.newSecretHash })
  assert.deepEqual(after.session, session)
  assert.deepEqual(after.epochs, before.epochs)
})

promise('reauthenticate: keeps the secret when the same hash is given', [], async (storage) => {
  const { key } = await signUp(storage)
  const kept = { newSecretHash: key.secretHash, method: 'password' as const }
  const session = present(await storage.sessions.reauthenticate(key, kept))
  assert.deepEqual((await liveSession(storage, key)).session, session)
})

promise('reauthenticate: a way proved again is noted once', [], async (storage) => {
  const { key } = await signUp(storage)
  for (let turn = 0; turn < 3; turn += 1) {
    const kept = { newSecretHash: key.secretHash, method: 'password' as const }
    assert.deepEqual(present(await storage.sessions.reauthenticate(key, kept)).methods, [
      'password',
    ])
  }
})

promise('reauthenticate: leaves the other sessions alone', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const second = await openOne(storage, user.id)
  const before = await liveSession(storage, second)
  await storage.sessions.reauthenticate(key, proof())
  assert.deepEqual(await liveSession(storage, second), before)
})

promise('reauthenticate: one winner among twenty', [], async (storage) => {
  const { key } = await signUp(storage)
  const proofs = Array.from({ length: 20 }, proof)
  const noted = await Promise.all(
    proofs.map((given) => storage.sessions.reauthenticate(key, given)),
  )
  only(noted.filter((session) => session !== null))
  for (const [index, { newSecretHash }] of proofs.entries())
    if (noted[index] === null) await assertEnded(storage, { ...key, secretHash: newSecretHash })
    else await liveSession(storage, { ...key, secretHash: newSecretHash })
})

promise(
  'reauthenticate: null for what is not a live session of this user and secret',
  ['elapse'],
  async (storage) => {
    const { user, key } = await signUp(storage)
    const other = await signUp(storage)
    const before = await liveSession(storage, key)
    for (const wrong of wrongKeys(key, other.key))
      assert.equal(await storage.sessions.reauthenticate(wrong, proof()), null)
    assert.deepEqual(await liveSession(storage, key), before)
    await storage.elapse(1001)
    assert.equal(await storage.sessions.reauthenticate(key, proof()), null)
    await assertEnded(storage, key)
    const second = await openOne(storage, user.id)
    await storage.users.disable(user.id)
    assert.equal(await storage.sessions.reauthenticate(second, proof()), null)
  },
)

promise('reauthenticate: gives the attempt back', ['charging'], async (storage) => {
  const { key } = await signUp(storage)
  const account = freshRateLimitKey()
  await storage.rateLimits.charge(onAccount(account))
  present(
    await storage.sessions.reauthenticate(key, { ...proof(), refund: { ...noRefund, account } }),
  )
  assert.deepEqual(await storage.rateLimits.status(account), { state: 'open', failures: 0 })
})

promise(
  'reauthenticate: gives no attempt back when the session has ended',
  ['charging'],
  async (storage) => {
    const { user, key } = await signUp(storage)
    const account = freshRateLimitKey()
    await storage.rateLimits.charge(onAccount(account))
    await storage.sessions.revokeAll(user.id)
    assert.equal(
      await storage.sessions.reauthenticate(key, { ...proof(), refund: { ...noRefund, account } }),
      null,
    )
    assert.deepEqual(await storage.rateLimits.status(account), { state: 'open', failures: 1 })
  },
)

/** Keys that each differ from the right one in a single part. */
const wrongKeys = (key: SessionKey, other: SessionKey): SessionKey[] => [
  { ...key, secretHash: freshSecretHash() },
  { ...key, secretHash: other.secretHash },
  { ...key, id: unknownSessionId() },
  { ...key, id: other.id },
  { ...key, userId: unknownUserId() },
  { ...key, userId: other.userId },
]
