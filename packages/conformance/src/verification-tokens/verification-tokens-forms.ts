import assert from 'node:assert/strict'
import type { MailboxHolder, UsedForm, VerificationKey, VerificationPurpose } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { issueChange, issueToken, newForm, signUpActor } from '../fixtures/mail.js'
import { actorOf, keyOf, only, present, succeeded, winners } from '../fixtures/people.js'
import { freshPasswordHash, freshSecretHash, newSession } from '../fixtures/samples.js'

const { cases, promise } = casesOf('verificationTokens')

/** A browser that sends the form of a mailed token twice. */
export const verificationFormCases = cases

const many = 64

/** A form that uses a token, and the user that it belongs to. */
interface Use {
  readonly purpose: VerificationPurpose
  readonly key: VerificationKey
  readonly session: UsedForm['session']
  readonly post: (usedBy: UsedForm['usedBy'] | null) => Promise<{ readonly ok: boolean }>
}

type Start = (storage: ConformanceStorage) => Promise<Use>

const verifying =
  (holderOf: (person: Awaited<ReturnType<typeof signUpActor>>) => MailboxHolder): Start =>
  async (storage) => {
    const person = await signUpActor(storage, false)
    const key = await issueToken(storage, 'verify_email', person.email)
    const holder = holderOf(person)
    return {
      purpose: 'verify_email',
      key,
      session: 'session' in holder ? holder.session : null,
      post: (usedBy) => storage.verificationTokens.verifyEmail(key, holder, null, usedBy),
    }
  }

const uses: readonly (readonly [string, Start])[] = [
  [
    'a verification with the password',
    verifying(({ hash }) => ({ kind: 'password', verified: hash, session: newSession() })),
  ],
  [
    'a verification with a new password',
    verifying(() => ({
      kind: 'new_password',
      passwordHash: freshPasswordHash(),
      session: newSession(),
    })),
  ],
  ['a verification by a session', verifying(({ actor }) => ({ kind: 'session', actor }))],
  ['a verification by the mailbox', verifying(() => ({ kind: 'mailbox_only' }))],
  [
    'a reset',
    async (storage) => {
      const { email } = await signUpActor(storage)
      const key = await issueToken(storage, 'reset_password', email)
      const reset = { hash: freshPasswordHash() }
      const { verificationTokens } = storage
      return {
        purpose: 'reset_password',
        key,
        session: null,
        post: (usedBy) => verificationTokens.resetPassword(key, { ...reset, usedBy }),
      }
    },
  ],
  [
    'a change of address',
    async (storage) => {
      const { actor } = await signUpActor(storage)
      const secretHash = await issueChange(storage, actor)
      return {
        purpose: 'change_email',
        key: { userId: actor.userId, secretHash },
        session: null,
        post: (usedBy) => storage.verificationTokens.changeEmail(actor, secretHash, usedBy),
      }
    },
  ],
]

for (const [what, start] of uses) {
  promise(
    `findUsed: the form of ${what} reads what it did for a minute, every other form nothing`,
    ['charging', 'elapse'],
    async (storage) => {
      const { verificationTokens, users } = storage
      const { purpose, key, session, post } = await start(storage)
      const form = { usedBy: freshSecretHash(), session }
      const find = (given: UsedForm = form) => verificationTokens.findUsed(purpose, key, given)
      assert.equal(await find(), null)
      succeeded(await post(form.usedBy))
      const found = present(await find())
      assert.deepEqual(found.user, await users.find(key.userId))
      assert.equal(found.session?.id, session?.id)
      assert.equal(await find({ ...form, usedBy: freshSecretHash() }), null)
      const other = newForm()
      assert.equal(await find({ ...form, session: other.session }), null)
      assert.equal(
        await verificationTokens.findUsed(purpose, { ...key, secretHash: freshSecretHash() }, form),
        null,
      )
      assert.equal((await post(form.usedBy)).ok, false)
      assert.equal(await verificationTokens.find(purpose, key), null)
      await storage.elapse(61)
      assert.equal(await find(), null)
    },
  )

  promise(
    `findUsed: nothing after ${what} without a form, or once its session or user has ended`,
    ['charging'],
    async (storage) => {
      const { verificationTokens } = storage
      const plain = await start(storage)
      succeeded(await plain.post(null))
      const form = newForm()
      for (const session of [plain.session, form.session])
        assert.equal(
          await verificationTokens.findUsed(plain.purpose, plain.key, { ...form, session }),
          null,
        )
      const used = await start(storage)
      succeeded(await used.post(form.usedBy))
      const find = () =>
        verificationTokens.findUsed(used.purpose, used.key, { ...form, session: used.session })
      present(await find())
      const { userId } = used.key
      if (used.session === null) await storage.users.disable(userId)
      else await storage.sessions.end(keyOf(userId, { ...newSession(), ...used.session }))
      assert.equal(await find(), null)
    },
  )

  promise(
    `findUsed: of ${many} posts of the form of ${what} one is the first, and all read it`,
    ['charging', 'concurrency'],
    async (storage) => {
      const { purpose, key, session, post } = await start(storage)
      const form = { usedBy: freshSecretHash(), session }
      const outcomes = await Promise.all(
        Array.from({ length: many }, async () => {
          const outcome = await post(form.usedBy)
          present(await storage.verificationTokens.findUsed(purpose, key, form))
          return outcome
        }),
      )
      only(winners(outcomes))
    },
  )
}

promise(
  'findUsed: nothing for a change of address that another account has prevented',
  ['charging'],
  async (storage) => {
    const { actor } = await signUpActor(storage)
    const owner = await signUpActor(storage)
    const secretHash = await issueChange(storage, actor, owner.email)
    const form = { ...newForm(), session: null }
    const outcome = await storage.verificationTokens.changeEmail(actor, secretHash, form.usedBy)
    assert.deepEqual(outcome, { ok: false, reason: 'email_taken' })
    const key = { userId: actor.userId, secretHash }
    assert.equal(await storage.verificationTokens.findUsed('change_email', key, form), null)
    assert.deepEqual(await actorOf(storage, owner.key), owner.actor)
  },
)
