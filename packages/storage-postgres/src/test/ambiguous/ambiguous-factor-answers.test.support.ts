import assert from 'node:assert/strict'
import type { TokenHash } from 'torii-core'
import {
  answerOf,
  beginSignIn,
  enroll,
  enrolledEpochs,
  ownerOf,
  sessionOfPending,
} from '../races/enrollment.test.support.js'
import { freshRateLimitKey, freshSecretHash } from '../races/people.test.support.js'
import type { Harness, Operation } from './ambiguous-operations.test.support.js'
import {
  charge,
  charges,
  count,
  givenBack,
  newPasskey,
  opened,
  operation,
  personWithAttempts,
  total,
} from './ambiguous-operations.test.support.js'

import { codes, expecting, lastStep, owner, pendings, tries } from './factor-owners.test.support.js'

const answerOperations = [
  operation('second_factors.endPending', 'false', 0, async (harness) => {
    const { id, pending } = await owner(harness)
    return {
      operation: ({ secondFactors }) => secondFactors.endPending(pending),
      effect: () => count(harness, pendings, [id]),
    }
  }),
  operation(
    'second_factors.findForSignIn',
    'done',
    [1, 1],
    async (harness) => {
      const { id, pending } = await owner(harness)
      const key = freshRateLimitKey()
      const input = { key: pending, charges: charges(key) }
      return {
        operation: ({ secondFactors }) => secondFactors.findForSignIn(input),
        effect: async () => [await tries(harness, id), await total(harness, key)],
      }
    },
    { twice: [2, 2] },
  ),
  operation('second_factors.signIn', 'done', [2, true, 2, 0, ...givenBack], async (harness) => {
    const { id, pending, step, refund, attempts } = await owner(harness)
    const answer = { ...answerOf(pending, step + 1), refund }
    return {
      operation: ({ secondFactors }) => secondFactors.signIn(answer),
      effect: async () => [
        ...(await opened(harness, id, answer.session)),
        await lastStep(harness, id),
        await count(harness, pendings, [id]),
        ...(await attempts()),
      ],
    }
  }),
  operation('second_factors.useRecoveryCode', 'done', [2, true, 9, 0], async (harness) => {
    const { id, pending, recoveryCodes } = await owner(harness)
    const [codeHash = assert.fail()] = recoveryCodes
    const session = sessionOfPending()
    const answer = {
      key: pending,
      codeHashes: [codeHash],
      session,
      charges: charges(freshRateLimitKey()),
    }
    return {
      operation: ({ secondFactors }) => secondFactors.useRecoveryCode(answer),
      effect: async () => [
        ...(await opened(harness, id, session)),
        await count(harness, codes, [id]),
        await count(harness, pendings, [id]),
      ],
    }
  }),
  operation(
    'second_factors.useRecoveryCode',
    'done',
    [1, 1],
    async (harness) => {
      const { id, pending } = await owner(harness)
      const key = freshRateLimitKey()
      const answer = {
        key: pending,
        codeHashes: [freshSecretHash()],
        session: sessionOfPending(),
        charges: charges(key),
      }
      return {
        operation: async ({ secondFactors }) =>
          expecting('invalid_code')(await secondFactors.useRecoveryCode(answer)),
        effect: async () => [await tries(harness, id), await total(harness, key)],
      }
    },
    { twice: [2, 2] },
  ),
]

/** A user with a passkey too, a pending sign-in and a challenge of it. */
export async function passkeyOwner(harness: Harness) {
  const enrolled = await owner(harness)
  const made = newPasskey()
  await harness.observer.passkeys.add(ownerOf(enrolled), made, { max: 10 })
  const challengeHash = freshSecretHash()
  const use = {
    credentialId: made.credentialId,
    userId: enrolled.id,
    signCount: 7,
    backedUp: false,
    epochs: enrolledEpochs,
  }
  return { ...enrolled, made, use, challengeHash }
}

const newChallenge = (challengeHash: TokenHash) => ({
  challengeHash,
  lifetimeSeconds: 300,
  ipAddress: null,
})
const challenges = 'torii.passkey_challenges where challenge_hash = $1'

const passkeyAnswerOperations = [
  operation('passkey_challenges.storeForPending', 'done', [1, 1], async (harness) => {
    const { pending, challengeHash } = await passkeyOwner(harness)
    const key = freshRateLimitKey()
    const challenge = { ...newChallenge(challengeHash), ipAddress: charge(key) }
    return {
      operation: ({ passkeyChallenges }) => passkeyChallenges.storeForPending(challenge, pending),
      effect: async () => [
        await count(harness, challenges, [challengeHash]),
        await total(harness, key),
      ],
    }
  }),
  operation(
    'second_factors.findPasskey',
    'done',
    [1, 0],
    async (harness) => {
      const { id, pending, made, challengeHash } = await passkeyOwner(harness)
      await harness.observer.passkeyChallenges.storeForPending(newChallenge(challengeHash), pending)
      const input = { key: pending, challengeHash, credentialId: made.credentialId, charge: null }
      return {
        operation: ({ secondFactors }) => secondFactors.findPasskey(input),
        effect: async () => [
          await tries(harness, id),
          await count(harness, challenges, [challengeHash]),
        ],
      }
    },
    { twice: [2, 0] },
  ),
  operation('second_factors.signInByPasskey', 'done', [2, true, 7, 0], async (harness) => {
    const { id, pending, use, made } = await passkeyOwner(harness)
    const answer = { key: pending, use, session: sessionOfPending() }
    return {
      operation: ({ secondFactors }) => secondFactors.signInByPasskey(answer),
      effect: async () => [
        ...(await opened(harness, id, answer.session)),
        await harness.value('select sign_count::int from torii.passkeys where id = $1', [made.id]),
        await count(harness, pendings, [id]),
      ],
    }
  }),
]

const passwordAnswerOperations = [
  operation(
    'second_factors.findPassword',
    'done',
    [1, 1],
    async (harness) => {
      const { id, pending } = await passwordOwner(harness)
      const key = freshRateLimitKey()
      const input = { key: pending, charges: charges(key) }
      return {
        operation: ({ secondFactors }) => secondFactors.findPassword(input),
        effect: async () => [await tries(harness, id), await total(harness, key)],
      }
    },
    { twice: [2, 2] },
  ),
  operation(
    'second_factors.signInByPassword',
    'done',
    [2, true, 0, ...givenBack],
    async (harness) => {
      const { id, pending, refund, attempts } = await passwordOwner(harness)
      const answer = { key: pending, session: sessionOfPending(), refund }
      return {
        operation: ({ secondFactors }) => secondFactors.signInByPassword(answer),
        effect: async () => [
          ...(await opened(harness, id, answer.session)),
          await count(harness, pendings, [id]),
          ...(await attempts()),
        ],
      }
    },
  ),
]

/** A user with a factor, whose sign-in by a passkey without user verification waits. */
async function passwordOwner(harness: Harness) {
  const person = await personWithAttempts(harness)
  const enrolled = await enroll(harness.observer, person)
  const pending = await beginSignIn(harness.observer, person, { methods: ['passkey'] })
  return { ...person, ...enrolled, pending }
}

/** Proofs that complete a sign-in that waits. */
export const factorAnswerOperations: readonly Operation[] = [
  ...answerOperations,
  ...passkeyAnswerOperations,
  ...passwordAnswerOperations,
]
