import {
  actorOf,
  freshEmail,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  signUp,
} from '../races/people.test.support.js'
import {
  charge,
  count,
  givenBack,
  newPasskey,
  notGivenBack,
  opened,
  operation,
  total,
  withPasskey,
} from './ambiguous-operations.test.support.js'

export const passkeyOperations = [
  operation('passkey_challenges.store', 'done', [1, 1], async (harness) => {
    const [challengeHash, key] = [freshSecretHash(), freshRateLimitKey()]
    const challenge = {
      challengeHash,
      ceremony: 'authenticate',
      holder: { kind: 'anyone' },
      lifetimeSeconds: 60,
      ipAddress: charge(key),
    } as const
    return {
      operation: ({ passkeyChallenges }) => passkeyChallenges.store(challenge),
      effect: async () => [
        await count(harness, 'torii.passkey_challenges where challenge_hash = $1', [challengeHash]),
        await total(harness, key),
      ],
    }
  }),
  ...[true, false].map((known) =>
    operation(
      'passkey_challenges.storeForEmail',
      'done',
      [1, 1],
      async (harness) => {
        const [{ email }, challengeHash, key] = [
          await withPasskey(harness),
          freshSecretHash(),
          freshRateLimitKey(),
        ]
        const challenge = { challengeHash, lifetimeSeconds: 60, ipAddress: charge(key) }
        return {
          operation: ({ passkeyChallenges }) =>
            passkeyChallenges.storeForEmail(challenge, known ? email : freshEmail()),
          effect: async () => [
            await count(harness, 'torii.passkey_challenges where challenge_hash = $1', [
              challengeHash,
            ]),
            await total(harness, key),
          ],
        }
      },
      { underWay: [1, 2] },
    ),
  ),
  operation('passkey_challenges.consume', 'false', 0, async (harness) => {
    const [person, challengeHash] = [await signUp(harness.observer), freshSecretHash()]
    const actor = actorOf(person)
    const holder = { kind: 'session', actor } as const
    await harness.observer.passkeyChallenges.store({
      challengeHash,
      ceremony: 'register',
      holder,
      lifetimeSeconds: 60,
      ipAddress: null,
    })
    return {
      operation: ({ passkeyChallenges }) =>
        passkeyChallenges.consume({ challengeHash, ceremony: 'register', actor }),
      effect: () =>
        count(harness, 'torii.passkey_challenges where challenge_hash = $1', [challengeHash]),
    }
  }),
  // The commit has no name of its own on the wire.
  ...['commit', 'passkeys.add', 'passkeys.lockActor', 'passkeys.deleteDead'].map((statement) =>
    operation(statement, 'done', 1, async (harness) => {
      const [person, made] = [await signUp(harness.observer), newPasskey()]
      return {
        operation: ({ passkeys }) => passkeys.add(actorOf(person), made, { max: 1 }),
        effect: () => count(harness, 'torii.passkeys where user_id = $1', [person.id]),
      }
    }),
  ),
  operation('passkeys.findForSignIn', 'null', 0, async (harness) => {
    const [{ made }, challengeHash] = [await withPasskey(harness), freshSecretHash()]
    await harness.observer.passkeyChallenges.store({
      challengeHash,
      ceremony: 'authenticate',
      holder: { kind: 'anyone' },
      lifetimeSeconds: 60,
      ipAddress: null,
    })
    return {
      operation: ({ passkeys }) =>
        passkeys.findForSignIn({
          challengeHash,
          ceremony: 'authenticate',
          credentialId: made.credentialId,
        }),
      effect: () =>
        count(harness, 'torii.passkey_challenges where challenge_hash = $1', [challengeHash]),
    }
  }),
  operation('passkeys.signIn', 'done', [2, true, 7, ...givenBack], async (harness) => {
    const [{ id, use, refund, counter, attempts }, session] = [
      await withPasskey(harness),
      newSession(),
    ]
    return {
      operation: ({ passkeys }) => passkeys.signIn(use, { session, refund }),
      effect: async () => [
        ...(await opened(harness, id, session)),
        await counter(),
        ...(await attempts()),
      ],
    }
  }),
  ...[true, false].map((kept) =>
    operation(
      'passkeys.reauthenticate',
      'done',
      [1, true, 7, ...givenBack],
      async (harness) => {
        const { id, key, use, refund, counter, attempts } = await withPasskey(harness)
        const secretHash = kept ? key.secretHash : freshSecretHash()
        return {
          operation: ({ passkeys }) =>
            passkeys.reauthenticate(use, { key, newSecretHash: secretHash, refund }),
          effect: async () => [
            ...(await opened(harness, id, { id: key.id, secretHash })),
            await counter(),
            ...(await attempts()),
          ],
        }
      },
      { before: [1, true, 7, ...(kept ? notGivenBack : givenBack)] },
    ),
  ),
  operation('passkeys.rename', 'done', 'Other', async (harness) => {
    const person = await withPasskey(harness)
    return {
      operation: ({ passkeys }) => passkeys.rename(actorOf(person), person.made.id, 'Other'),
      effect: () =>
        harness.value('select name from torii.passkeys where id = $1', [person.made.id]),
    }
  }),
  operation('passkeys.delete', 'not_found', 0, async (harness) => {
    const person = await withPasskey(harness)
    return {
      operation: ({ passkeys }) =>
        passkeys.delete(actorOf(person), person.made.id, { mailSignIn: true }),
      effect: () => count(harness, 'torii.passkeys where id = $1', [person.made.id]),
    }
  }),
]
