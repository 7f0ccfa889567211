import assert from 'node:assert/strict'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import type { Person } from '../fixtures/people.js'
import {
  actorOf,
  assertAllEnded,
  assertEnded,
  credentialOf,
  isStoredHash,
  keyOf,
  liveSession,
  openOne,
  signUp,
  succeeded,
  winners,
} from '../fixtures/people.js'
import {
  freshPasswordHash,
  freshRateLimitKey,
  newSession,
  noRefund,
  onAccount,
  onIpAddress,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('passwords')

/** Signing in with a verified password. */
export const passwordSignInCases = cases

const stale = { ok: false, reason: 'stale' }

promise('signIn: opens the session', [], async (storage) => {
  const person = await signUp(storage)
  const session = newSession({ userAgent: 'signed in' })
  const credential = await credentialOf(storage, person)
  const outcome = succeeded(
    await storage.passwords.signIn({ credential, session, refund: noRefund }),
  )
  assert.deepEqual(outcome.user, person.user)
  const seen = await liveSession(storage, keyOf(person.user.id, session))
  assert.deepEqual(seen.session, outcome.session)
  assert.deepEqual(seen.epochs, credential.epochs)
  await liveSession(storage, person.key)
})

promise('signIn: gives the attempt back in the same commit', ['charging'], async (storage) => {
  const person = await signUp(storage)
  const credential = await credentialOf(storage, person)
  const [account, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
  for (let turn = 0; turn < 3; turn += 1)
    await storage.rateLimits.charge({
      ...onAccount(account),
      ipAddress: onIpAddress(ipAddress).ipAddress,
    })
  succeeded(
    await storage.passwords.signIn({
      credential,
      session: newSession(),
      refund: { account, ipAddress },
    }),
  )
  assert.deepEqual(await storage.rateLimits.status(account), { state: 'open', failures: 0 })
  assert.deepEqual(await storage.rateLimits.status(ipAddress), { state: 'open', failures: 2 })
})

promise('signIn: stores the rehash in the same commit', [], async (storage) => {
  const person = await signUp(storage)
  const credential = await credentialOf(storage, person)
  const rehash = freshPasswordHash()
  const session = newSession()
  succeeded(await storage.passwords.signIn({ credential, session, refund: noRefund, rehash }))
  assert.equal(await isStoredHash(storage, person.user.id, rehash), true)
  assert.deepEqual(
    (await liveSession(storage, keyOf(person.user.id, session))).epochs,
    credential.epochs,
  )
})

promise(
  'signIn: signs in without the rehash when another one was stored meanwhile',
  [],
  async (storage) => {
    const person = await signUp(storage)
    const credential = await credentialOf(storage, person)
    const first = freshPasswordHash()
    assert.equal(
      await storage.passwords.rehash(person.user.id, { verified: person.hash, next: first }),
      true,
    )
    const session = newSession()
    const late = { credential, session, refund: noRefund, rehash: freshPasswordHash() }
    succeeded(await storage.passwords.signIn(late))
    await liveSession(storage, keyOf(person.user.id, session))
    assert.equal(await isStoredHash(storage, person.user.id, first), true)
  },
)

promise('signIn: twenty at once all sign in, and one rehash is stored', [], async (storage) => {
  const person = await signUp(storage)
  const credential = await credentialOf(storage, person)
  const tries = Array.from({ length: 20 }, () => ({
    credential,
    session: newSession(),
    refund: noRefund,
    rehash: freshPasswordHash(),
  }))
  const outcomes = await Promise.all(tries.map((input) => storage.passwords.signIn(input)))
  assert.equal(winners(outcomes).length, 20)
  const stored = []
  for (const { rehash, session } of tries) {
    await liveSession(storage, keyOf(person.user.id, session))
    if (await isStoredHash(storage, person.user.id, rehash)) stored.push(rehash)
  }
  assert.equal(stored.length, 1)
})

type Ending = (storage: ConformanceStorage, person: Person) => Promise<unknown>
const endings: readonly (readonly [string, Ending])[] = [
  ['every session was ended', ({ sessions }, { user }) => sessions.revokeAll(user.id)],
  [
    'the other sessions were ended',
    async (storage, { key }) => storage.sessions.revokeOthers(await actorOf(storage, key)),
  ],
  ['the user was disabled', ({ users }, { user }) => users.disable(user.id)],
  ['the user was deleted', ({ users }, { user }) => users.delete(user.id)],
  [
    'the password was changed',
    async (storage, { key, hash }) =>
      succeeded(
        await storage.passwords.change(await actorOf(storage, key), {
          verified: hash,
          next: freshPasswordHash(),
        }),
      ),
  ],
  [
    'the password was removed',
    async (storage, { key }) =>
      succeeded(await storage.passwords.remove(await actorOf(storage, key), { mailSignIn: true })),
  ],
]

for (const [what, end] of endings) {
  promise(`signIn: refused when ${what} after the look-up`, [], async (storage) => {
    const person = await signUp(storage, { emailVerified: true })
    const credential = await credentialOf(storage, person)
    await end(storage, person)
    const session = newSession()
    const rehash = freshPasswordHash()
    assert.deepEqual(
      await storage.passwords.signIn({ credential, session, refund: noRefund, rehash }),
      stale,
    )
    await assertEnded(storage, keyOf(person.user.id, session))
    assert.equal(await isStoredHash(storage, person.user.id, rehash), false)
  })
}

promise('signIn: a refusal gives no attempt back', ['charging'], async (storage) => {
  const person = await signUp(storage)
  const credential = await credentialOf(storage, person)
  const account = freshRateLimitKey()
  await storage.rateLimits.charge(onAccount(account))
  await storage.sessions.revokeAll(person.user.id)
  const refund = { ...noRefund, account }
  assert.deepEqual(
    await storage.passwords.signIn({ credential, session: newSession(), refund }),
    stale,
  )
  assert.deepEqual(await storage.rateLimits.status(account), { state: 'open', failures: 1 })
})

promise('signIn: both epochs count', [], async (storage) => {
  const person = await signUp(storage)
  const credential = await credentialOf(storage, person)
  const { session, owner } = credential.epochs
  for (const epochs of [
    { session: session + 1, owner },
    { session, owner: owner + 1 },
  ]) {
    const input = { credential: { ...credential, epochs }, session: newSession(), refund: noRefund }
    assert.deepEqual(await storage.passwords.signIn(input), stale)
  }
})

promise('signIn: of twenty racing a change of the password none lives', [], async (storage) => {
  const person = await signUp(storage)
  const credential = await credentialOf(storage, person)
  const actor = await actorOf(storage, person.key)
  const sessions = Array.from({ length: 20 }, () => newSession())
  const next = freshPasswordHash()
  const [changed] = await Promise.all([
    storage.passwords.change(actor, { verified: person.hash, next }),
    ...sessions.map((session) =>
      storage.passwords.signIn({ credential, session, refund: noRefund }),
    ),
  ])
  succeeded(changed)
  await assertAllEnded(
    storage,
    sessions.map((session) => keyOf(person.user.id, session)),
  )
  await liveSession(storage, person.key)
  assert.equal(await isStoredHash(storage, person.user.id, next), true)
})

promise(
  'signIn: of twenty with a rehash racing a change none undoes the change',
  [],
  async (storage) => {
    const person = await signUp(storage)
    const credential = await credentialOf(storage, person)
    const actor = await actorOf(storage, person.key)
    const next = freshPasswordHash()
    const [changed] = await Promise.all([
      storage.passwords.change(actor, { verified: person.hash, next }),
      ...Array.from({ length: 20 }, () => {
        const rehash = freshPasswordHash()
        return storage.passwords.signIn({
          credential,
          session: newSession(),
          refund: noRefund,
          rehash,
        })
      }),
    ])
    // A rehash that came first makes the change stale; it then changed nothing at all.
    assert.equal(await isStoredHash(storage, person.user.id, next), changed.ok)
    const alive = (await storage.sessions.list(person.user.id)).length
    if (changed.ok) assert.equal(alive, 1)
  },
)

promise('signIn: of twenty racing a removal of the password none lives', [], async (storage) => {
  const person = await signUp(storage, { emailVerified: true })
  const credential = await credentialOf(storage, person)
  const actor = await actorOf(storage, person.key)
  const sessions = Array.from({ length: 20 }, () => newSession())
  const [removed] = await Promise.all([
    storage.passwords.remove(actor, { mailSignIn: true }),
    ...sessions.map((session) =>
      storage.passwords.signIn({
        credential,
        session,
        refund: noRefund,
        rehash: freshPasswordHash(),
      }),
    ),
  ])
  succeeded(removed)
  await assertAllEnded(
    storage,
    sessions.map((session) => keyOf(person.user.id, session)),
  )
  assert.deepEqual(
    await storage.passwords.remove(await actorOf(storage, person.key), { mailSignIn: true }),
    { ok: false, reason: 'not_found' },
  )
})

promise('signIn: leaves other sessions and other people alone', [], async (storage) => {
  const [person, other] = [await signUp(storage), await signUp(storage)]
  const second = await openOne(storage, person.user.id)
  const before = [await liveSession(storage, second), await liveSession(storage, other.key)]
  const credential = await credentialOf(storage, person)
  succeeded(await storage.passwords.signIn({ credential, session: newSession(), refund: noRefund }))
  assert.deepEqual(
    [await liveSession(storage, second), await liveSession(storage, other.key)],
    before,
  )
})
