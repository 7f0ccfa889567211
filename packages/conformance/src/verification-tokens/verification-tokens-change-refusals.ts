import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  issueChange,
  issueLink,
  issueToken,
  newProof,
  signUpActor,
  signUpMoving,
} from '../fixtures/mail.js'
import {
  actorOf,
  crowd,
  liveSession,
  only,
  present,
  signUp,
  signUpBare,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { freshEmail, freshSecretHash } from '../fixtures/samples.js'

const { cases, promise } = casesOf('verificationTokens')

/** Email changes that are refused, and changes that happen at once. */
export const emailChangeRefusalCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const taken = { ok: false, reason: 'email_taken' }

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
