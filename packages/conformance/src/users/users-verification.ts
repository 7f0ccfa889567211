import assert from 'node:assert/strict'
import type { NewUser, Registration, TransactionRepositories } from 'torii-core'
import { maxLiveLinks } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
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
  freshEmail,
  freshPasswordHash,
  freshSecretHash,
  freshWord,
  newSession,
  newUser,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('users')

/** Registering with a token to mail in the same commit. */
export const userVerificationCases = cases

/** A registration with a token to mail, unless `given`. */
const newMailed = (given: Partial<NewUser> = {}) => {
  const verification = { secretHash: freshSecretHash(), lifetimeSeconds: 600 }
  const hash = freshPasswordHash()
  return { ...newUser({ passwordHash: hash, ...given }), verification, hash }
}

const find = (
  { verificationTokens }: TransactionRepositories,
  userId: NewUser['id'],
  { verification }: ReturnType<typeof newMailed>,
) => verificationTokens.find('verify_email', { userId, secretHash: verification.secretHash })

/** The notice of a registration that must have been refused. */
function noticeOf(outcome: Registration) {
  assert.ok(!outcome.ok && outcome.reason === 'email_taken')
  return outcome.notice
}

promise('register: keeps the token to mail, which verifies the address', [], async (storage) => {
  const given = newMailed()
  const { user } = succeeded(await storage.users.register(given))
  assert.equal(user.emailVerifiedAt, null)
  const found = present(await find(storage, user.id, given))
  assert.deepEqual([found.userId, found.email], [user.id, given.email])
  assert.equal(present(found.passwordHash).reveal(), given.hash.reveal())
  const session = newSession()
  const verified = succeeded(
    await storage.verificationTokens.verifyEmail(
      { userId: user.id, secretHash: given.verification.secretHash },
      { kind: 'password', verified: given.hash, session },
    ),
  )
  assert.ok(verified.user.emailVerifiedAt instanceof Date)
  await liveSession(storage, keyOf(user.id, session))
})

promise('register: the token ends when it was told to', ['elapse'], async (storage) => {
  const given = newMailed()
  succeeded(await storage.users.register(given))
  await storage.elapse(599)
  present(await find(storage, given.id, given))
  await storage.elapse(2)
  assert.equal(await find(storage, given.id, given), null)
})

promise('register: no token for an address that is verified already', [], async (storage) => {
  const given = newMailed({ emailVerified: true })
  const { user } = succeeded(await storage.users.register(given))
  assert.equal(await find(storage, user.id, given), null)
})

promise(
  'register: the owner of a taken, unverified address gets the token, and nothing else changes',
  [],
  async (storage) => {
    const email = `${freshWord()}@example.com`
    const person = await signUp(storage, { email })
    const before = await liveSession(storage, person.key)
    const late = newMailed({ email: email.toUpperCase(), name: 'Late', session: newSession() })
    assert.deepEqual(noticeOf(await storage.users.register(late)), {
      kind: 'verify_email',
      to: email,
      userId: person.user.id,
    })
    assert.equal(await storage.users.find(late.id), null)
    assert.deepEqual(await liveSession(storage, person.key), before)
    assert.equal(await isStoredHash(storage, person.user.id, person.hash), true)
    const found = present(await find(storage, person.user.id, late))
    assert.equal(found.email, email)
    assert.equal(await find(storage, late.id, late), null)
  },
)

promise(
  'register: every token mailed counts, and beyond four live ones none is mailed',
  [],
  async (storage) => {
    const first = newMailed()
    succeeded(await storage.users.register(first))
    const all = [first]
    while (all.length < maxLiveLinks) {
      const next = newMailed({ email: first.email })
      assert.equal(noticeOf(await storage.users.register(next))?.kind, 'verify_email')
      all.push(next)
    }
    const fifth = newMailed({ email: first.email })
    assert.equal(noticeOf(await storage.users.register(fifth)), null)
    for (const given of all) present(await find(storage, first.id, given))
    assert.equal(await find(storage, first.id, fifth), null)
  },
)

promise(
  'register: the owner of a verified address is told, and gets no token',
  [],
  async (storage) => {
    const email = `${freshWord()}@example.com`
    const user = await signUpBare(storage, { email, emailVerified: true })
    const late = newMailed({ email: email.toUpperCase() })
    assert.deepEqual(noticeOf(await storage.users.register(late)), {
      kind: 'already_registered',
      to: email,
    })
    assert.equal(await find(storage, user.id, late), null)
    assert.deepEqual(await storage.users.findByEmail(email), user)
  },
)

promise('register: the owner of a disabled account is told nothing', [], async (storage) => {
  for (const emailVerified of [false, true]) {
    const user = await signUpBare(storage, { emailVerified })
    await storage.users.disable(user.id)
    const late = newMailed({ email: String(user.email) })
    assert.equal(noticeOf(await storage.users.register(late)), null)
    await storage.users.enable(user.id)
    assert.equal(await find(storage, user.id, late), null)
  }
})

promise('register: without a token to mail there is no notice', [], async (storage) => {
  const { email } = await signUp(storage)
  assert.equal(noticeOf(await storage.users.register(newUser({ email }))), null)
})

promise(
  'register: R1.1 of twenty with a token for one new address one wins, whose token counts',
  [],
  async (storage) => {
    const email = freshEmail()
    const all = Array.from({ length: 20 }, () => newMailed({ email, session: newSession() }))
    const outcomes = await Promise.all(all.map((given) => storage.users.register(given)))
    const { user } = succeeded(only(winners(outcomes)))
    for (const [index, outcome] of outcomes.entries()) {
      const given = present(all[index])
      const found = await find(storage, user.id, given)
      if (outcome.ok) {
        present(found)
        continue
      }
      // Who comes after the winner's commit gets another token; whoever lost the race is told nothing.
      const notice = noticeOf(outcome)
      assert.equal(found !== null, notice !== null)
      if (notice !== null)
        assert.deepEqual(notice, { kind: 'verify_email', to: email, userId: user.id })
      assert.equal(await storage.users.find(given.id), null)
      await assertEnded(storage, keyOf(given.id, present(given.session)))
    }
    const found = await Promise.all(all.map((given) => find(storage, user.id, given)))
    assert.ok(found.filter((one) => one !== null).length <= maxLiveLinks)
  },
)

promise('register: R1.1 raced against the deletion of the owner', [], async (storage) => {
  for (let round = 0; round < 10; round += 1) {
    const owner = await signUp(storage)
    const all = Array.from({ length: 10 }, () => newMailed({ email: owner.email }))
    const [deleted, ...outcomes] = await Promise.all([
      storage.users.delete(owner.user.id),
      ...all.map((given) => storage.users.register(given)),
    ])
    assert.equal(deleted, true)
    const found = await storage.users.findByEmail(owner.email)
    const won = winners(outcomes)
    if (found === null) assert.equal(won.length, 0)
    else assert.equal(succeeded(only(won)).user.id, found.id)
  }
})

promise(
  'register: R1.1 raced against itself for a taken address, exactly the mailed tokens count',
  [],
  async (storage) => {
    const person = await signUp(storage)
    const all = Array.from({ length: 20 }, () => newMailed({ email: person.email }))
    const outcomes = await twentyAtOnce((index) => storage.users.register(present(all[index])))
    assert.equal(winners(outcomes).length, 0)
    const found = await Promise.all(all.map((given) => find(storage, person.user.id, given)))
    const counted = found.map((one) => one !== null)
    assert.deepEqual(
      counted,
      outcomes.map((outcome) => noticeOf(outcome) !== null),
    )
    const count = counted.filter(Boolean).length
    assert.ok(count >= 1 && count <= maxLiveLinks, `${count} tokens`)
  },
)
