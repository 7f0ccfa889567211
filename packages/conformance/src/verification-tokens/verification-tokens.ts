import assert from 'node:assert/strict'
import { maxLiveLinks } from 'torii-core'
import { casesOf } from '../fixtures/case.js'
import {
  issueChange,
  issueToken,
  mailCharges,
  newEmailChange,
  newVerification,
  signUpActor,
  useToken,
} from '../fixtures/mail.js'
import {
  actorOf,
  crowd,
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
  freshRateLimitKey,
  freshSecretHash,
  freshWord,
  longestRetry,
  policy,
  unknownUserId,
} from '../fixtures/samples.js'

const { cases, promise } = casesOf('verificationTokens')

/** Issuing tokens to the address of an account, and reading them. */
export const verificationTokenCases = cases

const nothingSent = { ok: true, to: null, userId: null }
const mailed = ['verify_email', 'reset_password'] as const

for (const purpose of mailed) {
  promise(
    `issue: ${purpose} writes to the stored spelling of the address`,
    ['charging'],
    async (storage) => {
      const word = freshWord()
      const email = `${word}.Ann@Example.com`
      const { id } = await signUpBare(storage, { email })
      const wanted = newVerification(`${word}.ANN@example.com`, { purpose })
      const answer = await storage.verificationTokens.issue(wanted)
      assert.deepEqual(answer, { ok: true, to: email, userId: id })
      const key = { userId: id, secretHash: wanted.secretHash }
      assert.equal(present(await storage.verificationTokens.find(purpose, key)).email, email)
    },
  )

  promise(
    `issue: ${purpose} charges who cannot use it alike, and sends nothing`,
    ['charging'],
    async (storage) => {
      const [person, disabled] = [await signUp(storage), await signUp(storage)]
      await storage.users.disable(disabled.user.id)
      for (const email of [person.email, disabled.email, freshEmail()]) {
        const [address, ipAddress] = [freshRateLimitKey(), freshRateLimitKey()]
        const charges = {
          address: { key: address, policy: policy() },
          ipAddress: { key: ipAddress, policy: policy() },
        }
        const wanted = newVerification(email, { purpose, charges })
        const answer = await storage.verificationTokens.issue(wanted)
        if (email !== person.email) assert.deepEqual(answer, nothingSent)
        for (const key of [address, ipAddress])
          assert.deepEqual(await storage.rateLimits.status(key), { state: 'open', failures: 1 })
      }
    },
  )

  promise(
    `issue: ${purpose} ends no live token, and using one ends them all`,
    ['charging'],
    async (storage) => {
      const { email } = await signUp(storage)
      const keys = []
      for (let turn = 0; turn < maxLiveLinks; turn += 1)
        keys.push(await issueToken(storage, purpose, email))
      const fifth = newVerification(email, { purpose })
      assert.deepEqual(await storage.verificationTokens.issue(fifth), nothingSent)
      for (const key of keys) present(await storage.verificationTokens.find(purpose, key))
      succeeded(await useToken(storage, purpose, present(keys[1])))
      for (const key of keys) {
        assert.equal(await storage.verificationTokens.find(purpose, key), null)
        assert.equal((await useToken(storage, purpose, key)).ok, false)
      }
    },
  )

  promise(
    `issue: without charges the oldest of four ${purpose} is replaced; dead ones leave room`,
    ['charging'],
    async (storage) => {
      const { user, email } = await signUp(storage)
      const keys = []
      for (let turn = 0; turn <= maxLiveLinks; turn += 1) {
        const wanted = newVerification(email, { purpose, charges: null })
        succeeded(await storage.verificationTokens.issue(wanted))
        keys.push({ userId: user.id, secretHash: wanted.secretHash })
      }
      const found = []
      for (const key of keys) found.push(await storage.verificationTokens.find(purpose, key))
      assert.deepEqual(
        found.map((token) => token !== null),
        [false, true, true, true, true],
      )
      await storage.sessions.revokeAll(user.id)
      for (let turn = 0; turn < maxLiveLinks; turn += 1) {
        const key = await issueToken(storage, purpose, email)
        present(await storage.verificationTokens.find(purpose, key))
      }
    },
  )

  promise(
    `issue: T1.11 of twenty ${purpose} at once at most four are sent, of which one is used`,
    ['charging'],
    async (storage) => {
      const { user, email } = await signUp(storage)
      const wanted = Array.from({ length: crowd }, () => newVerification(email, { purpose }))
      const answers = await Promise.all(
        wanted.map((token) => storage.verificationTokens.issue(token)),
      )
      const sent = answers.map((answer) => succeeded(answer).to !== null)
      const mails = sent.filter(Boolean).length
      assert.ok(mails >= 1 && mails <= maxLiveLinks, `${mails} mails`)
      const keys = wanted.map(({ secretHash }) => ({ userId: user.id, secretHash }))
      for (const [index, key] of keys.entries())
        assert.equal((await storage.verificationTokens.find(purpose, key)) !== null, sent[index])
      const outcomes = []
      for (const key of keys) outcomes.push(await useToken(storage, purpose, key))
      only(winners(outcomes))
    },
  )

  promise(
    `issue: ${purpose} beyond the allowance of the address sends nothing and leaves the former token`,
    ['charging'],
    async (storage) => {
      const { email } = await signUp(storage)
      const address = { key: freshRateLimitKey(), policy: policy({ cap: 1 }) }
      const first = newVerification(email, { purpose, charges: mailCharges({ address }) })
      const { userId } = succeeded(await storage.verificationTokens.issue(first))
      const late = { ...first, secretHash: freshSecretHash() }
      assert.deepEqual(await storage.verificationTokens.issue(late), nothingSent)
      const key = { userId: present(userId), secretHash: first.secretHash }
      present(await storage.verificationTokens.find(purpose, key))
    },
  )

  promise(
    `issue: ${purpose} is refused to a locked network, whatever the address`,
    ['charging'],
    async (storage) => {
      const { email } = await signUp(storage)
      const ipAddress = { key: freshRateLimitKey(), policy: policy({ cap: 1 }) }
      const charges = () => mailCharges({ ipAddress })
      await storage.verificationTokens.issue(
        newVerification(email, { purpose, charges: charges() }),
      )
      for (const to of [email, freshEmail()]) {
        const wanted = newVerification(to, { purpose, charges: charges() })
        const answer = await storage.verificationTokens.issue(wanted)
        assert.ok(!answer.ok && answer.reason === 'too_many_attempts')
        assert.ok(answer.retryAfterSeconds > 500 && answer.retryAfterSeconds <= longestRetry)
      }
    },
  )
}

promise(
  'issue: a verified account has nothing to verify, but a password to reset',
  ['charging'],
  async (storage) => {
    const { email } = await signUp(storage, { emailVerified: true })
    const wanted = newVerification(email, { purpose: 'verify_email' })
    assert.deepEqual(await storage.verificationTokens.issue(wanted), nothingSent)
    await issueToken(storage, 'reset_password', email)
  },
)

promise(
  'issue: an account without a password can set one by reset',
  ['charging'],
  async (storage) => {
    const { id, email } = await signUpBare(storage, { emailVerified: true })
    const key = await issueToken(storage, 'reset_password', present(email))
    const found = present(await storage.verificationTokens.find('reset_password', key))
    assert.deepEqual([found.userId, found.passwordHash], [id, null])
    succeeded(await storage.verificationTokens.resetPassword(key, { hash: freshPasswordHash() }))
  },
)

promise(
  'find: says what the token is good for, as often as it is asked',
  ['charging'],
  async (storage) => {
    const { user, email, key, hash } = await signUp(storage)
    const { epochs } = await liveSession(storage, key)
    for (const purpose of mailed) {
      const token = await issueToken(storage, purpose, email)
      for (const found of await twentyAtOnce(() =>
        storage.verificationTokens.find(purpose, token),
      )) {
        const { passwordHash, ...rest } = present(found)
        assert.deepEqual(rest, { userId: user.id, email, epochs })
        assert.equal(present(passwordHash).reveal(), hash.reveal())
      }
    }
    for (const purpose of mailed.toReversed()) {
      const token = await issueToken(storage, purpose, email)
      if (purpose === 'verify_email') succeeded(await useToken(storage, purpose, token))
    }
  },
)

promise(
  'find: null for an unknown user, a wrong secret, and the secret of another user',
  ['charging'],
  async (storage) => {
    const [ann, bob] = [await signUp(storage), await signUp(storage)]
    for (const purpose of mailed) {
      const key = await issueToken(storage, purpose, ann.email)
      const other = await issueToken(storage, purpose, bob.email)
      for (const wrong of [
        { ...key, userId: unknownUserId() },
        { ...key, secretHash: freshSecretHash() },
        { ...key, secretHash: other.secretHash },
        { ...key, userId: bob.user.id },
      ]) {
        assert.equal(await storage.verificationTokens.find(purpose, wrong), null)
        assert.deepEqual(await useToken(storage, purpose, wrong), {
          ok: false,
          reason: 'invalid_token',
        })
      }
      for (const right of [key, other])
        present(await storage.verificationTokens.find(purpose, right))
    }
  },
)

promise(
  'find: null for a token of another purpose, which stays good',
  ['charging'],
  async (storage) => {
    const purposes = [...mailed, 'change_email'] as const
    for (const purpose of purposes)
      for (const wrong of purposes.filter((other) => other !== purpose)) {
        const { email, actor } = await signUpActor(storage, false)
        const keys = {
          verify_email: await issueToken(storage, 'verify_email', email),
          reset_password: await issueToken(storage, 'reset_password', email),
          change_email: { userId: actor.userId, secretHash: await issueChange(storage, actor) },
        }
        assert.equal(await storage.verificationTokens.find(wrong, keys[purpose]), null)
        const invalid = { ok: false, reason: 'invalid_token' }
        const outcome =
          wrong === 'change_email'
            ? await storage.verificationTokens.changeEmail(actor, keys[purpose].secretHash)
            : await useToken(storage, wrong, keys[purpose])
        assert.deepEqual(outcome, invalid, `${purpose} as ${wrong}`)
        for (const right of purposes)
          present(await storage.verificationTokens.find(right, keys[right]))
      }
  },
)

promise('find: null for an expired token', ['charging', 'elapse'], async (storage) => {
  const { email } = await signUp(storage)
  const keys = []
  for (const purpose of mailed)
    keys.push([purpose, await issueToken(storage, purpose, email)] as const)
  await storage.elapse(601)
  for (const [purpose, key] of keys) {
    assert.equal(await storage.verificationTokens.find(purpose, key), null)
    assert.deepEqual(await useToken(storage, purpose, key), { ok: false, reason: 'invalid_token' })
  }
})

promise(
  'find: a token requested while the user was disabled opens nothing',
  ['charging'],
  async (storage) => {
    const { user, email } = await signUp(storage)
    await storage.users.disable(user.id)
    const wanted = newVerification(email)
    await storage.verificationTokens.issue(wanted)
    await storage.users.enable(user.id)
    const key = { userId: user.id, secretHash: wanted.secretHash }
    assert.equal(await storage.verificationTokens.find('reset_password', key), null)
  },
)

promise(
  'issue: without charges no rate limit counts, and the mail is sent',
  ['charging'],
  async (storage) => {
    const { user, email, key } = await signUp(storage)
    const wanted = newVerification(email, { charges: null })
    assert.deepEqual(await storage.verificationTokens.issue(wanted), {
      ok: true,
      to: email,
      userId: user.id,
    })
    const uncounted = newVerification(freshEmail(), { charges: null })
    assert.deepEqual(await storage.verificationTokens.issue(uncounted), {
      ok: true,
      to: null,
      userId: null,
    })
    const change = { ...newEmailChange(await actorOf(storage, key)), charges: null }
    assert.deepEqual(await storage.verificationTokens.issueEmailChange(change), {
      ok: true,
      to: change.email,
    })
  },
)
