import assert from 'node:assert/strict'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { addOne, newOAuthSignIn, signUpWithPasskey, takeOver } from '../fixtures/credentials.js'
import { issueChange, issueLink, issueToken, newProof } from '../fixtures/mail.js'
import { keyOf, openOne, present, signUp, succeeded } from '../fixtures/people.js'
import { freshPasswordHash, newSession, noRefund } from '../fixtures/samples.js'
import type { FactorOwner } from '../fixtures/second-factors.js'
import {
  beginSignIn,
  isPending,
  presenting,
  sessionOfPending,
  signUpWithFactor,
  trustBrowser,
} from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('secondFactors')

/** What ends pending sign-ins, and factors. */
export const factorEndingCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const nothing = { requiredAt: null, totp: null, recoveryCodes: { remaining: 0, generation: 0 } }

/** What ends the sessions of a user, all or the others. */
const endings: readonly (readonly [
  name: string,
  end: (storage: ConformanceStorage, owner: FactorOwner) => Promise<unknown>,
])[] = [
  ['sessions.revokeOthers', ({ sessions }, { actor }) => sessions.revokeOthers(actor)],
  ['sessions.revokeAll', ({ sessions }, { user }) => sessions.revokeAll(user.id)],
  [
    'passwords.change',
    ({ passwords }, { actor, hash }) =>
      passwords.change(actor, { verified: hash, next: freshPasswordHash() }),
  ],
  ['passwords.remove', ({ passwords }, { actor }) => passwords.remove(actor, { mailSignIn: true })],
  [
    'verificationTokens.resetPassword',
    async (storage, { email }) =>
      storage.verificationTokens.resetPassword(await issueToken(storage, 'reset_password', email), {
        hash: freshPasswordHash(),
      }),
  ],
  [
    'verificationTokens.changeEmail',
    async (storage, { actor }) =>
      storage.verificationTokens.changeEmail(actor, await issueChange(storage, actor)),
  ],
  ['users.disable', ({ users }, { user }) => users.disable(user.id)],
  [
    'users.disable and enable',
    async ({ users }, { user }) => {
      await users.disable(user.id)
      await users.enable(user.id)
    },
  ],
  ['users.delete', ({ users }, { user }) => users.delete(user.id)],
  ['secondFactors.reset', ({ secondFactors }, { user }) => secondFactors.reset(user.id)],
  [
    'secondFactors.removeTotp',
    ({ secondFactors }, { actor, hash: _, ...owner }) =>
      secondFactors.removeTotp(actor, owner.key.secretHash),
  ],
]

const endsFactor = new Set(['secondFactors.reset', 'secondFactors.removeTotp'])

for (const [name, end] of endings)
  promise(
    `findPending, signIn, listTrustedBrowsers: nothing of a pending sign-in or a trusted browser after ${name}`,
    ['charging'],
    async (storage) => {
      const { secondFactors } = storage
      const owner = await signUpWithFactor(storage)
      const key = await beginSignIn(storage, owner.user.id)
      const trusted = await trustBrowser(storage, owner, owner.step + 1)
      assert.equal((await secondFactors.listTrustedBrowsers(owner.user.id)).length, 1)
      await end(storage, owner)
      assert.equal(await isPending(storage, key), false)
      assert.deepEqual(await secondFactors.listTrustedBrowsers(owner.user.id), [])
      // Where there is no factor any more, no browser is trusted by one.
      const opening = newSession({ trust: presenting(trusted.secretHash) })
      const opened = await storage.sessions.open(owner.user.id, opening)
      assert.equal(opened.ok, endsFactor.has(name))
      const answer = { key, session: sessionOfPending() }
      assert.deepEqual(
        await secondFactors.signIn({ ...answer, step: owner.step + 2, refund: noRefund }),
        invalidToken,
      )
      const codeHash = present(owner.recoveryCodes[0])
      assert.deepEqual(
        await secondFactors.useRecoveryCode({ ...answer, codeHashes: [codeHash], charges: null }),
        invalidToken,
      )
      assert.equal(await secondFactors.endPending(key), false)
      const sessions = await storage.sessions.list(owner.user.id)
      assert.ok(sessions.every(({ id }) => id !== answer.session.id))
    },
  )

promise(
  'signIn: a pending sign-in outlives the sign-out of another session, and of none is ended by an other one',
  [],
  async (storage) => {
    const owner = await signUpWithFactor(storage)
    const [key, other] = [
      await beginSignIn(storage, owner.user.id),
      await beginSignIn(storage, owner.user.id),
    ]
    await storage.sessions.end(owner.key)
    await storage.secondFactors.endPending(other)
    assert.equal(await isPending(storage, key), true)
  },
)

promise(
  'removeTotp: ends every other session and the pending sign-ins; the next sign-in opens a session at once',
  [],
  async (storage) => {
    const { secondFactors, sessions } = storage
    const owner = await signUpWithFactor(storage)
    const other = await openOne(storage, owner.user.id, { level: 2 })
    const pending = await beginSignIn(storage, owner.user.id)
    const { secretHash } = newSession()
    const outcome = succeeded(await secondFactors.removeTotp(owner.actor, secretHash))
    assert.equal(outcome.sessionsEnded, 1)
    assert.equal(await isPending(storage, pending), false)
    assert.equal(await sessions.validate(other, { touchSeconds: 60 }), null)
    assert.equal(await sessions.validate(owner.key, { touchSeconds: 60 }), null)
    const valid = present(
      await sessions.validate({ ...owner.key, secretHash }, { touchSeconds: 60 }),
    )
    assert.deepEqual(valid.session, outcome.session)
    assert.equal(valid.hasSecondFactor, false)
    assert.equal(valid.session.level, 2)
    assert.deepEqual(await secondFactors.find(owner.user.id), nothing)
    await openOne(storage, owner.user.id)
    const actor = { ...owner.actor, epochs: valid.epochs }
    assert.deepEqual(await secondFactors.removeTotp(actor, secretHash), {
      ok: false,
      reason: 'not_found',
    })
    assert.deepEqual(await secondFactors.removeTotp(owner.actor, secretHash), {
      ok: false,
      reason: 'stale',
    })
  },
)

promise(
  'reset: removes the factor and ends every session; the user signs in without it',
  [],
  async (storage) => {
    const { secondFactors, sessions } = storage
    const owner = await signUpWithFactor(storage)
    const user = present(await secondFactors.reset(owner.user.id))
    assert.equal(user.id, owner.user.id)
    assert.deepEqual(await secondFactors.find(owner.user.id), nothing)
    assert.deepEqual(await sessions.list(owner.user.id), [])
    await openOne(storage, owner.user.id)
    assert.equal(await secondFactors.reset(owner.user.id), null)
    const stranger = await signUp(storage)
    assert.equal(await secondFactors.reset(stranger.user.id), null)
    assert.notEqual(await sessions.validate(stranger.key, { touchSeconds: 60 }), null)
  },
)

promise('reset: with `passkeys` it removes them too, and otherwise none', [], async (storage) => {
  const { passkeys, secondFactors, sessions } = storage
  const owner = await signUpWithFactor(storage)
  await addOne(storage, owner.actor)
  present(await secondFactors.reset(owner.user.id))
  assert.equal((await passkeys.list(owner.user.id)).length, 1)
  // The passkey is the only one that can be reset now.
  assert.equal(await secondFactors.reset(owner.user.id, {}), null)
  const other = await signUpWithPasskey(storage)
  assert.equal((await secondFactors.reset(owner.user.id, { passkeys: true }))?.id, owner.user.id)
  assert.deepEqual(await passkeys.list(owner.user.id), [])
  assert.equal((await passkeys.list(other.user.id)).length, 1)
  assert.equal(await secondFactors.reset(owner.user.id, { passkeys: true }), null)
  const both = await signUpWithFactor(storage)
  await addOne(storage, both.actor)
  present(await secondFactors.reset(both.user.id, { passkeys: true }))
  assert.deepEqual(await secondFactors.find(both.user.id), nothing)
  assert.deepEqual(await passkeys.list(both.user.id), [])
  assert.deepEqual(await sessions.list(both.user.id), [])
})

/** First proofs of a mailbox: what was enrolled before them is not the owner's. */
const mailboxProofs: readonly (readonly [
  name: string,
  prove: (storage: ConformanceStorage, owner: FactorOwner) => Promise<unknown>,
])[] = [
  [
    'magicLinks.consume',
    async (storage, { email }) =>
      succeeded(
        await storage.magicLinks.consume(
          (await issueLink(storage, { email })).tokenHash,
          newProof(),
        ),
      ),
  ],
  ['oauthAccounts.signIn by a trusted email', (storage, { email }) => takeOver(storage, email)],
  [
    'verificationTokens.verifyEmail with a new password',
    async (storage, { email }) => {
      const key = await issueToken(storage, 'verify_email', email)
      const session = newSession()
      const holder = { kind: 'new_password', passwordHash: freshPasswordHash(), session } as const
      const outcome = succeeded(await storage.verificationTokens.verifyEmail(key, holder))
      assert.equal(present(outcome.session).id, session.id)
      assert.equal(outcome.pending, null)
    },
  ],
  [
    'verificationTokens.verifyEmail by the mailbox alone',
    async (storage, { email }) =>
      storage.verificationTokens.verifyEmail(await issueToken(storage, 'verify_email', email), {
        kind: 'mailbox_only',
      }),
  ],
  [
    'verificationTokens.resetPassword',
    async (storage, { email }) =>
      storage.verificationTokens.resetPassword(await issueToken(storage, 'reset_password', email), {
        hash: freshPasswordHash(),
      }),
  ],
]

for (const [name, prove] of mailboxProofs)
  promise(
    `find: the factor of who registered an email that is not theirs ends with its first proof by ${name}`,
    ['charging'],
    async (storage) => {
      const { secondFactors, sessions } = storage
      const squatter = await signUpWithFactor(storage, { emailVerified: false })
      const pending = await beginSignIn(storage, squatter.user.id)
      await prove(storage, squatter)
      assert.deepEqual(await secondFactors.find(squatter.user.id), nothing)
      assert.equal(await isPending(storage, pending), false)
      assert.equal(await sessions.validate(squatter.key, { touchSeconds: 60 }), null)
      // Neither an answer nor a new sign-in of the owner meets it again.
      const session = newSession()
      succeeded(await sessions.open(squatter.user.id, session))
      const key = keyOf(squatter.user.id, session)
      const proof = { step: squatter.step + 1, newSecretHash: session.secretHash, refund: noRefund }
      assert.equal(await secondFactors.reauthenticate(key, proof), null)
      const codeHash = present(squatter.recoveryCodes[0])
      assert.equal(
        await secondFactors.reauthenticateByRecoveryCode(key, {
          ...proof,
          codeHashes: [codeHash],
          charges: null,
        }),
        null,
      )
    },
  )

promise(
  'find: administrators who verify an email leave the factor of its user',
  [],
  async (storage) => {
    const owner = await signUpWithFactor(storage, { emailVerified: false })
    await storage.users.verifyEmail(owner.user.id, owner.email)
    assert.notEqual((await storage.secondFactors.find(owner.user.id)).totp, null)
    await beginSignIn(storage, owner.user.id)
  },
)

promise(
  'signIn: of a provider that is trusted for a new email, a user without a factor is not asked',
  [],
  async (storage) => {
    const person = newOAuthSignIn()
    const { user } = succeeded(await storage.oauthAccounts.signIn(person))
    await signUpWithFactor(storage)
    await openOne(storage, user.id)
  },
)
