import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import { newOAuthSignIn, visit } from '../fixtures/credentials.js'
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
  assertEnded,
  isStoredHash,
  liveSession,
  present,
  signUpBare,
  succeeded,
} from '../fixtures/people.js'
import { freshEmail, freshWord, newUser } from '../fixtures/samples.js'

const { cases, promise } = casesOf('verificationTokens')

/** Moving an account to another address. */
export const emailChangeCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const taken = { ok: false, reason: 'email_taken' }

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
