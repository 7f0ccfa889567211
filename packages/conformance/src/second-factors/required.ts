import assert from 'node:assert/strict'
import type { SecondFactorPolicy } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import { addOne, newOAuthSignIn, signUpWithPasskey, useOf } from '../fixtures/credentials.js'
import {
  actorOf,
  assertEnded,
  crowd,
  keyOf,
  only,
  openOne,
  present,
  seenBy,
  signUp,
  succeeded,
} from '../fixtures/people.js'
import { enrollingOf, startAtSignIn } from '../fixtures/required-enrollment.js'
import { freshSecretHash, newSession, newUser, unknownUserId } from '../fixtures/samples.js'
import {
  assertWaits,
  beginSignIn,
  isPending,
  signUpWithFactor,
} from '../fixtures/second-factors.js'

const { cases, promise } = casesOf('secondFactors')

/** Sign-ins where the application requires a second factor. */
export const requiredFactorCases = cases

const always: SecondFactorPolicy = 'always'
const perUser: SecondFactorPolicy = 'per-user'

promise(
  'signIn: with always, a caller who has proved two factors opens the session',
  [],
  async (storage) => {
    const { user } = await signUp(storage, { emailVerified: true })
    const session = newSession({ level: 2, secondFactor: always })
    assert.equal(succeeded(await storage.sessions.open(user.id, session)).session.level, 2)
  },
)

promise(
  'signIn: with always, no user is registered together with a session',
  [],
  async (storage) => {
    await assert.rejects(
      storage.users.register(newUser({ session: newSession({ secondFactor: always }) })),
      { code: 'ERR_INVALID_INPUT', field: 'session.secondFactor' },
    )
  },
)

promise(
  'signIn: with always, a new user of a provider enrolls before a session opens',
  [],
  async (storage) => {
    for (const email of [undefined, null]) {
      const session = newSession({ methods: ['oauth'], secondFactor: always })
      const given = email === undefined ? {} : { email }
      // The first of each statement is sent at once; the last one waits, and is sent in a batch.
      const people = [given, given, given, given, given, { session, ...given }].map((own) =>
        newOAuthSignIn(own),
      )
      const outcomes = await Promise.all(
        people.map((person) => storage.oauthAccounts.signIn(person)),
      )
      const waits = outcomes.at(-1)
      assert.ok(waits !== undefined && !waits.ok, JSON.stringify(waits))
      assert.ok(waits.reason === 'second_factor_required', waits.reason)
      const { userId, mustEnroll } = waits.pending
      assert.equal(mustEnroll, true)
      const key = await assertWaits(storage, waits, userId, session)
      if (email === undefined) {
        assert.deepEqual(await storage.oauthAccounts.list(userId), [])
        const { email: to, mailboxProved } = await enrollingOf(storage, key)
        assert.deepEqual([to === null, mailboxProved], [false, false])
        continue
      }
      // Without an email address there is no mailbox to prove.
      succeeded(await storage.secondFactors.confirmTotpForSignIn(await startAtSignIn(storage, key)))
      assert.equal(only(await storage.oauthAccounts.list(userId)).provider, people.at(-1)?.provider)
    }
  },
)

promise(
  'signIn: with always, a passkey as the first factor enrolls nothing, since it is a factor',
  [],
  async (storage) => {
    const owner = await signUpWithPasskey(storage)
    const session = newSession({ methods: ['passkey'], secondFactor: always })
    const waits = await storage.passkeys.signIn(useOf(owner, 7), { session })
    const key = await assertWaits(storage, waits, owner.user.id, session)
    assert.equal(present(await storage.secondFactors.findPending(key)).mustEnroll, false)
  },
)

promise(
  'setRequired: asks a factor of the user from now on, ends every session, and is waived',
  [],
  async (storage) => {
    const { secondFactors, sessions } = storage
    const { user, key } = await signUp(storage, { emailVerified: true })
    const other = await openOne(storage, user.id)
    const required = present(await secondFactors.setRequired(user.id, { graceSeconds: 0 }))
    assert.equal(required.id, user.id)
    for (const ended of [key, other]) await assertEnded(storage, ended)
    assert.notEqual((await secondFactors.find(user.id)).requiredAt, null)
    const session = newSession({ secondFactor: perUser })
    const waits = await sessions.open(user.id, session)
    await assertWaits(storage, waits, user.id, session)
    // The policy of the application decides whether the request counts.
    succeeded(await sessions.open(user.id, newSession()))
    await secondFactors.setRequired(user.id, null)
    assert.equal((await secondFactors.find(user.id)).requiredAt, null)
    succeeded(await sessions.open(user.id, newSession({ secondFactor: perUser })))
    assert.equal(await secondFactors.setRequired(unknownUserId(), { graceSeconds: 0 }), null)
  },
)

promise(
  'setRequired: ends the pending sign-ins, and no other user is asked',
  [],
  async (storage) => {
    const { user } = await signUpWithFactor(storage)
    const key = await beginSignIn(storage, user.id)
    await storage.secondFactors.setRequired(user.id, { graceSeconds: 0 })
    assert.equal(await isPending(storage, key), false)
    const other = await signUp(storage, { emailVerified: true })
    succeeded(await storage.sessions.open(other.user.id, newSession({ secondFactor: perUser })))
  },
)

promise(
  'setRequired: of a user of whom it is asked already, the earlier time stays',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const { user } = await signUp(storage)
    const ask = async (graceSeconds: number) => {
      await secondFactors.setRequired(user.id, { graceSeconds })
      return present((await secondFactors.find(user.id)).requiredAt).getTime()
    }
    const first = await ask(3600)
    assert.equal(await ask(7200), first)
    assert.ok((await ask(60)) < first)
  },
)

promise(
  'setRequired: within the grace a session opens, and ends with it',
  ['elapse'],
  async (storage) => {
    const { user } = await signUp(storage, { emailVerified: true })
    await storage.secondFactors.setRequired(user.id, { graceSeconds: 3600 })
    const open = async (given: Parameters<typeof newSession>[0]) => {
      const session = newSession({
        secondFactor: perUser,
        idleSeconds: 7200,
        absoluteSeconds: 7201,
        ...given,
      })
      const { session: opened } = succeeded(await storage.sessions.open(user.id, session))
      return { key: keyOf(user.id, session), opened }
    }
    const { key, opened } = await open({})
    const { requiredAt } = await storage.secondFactors.find(user.id)
    assert.deepEqual([opened.expiresAt, opened.absoluteExpiresAt], [requiredAt, requiredAt])
    const strong = await open({ level: 2 })
    const short = await open({ idleSeconds: 60, absoluteSeconds: 61 })
    assert.equal(
      short.opened.absoluteExpiresAt.getTime() - short.opened.createdAt.getTime(),
      61_000,
    )
    await storage.elapse(3599)
    assert.notEqual(await seenBy(storage, key), null)
    await storage.elapse(2)
    await assertEnded(storage, key)
    assert.notEqual(await seenBy(storage, strong.key), null)
    await beginSignIn(storage, user.id, { secondFactor: perUser })
  },
)

promise(
  'setRequired: of sign-ins that race it, none has a session afterwards',
  ['concurrency'],
  async (storage) => {
    const { user } = await signUp(storage, { emailVerified: true })
    const sessions = Array.from({ length: crowd }, () => newSession({ secondFactor: perUser }))
    await Promise.all([
      storage.secondFactors.setRequired(user.id, { graceSeconds: 0 }),
      ...sessions.map((session) => storage.sessions.open(user.id, session)),
    ])
    assert.deepEqual(await storage.sessions.list(user.id), [])
  },
)

promise(
  'removeTotp: is refused where a factor is asked of the user, who has no passkey',
  [],
  async (storage) => {
    const { secondFactors } = storage
    const owner = await signUpWithFactor(storage)
    const remove = (policyOfApplication: SecondFactorPolicy, actor = owner.actor) =>
      secondFactors.removeTotp(actor, freshSecretHash(), policyOfApplication)
    const refused = { ok: false, reason: 'factor_required' }
    assert.deepEqual(await remove(always), refused)
    assert.notEqual((await secondFactors.find(owner.user.id)).totp, null)
    await addOne(storage, owner.actor)
    succeeded(await remove(always))
    const other = await signUpWithFactor(storage)
    succeeded(await remove(perUser, other.actor))
    // Where there is none, there is none to keep.
    const person = await signUp(storage)
    const nothing = await remove(always, await actorOf(storage, person.key))
    assert.deepEqual(nothing, { ok: false, reason: 'not_found' })
  },
)
