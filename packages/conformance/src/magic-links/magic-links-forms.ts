import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  issueLink,
  keysOfOneUser,
  newForm,
  newProof,
  openedBy,
  signUpActor,
} from '../fixtures/mail.js'
import { assertEnded, only, succeeded, winners } from '../fixtures/people.js'
import { freshRateLimitKey, freshSecretHash, newSession, policy } from '../fixtures/samples.js'

const { cases, promise } = casesOf('magicLinks')

/** A browser that sends the form of a link twice. */
export const linkFormCases = cases

const invalidToken = { ok: false, reason: 'invalid_token' }
const many = 64

promise(
  'findUsed: the same form reads its session for a minute, every other form nothing',
  ['charging', 'elapse'],
  async (storage) => {
    const { magicLinks } = storage
    const { email } = await signUpActor(storage)
    const { tokenHash } = await issueLink(storage, { email })
    const form = newForm()
    assert.equal(await magicLinks.findUsed(tokenHash, form), null)
    const { user, session } = succeeded(
      await magicLinks.consume(tokenHash, newProof({ session: form.session, usedBy: form.usedBy })),
    )
    assert.deepEqual(await magicLinks.findUsed(tokenHash, form), { ok: true, user, session })
    for (const other of [
      { ...form, usedBy: freshSecretHash() },
      { ...form, session: newSession() },
      { ...form, session: { ...form.session, secretHash: freshSecretHash() } },
    ])
      assert.equal(await magicLinks.findUsed(tokenHash, other), null)
    assert.equal(await magicLinks.findUsed(freshSecretHash(), form), null)
    assert.equal(await magicLinks.find(tokenHash), null)
    await storage.elapse(61)
    assert.equal(await magicLinks.findUsed(tokenHash, form), null)
  },
)

promise(
  'findUsed: nothing after a sign-out, and the link does not bring the session back',
  ['charging'],
  async (storage) => {
    const { magicLinks } = storage
    const { tokenHash } = await issueLink(storage)
    const form = newForm()
    const proof = newProof({ session: form.session, usedBy: form.usedBy })
    const { user } = succeeded(await magicLinks.consume(tokenHash, proof))
    await storage.sessions.end(openedBy(user.id, proof))
    assert.equal(await magicLinks.findUsed(tokenHash, form), null)
    assert.deepEqual(await magicLinks.consume(tokenHash, proof), invalidToken)
    await assertEnded(storage, openedBy(user.id, proof))
  },
)

promise(
  'consume: a used link of a verified account opens no second session, for no form',
  ['charging'],
  async (storage) => {
    const { magicLinks, sessions } = storage
    const { email, user } = await signUpActor(storage)
    const { tokenHash } = await issueLink(storage, { email })
    const { usedBy } = newForm()
    const before = (await sessions.list(user.id)).length
    succeeded(await magicLinks.consume(tokenHash, newProof({ usedBy })))
    for (const form of [usedBy, freshSecretHash(), null])
      assert.deepEqual(
        await magicLinks.consume(tokenHash, newProof({ usedBy: form })),
        invalidToken,
      )
    assert.equal((await sessions.list(user.id)).length, before + 1)
  },
)

promise('findUsed: nothing where no form used the link', ['charging'], async (storage) => {
  const { tokenHash } = await issueLink(storage)
  const form = newForm()
  succeeded(await storage.magicLinks.consume(tokenHash, newProof({ session: form.session })))
  assert.equal(await storage.magicLinks.findUsed(tokenHash, form), null)
})

promise(
  'consume: of 64 posts of one form one opens the session, which all of them can read; none counts as a failure',
  ['charging', 'concurrency'],
  async (storage) => {
    const { magicLinks, rateLimits, sessions } = storage
    const { tokenHash } = await issueLink(storage)
    const ipAddress = { key: freshRateLimitKey(), policy: policy() }
    const form = newForm()
    const proofs = Array.from({ length: many }, () =>
      newProof({ session: form.session, usedBy: form.usedBy, ipAddress }),
    )
    const read: unknown[] = []
    const outcomes = await Promise.all(
      proofs.map(async (proof) => {
        const outcome = await magicLinks.consume(tokenHash, proof)
        if (!outcome.ok) read.push(await magicLinks.findUsed(tokenHash, form))
        return outcome
      }),
    )
    const { user, session } = succeeded(only(winners(outcomes)))
    assert.equal(only(await sessions.list(user.id)).id, session.id)
    assert.equal(read.length, many - 1)
    for (const found of read) assert.deepEqual(found, { ok: true, user, session })
    assert.equal((await rateLimits.status(ipAddress.key)).failures, 0)
  },
)

promise(
  'consume: of 64 forms of different browsers one signs in, and no other reads anything',
  ['charging', 'concurrency'],
  async (storage) => {
    const { tokenHash } = await issueLink(storage)
    const forms = Array.from({ length: many }, () => newForm())
    const proofs = forms.map((form) => newProof({ session: form.session, usedBy: form.usedBy }))
    const outcomes = await Promise.all(
      proofs.map((proof) => storage.magicLinks.consume(tokenHash, proof)),
    )
    const { userId } = only(keysOfOneUser(outcomes, proofs))
    assert.equal((await storage.sessions.list(userId)).length, 1)
    const read = []
    for (const form of forms) read.push(await storage.magicLinks.findUsed(tokenHash, form))
    assert.deepEqual(
      read.map((found) => found !== null),
      outcomes.map(({ ok }) => ok),
    )
  },
)
