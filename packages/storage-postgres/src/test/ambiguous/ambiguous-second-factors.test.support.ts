import assert from 'node:assert/strict'
import { encryptedTotpSecret } from 'torii-core'
import {
  answerOf,
  enrolledEpochs,
  newConfirmation,
  newTrust,
  ownerOf,
  sessionOfPending,
  startEnrollment,
} from '../races/enrollment.test.support.js'
import {
  actorOf,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  signUp,
} from '../races/people.test.support.js'
import { factorAnswerOperations, passkeyOwner } from './ambiguous-factor-answers.test.support.js'
import type { Operation } from './ambiguous-operations.test.support.js'
import {
  charges,
  count,
  givenBack,
  liveSessions,
  newPasskey,
  opened,
  operation,
  storedLink,
  total,
  withOther,
} from './ambiguous-operations.test.support.js'
import { requiredOperations } from './ambiguous-required-factors.test.support.js'
import {
  browsers,
  codes,
  enrollments,
  factors,
  lastStep,
  owner,
  pendings,
  trusting,
  undoTokens,
  waits,
} from './factor-owners.test.support.js'

const enrollmentOperations = [
  operation('second_factors.startTotp', 'done', 1, async (harness) => {
    const person = await signUp(harness.observer)
    const { secret } = newConfirmation()
    return {
      operation: ({ secondFactors }) => secondFactors.startTotp(actorOf(person), secret),
      effect: () => count(harness, `${enrollments} and secret = $2`, [person.id, secret]),
    }
  }),
  operation(
    'second_factors.findEnrollment',
    'done',
    1,
    async (harness) => {
      const person = await signUp(harness.observer)
      await startEnrollment(harness.observer, person)
      return {
        operation: ({ secondFactors }) => secondFactors.findEnrollment(actorOf(person)),
        effect: () =>
          harness.value('select tries::int from torii.totp_enrollments where user_id = $1', [
            person.id,
          ]),
      }
    },
    { twice: 2 },
  ),
  operation('second_factors.confirmTotp', 'done', [1, true, 1, 10, 0], async (harness) => {
    const person = await withOther(harness)
    const confirmation = await startEnrollment(harness.observer, person)
    const key = { id: person.key.id, secretHash: confirmation.newSecretHash }
    return {
      operation: ({ secondFactors }) => secondFactors.confirmTotp(actorOf(person), confirmation),
      effect: async () => [
        ...(await opened(harness, person.id, key)),
        await count(harness, factors, [person.id]),
        await count(harness, codes, [person.id]),
        await count(harness, enrollments, [person.id]),
      ],
    }
  }),
  operation('second_factors.removeTotp', 'done', [1, true, 0, 0], async (harness) => {
    const enrolled = await owner(harness)
    const secretHash = freshSecretHash()
    return {
      operation: ({ secondFactors }) => secondFactors.removeTotp(ownerOf(enrolled), secretHash),
      effect: async () => [
        ...(await opened(harness, enrolled.id, { id: enrolled.key.id, secretHash })),
        await count(harness, factors, [enrolled.id]),
        await count(harness, codes, [enrolled.id]),
      ],
    }
  }),
  operation('second_factors.replaceRecoveryCodes', 'done', [10, 2], async (harness) => {
    const enrolled = await owner(harness)
    const { recoveryCodes } = newConfirmation()
    return {
      operation: ({ secondFactors }) =>
        secondFactors.replaceRecoveryCodes(ownerOf(enrolled), { generation: 1, recoveryCodes }),
      effect: async () => [
        await count(harness, `${codes} and code_hash = any ($2)`, [enrolled.id, recoveryCodes]),
        await harness.value(
          'select recovery_generation from torii.totp_factors where user_id = $1',
          [enrolled.id],
        ),
      ],
    }
  }),
  operation('second_factors.reset', 'null', [0, 0, 2], async (harness) => {
    const { id } = await owner(harness)
    return {
      operation: ({ secondFactors }) => secondFactors.reset(id),
      effect: async () => [
        await count(harness, factors, [id]),
        await liveSessions(harness, id),
        await harness.value('select session_epoch from torii.users where id = $1', [id]),
      ],
    }
  }),
  // The commit has no name on the wire.
  ...['commit', 'second_factors.lockForReset', 'second_factors.resetWithPasskeys'].map(
    (statement) =>
      operation(statement, 'done', [0, 0], async (harness) => {
        const person = await signUp(harness.observer)
        await harness.observer.passkeys.add(actorOf(person), newPasskey(), { max: 10 })
        const { id } = person
        return {
          operation: ({ secondFactors }) => secondFactors.reset(id, { passkeys: true }),
          effect: async () => [
            await count(harness, 'torii.passkeys where user_id = $1', [id]),
            await liveSessions(harness, id),
          ],
        }
      }),
  ),
  operation('second_factors.replaceSecret', 'done', 1, async (harness) => {
    const { id, secret: former } = await owner(harness)
    const secret = encryptedTotpSecret(new Uint8Array(40).fill(7))
    return {
      operation: ({ secondFactors }) => secondFactors.replaceSecret({ userId: id, former, secret }),
      effect: () => count(harness, `${factors} and secret = $2`, [id, secret]),
    }
  }),
]

const undoOperations = [
  operation('second_factors.confirmTotp', 'done', [1, true, 1, 1], async (harness) => {
    const person = await withOther(harness)
    const confirmation = await startEnrollment(harness.observer, person)
    const key = { id: person.key.id, secretHash: confirmation.newSecretHash }
    const undo = { secretHash: freshSecretHash(), lifetimeSeconds: 604_800 }
    return {
      operation: async ({ secondFactors }) => {
        const outcome = await secondFactors.confirmTotp(actorOf(person), { ...confirmation, undo })
        return outcome.ok && outcome.undoTo === person.email ? true : outcome
      },
      effect: async () => [
        ...(await opened(harness, person.id, key)),
        await count(harness, factors, [person.id]),
        await count(harness, undoTokens, [person.id]),
      ],
    }
  }),
  operation('verification_tokens.undoSecondFactor', 'done', [0, 0, 0, 0, 2, 1], async (harness) => {
    const person = await withOther(harness)
    const confirmation = await startEnrollment(harness.observer, person)
    const undo = { secretHash: freshSecretHash(), lifetimeSeconds: 604_800 }
    await harness.observer.secondFactors.confirmTotp(actorOf(person), { ...confirmation, undo })
    await harness.observer.passkeys.add(ownerOf(person), newPasskey(), { max: 10 })
    const key = { userId: person.id, secretHash: undo.secretHash }
    const use = { ipAddress: null, usedBy: freshSecretHash() }
    return {
      operation: async ({ verificationTokens }) => {
        const outcome = await verificationTokens.undoSecondFactor(key, use)
        return outcome.ok && !outcome.repeated ? true : outcome
      },
      effect: async () => [
        await count(harness, factors, [person.id]),
        await count(harness, codes, [person.id]),
        await count(harness, 'torii.passkeys where user_id = $1', [person.id]),
        await liveSessions(harness, person.id),
        await harness.value('select session_epoch from torii.users where id = $1', [person.id]),
        await harness.value('select owner_epoch from torii.users where id = $1', [person.id]),
      ],
    }
  }),
]

const stepUpOperations = [
  operation(
    'second_factors.findForSession',
    'done',
    1,
    async (harness) => {
      const { id } = await owner(harness)
      const key = freshRateLimitKey()
      return {
        operation: ({ secondFactors }) =>
          secondFactors.findForSession({ userId: id, charges: charges(key) }),
        effect: () => total(harness, key),
      }
    },
    { twice: 2 },
  ),
  operation(
    'second_factors.reauthenticate',
    'done',
    [1, true, 2, ...givenBack],
    async (harness) => {
      const { id, key, step, refund, attempts } = await owner(harness)
      const proof = { step: step + 1, newSecretHash: freshSecretHash(), refund }
      return {
        operation: ({ secondFactors }) => secondFactors.reauthenticate(key, proof),
        effect: async () => [
          ...(await opened(harness, id, { id: key.id, secretHash: proof.newSecretHash })),
          await lastStep(harness, id),
          ...(await attempts()),
        ],
      }
    },
  ),
  operation(
    'second_factors.reauthenticateByRecoveryCode',
    'done',
    [1, true, 9],
    async (harness) => {
      const { id, key, recoveryCodes } = await owner(harness)
      const [codeHash = assert.fail()] = recoveryCodes
      const newSecretHash = freshSecretHash()
      const proof = { codeHashes: [codeHash], newSecretHash, charges: charges(freshRateLimitKey()) }
      return {
        operation: ({ secondFactors }) => secondFactors.reauthenticateByRecoveryCode(key, proof),
        effect: async () => [
          ...(await opened(harness, id, { id: key.id, secretHash: newSecretHash })),
          await count(harness, codes, [id]),
        ],
      }
    },
  ),
]

/** Sign-ins that wait for the second factor: what was lost is found by the id and the secret of the pending sign-in. */
const pendingOperations: readonly Operation[] = [
  operation('sessions.open', 'done', [1, 2], async (harness) => {
    const { id } = await owner(harness)
    const session = newSession()
    return {
      operation: async ({ sessions }) => waits(await sessions.open(id, session)),
      effect: async () => [await liveSessions(harness, id), await count(harness, pendings, [id])],
    }
  }),
  operation('passwords.signIn', 'done', [1, 2, 3, 5], async (harness) => {
    const { id, hash, refund, attempts } = await owner(harness)
    const credential = { userId: id, hash, epochs: enrolledEpochs }
    const input = { credential, session: newSession(), refund }
    return {
      operation: async ({ passwords }) => waits(await passwords.signIn(input)),
      effect: async () => [
        await liveSessions(harness, id),
        await count(harness, pendings, [id]),
        ...(await attempts()),
      ],
    }
  }),
  operation('magic_links.consume', 'done', [1, 2, 0], async (harness) => {
    const { id, email } = await owner(harness)
    const { tokenHash } = await storedLink(harness, email)
    const proof = { session: newSession(), newUserId: null }
    return {
      operation: async ({ magicLinks }) => waits(await magicLinks.consume(tokenHash, proof)),
      effect: async () => [
        await liveSessions(harness, id),
        await count(harness, pendings, [id]),
        await count(harness, 'torii.magic_links where email_key = $1', [email]),
      ],
    }
  }),
]

/** Sign-ins in a trusted browser: what was lost is found by the session, and the secret is replaced once. */
const trustedOperations: readonly Operation[] = [
  operation('sessions.open', 'done', [3, true, 1, 1], async (harness) => {
    const { id, session, effect } = await trusting(harness)
    return { operation: ({ sessions }) => sessions.open(id, session), effect }
  }),
  operation('passwords.signIn', 'done', [3, true, 1, 1], async (harness) => {
    const { id, hash, session, refund, effect } = await trusting(harness)
    const input = { credential: { userId: id, hash, epochs: enrolledEpochs }, session, refund }
    return { operation: ({ passwords }) => passwords.signIn(input), effect }
  }),
  operation('magic_links.consume', 'done', [3, true, 1, 1], async (harness) => {
    const { email, session, effect } = await trusting(harness)
    const { tokenHash } = await storedLink(harness, email)
    const proof = { session, newUserId: null }
    return { operation: ({ magicLinks }) => magicLinks.consume(tokenHash, proof), effect }
  }),
  operation('second_factors.signIn', 'done', [2, true, 0, 1, 1], async (harness) => {
    const { id, pending, step } = await owner(harness)
    const trust = newTrust()
    const answer = { ...answerOf(pending, step + 1), trust }
    return {
      operation: ({ secondFactors }) => secondFactors.signIn(answer),
      effect: async () => [
        ...(await opened(harness, id, answer.session)),
        await count(harness, pendings, [id]),
        await count(harness, browsers, [id]),
        await count(harness, `${browsers} and secret_hash = $2`, [id, trust.secretHash]),
      ],
    }
  }),
  operation('second_factors.signInByPasskey', 'done', [2, true, 0, 1, 1], async (harness) => {
    const { id, pending, use } = await passkeyOwner(harness)
    const trust = newTrust()
    const answer = { key: pending, use, session: sessionOfPending(), trust }
    return {
      operation: ({ secondFactors }) => secondFactors.signInByPasskey(answer),
      effect: async () => [
        ...(await opened(harness, id, answer.session)),
        await count(harness, pendings, [id]),
        await count(harness, browsers, [id]),
        await count(harness, `${browsers} and secret_hash = $2`, [id, trust.secretHash]),
      ],
    }
  }),
  operation('second_factors.removeTrustedBrowsers', 'done', 0, async (harness) => {
    const enrolled = await trusting(harness)
    return {
      operation: ({ secondFactors }) =>
        secondFactors.removeTrustedBrowsers(ownerOf(enrolled), null),
      effect: () => count(harness, browsers, [enrolled.id]),
    }
  }),
]

export const secondFactorOperations = [
  ...enrollmentOperations,
  ...factorAnswerOperations,
  ...undoOperations,
  ...stepUpOperations,
  ...pendingOperations,
  ...requiredOperations,
  ...trustedOperations,
]
