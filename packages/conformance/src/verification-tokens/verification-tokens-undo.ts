import assert from 'node:assert/strict'
import type { TokenHash } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { addOne, linkOne, takeOver } from '../fixtures/credentials.js'
import {
  actorOf,
  assertEnded,
  liveSession,
  only,
  signUp,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freeCharges,
  freshPasswordHash,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  policy,
  unknownUserId,
} from '../fixtures/samples.js'
import { beginSignIn, enroll, isPending } from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('verificationTokens')

/** Links by which the owner of a mailbox undoes a second factor. */
export const undoCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const noForm = { ipAddress: null, usedBy: null }

/** A user whose second factor was just turned on, with the hash of the mailed token. */
async function enrolled(storage: ConformanceStorage, emailVerified = true) {
  const undo = freshSecretHash()
  const person = await signUp(storage, { emailVerified })
  return { ...(await enroll(storage, person, undo)), undo }
}
type Owner = Awaited<ReturnType<typeof enrolled>>

const keyOf = ({ user, undo }: Pick<Owner, 'user' | 'undo'>) => ({
  userId: user.id,
  secretHash: undo,
})

const undo = ({ verificationTokens }: ConformanceStorage, owner: Owner, use = noForm) =>
  verificationTokens.undoSecondFactor(keyOf(owner), use)

promise(
  'undoSecondFactor: removes what was added since, and the password, and ends every session; what was there before stays',
  ['charging'],
  async (storage) => {
    const { oauthAccounts, passkeys, passwords, secondFactors, sessions } = storage
    const person = await signUp(storage, { emailVerified: true })
    const before = await actorOf(storage, person.key)
    const kept = await addOne(storage, before)
    const keptAccount = await linkOne(storage, before)
    const hash = freshSecretHash()
    const owner = { ...(await enroll(storage, person, hash)), undo: hash }
    assert.equal(owner.undoTo, owner.email)
    await addOne(storage, owner.actor)
    await linkOne(storage, owner.actor, { provider: 'github' })
    const pending = await beginSignIn(storage, owner.user.id)
    const undone = succeeded(await undo(storage, owner))
    assert.deepEqual(
      [undone.removed, undone.sessionsEnded, undone.repeated, undone.user.id],
      [{ factors: 1, passkeys: 1, oauthAccounts: 1 }, 1, false, owner.user.id],
    )
    assert.equal((await secondFactors.find(owner.user.id)).totp, null)
    assert.deepEqual(
      (await passkeys.list(owner.user.id)).map(({ id }) => id),
      [kept.made.id],
    )
    assert.deepEqual(
      (await oauthAccounts.list(owner.user.id)).map(({ id }) => id),
      [keptAccount.id],
    )
    await assertEnded(storage, owner.key)
    assert.equal(await isPending(storage, pending), false)
    const session = newSession()
    const found = await passwords.findForSignIn({ email: owner.email, charges: freeCharges() })
    assert.equal(succeeded(found).credential, null)
    // What was kept signs in, without a second factor.
    const stored = only(await passkeys.credentials(owner.user.id))
    const use = { ...stored, signCount: 9, backedUp: false }
    succeeded(await passkeys.signIn(use, { session }))
    assert.equal((await sessions.list(owner.user.id)).length, 1)
    assert.deepEqual(await undo(storage, owner), invalidToken)
  },
)

promise(
  'undoSecondFactor: ended sessions, a changed password, a reset and a replaced factor do not end the token',
  ['charging'],
  async (storage) => {
    const { passwords, secondFactors, sessions, verificationTokens } = storage
    const owner = await enrolled(storage)
    await sessions.revokeOthers(owner.actor)
    const next = freshPasswordHash()
    const actor = await actorOf(storage, owner.key)
    succeeded(await passwords.change(actor, { verified: owner.hash, next }))
    const again = await enroll(storage, owner, freshSecretHash())
    // It is not the first one.
    assert.equal(again.undoTo, null)
    const secretHash = freshSecretHash()
    await verificationTokens.issue({
      purpose: 'reset_password',
      email: owner.email,
      secretHash,
      lifetimeSeconds: 600,
      charges: null,
    })
    const reset = { hash: freshPasswordHash(), removeOtherSignInMethods: true }
    succeeded(await verificationTokens.resetPassword({ userId: owner.user.id, secretHash }, reset))
    assert.notEqual((await secondFactors.find(owner.user.id)).totp, null)
    assert.notEqual(await verificationTokens.find('undo_second_factor', keyOf(owner)), null)
    assert.equal(succeeded(await undo(storage, owner)).removed.factors, 1)
    assert.equal((await secondFactors.find(owner.user.id)).totp, null)
  },
)

promise(
  'undoSecondFactor: turning the factor off and on again saves nothing that was added in between',
  [],
  async (storage) => {
    const { passkeys, secondFactors } = storage
    const owner = await enrolled(storage)
    await addOne(storage, owner.actor)
    const tokens: TokenHash[] = []
    let person = owner
    for (let round = 0; round < 5; round += 1) {
      const next = freshSecretHash()
      succeeded(await secondFactors.removeTotp(person.actor, next))
      const hash = freshSecretHash()
      const key = { ...person.key, secretHash: next }
      person = { ...(await enroll(storage, { ...person, key }, hash)), undo: hash }
      assert.equal(person.undoTo, owner.email)
      tokens.push(hash)
    }
    const undone = succeeded(await undo(storage, person))
    assert.deepEqual(undone.removed, { factors: 1, passkeys: 1, oauthAccounts: 0 })
    assert.deepEqual(await passkeys.list(owner.user.id), [])
    for (const secretHash of tokens)
      assert.deepEqual(await undo(storage, { ...owner, undo: secretHash }), invalidToken)
  },
)

promise(
  'undoSecondFactor: does not reach back to a token that has expired or was used',
  ['elapse'],
  async (storage) => {
    const { passkeys, secondFactors, sessions } = storage
    /** Adds a passkey, and turns the factor on again with another token. */
    const enrollAgain = async (person: Parameters<typeof enroll>[1]) => {
      const { made } = await addOne(storage, await actorOf(storage, person.key))
      const hash = freshSecretHash()
      return { kept: made.id, owner: { ...(await enroll(storage, person, hash)), undo: hash } }
    }
    const assertKept = async ({ kept, owner }: Awaited<ReturnType<typeof enrollAgain>>) => {
      assert.equal(succeeded(await undo(storage, owner)).removed.passkeys, 0)
      assert.equal(only(await passkeys.list(owner.user.id)).id, kept)
    }
    const person = await signUp(storage, { emailVerified: true })
    const first = await enroll(storage, person, freshSecretHash(), 600)
    await storage.elapse(601)
    const next = freshSecretHash()
    succeeded(await secondFactors.removeTotp(first.actor, next))
    await assertKept(await enrollAgain({ ...first, key: { ...first.key, secretHash: next } }))
    const used = await enrolled(storage)
    const form = { ipAddress: null, usedBy: freshSecretHash() }
    succeeded(await storage.verificationTokens.undoSecondFactor(keyOf(used), form))
    const session = newSession()
    succeeded(await sessions.open(used.user.id, session))
    const { id, secretHash } = session
    await assertKept(await enrollAgain({ ...used, key: { userId: used.user.id, id, secretHash } }))
  },
)

promise(
  'undoSecondFactor: reaches back seven days at most; a second factor that was there before stays',
  ['elapse'],
  async (storage) => {
    const { passkeys, secondFactors } = storage
    const owner = await enrolled(storage)
    await addOne(storage, owner.actor)
    const longer = freshSecretHash()
    const late = {
      ...(await enroll(storage, await signUp(storage, { emailVerified: true }), longer, 1_209_600)),
      undo: longer,
    }
    const kept = await addOne(storage, late.actor)
    await storage.elapse(604_801)
    assert.deepEqual(await undo(storage, owner), invalidToken)
    assert.equal((await passkeys.list(owner.user.id)).length, 1)
    const undone = succeeded(await undo(storage, late))
    assert.deepEqual(undone.removed, { factors: 0, passkeys: 0, oauthAccounts: 0 })
    assert.notEqual((await secondFactors.find(late.user.id)).totp, null)
    assert.deepEqual(
      (await passkeys.list(late.user.id)).map(({ id }) => id),
      [kept.made.id],
    )
    assert.equal(await isPending(storage, await beginSignIn(storage, late.user.id)), true)
  },
)

promise(
  'undoSecondFactor: needs the secret and the user, and ends with the email',
  [],
  async (storage) => {
    const { users, verificationTokens } = storage
    const owner = await enrolled(storage)
    const stranger = await enrolled(storage)
    for (const wrong of [
      { userId: owner.user.id, secretHash: freshSecretHash() },
      { userId: stranger.user.id, secretHash: owner.undo },
      { userId: unknownUserId(), secretHash: owner.undo },
    ])
      assert.deepEqual(await verificationTokens.undoSecondFactor(wrong, noForm), invalidToken)
    for (const purpose of ['reset_password', 'verify_email'] as const)
      assert.equal(await verificationTokens.find(purpose, keyOf(owner)), null)
    await users.disable(owner.user.id)
    assert.deepEqual(await undo(storage, owner), invalidToken)
    await users.enable(owner.user.id)
    succeeded(await undo(storage, owner))
  },
)

promise(
  'undoSecondFactor: of an unverified account every credential is removed, as by each first proof of the mailbox',
  [],
  async (storage) => {
    const { passkeys, oauthAccounts } = storage
    const person = await signUp(storage, { emailVerified: false })
    const before = await actorOf(storage, person.key)
    await addOne(storage, before)
    await linkOne(storage, before)
    const hash = freshSecretHash()
    const owner = { ...(await enroll(storage, person, hash)), undo: hash }
    const undone = succeeded(await undo(storage, owner))
    assert.deepEqual(undone.removed, { factors: 1, passkeys: 1, oauthAccounts: 1 })
    assert.notEqual(undone.user.emailVerifiedAt, null)
    assert.deepEqual(await passkeys.list(owner.user.id), [])
    assert.deepEqual(await oauthAccounts.list(owner.user.id), [])
  },
)

promise(
  'undoSecondFactor: of an unverified account a second factor that was there before ends too',
  ['elapse'],
  async (storage) => {
    const longer = freshSecretHash()
    const person = await signUp(storage, { emailVerified: false })
    const owner = { ...(await enroll(storage, person, longer, 1_209_600)), undo: longer }
    await storage.elapse(604_801)
    succeeded(await undo(storage, owner))
    assert.equal((await storage.secondFactors.find(owner.user.id)).totp, null)
    succeeded(await storage.sessions.open(owner.user.id, newSession()))
  },
)

promise(
  'undoSecondFactor: neither revives nor counts what a first proof of the mailbox had ended',
  [],
  async (storage) => {
    const { passkeys, oauthAccounts } = storage
    const person = await signUp(storage, { emailVerified: false })
    const before = await actorOf(storage, person.key)
    await addOne(storage, before)
    await linkOne(storage, before)
    const hash = freshSecretHash()
    const owner = { ...(await enroll(storage, person, hash)), undo: hash }
    await addOne(storage, owner.actor)
    await linkOne(storage, owner.actor, { provider: 'github' })
    const proof = await takeOver(storage, owner.email)
    const undone = succeeded(await undo(storage, owner))
    // The identity that proved the mailbox was linked after the factor, and is the only one that counted.
    assert.deepEqual([undone.removed.passkeys, undone.removed.oauthAccounts], [0, 1])
    assert.equal(proof.user.id, owner.user.id)
    assert.deepEqual(await passkeys.list(owner.user.id), [])
    assert.deepEqual(await oauthAccounts.list(owner.user.id), [])
  },
)

promise(
  'undoSecondFactor: twenty at once remove once; the same form sees the same success',
  ['concurrency'],
  async (storage) => {
    const owner = await enrolled(storage)
    const outcomes = await twentyAtOnce(() => undo(storage, owner))
    assert.equal(winners(outcomes).length, 1)
    for (const outcome of outcomes.filter(({ ok }) => !ok)) assert.deepEqual(outcome, invalidToken)
    const another = await enrolled(storage)
    const usedBy = freshSecretHash()
    const forms = await twentyAtOnce(() =>
      storage.verificationTokens.undoSecondFactor(keyOf(another), { ipAddress: null, usedBy }),
    )
    assert.equal(winners(forms).length, 20)
    assert.equal(forms.filter((form) => form.ok && !form.repeated).length, 1)
    const other = { ipAddress: null, usedBy: freshSecretHash() }
    assert.deepEqual(
      await storage.verificationTokens.undoSecondFactor(keyOf(another), other),
      invalidToken,
    )
  },
)

promise(
  'undoSecondFactor: a failure is counted, and beyond the limit nothing is used',
  ['charging'],
  async (storage) => {
    const { rateLimits, verificationTokens } = storage
    const owner = await enrolled(storage)
    const key = freshRateLimitKey()
    const use = { ipAddress: { key, policy: policy({ cap: 1 }), block: null }, usedBy: null }
    const unknown = { userId: owner.user.id, secretHash: freshSecretHash() }
    assert.deepEqual(await verificationTokens.undoSecondFactor(unknown, use), invalidToken)
    assert.equal((await rateLimits.status(key)).failures, 1)
    const refused = await verificationTokens.undoSecondFactor(keyOf(owner), use)
    assert.ok(!refused.ok && refused.reason === 'too_many_attempts')
    succeeded(await undo(storage, owner))
  },
)

promise(
  'confirmTotp: stores no token without an email, and none that was not asked for',
  [],
  async (storage) => {
    const owner = await enroll(storage, await signUp(storage, { emailVerified: true }))
    assert.equal(owner.undoTo, null)
    const live = await liveSession(storage, owner.key)
    assert.equal(live.hasSecondFactor, true)
  },
)
