import assert from 'node:assert/strict'
import type { Charge, ChargeRefusal } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import { newChallenge, signUpWithPasskey, startFlow } from '../fixtures/credentials.js'
import { issueLink, issueToken, newProof } from '../fixtures/mail.js'
import { signUp, twentyAtOnce } from '../fixtures/people.js'
import { freshRateLimitKey, freshSecretHash, policy } from '../fixtures/samples.js'

const { cases, promise } = casesOf('rateLimits')

/** Single-use secrets whose failed uses are counted in the statement that uses them. */
export const countedFailureCases = cases

type Outcome = 'used' | 'invalid' | ChargeRefusal

/** A secret that can be used once, and one that does not exist. */
interface SingleUse {
  use(charge: Charge | null): Promise<Outcome>
  useUnknown(charge: Charge | null): Promise<Outcome>
}

/** `found` is null or a refusal where nothing was used. */
function outcomeOf(found: object | null): Outcome {
  if (found === null) return 'invalid'
  if (!('reason' in found)) return 'used'
  return found.reason === 'invalid_token' ? 'invalid' : (found as ChargeRefusal)
}

const uses: Readonly<Record<string, (storage: ConformanceStorage) => Promise<SingleUse>>> = {
  async 'magicLinks.consume'(storage) {
    const { tokenHash } = await issueLink(storage)
    const consume = (hash: typeof tokenHash) => async (ipAddress: Charge | null) =>
      outcomeOf(await storage.magicLinks.consume(hash, { ...newProof(), ipAddress }))
    return { use: consume(tokenHash), useUnknown: consume(freshSecretHash()) }
  },
  async 'verificationTokens.verifyEmail'(storage) {
    const { email } = await signUp(storage)
    const key = await issueToken(storage, 'verify_email', email)
    const verify = (secretHash: typeof key.secretHash) => async (ipAddress: Charge | null) =>
      outcomeOf(
        await storage.verificationTokens.verifyEmail(
          { ...key, secretHash },
          { kind: 'mailbox_only' },
          ipAddress,
        ),
      )
    return { use: verify(key.secretHash), useUnknown: verify(freshSecretHash()) }
  },
  async 'oauthStates.check'(storage) {
    const [state, used] = [await startFlow(storage), await startFlow(storage)]
    await storage.oauthStates.use(used)
    const use = (given: typeof state) => async (ipAddress: Charge | null) => {
      const checked = await storage.oauthStates.check({ state: given, ipAddress })
      if (checked.ok) await storage.oauthStates.use(given)
      return outcomeOf(checked)
    }
    return { use: use(state), useUnknown: use(used) }
  },
  async 'passkeys.findForSignIn'(storage) {
    const { made } = await signUpWithPasskey(storage)
    const challenge = newChallenge({ ceremony: 'authenticate', holder: { kind: 'anyone' } })
    await storage.passkeyChallenges.store(challenge)
    const find = (challengeHash: typeof challenge.challengeHash) => async (charge: Charge | null) =>
      outcomeOf(
        await storage.passkeys.findForSignIn({
          challengeHash,
          ceremony: 'authenticate',
          credentialId: made.credentialId,
          charge,
        }),
      )
    return { use: find(challenge.challengeHash), useUnknown: find(freshSecretHash()) }
  },
}

const refused = { ok: false, reason: 'too_many_attempts', retryAfterSeconds: 1000 }
const chargeOf = (cap: number): Charge => ({ key: freshRateLimitKey(), policy: policy({ cap }) })

for (const [name, prepare] of Object.entries(uses)) {
  promise(`${name}: counts a failure and no success`, ['charging'], async (storage) => {
    const { use, useUnknown } = await prepare(storage)
    const charge = chargeOf(5)
    const failures = async () => (await storage.rateLimits.status(charge.key)).failures
    assert.equal(await use(charge), 'used')
    assert.equal(await failures(), 0)
    for (const count of [1, 2, 3]) {
      assert.equal(await (count === 1 ? use : useUnknown)(charge), 'invalid')
      assert.equal(await failures(), count)
    }
  })

  promise(
    `${name}: beyond the limit a right secret is refused, and stays valid`,
    ['charging'],
    async (storage) => {
      const { use, useUnknown } = await prepare(storage)
      const charge = chargeOf(2)
      for (const _ of [1, 2]) assert.equal(await useUnknown(charge), 'invalid')
      for (const each of [useUnknown, use]) assert.deepEqual(await each(charge), refused)
      assert.equal((await storage.rateLimits.status(charge.key)).failures, 2)
      assert.equal(await use(null), 'used')
    },
  )

  promise(
    `${name}: of twenty failures at once the limit is counted`,
    ['charging'],
    async (storage) => {
      const { useUnknown } = await prepare(storage)
      const charge = chargeOf(7)
      const outcomes = await twentyAtOnce(() => useUnknown(charge))
      assert.equal(outcomes.filter((outcome) => outcome === 'invalid').length, 7)
      assert.equal((await storage.rateLimits.status(charge.key)).failures, 7)
    },
  )
}

promise(
  'verificationTokens.findCounted: counts every attempt, and beyond the limit reads nothing',
  ['charging'],
  async (storage) => {
    const { email, hash } = await signUp(storage)
    const key = await issueToken(storage, 'reset_password', email)
    const charge = chargeOf(2)
    const find = (secretHash = key.secretHash, charges = { account: null, ipAddress: charge }) =>
      storage.verificationTokens.findCounted('reset_password', { ...key, secretHash }, charges)
    const found = await find()
    assert.ok(found.ok && found.verification !== null)
    assert.equal(found.verification.email, email)
    assert.equal(found.verification.passwordHash?.reveal(), hash.reveal())
    assert.deepEqual(await find(freshSecretHash()), { ok: true, verification: null })
    assert.deepEqual(await find(), refused)
    const uncounted = await storage.verificationTokens.findCounted('reset_password', key, null)
    assert.deepEqual(uncounted, found)
  },
)
