import { newUserId } from 'torii-core'
import {
  actorOf,
  freshEmail,
  freshPasswordHash,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  signUp,
} from '../races/people.test.support.js'
import {
  charges,
  count,
  givenBack,
  liveSessions,
  mailCharges,
  opened,
  operation,
  personWithAttempts,
  rowOf,
  storedLink,
  storedToken,
  total,
  withOther,
} from './ambiguous-operations.test.support.js'

export const mailOperations = [
  operation(
    'magic_links.issue',
    'done',
    [1, 1],
    async (harness) => {
      const [email, key, tokenHash] = [freshEmail(), freshRateLimitKey(), freshSecretHash()]
      const link = {
        email,
        tokenHash,
        codeHash: null,
        lifetimeSeconds: 600,
        charges: mailCharges(key),
      }
      return {
        operation: ({ magicLinks }) => magicLinks.issue(link),
        effect: async () => [
          await count(harness, 'torii.magic_links where token_hash = $1', [tokenHash]),
          await total(harness, key),
        ],
      }
    },
    { twice: [1, 2] },
  ),
  ...[true, false].map((known) =>
    operation('magic_links.consume', 'done', [known ? 2 : 1, true, 1], async (harness) => {
      const person = await signUp(harness.observer)
      const email = known ? person.email : freshEmail()
      const link = await storedLink(harness, email)
      const proof = { session: newSession(), newUserId: newUserId() }
      const id = known ? person.id : proof.newUserId
      return {
        operation: ({ magicLinks }) => magicLinks.consume(link.tokenHash, proof),
        effect: async () => [
          ...(await opened(harness, id, proof.session)),
          await count(harness, 'torii.users where email = $1', [email]),
        ],
      }
    }),
  ),
  operation('magic_links.consumeCode', 'done', [1, true, ...givenBack], async (harness) => {
    const email = freshEmail()
    const { codeHash } = await storedLink(harness, email)
    const { refund, attempts } = await personWithAttempts(harness)
    const proof = { session: newSession(), newUserId: newUserId() }
    return {
      operation: ({ magicLinks }) =>
        magicLinks.consumeCode({ email, codeHashes: [codeHash], refund }, proof),
      effect: async () => [
        ...(await opened(harness, proof.newUserId, proof.session)),
        ...(await attempts()),
      ],
    }
  }),
  operation(
    'verification_tokens.issue',
    'done',
    [1, 1],
    async (harness) => {
      const [{ email }, key, secretHash] = [
        await signUp(harness.observer),
        freshRateLimitKey(),
        freshSecretHash(),
      ]
      const wanted = {
        purpose: 'reset_password',
        email,
        secretHash,
        lifetimeSeconds: 600,
        charges: mailCharges(key),
      } as const
      return {
        operation: ({ verificationTokens }) => verificationTokens.issue(wanted),
        effect: async () => [
          await count(harness, 'torii.verification_tokens where secret_hash = $1', [secretHash]),
          await total(harness, key),
        ],
      }
    },
    { twice: [1, 2] },
  ),
  operation(
    'verification_tokens.issueEmailChange',
    'done',
    [1, 1],
    async (harness) => {
      const [person, key, secretHash] = [
        await signUp(harness.observer),
        freshRateLimitKey(),
        freshSecretHash(),
      ]
      const change = {
        actor: actorOf(person),
        email: freshEmail(),
        secretHash,
        lifetimeSeconds: 600,
        charges: mailCharges(key),
      }
      return {
        operation: ({ verificationTokens }) => verificationTokens.issueEmailChange(change),
        effect: async () => [
          await count(harness, 'torii.verification_tokens where secret_hash = $1', [secretHash]),
          await total(harness, key),
        ],
      }
    },
    { twice: [1, 2] },
  ),
  operation(
    'verification_tokens.findCounted',
    'done',
    1,
    async (harness) => {
      const [person, key] = [await signUp(harness.observer), freshRateLimitKey()]
      const token = await storedToken(harness, person, 'reset_password')
      return {
        operation: ({ verificationTokens }) =>
          verificationTokens.findCounted('reset_password', token, charges(key)),
        effect: () => total(harness, key),
      }
    },
    { twice: 2 },
  ),
  operation('verification_tokens.verifyEmail', 'done', [1, true], async (harness) => {
    const person = await signUp(harness.observer, { emailVerified: false })
    const key = await storedToken(harness, person, 'verify_email')
    const session = newSession()
    return {
      operation: ({ verificationTokens }) =>
        verificationTokens.verifyEmail(key, {
          kind: 'new_password',
          passwordHash: freshPasswordHash(),
          session,
        }),
      effect: () => opened(harness, person.id, session),
    }
  }),
  operation('verification_tokens.verifyEmail', 'invalid_token', [true], async (harness) => {
    const person = await signUp(harness.observer, { emailVerified: false })
    const key = await storedToken(harness, person, 'verify_email')
    return {
      operation: ({ verificationTokens }) =>
        verificationTokens.verifyEmail(key, { kind: 'session', actor: actorOf(person) }),
      effect: () => rowOf(harness, person.id, 'email_verified_at is not null'),
    }
  }),
  operation(
    'verification_tokens.resetPassword',
    'done',
    [0, true, ...givenBack],
    async (harness) => {
      const person = await personWithAttempts(harness)
      const [key, hash] = [
        await storedToken(harness, person, 'reset_password'),
        freshPasswordHash(),
      ]
      return {
        operation: ({ verificationTokens }) =>
          verificationTokens.resetPassword(key, { hash, refund: person.refund }),
        effect: async () => [
          await liveSessions(harness, person.id),
          await harness.value('select hash = $2 from torii.passwords where user_id = $1', [
            person.id,
            hash.reveal(),
          ]),
          ...(await person.attempts()),
        ],
      }
    },
  ),
  operation('verification_tokens.changeEmail', 'done', [1, true], async (harness) => {
    const [person, email, secretHash] = [await withOther(harness), freshEmail(), freshSecretHash()]
    const actor = actorOf(person)
    await harness.observer.verificationTokens.issueEmailChange({
      actor,
      email,
      secretHash,
      lifetimeSeconds: 600,
      charges: mailCharges(freshRateLimitKey()),
    })
    return {
      operation: async ({ verificationTokens }) => {
        const changed = await verificationTokens.changeEmail(actor, secretHash)
        // A lost reply must not lose the email that gets a notice of the change.
        if (changed.ok && changed.formerEmail !== person.email) return 'another former address'
        return changed
      },
      effect: async () => [
        await liveSessions(harness, person.id),
        await harness.value('select email = $2 from torii.users where id = $1', [person.id, email]),
      ],
    }
  }),
]
