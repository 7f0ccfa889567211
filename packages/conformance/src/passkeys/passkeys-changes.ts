import assert from 'node:assert/strict'
import type { SessionActor } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { newPasskey, signUpWithPasskey, takeOver } from '../fixtures/credentials.js'
import {
  actorOf,
  liveSession,
  only,
  openOne,
  present,
  sessionEnds,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { awkwardTexts, fourByteText, unknownUserId } from '../fixtures/samples.js'

const { cases, promise } = casesOf('passkeys')

/** Renaming and deleting passkeys. */
export const passkeyChangeCases = cases

promise('rename: gives the new name; keyed by the owner', [], async (storage) => {
  const { user, actor, passkey } = await signUpWithPasskey(storage)
  const other = await signUpWithPasskey(storage)
  for (const name of [...awkwardTexts, fourByteText(100), 'x']) {
    const renamed = present(await storage.passkeys.rename(actor, passkey.id, name))
    assert.deepEqual(renamed, { ...passkey, name })
    assert.deepEqual(await storage.passkeys.list(user.id), [renamed])
  }
  for (const [by, id] of [
    [other.actor, passkey.id],
    [{ ...actor, userId: unknownUserId() }, passkey.id],
    [{ ...actor, userId: other.user.id }, other.passkey.id],
    [actor, newPasskey().id],
    [actor, other.passkey.id],
  ] as const)
    assert.equal(await storage.passkeys.rename(by, id, 'Mine now'), null)
  assert.equal(only(await storage.passkeys.list(user.id)).name, 'x')
  assert.deepEqual(await storage.passkeys.list(other.user.id), [other.passkey])
})

promise('rename: nothing that a past owner left behind', [], async (storage) => {
  const squatter = await signUpWithPasskey(storage, {}, false)
  await takeOver(storage, squatter.email)
  const { user, actor, passkey } = squatter
  assert.equal(await storage.passkeys.rename(actor, passkey.id, 'Still here'), null)
  const owner = await actorOf(storage, await openOne(storage, user.id))
  assert.equal(await storage.passkeys.rename(owner, passkey.id, 'Still here'), null)
})

promise('rename: not by a session that has ended', [], async (storage) => {
  for (const [, end] of sessionEnds) {
    const { user, key, actor, passkey } = await signUpWithPasskey(storage)
    await end(storage, key)
    assert.equal(await storage.passkeys.rename(actor, passkey.id, 'Too late'), null)
    assert.deepEqual(await storage.passkeys.list(user.id), [passkey])
  }
})

promise('delete: T7.89 takes the passkey away; keyed by the owner', [], async (storage) => {
  const { user, actor, made, key } = await signUpWithPasskey(storage)
  const other = await signUpWithPasskey(storage)
  const remove = (by: SessionActor, id = made.id) =>
    storage.passkeys.delete(by, id, { mailSignIn: false })
  const notFound = { ok: false, reason: 'not_found' }
  assert.deepEqual(await remove(other.actor), notFound)
  assert.deepEqual(await remove(actor, newPasskey().id), notFound)
  only(await storage.passkeys.list(user.id))
  assert.deepEqual(await remove(actor), { ok: true })
  assert.deepEqual(await remove(actor), notFound)
  assert.deepEqual(await storage.passkeys.list(user.id), [])
  assert.deepEqual(await storage.passkeys.credentials(user.id), [])
  await liveSession(storage, key)
  only(await storage.passkeys.list(other.user.id))
})

promise('delete: one winner among twenty', [], async (storage) => {
  const { actor, made } = await signUpWithPasskey(storage)
  const outcomes = await twentyAtOnce(() =>
    storage.passkeys.delete(actor, made.id, { mailSignIn: false }),
  )
  only(winners(outcomes))
  for (const outcome of outcomes)
    if (!outcome.ok) assert.deepEqual(outcome, { ok: false, reason: 'not_found' })
})
