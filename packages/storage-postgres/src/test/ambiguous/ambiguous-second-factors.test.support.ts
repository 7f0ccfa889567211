import assert from 'node:assert/strict'
import type { TokenHash } from 'torii-core'
import { encryptedTotpSecret } from 'torii-core'
import {
  answerOf,
  beginSignIn,
  enroll,
  enrolledEpochs,
  newConfirmation,
  newTrust,
  ownerOf,
  sessionOfPending,
  startEnrollment,
  trustBrowser,
  trustedSession,
} from '../races/enrollment.test.support.js'
import {
  actorOf,
  freshRateLimitKey,
  freshSecretHash,
  keyOf,
  newSession,
  signUp,
} from '../races/people.test.support.js'
import type { Harness, Operation } from './ambiguous-operations.test.support.js'
import {
  charge,
  charges,
  count,
  givenBack,
  liveSessions,
  newPasskey,
  opened,
  operation,
  personWithAttempts,
  storedLink,
  total,
  withOther,
} from './ambiguous-operations.test.support.js'

const enrollments = 'torii.totp_enrollments where user_id = $1'
const factors = 'torii.totp_factors where user_id = $1'
const codes = 'torii.recovery_codes where user_id = $1'
const undoTokens = "torii.verification_tokens where user_id = $1 and purpose = 'undo_second_factor'"
const pendings = 'torii.pending_sign_ins where user_id = $1'
const browsers = 'torii.trusted_browsers where user_id = $1'

/** A user with a factor, a pending sign-in, and attempts to give back. */
async function owner(harness: Harness) {
  const person = await personWithAttempts(harness)
  const enrolled = await enroll(harness.observer, person)
  const pending = await beginSignIn(harness.observer, person)
  return { ...person, ...enrolled, pending }
}

/** An owner whose browser is trusted, and a session that it asks for. */
async function trusting(harness: Harness) {
  const enrolled = await owner(harness)
  const { secretHash } = await trustBrowser(harness.observer, enrolled, enrolled.step + 1)
  const session = trustedSession(secretHash)
  const effect = async () => [
    ...(await opened(harness, enrolled.id, session)),
    await count(harness, pendings, [enrolled.id]),
    await count(harness, `${browsers} and secret_hash = $2`, [
      enrolled.id,
      session.trust?.newSecretHash,
    ]),
  ]
  return { ...enrolled, session, effect }
}

const tries = ({ value }: Harness, id: string) =>
  value('select tries::int from torii.pending_sign_ins where user_id = $1', [id])
const lastStep = ({ value }: Harness, id: string) =>
  value('select last_step::int from torii.totp_factors where user_id = $1', [id])

/** A refusal that is what the operation is for. */
const expecting = (reason: string) => (outcome: object) =>
  Reflect.get(outcome, 'reason') === reason ? true : outcome
const waits = expecting('second_factor_required')

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
    const answer = { key: pending, codeHash, session, charges: charges(freshRateLimitKey()) }
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
        codeHash: freshSecretHash(),
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
async function passkeyOwner(harness: Harness) {
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
      const proof = { codeHash, newSecretHash, charges: charges(freshRateLimitKey()) }
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

const requiredOperations: readonly Operation[] = [
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
  ...answerOperations,
  ...passkeyAnswerOperations,
  ...passwordAnswerOperations,
  ...undoOperations,
  ...stepUpOperations,
  ...pendingOperations,
  ...requiredOperations,
  ...trustedOperations,
]
