import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  actorOf,
  assertAllEnded,
  isStoredHash,
  keyOf,
  liveSession,
  lookUp,
  only,
  openOne,
  present,
  signUp,
  signUpBare,
  signUpWithoutPassword,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freshPasswordHash,
  freshRateLimitKey,
  newSession,
  noRefund,
  onAccount,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('passwords')

/** Setting, changing and rehashing passwords. */
export const passwordChangeCases = cases

const stale = { ok: false, reason: 'stale' }

promise('set: sets the first password and keeps the sessions', [], async (storage) => {
  const { actor, keys } = await signUpWithoutPassword(storage)
  const hash = freshPasswordHash()
  assert.deepEqual(await storage.passwords.set(actor, hash), { ok: true })
  assert.equal(await isStoredHash(storage, actor.userId, hash), true)
  for (const key of keys) await liveSession(storage, key)
})

promise('set: what is set can be looked up', ['charging'], async (storage) => {
  const { actor, user } = await signUpWithoutPassword(storage)
  const hash = freshPasswordHash()
  await storage.passwords.set(actor, hash)
  const credential = present(await lookUp(storage, present(user.email)))
  assert.equal(credential.hash.reveal(), hash.reveal())
})

promise('set: refused where there is a password', [], async (storage) => {
  const { user, key, hash } = await signUp(storage)
  const outcome = await storage.passwords.set(await actorOf(storage, key), freshPasswordHash())
  assert.deepEqual(outcome, { ok: false, reason: 'already_exists' })
  assert.equal(await isStoredHash(storage, user.id, hash), true)
})

promise('set: one winner among twenty', [], async (storage) => {
  const { actor } = await signUpWithoutPassword(storage)
  const hashes = Array.from({ length: 20 }, freshPasswordHash)
  const outcomes = await Promise.all(hashes.map((hash) => storage.passwords.set(actor, hash)))
  only(winners(outcomes))
  for (const [index, hash] of hashes.entries()) {
    const { ok } = present(outcomes[index])
    assert.equal(await isStoredHash(storage, actor.userId, hash), ok)
    if (!ok) assert.deepEqual(outcomes[index], { ok: false, reason: 'already_exists' })
  }
})

promise(
  'change: replaces the password, ends every other session, keeps the asking one',
  [],
  async (storage) => {
    const { user, key, hash } = await signUp(storage)
    const others = [await openOne(storage, user.id), await openOne(storage, user.id)]
    const before = await liveSession(storage, key)
    const next = freshPasswordHash()
    const outcome = await storage.passwords.change(await actorOf(storage, key), {
      verified: hash,
      next,
    })
    assert.deepEqual(outcome, { ok: true, sessionsEnded: 2 })
    assert.equal(await isStoredHash(storage, user.id, next), true)
    await assertAllEnded(storage, others)
    const after = await liveSession(storage, key)
    assert.deepEqual(after.session, before.session)
    assert.notDeepEqual(after.epochs, before.epochs)
  },
)

promise('change: the new password can be looked up and signs in', ['charging'], async (storage) => {
  const { user, email, key, hash } = await signUp(storage)
  const next = freshPasswordHash()
  succeeded(await storage.passwords.change(await actorOf(storage, key), { verified: hash, next }))
  const credential = present(await lookUp(storage, email))
  assert.equal(credential.hash.reveal(), next.reveal())
  const session = newSession()
  succeeded(await storage.passwords.signIn({ credential, session, refund: noRefund }))
  await liveSession(storage, keyOf(user.id, session))
})

promise('change: refused when the stored hash is not the verified one', [], async (storage) => {
  const { user, key, hash } = await signUp(storage)
  const second = await openOne(storage, user.id)
  const before = await liveSession(storage, second)
  const wrong = { verified: freshPasswordHash(), next: freshPasswordHash() }
  assert.deepEqual(await storage.passwords.change(await actorOf(storage, key), wrong), stale)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
  assert.deepEqual(await liveSession(storage, second), before)
})

promise('change: refused where there is no password', [], async (storage) => {
  const { actor } = await signUpWithoutPassword(storage)
  const hashes = { verified: freshPasswordHash(), next: freshPasswordHash() }
  assert.deepEqual(await storage.passwords.change(actor, hashes), stale)
  assert.equal(await isStoredHash(storage, actor.userId, hashes.next), false)
})

promise('change: one winner among twenty', [], async (storage) => {
  const { user, key, hash } = await signUp(storage)
  const actor = await actorOf(storage, key)
  const hashes = Array.from({ length: 20 }, freshPasswordHash)
  const outcomes = await Promise.all(
    hashes.map((next) => storage.passwords.change(actor, { verified: hash, next })),
  )
  only(winners(outcomes))
  for (const [index, next] of hashes.entries())
    assert.equal(await isStoredHash(storage, user.id, next), present(outcomes[index]).ok)
  await liveSession(storage, key)
})

promise(
  'change: of twenty sessions that change it at once one wins and is left',
  [],
  async (storage) => {
    const { user, hash } = await signUp(storage)
    const keys = await twentyAtOnce(() => openOne(storage, user.id))
    const actors = await Promise.all(keys.map((key) => actorOf(storage, key)))
    const outcomes = await Promise.all(
      actors.map((actor) =>
        storage.passwords.change(actor, { verified: hash, next: freshPasswordHash() }),
      ),
    )
    assert.deepEqual(only(winners(outcomes)), { ok: true, sessionsEnded: 20 })
    const left = only(await storage.sessions.list(user.id))
    assert.equal(left.id, present(keys[outcomes.findIndex(({ ok }) => ok)]).id)
  },
)

promise(
  'change: gives the attempt back, and only when it changes',
  ['charging'],
  async (storage) => {
    const { key, hash } = await signUp(storage)
    const account = freshRateLimitKey()
    const refund = { ...noRefund, account }
    await storage.rateLimits.charge(onAccount(account))
    const wrong = { verified: freshPasswordHash(), next: freshPasswordHash(), refund }
    assert.deepEqual(await storage.passwords.change(await actorOf(storage, key), wrong), stale)
    assert.deepEqual(await storage.rateLimits.status(account), { state: 'open', failures: 1 })
    const right = { verified: hash, next: freshPasswordHash(), refund }
    succeeded(await storage.passwords.change(await actorOf(storage, key), right))
    assert.deepEqual(await storage.rateLimits.status(account), { state: 'open', failures: 0 })
  },
)

promise('rehash: stores the hash and ends nothing', [], async (storage) => {
  const { user, key, hash } = await signUp(storage)
  const before = await liveSession(storage, key)
  const next = freshPasswordHash()
  assert.equal(await storage.passwords.rehash(user.id, { verified: hash, next }), true)
  assert.equal(await isStoredHash(storage, user.id, next), true)
  assert.deepEqual(await liveSession(storage, key), before)
})

promise('rehash: one winner among twenty', [], async (storage) => {
  const { user, hash } = await signUp(storage)
  const hashes = Array.from({ length: 20 }, freshPasswordHash)
  const answers = await Promise.all(
    hashes.map((next) => storage.passwords.rehash(user.id, { verified: hash, next })),
  )
  only(answers.filter((stored) => stored))
  for (const [index, next] of hashes.entries())
    assert.equal(await isStoredHash(storage, user.id, next), answers[index])
})

promise(
  'rehash: false where the stored hash is not the verified one, or there is none',
  [],
  async (storage) => {
    const { user, hash } = await signUp(storage)
    const bare = await signUpBare(storage)
    for (const userId of [user.id, bare.id, unknownUserId()]) {
      const next = freshPasswordHash()
      assert.equal(
        await storage.passwords.rehash(userId, { verified: freshPasswordHash(), next }),
        false,
      )
      assert.equal(await isStoredHash(storage, userId, next), false)
    }
    assert.equal(await isStoredHash(storage, user.id, hash), true)
  },
)

promise('rehash: twenty at once with a change never undo the change', [], async (storage) => {
  const { user, key, hash } = await signUp(storage)
  const actor = await actorOf(storage, key)
  const next = freshPasswordHash()
  const rehashes = Array.from({ length: 20 }, freshPasswordHash)
  const [changed] = await Promise.all([
    storage.passwords.change(actor, { verified: hash, next }),
    ...rehashes.map((rehash) =>
      storage.passwords.rehash(user.id, { verified: hash, next: rehash }),
    ),
  ])
  assert.equal(await isStoredHash(storage, user.id, next), changed.ok)
})
