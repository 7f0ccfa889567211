import assert from 'node:assert/strict'
import type { NewSession, TokenHash } from 'torii-core'
import { newTrustedBrowserId } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { addOne, useOf } from '../fixtures/credentials.js'
import { answerOf, signUpWithFactorAndPasskey } from '../fixtures/passkey-factors.js'
import {
  keyOf,
  liveSession,
  only,
  openOne,
  succeeded,
  twentyAtOnce,
  winners,
} from '../fixtures/people.js'
import { freshSecretHash, newSession, noRefund } from '../fixtures/samples.js'
import type { FactorOwner } from '../fixtures/second-factors.js'
import {
  assertWaits,
  beginSignIn,
  newTrust,
  presenting,
  sessionOfPending,
  signUpWithFactor,
  startEnrollment,
  trustBrowser,
  trustSeconds,
} from '../fixtures/second-factors.js'
import { firstFactors } from '../fixtures/sign-in-ways.js'

const { cases, promise } = casesOf('secondFactors')

/** Browsers in which the second factor was proved before. */
export const trustedBrowserCases = cases

const byUnknownIdentity = 'oauthAccounts.signIn by a trusted email'

/** Signs in by what the browser presents, and says whether a session was opened. */
async function opens(
  { sessions }: Pick<ConformanceStorage, 'sessions'>,
  { user }: FactorOwner,
  trust: NewSession['trust'],
): Promise<boolean> {
  return (await sessions.open(user.id, newSession({ trust: trust ?? null }))).ok
}

for (const { name, unverified = false, prepare } of firstFactors)
  promise(
    name === byUnknownIdentity
      ? `signIn: after ${name} a trusted browser waits like any other, and the identity is not linked`
      : `signIn: after ${name} a trusted browser gets the session that was asked for, at level 1`,
    ['charging'],
    async (storage) => {
      const owner = await signUpWithFactor(storage, { emailVerified: !unverified })
      const { secretHash } = await trustBrowser(storage, owner, owner.step + 1)
      const trust = presenting(freshSecretHash(), secretHash)
      const session = newSession({ trust, methods: ['password'], idleSeconds: 77 })
      const prove = await prepare(storage, owner, session)
      const outcome = await prove()
      if (name === byUnknownIdentity) {
        await assertWaits(storage, outcome, owner.user.id, session)
        assert.deepEqual(await storage.oauthAccounts.list(owner.user.id), [])
        return assert.equal(await opens(storage, owner, presenting(secretHash)), true)
      }
      const valid = await liveSession(storage, keyOf(owner.user.id, session))
      const { level, level2At, methods, createdAt, expiresAt } = valid.session
      assert.deepEqual(
        { level, level2At, methods },
        { level: 1, level2At: null, methods: ['password'] },
      )
      assert.equal(expiresAt.getTime() - createdAt.getTime(), 77_000)
      assert.equal(valid.hasSecondFactor, true)
      assert.equal(valid.recent, false)
      assert.equal(await storage.secondFactors.findPending(keyOf(owner.user.id, session)), null)
      // The secret was replaced: the old one counts no more, the new one does.
      assert.equal(await opens(storage, owner, presenting(secretHash)), false)
      assert.equal(await opens(storage, owner, presenting(trust.newSecretHash)), true)
    },
  )

promise(
  'signIn: of twenty sign-ins at once with one secret one opens a session, and one secret is left',
  ['concurrency'],
  async (storage) => {
    const owner = await signUpWithFactor(storage)
    const { secretHash } = await trustBrowser(storage, owner, owner.step + 1)
    const before = (await storage.sessions.list(owner.user.id)).length
    const trusts = Array.from({ length: 20 }, () => presenting(secretHash))
    const outcomes = await Promise.all(
      trusts.map(async (trust) => ({ trust, ok: await opens(storage, owner, trust) })),
    )
    const { trust } = only(winners(outcomes))
    assert.equal((await storage.sessions.list(owner.user.id)).length, before + 1)
    only(await storage.secondFactors.listTrustedBrowsers(owner.user.id))
    for (const { trust: other } of outcomes.filter(({ ok }) => !ok))
      assert.equal(await opens(storage, owner, presenting(other.newSecretHash)), false)
    assert.equal(await opens(storage, owner, presenting(trust.newSecretHash)), true)
  },
)

promise(
  'signIn: sign-ins with and without a trusted browser at the same time are told apart',
  ['concurrency'],
  async (storage) => {
    const owners = await Promise.all([signUpWithFactor(storage), signUpWithFactor(storage)])
    const secrets: TokenHash[] = []
    for (const owner of owners)
      secrets.push((await trustBrowser(storage, owner, owner.step + 1)).secretHash)
    const [first, second] = secrets
    assert.ok(first !== undefined && second !== undefined)
    const outcomes = await Promise.all(
      owners.flatMap((owner, index) => [
        opens(storage, owner, null),
        opens(storage, owner, presenting(index === 0 ? second : first)),
        opens(storage, owner, index === 0 ? presenting(first, freshSecretHash()) : null),
        opens(storage, owner, null),
      ]),
    )
    assert.deepEqual(outcomes, [false, false, true, false, false, false, false, false])
  },
)

promise(
  'listTrustedBrowsers: a browser is trusted for its time from the second factor, which no sign-in extends',
  ['elapse'],
  async (storage) => {
    const owner = await signUpWithFactor(storage)
    const { id, secretHash } = await trustBrowser(storage, owner, owner.step + 1)
    const listed = async () => only(await storage.secondFactors.listTrustedBrowsers(owner.user.id))
    const { createdAt, expiresAt, ...fresh } = await listed()
    assert.deepEqual(fresh, { id, userAgent: newSession().userAgent, lastUsedAt: null })
    assert.equal(expiresAt.getTime() - createdAt.getTime(), trustSeconds * 1000)
    await storage.elapse(trustSeconds - 60)
    const trust = presenting(secretHash)
    assert.equal(await opens(storage, owner, trust), true)
    const used = await listed()
    assert.notEqual(used.lastUsedAt, null)
    assert.equal(used.expiresAt.getTime() - used.createdAt.getTime(), trustSeconds * 1000)
    await storage.elapse(61)
    assert.deepEqual(await storage.secondFactors.listTrustedBrowsers(owner.user.id), [])
    assert.equal(await opens(storage, owner, presenting(trust.newSecretHash)), false)
  },
)

promise(
  'signIn: only a right code makes a trusted browser, in place of what this browser was trusted by',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const stranger = await signUpWithFactor(storage)
    const theirs = await trustBrowser(storage, stranger, stranger.step + 1)
    const first = await trustBrowser(storage, owner, owner.step + 1)
    const other = await trustBrowser(storage, owner, owner.step + 2)
    const next = newTrust([first.secretHash, theirs.secretHash])
    const key = await beginSignIn(storage, owner.user.id)
    const answer = { key, session: sessionOfPending(), refund: noRefund, trust: next }
    assert.equal((await secondFactors.signIn({ ...answer, step: owner.step + 2 })).ok, false)
    const ids = async (of: FactorOwner) =>
      (await secondFactors.listTrustedBrowsers(of.user.id)).map(({ id }) => id)
    assert.deepEqual(await ids(owner), [other.id, first.id])
    succeeded(await secondFactors.signIn({ ...answer, step: owner.step + 3 }))
    assert.deepEqual(await ids(owner), [next.id, other.id])
    assert.deepEqual(await ids(stranger), [theirs.id])
    assert.equal(await opens(storage, owner, presenting(first.secretHash)), false)
    assert.equal(await opens(storage, owner, presenting(next.secretHash)), true)
  },
)

promise(
  'signInByPasskey: only an accepted passkey makes a trusted browser, in place of what this browser was trusted by',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactorAndPasskey(storage, { signCount: 6 })
    const first = await trustBrowser(storage, owner, owner.step + 1)
    const next = newTrust([first.secretHash])
    const key = await beginSignIn(storage, owner.user.id)
    const listed = () => secondFactors.listTrustedBrowsers(owner.user.id)
    for (const refused of [answerOf(owner, key, 6), answerOf(owner, owner.key)])
      assert.equal((await secondFactors.signInByPasskey({ ...refused, trust: next })).ok, false)
    assert.equal(only(await listed()).id, first.id)
    succeeded(await secondFactors.signInByPasskey({ ...answerOf(owner, key), trust: next }))
    const { createdAt, expiresAt, ...made } = only(await listed())
    assert.deepEqual(made, { id: next.id, userAgent: newSession().userAgent, lastUsedAt: null })
    assert.equal(expiresAt.getTime() - createdAt.getTime(), trustSeconds * 1000)
    assert.equal(await opens(storage, owner, presenting(first.secretHash)), false)
    const trust = presenting(next.secretHash)
    assert.equal(await opens(storage, owner, trust), true)
    // Without `trust` it makes none.
    const again = await beginSignIn(storage, owner.user.id)
    succeeded(await secondFactors.signInByPasskey(answerOf(owner, again, 8)))
    assert.equal(only(await listed()).id, next.id)
    assert.equal(await opens(storage, owner, presenting(trust.newSecretHash)), true)
  },
)

promise(
  'signInByPasskey: of twenty answers at once to one pending sign-in one makes a trusted browser',
  ['concurrency'],
  async (storage) => {
    const owner = await signUpWithFactorAndPasskey(storage, { backupEligible: true })
    const key = await beginSignIn(storage, owner.user.id)
    const trusts = Array.from({ length: 20 }, () => newTrust())
    const outcomes = await twentyAtOnce(async (index) => {
      const trust = trusts[index] ?? newTrust()
      const answer = { ...answerOf(owner, key, 7 + index), trust }
      return { trust, ok: (await storage.secondFactors.signInByPasskey(answer)).ok }
    })
    const { trust } = only(winners(outcomes))
    assert.equal(only(await storage.secondFactors.listTrustedBrowsers(owner.user.id)).id, trust.id)
  },
)

promise(
  'signIn: who has proved two factors leaves the secret of a trusted browser as it is',
  [],
  async (storage) => {
    const owner = await signUpWithFactor(storage)
    const { made } = await addOne(storage, owner.actor)
    const { secretHash } = await trustBrowser(storage, owner, owner.step + 1)
    const trust = presenting(secretHash)
    const session = newSession({ methods: ['passkey'], level: 2, trust })
    succeeded(await storage.passkeys.signIn(useOf({ ...owner, made }, 7), { session }))
    assert.equal((await liveSession(storage, keyOf(owner.user.id, session))).session.level, 2)
    assert.equal(await opens(storage, owner, presenting(trust.newSecretHash)), false)
    assert.equal(await opens(storage, owner, presenting(secretHash)), true)
  },
)

promise(
  'signIn: where the application requires the second factor, no browser stands for it',
  [],
  async (storage) => {
    const owner = await signUpWithFactor(storage)
    const { secretHash } = await trustBrowser(storage, owner, owner.step + 1)
    const required = newSession({ trust: presenting(secretHash), secondFactor: 'always' })
    await assertWaits(
      storage,
      await storage.sessions.open(owner.user.id, required),
      owner.user.id,
      required,
    )
    // Of a user of whom it is not required, the factor is their own.
    const own = newSession({ trust: presenting(secretHash), secondFactor: 'per-user' })
    succeeded(await storage.sessions.open(owner.user.id, own))
  },
)

promise(
  'signIn: a session of a trusted browser reaches level 2 by a code, and derives sessions of level 1 before it',
  ['charging'],
  async (storage) => {
    const owner = await signUpWithFactor(storage)
    const { secretHash } = await trustBrowser(storage, owner, owner.step + 1)
    const session = newSession({ trust: presenting(secretHash) })
    succeeded(await storage.sessions.open(owner.user.id, session))
    const key = keyOf(owner.user.id, session)
    const { epochs } = await liveSession(storage, key)
    const actor = { userId: owner.user.id, sessionId: session.id, epochs }
    assert.equal((await storage.sessions.derive(actor, newSession()))?.level, 1)
    const proof = { step: owner.step + 2, newSecretHash: freshSecretHash(), refund: noRefund }
    assert.equal((await storage.secondFactors.reauthenticate(key, proof))?.level, 2)
  },
)

promise(
  'removeTotp: the browsers of a former factor are not trusted once there is another one',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const { secretHash } = await trustBrowser(storage, owner, owner.step + 1)
    const next = freshSecretHash()
    succeeded(await secondFactors.removeTotp(owner.actor, next))
    const key = { ...owner.key, secretHash: next }
    const { epochs } = await liveSession(storage, key)
    const actor = { ...owner.actor, epochs }
    succeeded(await secondFactors.confirmTotp(actor, await startEnrollment(storage, actor)))
    assert.equal(await opens(storage, owner, presenting(secretHash)), false)
    assert.deepEqual(await secondFactors.listTrustedBrowsers(owner.user.id), [])
  },
)

promise(
  'confirmTotp: another factor in place of the first ends the trust of every browser',
  ['charging'],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const { secretHash } = await trustBrowser(storage, owner, owner.step + 1)
    succeeded(
      await secondFactors.confirmTotp(owner.actor, await startEnrollment(storage, owner.actor)),
    )
    assert.deepEqual(await secondFactors.listTrustedBrowsers(owner.user.id), [])
    assert.equal(await opens(storage, owner, presenting(secretHash)), false)
  },
)

promise(
  'removeTrustedBrowsers: removes one of this user or all, by a live session',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const stranger = await signUpWithFactor(storage)
    const theirs = await trustBrowser(storage, stranger, stranger.step + 1)
    const trusts = []
    for (const place of [1, 2, 3])
      trusts.push(await trustBrowser(storage, owner, owner.step + place))
    const [first, second, third] = trusts
    assert.ok(first !== undefined && second !== undefined && third !== undefined)
    const { actor } = owner
    assert.equal(await secondFactors.removeTrustedBrowsers(actor, newTrustedBrowserId()), 0)
    assert.equal(await secondFactors.removeTrustedBrowsers(actor, theirs.id), 0)
    assert.equal(await secondFactors.removeTrustedBrowsers(actor, first.id), 1)
    assert.equal(await secondFactors.removeTrustedBrowsers(actor, first.id), 0)
    assert.equal(await opens(storage, owner, presenting(first.secretHash)), false)
    assert.equal(await opens(storage, owner, presenting(second.secretHash)), true)
    const ended = await openOne(storage, owner.user.id, { level: 2 })
    await storage.sessions.end(ended)
    const gone = { ...actor, sessionId: ended.id }
    assert.equal(await secondFactors.removeTrustedBrowsers(gone, null), 0)
    assert.equal(await secondFactors.removeTrustedBrowsers(actor, null), 2)
    assert.deepEqual(await secondFactors.listTrustedBrowsers(owner.user.id), [])
    assert.equal(await opens(storage, owner, presenting(third.secretHash)), false)
    assert.equal(await opens(storage, stranger, presenting(theirs.secretHash)), true)
  },
)
