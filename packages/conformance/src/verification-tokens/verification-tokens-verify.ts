import assert from 'node:assert/strict'
import type { MailboxHolder } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { issueToken, openedBy, signUpActor } from '../fixtures/mail.js'
import {
  actorOf,
  assertAllEnded,
  assertEnded,
  crowd,
  isStoredHash,
  liveSession,
  lookUp,
  only,
  present,
  signUp,
  signUpBare,
  succeeded,
  winners,
} from '../fixtures/people.js'
import { freshPasswordHash, newSession } from '../fixtures/samples.js'

const { cases, promise } = casesOf('verificationTokens')

/** Proving the address of an account. */
export const emailVerificationCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }

/** Someone whose address is unverified, and a token for it. */
async function signUpUnverified(storage: ConformanceStorage) {
  const person = await signUpActor(storage, false)
  return { ...person, token: await issueToken(storage, 'verify_email', person.email) }
}

promise(
  'verifyEmail: with the password of the account everything stays and a session opens',
  ['charging'],
  async (storage) => {
    const { user, key, other, hash, token } = await signUpUnverified(storage)
    const before = await liveSession(storage, key)
    const session = newSession()
    const holder = { kind: 'password', verified: hash, session } as const
    const done = succeeded(await storage.verificationTokens.verifyEmail(token, holder))
    assert.ok(done.user.emailVerifiedAt instanceof Date)
    assert.deepEqual(await storage.users.find(user.id), done.user)
    const opened = await liveSession(storage, openedBy(user.id, holder))
    assert.deepEqual([opened.session, opened.epochs], [done.session, before.epochs])
    for (const kept of [key, other]) await liveSession(storage, kept)
    assert.equal(await isStoredHash(storage, user.id, hash), true)
  },
)

promise(
  'verifyEmail: with another password everything ends, and it becomes the password',
  ['charging'],
  async (storage) => {
    const { user, email, key, other, hash, actor, token } = await signUpUnverified(storage)
    const passwordHash = freshPasswordHash()
    const holder = { kind: 'new_password', passwordHash, session: newSession() } as const
    const done = succeeded(await storage.verificationTokens.verifyEmail(token, holder))
    assert.ok(done.user.emailVerifiedAt instanceof Date)
    await assertAllEnded(storage, [key, other])
    assert.equal(await isStoredHash(storage, user.id, hash), false)
    assert.equal(present(await lookUp(storage, email)).hash.reveal(), passwordHash.reveal())
    const { epochs, session } = await liveSession(storage, openedBy(user.id, holder))
    assert.deepEqual(session, done.session)
    assert.ok(epochs.session > actor.epochs.session && epochs.owner > actor.epochs.owner)
    assert.equal(only(await storage.sessions.list(user.id)).id, session.id)
  },
)

promise('verifyEmail: a password can be the first one', ['charging'], async (storage) => {
  const { id, email } = await signUpBare(storage)
  const token = await issueToken(storage, 'verify_email', present(email))
  const passwordHash = freshPasswordHash()
  const holder = { kind: 'new_password', passwordHash, session: newSession() } as const
  succeeded(await storage.verificationTokens.verifyEmail(token, holder))
  assert.equal(await isStoredHash(storage, id, passwordHash), true)
  await liveSession(storage, openedBy(id, holder))
})

promise(
  'verifyEmail: for a live session of the account everything stays and none opens',
  ['charging'],
  async (storage) => {
    const { user, key, other, hash, actor, token } = await signUpUnverified(storage)
    const holder = { kind: 'session', actor } as const
    const done = succeeded(await storage.verificationTokens.verifyEmail(token, holder))
    assert.ok(done.user.emailVerifiedAt instanceof Date)
    assert.equal(done.session, null)
    for (const kept of [key, other]) await liveSession(storage, kept)
    assert.equal(await isStoredHash(storage, user.id, hash), true)
    assert.equal((await storage.sessions.list(user.id)).length, 2)
  },
)

promise(
  'verifyEmail: with the mailbox only everything ends and no session opens, until a password is set by reset',
  ['charging'],
  async (storage) => {
    const { user, email, key, other, hash, token } = await signUpUnverified(storage)
    const holder = { kind: 'mailbox_only' } as const
    const done = succeeded(await storage.verificationTokens.verifyEmail(token, holder))
    assert.ok(done.user.emailVerifiedAt instanceof Date)
    assert.equal(done.session, null)
    await assertAllEnded(storage, [key, other])
    assert.equal(await isStoredHash(storage, user.id, hash), false)
    assert.equal(await lookUp(storage, email), null)
    const reset = await issueToken(storage, 'reset_password', email)
    const next = freshPasswordHash()
    succeeded(await storage.verificationTokens.resetPassword(reset, { hash: next }))
    assert.equal(await isStoredHash(storage, user.id, next), true)
  },
)

promise(
  'verifyEmail: a wipe ends the other tokens, a proof of the owner leaves them',
  ['charging'],
  async (storage) => {
    for (const wipes of [true, false]) {
      const { email, actor, token } = await signUpUnverified(storage)
      const reset = await issueToken(storage, 'reset_password', email)
      const holder: MailboxHolder = wipes ? { kind: 'mailbox_only' } : { kind: 'session', actor }
      succeeded(await storage.verificationTokens.verifyEmail(token, holder))
      const found = await storage.verificationTokens.find('reset_password', reset)
      assert.equal(found === null, wipes)
    }
  },
)

/** Every kind of holder, all of them right. */
const holdersOf = (person: Awaited<ReturnType<typeof signUpActor>>): MailboxHolder[] => [
  { kind: 'password', verified: person.hash, session: newSession() },
  { kind: 'new_password', passwordHash: freshPasswordHash(), session: newSession() },
  { kind: 'session', actor: person.actor },
  { kind: 'mailbox_only' },
]

promise(
  'verifyEmail: a token is used once, whatever its holder proves',
  ['charging'],
  async (storage) => {
    for (const first of [0, 1, 2, 3]) {
      const person = await signUpUnverified(storage)
      const holder = present(holdersOf(person)[first])
      const { user } = succeeded(await storage.verificationTokens.verifyEmail(person.token, holder))
      for (const again of holdersOf(person))
        assert.deepEqual(
          await storage.verificationTokens.verifyEmail(person.token, again),
          invalidToken,
        )
      assert.deepEqual(await storage.users.find(user.id), user)
    }
  },
)

promise('verifyEmail: only while the address is unverified', ['charging'], async (storage) => {
  for (const index of [0, 1, 2, 3]) {
    const person = await signUpUnverified(storage)
    const { id } = person.user
    const verified = present(await storage.users.verifyEmail(id, person.email))
    assert.equal(await storage.verificationTokens.find('verify_email', person.token), null)
    const holder = present(holdersOf(person)[index])
    assert.deepEqual(
      await storage.verificationTokens.verifyEmail(person.token, holder),
      invalidToken,
    )
    assert.deepEqual(await storage.users.find(id), verified)
    await liveSession(storage, person.key)
    assert.equal(await isStoredHash(storage, id, person.hash), true)
  }
})

promise(
  'verifyEmail: a holder whose claim does not hold is refused, and the token stays good',
  ['charging'],
  async (storage) => {
    const person = await signUpUnverified(storage)
    const stranger = await signUp(storage)
    const other = await actorOf(storage, person.other)
    await storage.sessions.end(person.other)
    const moved = { session: person.actor.epochs.session + 1, owner: person.actor.epochs.owner }
    const owned = { session: person.actor.epochs.session, owner: person.actor.epochs.owner + 1 }
    const strange = await actorOf(storage, stranger.key)
    const session = newSession()
    const wrong: MailboxHolder[] = [
      { kind: 'password', verified: freshPasswordHash(), session },
      { kind: 'password', verified: stranger.hash, session },
      { kind: 'session', actor: other },
      { kind: 'session', actor: { ...person.actor, epochs: moved } },
      { kind: 'session', actor: { ...person.actor, epochs: owned } },
      { kind: 'session', actor: strange },
      { kind: 'session', actor: { ...strange, userId: person.user.id } },
    ]
    for (const holder of wrong)
      assert.deepEqual(
        await storage.verificationTokens.verifyEmail(person.token, holder),
        invalidToken,
      )
    await assertEnded(storage, openedBy(person.user.id, { session }))
    assert.equal(present(await storage.users.find(person.user.id)).emailVerifiedAt, null)
    const holder = { kind: 'session', actor: person.actor } as const
    succeeded(await storage.verificationTokens.verifyEmail(person.token, holder))
  },
)

promise(
  'verifyEmail: T1.3 one winner among twenty, and one session',
  ['charging'],
  async (storage) => {
    for (const index of [0, 1, 2, 3]) {
      const person = await signUpUnverified(storage)
      const holders = Array.from({ length: crowd }, () => present(holdersOf(person)[index]))
      const outcomes = await Promise.all(
        holders.map((holder) => storage.verificationTokens.verifyEmail(person.token, holder)),
      )
      const { session } = succeeded(only(winners(outcomes)))
      for (const outcome of outcomes) if (!outcome.ok) assert.deepEqual(outcome, invalidToken)
      const kept = ['password', 'session'].includes(present(holders[0]).kind) ? 2 : 0
      const live = await storage.sessions.list(person.user.id)
      assert.equal(live.length, kept + (session === null ? 0 : 1))
    }
  },
)

promise(
  'verifyEmail: of twenty holders who set a password at once, the stored one is the one that won',
  ['charging'],
  async (storage) => {
    const { user, token } = await signUpUnverified(storage)
    const hashes = Array.from({ length: crowd }, freshPasswordHash)
    const outcomes = await Promise.all(
      hashes.map((passwordHash) =>
        storage.verificationTokens.verifyEmail(token, {
          kind: 'new_password',
          passwordHash,
          session: newSession(),
        }),
      ),
    )
    only(winners(outcomes))
    for (const [index, hash] of hashes.entries())
      assert.equal(await isStoredHash(storage, user.id, hash), present(outcomes[index]).ok)
  },
)
