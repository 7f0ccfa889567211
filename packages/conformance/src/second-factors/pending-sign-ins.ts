import assert from 'node:assert/strict'
import { newOAuthAccountId } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { addOne, again, newOAuthSignIn, storedCredential, useOf } from '../fixtures/credentials.js'
import { issueLink, issueToken, newProof } from '../fixtures/mail.js'
import { assertEnded, keyOf, liveSession, only, seenBy, succeeded } from '../fixtures/people.js'
import { freshRateLimitKey, newSession, noRefund, onAccount, policy } from '../fixtures/samples.js'
import {
  assertWaits,
  beginSignIn,
  isPending,
  sessionOfPending,
  signUpWithFactor,
} from '../fixtures/second-factors.js'
import { firstFactors } from '../fixtures/sign-in-ways.js'

const { cases, promise } = casesOf('secondFactors')

/** No way to sign in opens a session of a user who has a second factor. */
export const pendingSignInCases = cases

for (const { name, unverified = false, prepare } of firstFactors)
  promise(
    `signIn: after ${name}, which opens no session, the code opens the one that was asked for`,
    ['charging'],
    async (storage) => {
      const owner = await signUpWithFactor(storage, { emailVerified: !unverified })
      const session = newSession({ methods: ['magic_link'], ip: '192.0.2.9', idleSeconds: 77 })
      const prove = await prepare(storage, owner, session)
      const key = await assertWaits(storage, await prove(), owner.user.id, session)
      assert.equal((await storage.sessions.list(owner.user.id)).length, 1)
      const next = sessionOfPending()
      const opened = succeeded(
        await storage.secondFactors.signIn({
          key,
          step: owner.step + 1,
          session: next,
          refund: noRefund,
        }),
      )
      assert.equal(opened.remaining, 10)
      const valid = await liveSession(storage, { userId: owner.user.id, ...next })
      assert.deepEqual(valid.session, opened.session)
      assert.deepEqual(valid.user, opened.user)
      const { methods, level, level2At, createdAt, expiresAt, ip } = opened.session
      assert.deepEqual(
        { methods, level, level2At, ip },
        { methods: ['magic_link', 'totp'], level: 2, level2At: createdAt, ip: '192.0.2.9' },
      )
      assert.equal(expiresAt.getTime() - createdAt.getTime(), 77_000)
      // Neither the key of the pending sign-in nor its id opens anything.
      await assertEnded(storage, key)
      assert.equal(await isPending(storage, key), false)
    },
  )

promise(
  'signIn: where the caller has proved two factors, a session opens at level 2',
  [],
  async (storage) => {
    const owner = await signUpWithFactor(storage)
    const { made } = await addOne(storage, owner.actor)
    const byPasskey = newSession({ methods: ['passkey'], level: 2 })
    const use = useOf({ ...owner, made }, 7)
    succeeded(await storage.passkeys.signIn(use, { session: byPasskey }))
    const opened = newSession({ level: 2 })
    succeeded(await storage.sessions.open(owner.user.id, opened))
    for (const session of [byPasskey, opened]) {
      const valid = await liveSession(storage, keyOf(owner.user.id, session))
      assert.equal(valid.session.level, 2)
      assert.deepEqual(valid.session.level2At, valid.session.createdAt)
      // The first factor alone is no second one.
      assert.deepEqual(valid.session.methods, session.methods)
    }
  },
)

promise(
  'signIn: a pending sign-in uses up the link and the code',
  ['charging'],
  async (storage) => {
    const { email, user } = await signUpWithFactor(storage)
    const link = await issueLink(storage, { email })
    const session = newSession()
    const waits = await storage.magicLinks.consume(link.tokenHash, newProof({ session }))
    await assertWaits(storage, waits, user.id, session)
    for (const proof of [newProof(), newProof({ session })])
      assert.deepEqual(await storage.magicLinks.consume(link.tokenHash, proof), {
        ok: false,
        reason: 'invalid_token',
      })
  },
)

promise(
  'signIn: a form that was sent twice reads the pending sign-in that the first sending opened',
  ['charging'],
  async (storage) => {
    const { magicLinks, verificationTokens, secondFactors } = storage
    const { email, user } = await signUpWithFactor(storage)
    const { tokenHash } = await issueLink(storage, { email })
    const form = { usedBy: tokenHash, session: newSession() }
    const waits = await magicLinks.consume(tokenHash, newProof(form))
    assert.deepEqual(await magicLinks.findUsed(tokenHash, form), waits)
    await secondFactors.endPending(keyOf(user.id, form.session))
    assert.equal(await magicLinks.findUsed(tokenHash, form), null)
    const unverified = await signUpWithFactor(storage, { emailVerified: false })
    const key = await issueToken(storage, 'verify_email', unverified.email)
    const session = newSession()
    const holder = { kind: 'password', verified: unverified.hash, session } as const
    const { pending } = succeeded(
      await verificationTokens.verifyEmail(key, holder, null, key.secretHash),
    )
    const used = await verificationTokens.findUsed('verify_email', key, {
      usedBy: key.secretHash,
      session,
    })
    assert.deepEqual(used?.pending, pending)
    assert.equal(used?.session, null)
  },
)

promise('signIn: a pending sign-in advances the count of the passkey', [], async (storage) => {
  const owner = await signUpWithFactor(storage)
  const { made } = await addOne(storage, owner.actor, { signCount: 1 })
  const session = newSession({ methods: ['passkey'] })
  const use = useOf({ ...owner, made }, 7)
  await assertWaits(
    storage,
    await storage.passkeys.signIn(use, { session }),
    owner.user.id,
    session,
  )
  assert.equal((await storedCredential(storage, owner.user.id, made)).signCount, 7)
  assert.deepEqual(await storage.passkeys.signIn(use, { session: newSession() }), {
    ok: false,
    reason: 'counter_regression',
  })
})

promise(
  'signIn: a right first factor gives nothing back; the code does',
  ['charging'],
  async (storage) => {
    const { rateLimits, passwords, passkeys, secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const { made } = await addOne(storage, owner.actor)
    const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
    const refund = { account, ipAddress }
    await rateLimits.charge({
      ...onAccount(account),
      ipAddress: { key: ipAddress, policy: policy() },
    })
    const failures = async () => [
      (await rateLimits.status(account)).failures,
      (await rateLimits.status(ipAddress)).failures,
    ]
    const session = newSession()
    const credential = { userId: owner.user.id, hash: owner.hash, epochs: owner.actor.epochs }
    await passwords.signIn({ credential, session, refund })
    await passkeys.signIn(useOf({ ...owner, made }, 9), { session: newSession(), refund })
    const link = await issueLink(storage, { email: owner.email })
    await storage.magicLinks.consumeCode(
      { email: link.email, codeHashes: [link.codeHash], refund },
      newProof(),
    )
    assert.deepEqual(await failures(), [1, 1])
    const key = keyOf(owner.user.id, session)
    const next = { key, session: sessionOfPending(), refund }
    await secondFactors.signIn({ ...next, step: owner.step })
    assert.deepEqual(await failures(), [1, 1])
    succeeded(await secondFactors.signIn({ ...next, step: owner.step + 1 }))
    assert.deepEqual(await failures(), [0, 0])
  },
)

promise(
  'signIn: a provider that proved two factors opens the session, by an identity that is linked alone',
  [],
  async (storage) => {
    const { oauthAccounts } = storage
    const owner = await signUpWithFactor(storage)
    const proved = { level: 2, secondsAgo: 5 } as const
    const person = newOAuthSignIn({ email: owner.email, authentication: proved })
    const key = await assertWaits(
      storage,
      await oauthAccounts.signIn(person),
      owner.user.id,
      person.session,
    )
    assert.deepEqual(await oauthAccounts.list(owner.user.id), [])
    const answer = { key, session: sessionOfPending(), refund: noRefund, step: owner.step + 1 }
    succeeded(await storage.secondFactors.signIn(answer))
    for (const authentication of [null, { ...proved, level: 1 } as const]) {
      const given = again(person, { authentication })
      await assertWaits(storage, await oauthAccounts.signIn(given), owner.user.id, given.session)
    }
    const given = again(person)
    const opened = succeeded(await oauthAccounts.signIn(given))
    assert.equal(opened.session.level, 2)
    await liveSession(storage, keyOf(owner.user.id, given.session))
  },
)

promise(
  'signIn: an identity that is not linked yet is linked by the second factor, with its tokens',
  [],
  async (storage) => {
    const { oauthAccounts, secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const person = newOAuthSignIn({ email: owner.email })
    await oauthAccounts.signIn(person)
    assert.deepEqual(await oauthAccounts.list(owner.user.id), [])
    // The same identity once more: it is as unknown as before.
    const second = again(person)
    await oauthAccounts.signIn(second)
    const key = keyOf(owner.user.id, person.session)
    const answer = { key, session: sessionOfPending(), refund: noRefund }
    await secondFactors.signIn({ ...answer, step: owner.step })
    assert.deepEqual(await oauthAccounts.list(owner.user.id), [])
    succeeded(await secondFactors.signIn({ ...answer, step: owner.step + 1 }))
    const account = only(await oauthAccounts.list(owner.user.id))
    assert.equal(account.id, person.newAccountId)
    assert.equal(account.provider, person.provider)
    assert.equal(account.label, person.label)
    assert.equal(account.hasTokens, person.tokens !== null)
    // The other one opens its session, and links nothing twice.
    succeeded(
      await secondFactors.signIn({
        key: keyOf(owner.user.id, second.session),
        step: owner.step + 2,
        session: sessionOfPending(),
        refund: noRefund,
      }),
    )
    assert.equal(only(await oauthAccounts.list(owner.user.id)).id, person.newAccountId)
  },
)

promise(
  'signIn: an identity that another user linked meanwhile stays theirs',
  [],
  async (storage) => {
    const { oauthAccounts, secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const person = newOAuthSignIn({ email: owner.email })
    await oauthAccounts.signIn(person)
    const stranger = succeeded(await oauthAccounts.signIn(again(person, { email: null })))
    assert.notEqual(stranger.user.id, owner.user.id)
    const answer = {
      key: keyOf(owner.user.id, person.session),
      step: owner.step + 1,
      session: sessionOfPending(),
      refund: noRefund,
    }
    succeeded(await secondFactors.signIn(answer))
    assert.deepEqual(await oauthAccounts.list(owner.user.id), [])
    const identity = { ...person, newAccountId: newOAuthAccountId() }
    assert.deepEqual(await oauthAccounts.link(owner.actor, identity), {
      ok: false,
      reason: 'already_exists',
    })
  },
)

promise(
  'signIn: a session that derives from another inherits its level and the time of it',
  [],
  async (storage) => {
    const owner = await signUpWithFactor(storage)
    const { session } = await liveSession(storage, owner.key)
    const child = newSession()
    const derived = await storage.sessions.derive(owner.actor, child)
    assert.equal(derived?.level, 2)
    assert.deepEqual(derived.level2At, session.level2At)
    assert.deepEqual(derived.methods, session.methods)
    assert.notEqual(await seenBy(storage, keyOf(owner.user.id, child)), null)
  },
)

promise(
  'findPending: needs the secret, counts nothing, and ends in time',
  ['elapse'],
  async (storage) => {
    const { user } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id)
    for (let read = 0; read < 7; read += 1)
      assert.equal((await storage.secondFactors.findPending(key))?.triesLeft, 5)
    assert.equal(await isPending(storage, { ...key, secretHash: newSession().secretHash }), false)
    await storage.elapse(599)
    assert.equal(await isPending(storage, key), true)
    await storage.elapse(2)
    assert.equal(await isPending(storage, key), false)
  },
)

promise('endPending: ends this one alone, by its secret, once', [], async (storage) => {
  const { secondFactors } = storage
  const { user } = await signUpWithFactor(storage)
  const [key, other] = [await beginSignIn(storage, user.id), await beginSignIn(storage, user.id)]
  const wrong = { ...key, secretHash: other.secretHash }
  assert.equal(await secondFactors.endPending(wrong), false)
  assert.equal(await isPending(storage, key), true)
  assert.equal(await secondFactors.endPending(key), true)
  assert.equal(await secondFactors.endPending(key), false)
  assert.equal(await isPending(storage, key), false)
  assert.equal(await isPending(storage, other), true)
})
