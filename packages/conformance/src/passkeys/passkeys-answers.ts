import assert from 'node:assert/strict'
import type { ChallengeHolder, NewPasskeyChallenge } from 'torii-core'
import type { ConformanceStorage } from '../fixtures/case.js'
import { casesOf } from '../fixtures/case.js'
import type { PasskeyOwner } from '../fixtures/credentials.js'
import {
  assertBytes,
  freshBytes,
  newChallenge,
  signUpWithPasskey,
  storedCredential,
  takeOver,
} from '../fixtures/credentials.js'
import { only, present, succeeded, twentyAtOnce } from '../fixtures/people.js'
import { freshSecretHash, unknownUserId } from '../fixtures/samples.js'

const { cases, promise } = casesOf('passkeys')

/** Answering a challenge: the look-up before a sign-in with a passkey. */
export const passkeyAnswerCases = cases

/** Stores the challenge and answers it with this owner's credential. */
async function answer(
  storage: ConformanceStorage,
  { made }: Pick<PasskeyOwner, 'made'>,
  given: Partial<NewPasskeyChallenge>,
  ceremony: 'authenticate' | 'reauthenticate' = 'authenticate',
) {
  const challenge = newChallenge(given)
  succeeded(await storage.passkeyChallenges.store(challenge))
  const { challengeHash } = challenge
  const ask = () =>
    storage.passkeys.findForSignIn({ challengeHash, ceremony, credentialId: made.credentialId })
  const found = await ask()
  assert.equal(await ask(), null, 'the challenge was not used up')
  return found
}

promise(
  'findForSignIn: finds the credential for a challenge of anyone, of its user, of its session',
  ['charging'],
  async (storage) => {
    const owner = await signUpWithPasskey(storage, { signCount: 7, backupEligible: true })
    const holders: readonly ChallengeHolder[] = [
      { kind: 'anyone' },
      { kind: 'user', userId: owner.user.id },
      { kind: 'session', actor: owner.actor },
    ]
    const expected = await storedCredential(storage, owner.user.id, owner.made)
    for (const holder of holders)
      for (const ceremony of ['authenticate', 'reauthenticate'] as const) {
        const found = present(await answer(storage, owner, { holder, ceremony }, ceremony))
        assert.deepEqual(found, expected)
        assertBytes(found.publicKey, owner.made.publicKey)
      }
  },
)

promise(
  'findForSignIn: null for any other answer, which burns the challenge',
  ['charging'],
  async (storage) => {
    const owner = await signUpWithPasskey(storage)
    const other = await signUpWithPasskey(storage)
    const { epochs } = owner.actor
    const moved = (session: number, of: number) => ({
      ...owner.actor,
      epochs: { session: epochs.session + session, owner: epochs.owner + of },
    })
    const bound = (holder: ChallengeHolder) => ({ holder })
    for (const [ceremony, given] of [
      ['authenticate', { ceremony: 'register' }],
      ['reauthenticate', { ceremony: 'register' }],
      ['authenticate', { ceremony: 'reauthenticate' }],
      ['reauthenticate', { ceremony: 'authenticate' }],
      ['authenticate', bound({ kind: 'user', userId: other.user.id })],
      ['authenticate', bound({ kind: 'user', userId: unknownUserId() })],
      ['authenticate', bound({ kind: 'session', actor: other.actor })],
      ['authenticate', bound({ kind: 'session', actor: moved(1, 0) })],
      ['authenticate', bound({ kind: 'session', actor: moved(0, 1) })],
    ] as const)
      assert.equal(await answer(storage, owner, given, ceremony), null)
    assert.equal(
      await answer(storage, { made: { ...owner.made, credentialId: freshBytes(32) } }, {}),
      null,
    )
  },
)

promise('findForSignIn: null for an unknown challenge', [], async (storage) => {
  const { made } = await signUpWithPasskey(storage)
  for (const ceremony of ['authenticate', 'reauthenticate'] as const)
    assert.equal(
      await storage.passkeys.findForSignIn({
        challengeHash: freshSecretHash(),
        ceremony,
        credentialId: made.credentialId,
      }),
      null,
    )
})

promise(
  'findForSignIn: T2.31 null for a disabled, a deleted and a past owner; the challenge is burned',
  ['charging'],
  async (storage) => {
    const disabled = await signUpWithPasskey(storage)
    await storage.users.disable(disabled.user.id)
    const deleted = await signUpWithPasskey(storage)
    await storage.users.delete(deleted.user.id)
    const squatter = await signUpWithPasskey(storage, {}, false)
    await takeOver(storage, squatter.email)
    for (const owner of [disabled, deleted, squatter])
      assert.equal(await answer(storage, owner, {}), null)
  },
)

promise(
  'findForSignIn: refused from the moment the challenge expires, good until then',
  ['elapse', 'charging'],
  async (storage) => {
    const { made } = await signUpWithPasskey(storage)
    const [early, late] = [newChallenge(), newChallenge()]
    for (const challenge of [early, late])
      await storage.passkeyChallenges.store({ ...challenge, lifetimeSeconds: 300 })
    const find = ({ challengeHash }: NewPasskeyChallenge) =>
      storage.passkeys.findForSignIn({
        challengeHash,
        ceremony: 'authenticate',
        credentialId: made.credentialId,
      })
    await storage.elapse(200)
    present(await find(early))
    await storage.elapse(101)
    assert.equal(await find(late), null)
  },
)

promise('findForSignIn: T1.5 one winner among twenty', ['charging'], async (storage) => {
  const { made } = await signUpWithPasskey(storage)
  const { challengeHash, ...challenge } = newChallenge()
  await storage.passkeyChallenges.store({ challengeHash, ...challenge })
  const { credentialId } = made
  const found = await twentyAtOnce(() =>
    storage.passkeys.findForSignIn({ challengeHash, ceremony: 'authenticate', credentialId }),
  )
  only(found.filter((one) => one !== null))
})
