import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import { issueLink, newProof, openedBy } from '../fixtures/mail.js'
import {
  actorOf,
  assertAllEnded,
  assertEnded,
  isStoredHash,
  liveSession,
  only,
  openOne,
  present,
  signUp,
  succeeded,
} from '../fixtures/people.js'
import { freshSecretHash, freshWord } from '../fixtures/samples.js'

const { cases, promise } = casesOf('magicLinks')

/** Signing in by opening a link. */
export const linkSignInCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }

promise('consume: makes the verified user of an unknown address', ['charging'], async (storage) => {
  const { email, tokenHash } = await issueLink(storage, { email: `${freshWord()}.Ann@Example.com` })
  const proof = newProof()
  const made = succeeded(await storage.magicLinks.consume(tokenHash, proof))
  assert.deepEqual([made.created, made.tookOver], [true, false])
  assert.deepEqual([made.user.id, made.user.email], [proof.newUserId, email])
  assert.ok(made.user.emailVerifiedAt instanceof Date)
  assert.deepEqual(await storage.users.findByEmail(email.toLowerCase()), made.user)
  const seen = await liveSession(storage, openedBy(made.user.id, proof))
  assert.deepEqual([seen.user, seen.session], [made.user, made.session])
  assert.deepEqual(seen.session.methods, ['magic_link'])
})

promise(
  'consume: signs a verified user in, who keeps everything',
  ['charging'],
  async (storage) => {
    const { user, email, key, hash } = await signUp(storage, { emailVerified: true, name: 'Ann' })
    const { tokenHash } = await issueLink(storage, { email })
    const before = await liveSession(storage, key)
    const proof = newProof()
    const found = succeeded(await storage.magicLinks.consume(tokenHash, proof))
    assert.deepEqual([found.user, found.created, found.tookOver], [user, false, false])
    assert.deepEqual(await liveSession(storage, key), before)
    assert.equal(await isStoredHash(storage, user.id, hash), true)
    const { epochs } = await liveSession(storage, openedBy(user.id, proof))
    assert.deepEqual(epochs, before.epochs)
  },
)

promise(
  'consume: T5.65 the first proof of an address ends what was made before it',
  ['charging'],
  async (storage) => {
    const { user, email, key, hash } = await signUp(storage)
    const keys = [key, await openOne(storage, user.id)]
    const old = await actorOf(storage, key)
    const { tokenHash } = await issueLink(storage, { email })
    const proof = newProof()
    const taken = succeeded(await storage.magicLinks.consume(tokenHash, proof))
    assert.deepEqual([taken.user.id, taken.created, taken.tookOver], [user.id, false, true])
    assert.ok(taken.user.emailVerifiedAt instanceof Date)
    await assertAllEnded(storage, keys)
    assert.equal(await isStoredHash(storage, user.id, hash), false)
    const { epochs } = await liveSession(storage, openedBy(user.id, proof))
    assert.ok(epochs.session > old.epochs.session && epochs.owner > old.epochs.owner)
    assert.equal(only(await storage.sessions.list(user.id)).id, proof.session.id)
  },
)

promise('consume: takes over only once', ['charging'], async (storage) => {
  const { user, email } = await signUp(storage)
  const first = newProof()
  for (const [proof, tookOver] of [
    [first, true],
    [newProof(), false],
  ] as const) {
    const { tokenHash } = await issueLink(storage, { email })
    assert.equal(succeeded(await storage.magicLinks.consume(tokenHash, proof)).tookOver, tookOver)
  }
  await liveSession(storage, openedBy(user.id, first))
})

promise(
  'consume: creates no user when newUserId is null, and signs a known user in',
  ['charging'],
  async (storage) => {
    const unknown = await issueLink(storage)
    const proof = newProof({ newUserId: null })
    assert.deepEqual(await storage.magicLinks.consume(unknown.tokenHash, proof), invalidToken)
    assert.equal(await storage.users.findByEmail(unknown.email), null)
    succeeded(await storage.magicLinks.consume(unknown.tokenHash, newProof()))
    const { user, email } = await signUp(storage)
    const { tokenHash } = await issueLink(storage, { email })
    const found = succeeded(await storage.magicLinks.consume(tokenHash, proof))
    assert.deepEqual([found.user.id, found.created, found.tookOver], [user.id, false, true])
    await liveSession(storage, openedBy(user.id, proof))
  },
)

promise('consume: refuses what was never mailed, codes among it', ['charging'], async (storage) => {
  const link = await issueLink(storage)
  for (const wrong of [freshSecretHash(), link.codeHash])
    assert.deepEqual(await storage.magicLinks.consume(wrong, newProof()), invalidToken)
  succeeded(await storage.magicLinks.consume(link.tokenHash, newProof()))
})

promise('consume: T1.8 refuses an expired link', ['charging', 'elapse'], async (storage) => {
  const { user, email, key } = await signUp(storage)
  const links = [await issueLink(storage, { email }), await issueLink(storage)]
  await storage.elapse(599)
  const late = await issueLink(storage)
  await storage.elapse(2)
  for (const { tokenHash } of links)
    assert.deepEqual(await storage.magicLinks.consume(tokenHash, newProof()), invalidToken)
  assert.deepEqual((await liveSession(storage, key)).user.emailVerifiedAt, user.emailVerifiedAt)
  succeeded(await storage.magicLinks.consume(late.tokenHash, newProof()))
})

promise(
  'consume: T2.31 refuses a user who was disabled meanwhile',
  ['charging'],
  async (storage) => {
    const { user, email } = await signUp(storage)
    const { tokenHash } = await issueLink(storage, { email })
    await storage.users.disable(user.id)
    const proof = newProof()
    assert.deepEqual(await storage.magicLinks.consume(tokenHash, proof), invalidToken)
    const { emailVerifiedAt } = present(await storage.users.enable(user.id))
    assert.equal(emailVerifiedAt, null)
    await assertEnded(storage, openedBy(user.id, proof))
  },
)

promise(
  'consume: a link mailed to an account that was deleted since is good for nothing, a later one makes a new account',
  ['charging'],
  async (storage) => {
    const { user, email, key, hash } = await signUp(storage, { name: 'Former' })
    const former = await issueLink(storage, { email })
    await storage.users.delete(user.id)
    assert.deepEqual(await storage.magicLinks.consume(former.tokenHash, newProof()), {
      ok: false,
      reason: 'invalid_token',
    })
    const later = await issueLink(storage, { email })
    const made = succeeded(await storage.magicLinks.consume(later.tokenHash, newProof()))
    assert.deepEqual([made.created, made.user.name], [true, null])
    await assertEnded(storage, key)
    assert.equal(await isStoredHash(storage, made.user.id, hash), false)
  },
)
