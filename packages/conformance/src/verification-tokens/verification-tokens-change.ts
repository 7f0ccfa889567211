import assert from 'node:assert/strict'
import { maxLiveLinks, newUserId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { newOAuthSignIn, visit } from '../fixtures/credentials.js'
import {
  issueChange,
  issueLink,
  issueToken,
  mailCharges,
  newEmailChange,
  newProof,
  signUpActor,
} from '../fixtures/mail.js'
import {
  actorOf,
  assertEnded,
  crowd,
  isStoredHash,
  liveSession,
  only,
  present,
  signUp,
  signUpBare,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freshEmail,
  freshRateLimitKey,
  freshSecretHash,
  freshWord,
  newUser,
  policy,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('verificationTokens')

/** Moving an account to another address. */
export const emailChangeCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const taken = { ok: false, reason: 'email_taken' }

/** Someone who asked for another address, and the token that was mailed there. */
async function signUpMoving(storage: ConformanceStorage, emailVerified = true, to = freshEmail()) {
  const person = await signUpActor(storage, emailVerified)
  return { ...person, to, secretHash: await issueChange(storage, person.actor, to) }
}

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

promise(
  'changeEmail: moves the account, verified, keeps the current session and ends the others',
  ['charging'],
  async (storage) => {
    for (const emailVerified of [true, false]) {
      const to = `${freshWord()}.New@Example.com`
      const { user, email, key, other, hash, actor, secretHash } = await signUpMoving(
        storage,
        emailVerified,
        to,
      )
      const before = await liveSession(storage, key)
      const moved = succeeded(await storage.verificationTokens.changeEmail(actor, secretHash))
      assert.deepEqual([moved.formerEmail, moved.sessionsEnded], [email, 1])
      assert.deepEqual([moved.user.id, moved.user.email], [user.id, to])
      assert.ok(moved.user.emailVerifiedAt instanceof Date)
      assert.deepEqual(await storage.users.findByEmail(to.toLowerCase()), moved.user)
      const after = await liveSession(storage, key)
      assert.deepEqual([after.user, after.session], [moved.user, before.session])
      assert.equal(after.epochs.owner, before.epochs.owner)
      assert.ok(after.epochs.session > before.epochs.session)
      await assertEnded(storage, other)
      assert.equal(await isStoredHash(storage, user.id, hash), true)
    }
  },
)

promise(
  'changeEmail: frees the former address and holds the new one',
  ['charging'],
  async (storage) => {
    const { user, email, actor, to, secretHash } = await signUpMoving(storage)
    succeeded(await storage.verificationTokens.changeEmail(actor, secretHash))
    assert.equal(await storage.users.findByEmail(email), null)
    assert.deepEqual(await storage.users.register(newUser({ email: to })), {
      ...taken,
      notice: null,
    })
    const next = await signUpBare(storage, { email })
    assert.notEqual(next.id, user.id)
  },
)

promise(
  'changeEmail: deletes the magic links of both addresses, and of no other',
  ['charging'],
  async (storage) => {
    const { email, actor, to, secretHash } = await signUpMoving(storage)
    const links = [await issueLink(storage, { email }), await issueLink(storage, { email: to })]
    const stranger = await issueLink(storage)
    succeeded(await storage.verificationTokens.changeEmail(actor, secretHash))
    for (const { tokenHash } of links)
      assert.deepEqual(await storage.magicLinks.consume(tokenHash, newProof()), invalidToken)
    succeeded(await storage.magicLinks.consume(stranger.tokenHash, newProof()))
  },
)

promise(
  'changeEmail: ends the tokens mailed to the former address',
  ['charging'],
  async (storage) => {
    const { email, actor, secretHash } = await signUpMoving(storage, false)
    const verify = await issueToken(storage, 'verify_email', email)
    const reset = await issueToken(storage, 'reset_password', email)
    succeeded(await storage.verificationTokens.changeEmail(actor, secretHash))
    assert.equal(await storage.verificationTokens.find('verify_email', verify), null)
    assert.equal(await storage.verificationTokens.find('reset_password', reset), null)
  },
)

promise(
  'changeEmail: an address taken meanwhile uses the token up and changes nothing else',
  ['charging'],
  async (storage) => {
    const { user, email, key, other, actor, to, secretHash } = await signUpMoving(storage)
    const owner = await signUp(storage, { email: to })
    const links = [await issueLink(storage, { email }), await issueLink(storage, { email: to })]
    const before = await liveSession(storage, key)
    assert.deepEqual(await storage.verificationTokens.changeEmail(actor, secretHash), taken)
    assert.deepEqual(await storage.users.find(user.id), user)
    assert.deepEqual(await storage.users.findByEmail(to), owner.user)
    assert.deepEqual(await liveSession(storage, key), before)
    for (const kept of [other, owner.key]) await liveSession(storage, kept)
    assert.deepEqual(await storage.verificationTokens.changeEmail(actor, secretHash), invalidToken)
    for (const { tokenHash } of links)
      succeeded(await storage.magicLinks.consume(tokenHash, newProof()))
  },
)

promise('changeEmail: a token is used once', ['charging'], async (storage) => {
  const { user, key, actor, secretHash } = await signUpMoving(storage)
  const moved = succeeded(await storage.verificationTokens.changeEmail(actor, secretHash))
  for (const again of [actor, await actorOf(storage, key)])
    assert.deepEqual(await storage.verificationTokens.changeEmail(again, secretHash), invalidToken)
  assert.deepEqual(await storage.users.find(user.id), moved.user)
})

promise('changeEmail: T1.8 refuses an expired token', ['charging', 'elapse'], async (storage) => {
  const { user, actor, secretHash } = await signUpMoving(storage)
  await storage.elapse(601)
  assert.deepEqual(await storage.verificationTokens.changeEmail(actor, secretHash), invalidToken)
  assert.equal(present(await storage.users.find(user.id)).email, user.email)
})

promise(
  'changeEmail: a session that has ended or is of another user leaves the token alone',
  ['charging'],
  async (storage) => {
    const { key, other, actor, to, secretHash } = await signUpMoving(storage)
    const second = await actorOf(storage, other)
    const stranger = await signUpActor(storage)
    await storage.sessions.end(key)
    const { session, owner } = second.epochs
    for (const wrong of [
      actor,
      { ...second, epochs: { session: session + 1, owner } },
      { ...second, epochs: { session, owner: owner + 1 } },
      { ...second, userId: stranger.user.id },
      { ...stranger.actor, userId: actor.userId },
      stranger.actor,
    ])
      assert.deepEqual(
        await storage.verificationTokens.changeEmail(wrong, secretHash),
        invalidToken,
      )
    assert.equal(await storage.users.findByEmail(to), null)
    succeeded(await storage.verificationTokens.changeEmail(second, secretHash))
  },
)

promise('changeEmail: a token is dead once everything was ended', ['charging'], async (storage) => {
  const { user, key, actor, secretHash } = await signUpMoving(storage)
  succeeded(await storage.sessions.revokeOthers(actor))
  for (const late of [actor, await actorOf(storage, key)])
    assert.deepEqual(await storage.verificationTokens.changeEmail(late, secretHash), invalidToken)
  assert.deepEqual(await storage.users.find(user.id), user)
})

promise(
  'changeEmail: gives an account without an address its first one',
  ['charging'],
  async (storage) => {
    const { user, key } = await visit(
      storage,
      newOAuthSignIn({ email: null, emailVerified: false }),
    )
    assert.equal(user.email, null)
    const actor = await actorOf(storage, key)
    const to = freshEmail()
    const link = await issueLink(storage, { email: to })
    const secretHash = await issueChange(storage, actor, to)
    const moved = succeeded(await storage.verificationTokens.changeEmail(actor, secretHash))
    assert.deepEqual([moved.formerEmail, moved.sessionsEnded, moved.user.email], [null, 0, to])
    assert.deepEqual(await storage.users.findByEmail(to), moved.user)
    await liveSession(storage, key)
    assert.deepEqual(await storage.magicLinks.consume(link.tokenHash, newProof()), invalidToken)
  },
)

promise(
  'changeEmail: another spelling of the own address is no other address',
  ['charging'],
  async (storage) => {
    const { user, email, key, other, actor } = await signUpActor(storage, false)
    const to = email.toUpperCase()
    const secretHash = await issueChange(storage, actor, to)
    const moved = succeeded(await storage.verificationTokens.changeEmail(actor, secretHash))
    assert.deepEqual([moved.user.email, moved.formerEmail, moved.sessionsEnded], [to, email, 1])
    assert.ok(moved.user.emailVerifiedAt instanceof Date)
    assert.equal(present(await storage.users.findByEmail(email)).id, user.id)
    await liveSession(storage, key)
    await assertEnded(storage, other)
  },
)

promise('changeEmail: T1.3 one winner among twenty', ['charging'], async (storage) => {
  const { user, email, key, actor, to, secretHash } = await signUpMoving(storage)
  const outcomes = await twentyAtOnce(() =>
    storage.verificationTokens.changeEmail(actor, secretHash),
  )
  const moved = succeeded(only(winners(outcomes)))
  assert.deepEqual([moved.formerEmail, moved.sessionsEnded], [email, 1])
  for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, invalidToken)
  assert.equal(present(await storage.users.findByEmail(to)).id, user.id)
  await liveSession(storage, key)
})

promise(
  'changeEmail: R3.2 of twenty users who move to one address at once one has it',
  ['charging'],
  async (storage) => {
    const to = freshEmail()
    const people = []
    for (let turn = 0; turn < crowd; turn += 1) {
      const person = await signUpMoving(storage, true, to)
      people.push({ ...person, link: await issueLink(storage, { email: person.email }) })
    }
    const outcomes = await Promise.all(
      people.map(({ actor, secretHash }) =>
        storage.verificationTokens.changeEmail(actor, secretHash),
      ),
    )
    const { user } = succeeded(only(winners(outcomes)))
    for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, taken)
    assert.deepEqual(await storage.users.findByEmail(to), user)
    for (const person of people)
      if (person.user.id !== user.id)
        assert.deepEqual(await storage.users.findByEmail(person.email), person.user)
    // A refused change uses up no link to the former address, wherever it was refused.
    for (const { link, ...person } of people) {
      const used = await storage.magicLinks.consume(link.tokenHash, newProof())
      assert.equal(used.ok, person.user.id !== user.id)
    }
  },
)

promise(
  'changeEmail: R3.2 two users who want to swap addresses at once both keep theirs',
  ['charging'],
  async (storage) => {
    const [ann, bob] = [await signUpActor(storage), await signUpActor(storage)]
    const toBob = await issueChange(storage, ann.actor, bob.email)
    const toAnn = await issueChange(storage, bob.actor, ann.email)
    const outcomes = await Promise.all([
      storage.verificationTokens.changeEmail(ann.actor, toBob),
      storage.verificationTokens.changeEmail(bob.actor, toAnn),
    ])
    assert.deepEqual(outcomes, [taken, taken])
    for (const { user, email } of [ann, bob])
      assert.deepEqual(await storage.users.findByEmail(email), user)
  },
)

promise(
  'changeEmail: this and every other refusal leave a transaction sound',
  ['charging', 'transaction'],
  async (storage) => {
    const { user, email, actor, to, secretHash } = await signUpMoving(storage, false)
    await signUpBare(storage, { email: to })
    const key = await issueToken(storage, 'verify_email', email)
    const wrong = { ...key, secretHash: freshSecretHash() }
    const hash = freshSecretHash()
    await storage.transaction(async (tx) => {
      assert.deepEqual(await tx.magicLinks.consume(hash, newProof()), invalidToken)
      assert.deepEqual(await tx.verificationTokens.changeEmail(actor, hash), invalidToken)
      assert.deepEqual(await tx.verificationTokens.changeEmail(actor, secretHash), taken)
      const verified = await tx.verificationTokens.verifyEmail(wrong, { kind: 'mailbox_only' })
      assert.deepEqual(verified, invalidToken)
      present(await tx.users.updateProfile(user.id, { name: 'After' }))
      succeeded(await tx.verificationTokens.verifyEmail(key, { kind: 'session', actor }))
    })
    const after = present(await storage.users.find(user.id))
    assert.equal(after.name, 'After')
    assert.ok(after.email !== null && after.emailVerifiedAt instanceof Date)
  },
)
