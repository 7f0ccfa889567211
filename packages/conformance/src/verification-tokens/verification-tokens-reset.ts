import assert from 'node:assert/strict'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { addOne, linkOne } from '../fixtures/credentials.js'
import { issueChange, issueToken, newVerification, signUpActor } from '../fixtures/mail.js'
import {
  assertAllEnded,
  assertEnded,
  crowd,
  isStoredHash,
  keyOf,
  liveSession,
  lookUp,
  only,
  present,
  signUpBare,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import {
  freshPasswordHash,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  noRefund,
  onAccount,
  onIpAddress,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('verificationTokens')

/** Setting a password with a mailed token. */
export const passwordResetCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }

/** Someone who forgot the password, and a token to set another one. */
async function signUpForgetful(storage: ConformanceStorage, emailVerified = true) {
  const person = await signUpActor(storage, emailVerified)
  return { ...person, token: await issueToken(storage, 'reset_password', person.email) }
}

promise(
  'resetPassword: sets the password, proves the address and ends every session',
  ['charging'],
  async (storage) => {
    for (const emailVerified of [true, false]) {
      const { user, email, key, other, hash, actor, token } = await signUpForgetful(
        storage,
        emailVerified,
      )
      const next = freshPasswordHash()
      const done = await storage.verificationTokens.resetPassword(token, { hash: next })
      assert.deepEqual(done, { ok: true, email, sessionsEnded: 2 })
      await assertAllEnded(storage, [key, other])
      assert.equal(await isStoredHash(storage, user.id, hash), false)
      const credential = present(await lookUp(storage, email))
      assert.equal(credential.hash.reveal(), next.reveal())
      assert.equal(credential.emailVerified, true)
      const { session, owner } = actor.epochs
      const { epochs } = credential
      assert.ok(epochs.session > session)
      assert.equal(epochs.owner, emailVerified ? owner : owner + 1)
      const opened = newSession()
      const signIn = { credential, session: opened, refund: noRefund }
      succeeded(await storage.passwords.signIn(signIn))
      await liveSession(storage, keyOf(user.id, opened))
    }
  },
)

promise(
  'resetPassword: removes the other sign-in methods if it is asked to, also those that are being added',
  ['charging'],
  async (storage) => {
    for (const removeOtherSignInMethods of [true, false]) {
      const { user, email, actor, token } = await signUpForgetful(storage)
      const { made } = await addOne(storage, actor)
      const { provider, id } = await linkOne(storage, actor)
      const reset = { hash: freshPasswordHash(), removeOtherSignInMethods }
      const [done, ...adding] = await Promise.all([
        storage.verificationTokens.resetPassword(token, reset),
        ...Array.from({ length: 5 }, () => addOne(storage, actor).catch(() => null)),
        ...Array.from({ length: 5 }, () => linkOne(storage, actor).catch(() => null)),
      ])
      succeeded(done)
      const added = adding.filter((one) => one !== null).length
      const [passkeys, accounts] = await Promise.all([
        storage.passkeys.list(user.id),
        storage.oauthAccounts.list(user.id),
      ])
      const kept = removeOtherSignInMethods ? 0 : 2 + added
      assert.equal(passkeys.length + accounts.length, kept)
      assert.equal(
        accounts.some((one) => one.id === id && one.provider === provider),
        !removeOtherSignInMethods,
      )
      assert.equal(
        passkeys.some((one) => one.id === made.id),
        !removeOtherSignInMethods,
      )
      assert.equal(await isStoredHash(storage, user.id, reset.hash), true)
      assert.equal(present(await storage.users.findByEmail(email)).id, user.id)
    }
  },
)

promise('resetPassword: keeps the time of an earlier proof', ['charging'], async (storage) => {
  const { user, token } = await signUpForgetful(storage)
  succeeded(await storage.verificationTokens.resetPassword(token, { hash: freshPasswordHash() }))
  const after = present(await storage.users.find(user.id))
  assert.deepEqual(after.emailVerifiedAt, user.emailVerifiedAt)
})

promise('resetPassword: sets the first password', ['charging'], async (storage) => {
  const { id, email } = await signUpBare(storage)
  const token = await issueToken(storage, 'reset_password', present(email))
  const hash = freshPasswordHash()
  const done = await storage.verificationTokens.resetPassword(token, { hash })
  assert.deepEqual(done, { ok: true, email, sessionsEnded: 0 })
  assert.equal(await isStoredHash(storage, id, hash), true)
})

promise('resetPassword: ends every other token', ['charging'], async (storage) => {
  const { user, email, actor, token } = await signUpForgetful(storage, false)
  const verify = await issueToken(storage, 'verify_email', email)
  const change = { userId: user.id, secretHash: await issueChange(storage, actor) }
  succeeded(await storage.verificationTokens.resetPassword(token, { hash: freshPasswordHash() }))
  assert.equal(await storage.verificationTokens.find('verify_email', verify), null)
  assert.equal(await storage.verificationTokens.find('change_email', change), null)
  const holder = { kind: 'mailbox_only' } as const
  assert.deepEqual(await storage.verificationTokens.verifyEmail(verify, holder), invalidToken)
})

promise(
  'resetPassword: a token is used once, and a used one changes nothing',
  ['charging'],
  async (storage) => {
    const { user, token } = await signUpForgetful(storage)
    const hash = freshPasswordHash()
    succeeded(await storage.verificationTokens.resetPassword(token, { hash }))
    const late = { hash: freshPasswordHash() }
    assert.deepEqual(await storage.verificationTokens.resetPassword(token, late), invalidToken)
    assert.equal(await isStoredHash(storage, user.id, hash), true)
  },
)

promise('resetPassword: a refused token changes nothing', ['charging'], async (storage) => {
  const { user, key, other, hash, token } = await signUpForgetful(storage)
  const wrong = { ...token, secretHash: freshSecretHash() }
  const outcome = await storage.verificationTokens.resetPassword(wrong, {
    hash: freshPasswordHash(),
  })
  assert.deepEqual(outcome, invalidToken)
  for (const kept of [key, other]) await liveSession(storage, kept)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
  present(await storage.verificationTokens.find('reset_password', token))
})

promise(
  'resetPassword: T1.2 one winner among twenty, whose password is stored',
  ['charging'],
  async (storage) => {
    const { user, token } = await signUpForgetful(storage)
    const hashes = Array.from({ length: crowd }, freshPasswordHash)
    const outcomes = await Promise.all(
      hashes.map((hash) => storage.verificationTokens.resetPassword(token, { hash })),
    )
    only(winners(outcomes))
    for (const [index, hash] of hashes.entries()) {
      const outcome = present(outcomes[index])
      assert.equal(await isStoredHash(storage, user.id, hash), outcome.ok)
      if (!outcome.ok) assert.deepEqual(outcome, invalidToken)
    }
  },
)

promise(
  'resetPassword: of twenty who issue and reset at once each winner was alone',
  ['charging'],
  async (storage) => {
    const { user, email } = await signUpActor(storage)
    const outcomes = await twentyAtOnce(async () => {
      const wanted = newVerification(email)
      await storage.verificationTokens.issue(wanted)
      const token = { userId: user.id, secretHash: wanted.secretHash }
      const hash = freshPasswordHash()
      const { ok } = await storage.verificationTokens.resetPassword(token, { hash })
      return { ok, hash }
    })
    const stored = []
    for (const { ok, hash } of outcomes)
      if (await isStoredHash(storage, user.id, hash)) stored.push(ok)
    assert.equal(stored.length, winners(outcomes).length === 0 ? 0 : 1)
    assert.ok(stored.every(Boolean))
  },
)

promise(
  'resetPassword: ends sessions that sign in with the former password at once',
  ['charging'],
  async (storage) => {
    const { user, hash, actor, token } = await signUpForgetful(storage)
    const credential = { userId: user.id, hash, epochs: actor.epochs }
    const sessions = Array.from({ length: crowd }, () => newSession())
    const [done] = await Promise.all([
      storage.verificationTokens.resetPassword(token, { hash: freshPasswordHash() }),
      ...sessions.map((session) =>
        storage.passwords.signIn({ credential, session, refund: noRefund }),
      ),
    ])
    succeeded(done)
    for (const session of sessions) await assertEnded(storage, keyOf(user.id, session))
    assert.deepEqual(await storage.sessions.list(user.id), [])
  },
)

promise(
  'resetPassword: gives the attempts of the account back, and only when it resets',
  ['charging'],
  async (storage) => {
    const { token } = await signUpForgetful(storage)
    const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
    for (let turn = 0; turn < 3; turn += 1)
      await storage.rateLimits.charge({
        ...onAccount(account),
        ipAddress: onIpAddress(ipAddress).ipAddress,
      })
    const reset = { hash: freshPasswordHash(), refund: { account, ipAddress } }
    const failures = async () =>
      Promise.all(
        [account, ipAddress].map(async (key) => (await storage.rateLimits.status(key)).failures),
      )
    const wrong = { ...token, secretHash: freshSecretHash() }
    assert.deepEqual(await storage.verificationTokens.resetPassword(wrong, reset), invalidToken)
    assert.deepEqual(await failures(), [3, 3])
    succeeded(await storage.verificationTokens.resetPassword(token, reset))
    assert.deepEqual(await failures(), [0, 2])
  },
)

promise(
  'resetPassword: unlocks the account whose password it sets',
  ['charging'],
  async (storage) => {
    const { token } = await signUpForgetful(storage)
    const account = freshRateLimitKey()
    await storage.rateLimits.charge(onAccount(account, { cap: 1 }))
    assert.equal((await storage.rateLimits.status(account)).state, 'locked')
    const refund = { account, ipAddress: null }
    const reset = { hash: freshPasswordHash(), refund }
    succeeded(await storage.verificationTokens.resetPassword(token, reset))
    assert.equal((await storage.rateLimits.status(account)).state, 'open')
  },
)
