import assert from 'node:assert/strict'
import { newUserId } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
  actorOf,
  assertAllEnded,
  assertEnded,
  isStoredHash,
  keyOf,
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
  freshPasswordHash,
  freshWord,
  newSession,
  newUser,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('users')

/** Making accounts and finding them. */
export const userCases = cases

promise('register: makes the account as given', [], async (storage) => {
  const word = freshWord()
  const given = newUser({
    email: `${word}.O'Neil+News@Example.COM`,
    name: 'Ada',
    picture: 'https://example.com/a.png?x=1#y',
    metadata: { plan: 'free', seats: [1, 2, null], nested: { deep: true } },
  })
  const { user, session } = succeeded(await storage.users.register(given))
  const { createdAt, updatedAt, ...rest } = user
  assert.deepEqual(rest, {
    id: given.id,
    email: given.email,
    emailVerifiedAt: null,
    emailVerified: false,
    name: 'Ada',
    picture: 'https://example.com/a.png?x=1#y',
    metadata: { plan: 'free', seats: [1, 2, null], nested: { deep: true } },
    disabledAt: null,
  })
  assert.ok(createdAt instanceof Date && updatedAt instanceof Date)
  assert.equal(session, null)
  assert.deepEqual(await storage.users.find(given.id), user)
})

promise('register: an address is enough', [], async (storage) => {
  const user = await signUpBare(storage)
  assert.deepEqual([user.name, user.picture, user.metadata], [null, null, {}])
  assert.deepEqual(await storage.sessions.list(user.id), [])
})

promise('register: without a password there is none', [], async (storage) => {
  const session = newSession()
  const user = await signUpBare(storage, { session })
  const actor = await actorOf(storage, keyOf(user.id, session))
  assert.deepEqual(await storage.passwords.remove(actor, { mailSignIn: true }), {
    ok: false,
    reason: 'not_found',
  })
})

promise('register: an account whose mailbox is proved starts verified', [], async (storage) => {
  const proved = await signUpBare(storage, { emailVerified: true })
  const unproved = await signUpBare(storage, { emailVerified: false })
  assert.ok(proved.emailVerifiedAt instanceof Date && proved.emailVerified)
  assert.equal(unproved.emailVerifiedAt, null)
})

promise('register: opens the first session in the same commit', [], async (storage) => {
  const opened = newSession()
  const { user, session } = succeeded(await storage.users.register(newUser({ session: opened })))
  const seen = await liveSession(storage, keyOf(user.id, opened))
  assert.deepEqual(seen.session, session)
  assert.deepEqual(seen.user, user)
})

promise('register: stores the password in the same commit', [], async (storage) => {
  const { user, hash } = await signUp(storage)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
  assert.equal(await isStoredHash(storage, user.id, freshPasswordHash()), false)
})

promise(
  'register: T1.16 one winner among twenty callers with spellings of one address',
  [],
  async (storage) => {
    const word = freshWord()
    const spellings = [
      `${word}@example.com`,
      `${word.toUpperCase()}@example.com`,
      `${word}@EXAMPLE.com`,
    ]
    const attempts = Array.from({ length: 20 }, (_, index) => {
      const session = newSession()
      const email = present(spellings[index % spellings.length])
      return { session, user: newUser({ email, passwordHash: freshPasswordHash(), session }) }
    })
    const outcomes = await Promise.all(attempts.map(({ user }) => storage.users.register(user)))

    const winner = succeeded(only(winners(outcomes))).user
    for (const { user, session } of attempts) {
      const key = keyOf(user.id, session)
      if (user.id === winner.id) await liveSession(storage, key)
      else {
        assert.equal(await storage.users.find(user.id), null)
        await assertEnded(storage, key)
      }
    }
    for (const email of spellings)
      assert.equal(present(await storage.users.findByEmail(email)).id, winner.id)
  },
)

promise('register: everyone who loses an address is told that it is taken', [], async (storage) => {
  const email = `${freshWord()}@example.com`
  const outcomes = await twentyAtOnce(() => storage.users.register(newUser({ email })))
  const refusals = outcomes.filter((outcome) => !outcome.ok)
  assert.equal(refusals.length, 19)
  for (const refusal of refusals)
    assert.deepEqual(refusal, { ok: false, reason: 'email_taken', notice: null })
})

promise('register: twenty callers with twenty addresses all succeed', [], async (storage) => {
  const outcomes = await twentyAtOnce(() =>
    storage.users.register(newUser({ session: newSession() })),
  )
  assert.equal(winners(outcomes).length, 20)
})

promise(
  'register: an international domain and its A-label form are one address',
  [],
  async (storage) => {
    const word = freshWord()
    const user = await signUpBare(storage, { email: `${word}@bücher.example` })
    const again = await storage.users.register(newUser({ email: `${word}@xn--bcher-kva.example` }))
    assert.deepEqual(again, { ok: false, reason: 'email_taken', notice: null })
    assert.deepEqual(await storage.users.findByEmail(`${word}@XN--BCHER-KVA.example`), user)
    assert.deepEqual(await storage.users.findByEmail(`${word}@BÜCHER.example`), user)
  },
)

promise('register: dots and plus tags make other addresses', [], async (storage) => {
  const word = freshWord()
  const spellings = [`${word}a@example.com`, `${word}.a@example.com`, `${word}a+tag@example.com`]
  const users = await Promise.all(spellings.map((email) => signUpBare(storage, { email })))
  assert.equal(new Set(users.map(({ id }) => id)).size, 3)
})

promise('register: a taken address leaves its account as it was', [], async (storage) => {
  const person = await signUp(storage, { name: 'First', metadata: { kept: true } })
  const before = await liveSession(storage, person.key)
  const late = newUser({
    email: person.email,
    name: 'Second',
    emailVerified: true,
    passwordHash: freshPasswordHash(),
    session: newSession(),
  })
  assert.deepEqual(await storage.users.register(late), {
    ok: false,
    reason: 'email_taken',
    notice: null,
  })
  assert.deepEqual(await liveSession(storage, person.key), before)
  assert.equal(await isStoredHash(storage, person.user.id, person.hash), true)
  assert.equal(await storage.users.find(late.id), null)
})

promise('register: the same account made twice is made once', [], async (storage) => {
  const session = newSession()
  const given = newUser({ name: 'Once', passwordHash: freshPasswordHash(), session })
  const outcomes = await twentyAtOnce(() => storage.users.register(given))
  assert.ok(winners(outcomes).length >= 1)
  for (const outcome of winners(outcomes)) assert.equal(succeeded(outcome).user.id, given.id)
  assert.equal(present(await storage.users.findByEmail(given.email)).id, given.id)
  assert.equal((await storage.sessions.list(given.id)).length, 1)
})

promise('register: one id never gets a second address', [], async (storage) => {
  const { user, key } = await signUp(storage)
  const other = newUser({ id: user.id, name: 'Other' })
  // What the second caller is told is open (the id is its own mistake); what it may not do is not.
  await storage.users.register(other).catch(() => undefined)
  assert.deepEqual((await liveSession(storage, key)).user, user)
  assert.equal(await storage.users.findByEmail(other.email), null)
})

promise('find: null for an id that no user has', [], async (storage) => {
  assert.equal(await storage.users.find(newUserId()), null)
})

promise('findByEmail: finds by any spelling of the address', [], async (storage) => {
  const word = freshWord()
  const user = await signUpBare(storage, { email: `${word.toUpperCase()}@Example.com` })
  assert.equal(user.email, `${word.toUpperCase()}@Example.com`)
  assert.deepEqual(await storage.users.findByEmail(`${word}@example.com`), user)
  assert.deepEqual(await storage.users.findByEmail(`${word}@EXAMPLE.COM`), user)
})

promise('findByEmail: null for an email that no user has', [], async (storage) => {
  const word = freshWord()
  await signUpBare(storage, { email: `${word}x@example.com` })
  assert.equal(await storage.users.findByEmail(`${word}@example.com`), null)
})

promise('findByEmail: takes no character for a pattern', [], async (storage) => {
  const word = freshWord()
  await signUpBare(storage, { email: `${word}ab@example.com` })
  assert.equal(await storage.users.findByEmail(`${word}%@example.com`), null)
  assert.equal(await storage.users.findByEmail(`${word}a_@example.com`), null)
})

promise('verifyEmail: marks the address as verified', [], async (storage) => {
  const word = freshWord()
  const user = await signUpBare(storage, { email: `${word}@example.com` })
  const verified = present(
    await storage.users.verifyEmail(user.id, `${word.toUpperCase()}@example.com`),
  )
  assert.ok(verified.emailVerifiedAt instanceof Date)
  assert.equal(verified.email, user.email)
  assert.deepEqual(await storage.users.find(user.id), verified)
})

promise('verifyEmail: passwords and sessions stay', [], async (storage) => {
  const { user, email, key, hash } = await signUp(storage)
  const before = await liveSession(storage, key)
  present(await storage.users.verifyEmail(user.id, email))
  assert.deepEqual((await liveSession(storage, key)).epochs, before.epochs)
  assert.equal(await isStoredHash(storage, user.id, hash), true)
})

promise(
  'verifyEmail: does nothing for another address than the account has',
  [],
  async (storage) => {
    const user = await signUpBare(storage)
    const other = await signUpBare(storage)
    assert.equal(await storage.users.verifyEmail(user.id, present(other.email)), null)
    assert.equal(await storage.users.verifyEmail(user.id, `${freshWord()}@example.com`), null)
    assert.deepEqual(await storage.users.find(user.id), user)
    assert.deepEqual(await storage.users.find(other.id), other)
  },
)

promise('verifyEmail: null for a user who is gone', [], async (storage) => {
  const { user, email, key } = await signUp(storage)
  await storage.users.delete(user.id)
  assert.equal(await storage.users.verifyEmail(user.id, email), null)
  assert.equal(await storage.users.verifyEmail(unknownUserId(), email), null)
  await assertAllEnded(storage, [key])
})
