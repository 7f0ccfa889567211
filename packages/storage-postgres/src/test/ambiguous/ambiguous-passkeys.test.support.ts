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
  operation('passkey_challenges.store', 'done', [1, 1], async (world) => {
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
        await count(world, 'torii.passkey_challenges where challenge_hash = $1', [challengeHash]),
        await total(world, key),
      ],
    }
  }),
  ...[true, false].map((known) =>
    operation(
      'passkey_challenges.storeForEmail',
      'done',
      [1, 1],
      async (world) => {
        const [{ email }, challengeHash, key] = [
          await withPasskey(world),
          freshSecretHash(),
          freshRateLimitKey(),
        ]
        const challenge = { challengeHash, lifetimeSeconds: 60, ipAddress: charge(key) }
        return {
          operation: ({ passkeyChallenges }) =>
            passkeyChallenges.storeForEmail(challenge, known ? email : freshEmail()),
          effect: async () => [
            await count(world, 'torii.passkey_challenges where challenge_hash = $1', [
              challengeHash,
            ]),
            await total(world, key),
          ],
        }
      },
      { underWay: [1, 2] },
    ),
  ),
  operation('passkey_challenges.consume', 'false', 0, async (world) => {
    const [person, challengeHash] = [await signUp(world.aside), freshSecretHash()]
    const actor = actorOf(person)
    const holder = { kind: 'session', actor } as const
    await world.aside.passkeyChallenges.store({
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
        count(world, 'torii.passkey_challenges where challenge_hash = $1', [challengeHash]),
    }
  }),
  // The commit has no name of its own on the wire.
  ...['commit', 'passkeys.add', 'passkeys.lockActor', 'passkeys.deleteDead'].map((statement) =>
    operation(statement, 'done', 1, async (world) => {
      const [person, made] = [await signUp(world.aside), newPasskey()]
      return {
        operation: ({ passkeys }) => passkeys.add(actorOf(person), made, { max: 1 }),
        effect: () => count(world, 'torii.passkeys where user_id = $1', [person.id]),
      }
    }),
  ),
  operation('passkeys.findForSignIn', 'null', 0, async (world) => {
    const [{ made }, challengeHash] = [await withPasskey(world), freshSecretHash()]
    await world.aside.passkeyChallenges.store({
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
        count(world, 'torii.passkey_challenges where challenge_hash = $1', [challengeHash]),
    }
  }),
  operation('passkeys.signIn', 'done', [2, true, 7, ...givenBack], async (world) => {
    const [{ id, use, refund, counter, attempts }, session] = [
      await withPasskey(world),
      newSession(),
    ]
    return {
      operation: ({ passkeys }) => passkeys.signIn(use, { session, refund }),
      effect: async () => [
        ...(await opened(world, id, session)),
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
      async (world) => {
        const { id, key, use, refund, counter, attempts } = await withPasskey(world)
        const secretHash = kept ? key.secretHash : freshSecretHash()
        return {
          operation: ({ passkeys }) =>
            passkeys.reauthenticate(use, { key, newSecretHash: secretHash, refund }),
          effect: async () => [
            ...(await opened(world, id, { id: key.id, secretHash })),
            await counter(),
            ...(await attempts()),
          ],
        }
      },
      { before: [1, true, 7, ...(kept ? notGivenBack : givenBack)] },
    ),
  ),
  operation('passkeys.rename', 'done', 'Other', async (world) => {
    const person = await withPasskey(world)
    return {
      operation: ({ passkeys }) => passkeys.rename(actorOf(person), person.made.id, 'Other'),
      effect: () => world.value('select name from torii.passkeys where id = $1', [person.made.id]),
    }
  }),
  operation('passkeys.delete', 'not_found', 0, async (world) => {
    const person = await withPasskey(world)
    return {
      operation: ({ passkeys }) =>
        passkeys.delete(actorOf(person), person.made.id, { mailSignIn: true }),
      effect: () => count(world, 'torii.passkeys where id = $1', [person.made.id]),
    }
  }),
]
