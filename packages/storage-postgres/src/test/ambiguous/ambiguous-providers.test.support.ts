import assert from 'node:assert/strict'
import type { OAuthSignIn, OAuthStateKey } from 'torii-core'
import { newOAuthAccountId, newUserId } from 'torii-core'
import {
  actorOf,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  signUp,
} from '../races/people.test.support.js'
import type { Harness } from './ambiguous-operations.test.support.js'
import {
  charge,
  count,
  freshTokens,
  liveSessions,
  opened,
  operation,
  personAtProvider,
  total,
  withAccount,
} from './ambiguous-operations.test.support.js'

async function startedFlow({ observer }: Harness): Promise<OAuthStateKey> {
  const started = await observer.oauthStates.start({ lifetimeSeconds: 600, ipAddress: null })
  assert.ok(started.ok)
  const { expiresAt, globalEpoch } = started
  return { hash: freshSecretHash(), expiresAt, globalEpoch }
}

const usesOf = (harness: Harness, { hash }: OAuthStateKey) =>
  count(harness, 'torii.used_oauth_states where state_hash = $1', [hash])

export const oauthOperations = [
  // A caller whose reply was lost finds its own use; the state itself would refuse a second one.
  operation('oauth_accounts.signInKnown', 'done', [2, true, 1], async (harness) => {
    const first = personAtProvider()
    await harness.observer.oauthAccounts.signIn(first)
    const state = await startedFlow(harness)
    const person = {
      ...first,
      newUserId: newUserId(),
      newAccountId: newOAuthAccountId(),
      session: newSession(),
      state,
    }
    return {
      operation: ({ oauthAccounts }) => oauthAccounts.signIn(person),
      effect: async () => [
        ...(await opened(harness, first.newUserId, person.session)),
        await usesOf(harness, state),
      ],
    }
  }),
  operation(
    'oauth_accounts.signInKnownMany',
    'done',
    [5, true, 1, true, 1, true, 1, true, 1],
    async (harness) => {
      const first = personAtProvider()
      await harness.observer.oauthAccounts.signIn(first)
      const people: (OAuthSignIn & { state: OAuthStateKey })[] = []
      for (let n = 0; n < 4; n += 1)
        people.push({ ...first, session: newSession(), state: await startedFlow(harness) })
      return {
        // The first goes alone, the others together.
        operation: async ({ oauthAccounts }) =>
          (await Promise.all(people.map((person) => oauthAccounts.signIn(person)))).find(
            ({ ok }) => !ok,
          ),
        effect: async () => {
          const effects: unknown[] = [await liveSessions(harness, first.newUserId)]
          for (const { session, state } of people)
            effects.push(
              (await opened(harness, first.newUserId, session))[1],
              await usesOf(harness, state),
            )
          return effects
        },
      }
    },
  ),
  operation('oauth_accounts.deleteDead', 'done', [1, true], async (harness) => {
    // A row of a former owner epoch under the identity that another user now signs in with.
    const former = personAtProvider()
    await harness.observer.oauthAccounts.signIn(former)
    await harness.value(
      'update torii.users set owner_epoch = owner_epoch + 1 where id = $1 returning 1 as raised',
      [former.newUserId],
    )
    const person = { ...personAtProvider(), subject: former.subject }
    return {
      operation: ({ oauthAccounts }) => oauthAccounts.signIn(person),
      effect: () => opened(harness, person.newUserId, person.session),
    }
  }),
  ...[true, false].map((trusted) =>
    operation('oauth_accounts.signInNew', 'done', [1, true, 1, 1], async (harness) => {
      const state = await startedFlow(harness)
      const person = personAtProvider({ emailVerified: trusted, state })
      return {
        operation: ({ oauthAccounts }) => oauthAccounts.signIn(person),
        effect: async () => [
          ...(await opened(harness, person.newUserId, person.session)),
          await count(harness, 'torii.oauth_accounts where subject = $1', [person.subject]),
          await usesOf(harness, state),
        ],
      }
    }),
  ),
  operation(
    'oauth_accounts.signInNewMany',
    'done',
    [1, true, 1, 1, true, 1, 1, true, 1, 1, true, 1],
    async (harness) => {
      const people: (OAuthSignIn & { state: OAuthStateKey })[] = []
      for (let n = 0; n < 4; n += 1) {
        const state = await startedFlow(harness)
        people.push({ ...personAtProvider({ emailVerified: n % 2 === 0 }), state })
      }
      return {
        // The first goes alone, the others together.
        operation: async ({ oauthAccounts }) =>
          (await Promise.all(people.map((person) => oauthAccounts.signIn(person)))).find(
            ({ ok }) => !ok,
          ),
        effect: async () => {
          const effects: unknown[] = []
          for (const { newUserId: id, session, state } of people)
            effects.push(...(await opened(harness, id, session)), await usesOf(harness, state))
          return effects
        },
      }
    },
  ),
  operation('oauth_accounts.link', 'done', [1, 1], async (harness) => {
    const state = await startedFlow(harness)
    const [person, identity] = [await signUp(harness.observer), personAtProvider({ state })]
    return {
      operation: ({ oauthAccounts }) => oauthAccounts.link(actorOf(person), identity),
      effect: async () => [
        await count(harness, 'torii.oauth_accounts where id = $1', [identity.newAccountId]),
        await usesOf(harness, state),
      ],
    }
  }),
  operation('oauth_accounts.unlink', 'not_found', 0, async (harness) => {
    const person = await withAccount(harness)
    return {
      operation: ({ oauthAccounts }) =>
        oauthAccounts.unlink(actorOf(person), person.accountId, { mailSignIn: true }),
      effect: () => count(harness, 'torii.oauth_accounts where id = $1', [person.accountId]),
    }
  }),
  operation('oauth_accounts.replaceTokens', 'done', [1, true], async (harness) => {
    const { id, accountId } = await withAccount(harness)
    const tokens = freshTokens()
    return {
      operation: ({ oauthAccounts }) =>
        oauthAccounts.replaceTokens(id, accountId, { version: 0, tokens }),
      effect: () =>
        harness.value(
          'select json_build_array(tokens_version, tokens = $2) from torii.oauth_accounts where id = $1',
          [accountId, tokens],
        ),
    }
  }),
  operation('oauth_accounts.leaseRefresh', 'false', true, async (harness) => {
    const { id, accountId } = await withAccount(harness)
    return {
      operation: ({ oauthAccounts }) =>
        oauthAccounts.leaseRefresh(id, accountId, { version: 0, leaseSeconds: 60 }),
      effect: () =>
        harness.value(
          'select refresh_lease_ends_at > now() from torii.oauth_accounts where id = $1',
          [accountId],
        ),
    }
  }),
  operation(
    'oauth_states.start',
    'done',
    1,
    async (harness) => {
      const key = freshRateLimitKey()
      const flow = { lifetimeSeconds: 60, ipAddress: charge(key) }
      return {
        operation: ({ oauthStates }) => oauthStates.start(flow),
        effect: () => total(harness, key),
      }
    },
    { twice: 2 },
  ),
  // A live state is only read; what is refused is counted.
  operation(
    'oauth_states.countFailure',
    'done',
    1,
    async (harness) => {
      const [state, key] = [await startedFlow(harness), freshRateLimitKey()]
      await harness.observer.oauthStates.use(state)
      return {
        operation: async ({ oauthStates }) => {
          const checked = await oauthStates.check({ state, ipAddress: charge(key) })
          return { ok: !checked.ok && checked.reason === 'invalid_token' }
        },
        effect: () => total(harness, key),
      }
    },
    { twice: 2 },
  ),
  operation('oauth_states.use', 'done', 1, async (harness) => {
    const state = await startedFlow(harness)
    return {
      operation: ({ oauthStates }) => oauthStates.use(state),
      effect: () => usesOf(harness, state),
    }
  }),
]
