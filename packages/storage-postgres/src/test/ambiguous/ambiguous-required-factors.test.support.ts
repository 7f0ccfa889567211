import { newConfirmation, sessionOfPending } from '../races/enrollment.test.support.js'
import {
  freshRateLimitKey,
  freshSecretHash,
  keyOf,
  newSession,
  signUp,
} from '../races/people.test.support.js'
import type { Harness, Operation } from './ambiguous-operations.test.support.js'
import {
  charge,
  count,
  liveSessions,
  newPasskey,
  opened,
  operation,
  personWithAttempts,
  total,
} from './ambiguous-operations.test.support.js'

import { codes, enrollments, factors, pendings } from './factor-owners.test.support.js'

/** Someone who must enroll a second factor to complete a sign-in, with attempts to give back. */
async function enrolling(harness: Harness) {
  const person = await personWithAttempts(harness)
  const session = {
    ...newSession(),
    methods: ['magic_link'] as const,
    secondFactor: 'always' as const,
  }
  await harness.observer.sessions.open(person.id, session)
  return { ...person, pending: keyOf(person.id, session) }
}

/** What is done with a sign-in on which the user enrolls. */
export const requiredOperations: readonly Operation[] = [
  operation('second_factors.setRequired', 'done', [true, 0], async (harness) => {
    const { id } = await signUp(harness.observer)
    return {
      operation: ({ secondFactors }) => secondFactors.setRequired(id, { graceSeconds: 60 }),
      effect: async () => [
        await harness.value(
          'select second_factor_required_at > now() from torii.users where id = $1',
          [id],
        ),
        await liveSessions(harness, id),
      ],
    }
  }),
  operation(
    'second_factors.findEnrolling',
    'done',
    1,
    async (harness) => {
      const { pending } = await enrolling(harness)
      const key = freshRateLimitKey()
      return {
        operation: async ({ secondFactors }) => {
          const unknown = { ...pending, secretHash: freshSecretHash() }
          return (
            (await secondFactors.findEnrolling({ key: unknown, ipAddress: charge(key) })) === null
          )
        },
        effect: () => total(harness, key),
      }
    },
    { twice: 2 },
  ),
  operation('second_factors.setEmailCode', 'done', 1, async (harness) => {
    const { id, pending } = await enrolling(harness)
    const codeHash = freshSecretHash()
    return {
      operation: ({ secondFactors }) => secondFactors.setEmailCode(pending, codeHash),
      effect: () => count(harness, `${pendings} and email_code_hash = $2`, [id, codeHash]),
    }
  }),
  operation('second_factors.startTotpForSignIn', 'done', 1, async (harness) => {
    const { id, pending } = await enrolling(harness)
    const { secret } = newConfirmation()
    return {
      operation: ({ secondFactors }) =>
        secondFactors.startTotpForSignIn({ key: pending, secret, emailCodeHashes: null }),
      effect: () => count(harness, `${enrollments} and secret = $2`, [id, secret]),
    }
  }),
  operation(
    'second_factors.findEnrollmentForSignIn',
    'done',
    1,
    async (harness) => {
      const { id, pending: key } = await enrolling(harness)
      const { secret } = newConfirmation()
      const { secondFactors: observed } = harness.observer
      await observed.startTotpForSignIn({ key, secret, emailCodeHashes: null })
      return {
        operation: ({ secondFactors }) =>
          secondFactors.findEnrollmentForSignIn({ key, ipAddress: null }),
        effect: () =>
          harness.value('select tries::int from torii.totp_enrollments where user_id = $1', [id]),
      }
    },
    { twice: 2 },
  ),
  operation(
    'second_factors.confirmTotpForSignIn',
    'done',
    [1, true, 1, 10, 0, 0],
    async (harness) => {
      const { id, pending: key } = await enrolling(harness)
      const { newSecretHash: _, ...confirmation } = newConfirmation()
      const { secret } = confirmation
      const { secondFactors: observed } = harness.observer
      await observed.startTotpForSignIn({ key, secret, emailCodeHashes: null })
      const session = sessionOfPending()
      return {
        operation: ({ secondFactors }) =>
          secondFactors.confirmTotpForSignIn({ key, confirmation, session }),
        effect: async () => [
          ...(await opened(harness, id, session)),
          await count(harness, factors, [id]),
          await count(harness, codes, [id]),
          await count(harness, enrollments, [id]),
          await count(harness, pendings, [id]),
        ],
      }
    },
  ),
  operation('second_factors.startPasskeyForSignIn', 'done', 1, async (harness) => {
    const { id, pending: key } = await enrolling(harness)
    const challengeHash = freshSecretHash()
    return {
      operation: ({ secondFactors }) =>
        secondFactors.startPasskeyForSignIn({ key, challengeHash, emailCodeHashes: null }),
      effect: () =>
        count(harness, `${pendings} and passkey_challenge_hash = $2`, [id, challengeHash]),
    }
  }),
  operation('second_factors.usePasskeyStart', 'invalid_token', 0, async (harness) => {
    const { id, pending: key } = await enrolling(harness)
    const challengeHash = freshSecretHash()
    const { secondFactors: observed } = harness.observer
    await observed.startPasskeyForSignIn({ key, challengeHash, emailCodeHashes: null })
    return {
      operation: ({ secondFactors }) =>
        secondFactors.usePasskeyStart({ key, challengeHash, ipAddress: null }),
      effect: () => count(harness, `${pendings} and passkey_challenge_hash is not null`, [id]),
    }
  }),
  operation('second_factors.addPasskeyForSignIn', 'done', [1, true, 1, 0], async (harness) => {
    const { id, pending: key } = await enrolling(harness)
    const session = sessionOfPending()
    const passkey = newPasskey()
    return {
      operation: ({ secondFactors }) =>
        secondFactors.addPasskeyForSignIn({ key, passkey, session }),
      effect: async () => [
        ...(await opened(harness, id, session)),
        await count(harness, 'torii.passkeys where user_id = $1', [id]),
        await count(harness, pendings, [id]),
      ],
    }
  }),
]
