import assert from 'node:assert/strict'
import { casesOf } from '../fixtures/case.js'
import {
  addOne,
  type newChallenge,
  newPasskey,
  signUpWithPasskey,
  storedCredential,
  takeOver,
} from '../fixtures/credentials.js'
import { only, present, signUp, succeeded, twentyAtOnce } from '../fixtures/people.js'
import { freshEmail, freshRateLimitKey, freshSecretHash, onIpAddress } from '../fixtures/samples.js'

const { cases, promise } = casesOf('passkeyChallenges')

/** Challenges of signing in with an address. */
export const challengeForEmailCases = cases

const ceremony = 'authenticate' as const

/** A challenge to store for an address. */
const forEmail = (ipAddress: ReturnType<typeof newChallenge>['ipAddress'] = null) => ({
  challengeHash: freshSecretHash(),
  lifetimeSeconds: 300,
  ipAddress,
})

promise('storeForEmail: finds what the account may answer with', ['charging'], async (storage) => {
  const { passkeyChallenges } = storage
  const owner = await signUpWithPasskey(storage)
  const more = await addOne(storage, owner.actor)
  const email = owner.email.toUpperCase()
  const { credentials } = succeeded(await passkeyChallenges.storeForEmail(forEmail(), email))
  assert.deepEqual(credentials, [
    await storedCredential(storage, owner.user.id, owner.made),
    await storedCredential(storage, owner.user.id, more.made),
  ])
})

promise(
  'storeForEmail: answered by a passkey of that account alone',
  ['charging'],
  async (storage) => {
    const { passkeyChallenges, passkeys } = storage
    const owner = await signUpWithPasskey(storage)
    const stranger = await signUpWithPasskey(storage)
    for (const [{ made }, right] of [
      [owner, true],
      [stranger, false],
    ] as const) {
      const challenge = forEmail()
      const { challengeHash } = challenge
      succeeded(await passkeyChallenges.storeForEmail(challenge, owner.email))
      const answer = { challengeHash, ceremony, credentialId: made.credentialId }
      const found = await passkeys.findForSignIn(answer)
      assert.equal(found !== null && 'userId' in found, right)
      if (right) assert.ok(found !== null && 'userId' in found && found.userId === owner.user.id)
      assert.equal(await passkeys.findForSignIn(answer), null)
    }
  },
)

promise(
  'storeForEmail: a challenge for an unknown email is stored, and no passkey answers it',
  ['charging'],
  async (storage) => {
    const { passkeyChallenges, passkeys } = storage
    const owner = await signUpWithPasskey(storage)
    const { user, email } = await signUpWithPasskey(storage)
    await storage.users.disable(user.id)
    for (const to of [freshEmail(), email]) {
      const challenge = forEmail()
      const stored = await passkeyChallenges.storeForEmail(challenge, to)
      assert.deepEqual(stored, { ok: true, credentials: [] })
      const { challengeHash } = challenge
      const { credentialId } = owner.made
      assert.equal(await passkeys.findForSignIn({ challengeHash, ceremony, credentialId }), null)
    }
  },
)

promise(
  'storeForEmail: empty for an account without passkeys, or with those of a past owner',
  ['charging'],
  async (storage) => {
    const bare = await signUp(storage)
    const squatted = await signUpWithPasskey(storage, {}, false)
    await takeOver(storage, squatted.email)
    for (const { email } of [bare, squatted])
      assert.deepEqual(await storage.passkeyChallenges.storeForEmail(forEmail(), email), {
        ok: true,
        credentials: [],
      })
  },
)

promise('storeForEmail: ends when it was told to', ['charging', 'elapse'], async (storage) => {
  const owner = await signUpWithPasskey(storage)
  const challenge = forEmail()
  succeeded(await storage.passkeyChallenges.storeForEmail(challenge, owner.email))
  await storage.elapse(301)
  const { challengeHash } = challenge
  const { credentialId } = owner.made
  assert.equal(
    await storage.passkeys.findForSignIn({ challengeHash, ceremony, credentialId }),
    null,
  )
})

promise(
  'storeForEmail: charges the network, known and unknown alike',
  ['charging'],
  async (storage) => {
    const { passkeyChallenges, rateLimits } = storage
    const owner = await signUpWithPasskey(storage)
    const { ipAddress } = onIpAddress(freshRateLimitKey(), { cap: 2 })
    for (const email of [owner.email, freshEmail()])
      succeeded(await passkeyChallenges.storeForEmail(forEmail(ipAddress), email))
    assert.equal((await rateLimits.status(present(ipAddress).key)).failures, 2)
    for (const email of [owner.email, freshEmail()]) {
      const challenge = forEmail(ipAddress)
      const refused = await passkeyChallenges.storeForEmail(challenge, email)
      assert.ok(!refused.ok && refused.retryAfterSeconds > 0)
      const { challengeHash } = challenge
      const { credentialId } = owner.made
      assert.equal(
        await storage.passkeys.findForSignIn({ challengeHash, ceremony, credentialId }),
        null,
      )
    }
  },
)

promise(
  'storeForEmail: of twenty answers to one challenge one counts',
  ['charging'],
  async (storage) => {
    const owner = await signUpWithPasskey(storage)
    const challenge = forEmail()
    succeeded(await storage.passkeyChallenges.storeForEmail(challenge, owner.email))
    const { challengeHash } = challenge
    const { credentialId } = owner.made
    const found = await twentyAtOnce(() =>
      storage.passkeys.findForSignIn({ challengeHash, ceremony, credentialId }),
    )
    only(found.filter((one) => one !== null))
    assert.notDeepEqual(newPasskey().credentialId, credentialId)
  },
)
