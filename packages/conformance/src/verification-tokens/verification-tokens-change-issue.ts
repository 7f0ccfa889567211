import assert from 'node:assert/strict'
import { maxLiveLinks, newUserId } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
  issueChange,
  mailCharges,
  newEmailChange,
  signUpActor,
  signUpMoving,
} from '../fixtures/mail.js'
import { actorOf, present, signUp, signUpBare, succeeded } from '../fixtures/people.js'
import {
  freshEmail,
  freshRateLimitKey,
  freshSecretHash,
  freshWord,
  policy,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('verificationTokens')

/** Mailing the token of an email change. */
export const emailChangeIssueCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }

promise(
  'issueEmailChange: mails the new email, even if another user has it, and reserves nothing',
  ['charging'],
  async (storage) => {
    const { actor, user } = await signUpActor(storage)
    const owner = await signUp(storage)
    for (const email of [owner.email, `${freshWord()}.New@Example.com`]) {
      const change = newEmailChange(actor, email)
      const answer = await storage.verificationTokens.issueEmailChange(change)
      assert.deepEqual(answer, { ok: true, to: email })
      const key = { userId: user.id, secretHash: change.secretHash }
      const found = present(await storage.verificationTokens.find('change_email', key))
      assert.deepEqual([found.email, found.epochs], [email, actor.epochs])
    }
    assert.deepEqual(await storage.users.find(user.id), user)
    const unclaimed = freshEmail()
    await issueChange(storage, actor, unclaimed)
    await signUpBare(storage, { email: unclaimed })
  },
)

promise(
  'issueEmailChange: ends no live token, and using one ends them all',
  ['charging'],
  async (storage) => {
    const { actor, key, to, secretHash } = await signUpMoving(storage)
    const tokens = [secretHash]
    while (tokens.length < maxLiveLinks) tokens.push(await issueChange(storage, actor))
    const fifth = newEmailChange(actor)
    assert.deepEqual(await storage.verificationTokens.issueEmailChange(fifth), {
      ok: true,
      to: null,
    })
    succeeded(await storage.verificationTokens.changeEmail(actor, secretHash))
    for (const again of [actor, await actorOf(storage, key)])
      for (const token of tokens)
        assert.deepEqual(await storage.verificationTokens.changeEmail(again, token), invalidToken)
    assert.equal(present(await storage.users.findByEmail(to)).id, actor.userId)
    await issueChange(storage, await actorOf(storage, key))
  },
)

promise(
  'issueEmailChange: refused when the current session has ended',
  ['charging'],
  async (storage) => {
    const { actor, key, other } = await signUpActor(storage)
    const second = await actorOf(storage, other)
    await storage.sessions.end(key)
    const { session, owner } = second.epochs
    for (const stale of [
      actor,
      { ...second, epochs: { session: session + 1, owner } },
      { ...second, epochs: { session, owner: owner + 1 } },
      { ...second, userId: newUserId() },
    ]) {
      const change = newEmailChange(stale)
      const answer = await storage.verificationTokens.issueEmailChange(change)
      assert.deepEqual(answer, { ok: false, reason: 'stale' })
      const outcome = await storage.verificationTokens.changeEmail(second, change.secretHash)
      assert.deepEqual(outcome, invalidToken)
    }
    await storage.users.disable(actor.userId)
    const answer = await storage.verificationTokens.issueEmailChange(newEmailChange(second))
    assert.deepEqual(answer, { ok: false, reason: 'stale' })
  },
)

promise(
  'issueEmailChange: beyond the allowance nothing is sent and the former token stays',
  ['charging'],
  async (storage) => {
    const { actor } = await signUpActor(storage)
    const address = { key: freshRateLimitKey(), policy: policy({ cap: 1 }) }
    const first = { ...newEmailChange(actor), charges: mailCharges({ address }) }
    present(succeeded(await storage.verificationTokens.issueEmailChange(first)).to)
    const late = { ...first, secretHash: freshSecretHash() }
    const answer = await storage.verificationTokens.issueEmailChange(late)
    assert.deepEqual(answer, { ok: true, to: null })
    assert.deepEqual(
      await storage.verificationTokens.changeEmail(actor, late.secretHash),
      invalidToken,
    )
    succeeded(await storage.verificationTokens.changeEmail(actor, first.secretHash))
  },
)

promise('issueEmailChange: a locked network is refused', ['charging'], async (storage) => {
  const { actor } = await signUpActor(storage)
  const charges = mailCharges({
    ipAddress: { key: freshRateLimitKey(), policy: policy({ cap: 1 }) },
  })
  const change = () => ({
    ...newEmailChange(actor),
    charges: { ...mailCharges(), ipAddress: charges.ipAddress },
  })
  succeeded(await storage.verificationTokens.issueEmailChange(change()))
  const answer = await storage.verificationTokens.issueEmailChange(change())
  assert.ok(!answer.ok && answer.reason === 'too_many_attempts' && answer.retryAfterSeconds > 500)
})
