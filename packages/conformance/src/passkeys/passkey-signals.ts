import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  addOne,
  assertBytes,
  freshBytes,
  signUpWithPasskey,
  takeOver,
} from '../fixtures/credentials.js'
import { actorOf, openOne, present, sessionEnds, signUp, succeeded } from '../fixtures/people.js'

const { cases, promise } = casesOf('passkeys')

/** What browsers signal to authenticators: the accepted passkeys, and those that no one has. */
export const passkeySignalCases = cases

promise(
  'accepted: the credentials of the acting user, the oldest first; none without a passkey',
  [],
  async (storage) => {
    const { actor, made } = await signUpWithPasskey(storage)
    const { made: second } = await addOne(storage, actor, { userHandle: made.userHandle })
    await signUpWithPasskey(storage)
    const accepted = present(await storage.passkeys.accepted(actor))
    assert.equal(accepted.length, 2)
    for (const [index, { credentialId, userHandle }] of [made, second].entries()) {
      assertBytes(accepted[index]?.credentialId ?? freshBytes(1), credentialId)
      assertBytes(accepted[index]?.userHandle ?? freshBytes(1), present(userHandle))
    }
    const { key } = await signUp(storage)
    assert.deepEqual(await storage.passkeys.accepted(await actorOf(storage, key)), [])
  },
)

promise(
  'accepted: T10.211 null for a session that has ended, and not an empty list',
  [],
  async (storage) => {
    for (const [, end] of sessionEnds) {
      const { key, actor } = await signUpWithPasskey(storage)
      await end(storage, key)
      assert.equal(await storage.passkeys.accepted(actor), null)
    }
  },
)

promise('accepted: nothing that a past owner left behind', [], async (storage) => {
  const squatter = await signUpWithPasskey(storage, {}, false)
  await takeOver(storage, squatter.email)
  assert.equal(await storage.passkeys.accepted(squatter.actor), null)
  const owner = await actorOf(storage, await openOne(storage, squatter.user.id))
  assert.deepEqual(await storage.passkeys.accepted(owner), [])
})

promise(
  'isStored: T10.212 also for a disabled account, and no more after the passkey is deleted',
  [],
  async (storage) => {
    const { actor, made, passkey } = await signUpWithPasskey(storage)
    assert.equal(await storage.passkeys.isStored(made.credentialId), true)
    for (const other of [freshBytes(32), made.credentialId.subarray(0, 31), freshBytes(1)])
      assert.equal(await storage.passkeys.isStored(other), false)
    succeeded(await storage.passkeys.delete(actor, passkey.id, { mailSignIn: true }))
    assert.equal(await storage.passkeys.isStored(made.credentialId), false)
    const disabled = await signUpWithPasskey(storage)
    await storage.users.disable(disabled.user.id)
    assert.equal(await storage.passkeys.isStored(disabled.made.credentialId), true)
  },
)
