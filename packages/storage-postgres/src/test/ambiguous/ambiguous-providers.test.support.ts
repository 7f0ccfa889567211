import { newOAuthAccountId, newUserId } from 'torii-core'
import {
  actorOf,
  freshRateLimitKey,
  freshSecretHash,
  newSession,
  signUp,
} from '../races/people.test.support.js'
import {
  charge,
  count,
  freshTokens,
  opened,
  operation,
  personAtProvider,
  total,
  withAccount,
} from './ambiguous-operations.test.support.js'

export const oauthOperations = [
  operation('oauth_accounts.signInKnown', 'done', [2, true], async (harness) => {
    const first = personAtProvider()
    await harness.observer.oauthAccounts.signIn(first)
    const person = {
      ...first,
      newUserId: newUserId(),
      newAccountId: newOAuthAccountId(),
      session: newSession(),
    }
    return {
      operation: ({ oauthAccounts }) => oauthAccounts.signIn(person),
      effect: () => opened(harness, first.newUserId, person.session),
    }
  }),
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
    operation('oauth_accounts.signInNew', 'done', [1, true, 1], async (harness) => {
      const person = personAtProvider({ emailVerified: trusted })
      return {
        operation: ({ oauthAccounts }) => oauthAccounts.signIn(person),
        effect: async () => [
          ...(await opened(harness, person.newUserId, person.session)),
          await count(harness, 'torii.oauth_accounts where subject = $1', [person.subject]),
        ],
      }
    }),
  ),
  operation('oauth_accounts.link', 'done', 1, async (harness) => {
    const [person, identity] = [await signUp(harness.observer), personAtProvider()]
    return {
      operation: ({ oauthAccounts }) => oauthAccounts.link(actorOf(person), identity),
      effect: () => count(harness, 'torii.oauth_accounts where id = $1', [identity.newAccountId]),
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
  operation('oauth_states.store', 'done', [1, 1], async (harness) => {
    const [stateHash, key] = [freshSecretHash(), freshRateLimitKey()]
    const state = {
      stateHash,
      browserHash: freshSecretHash(),
      provider: 'google',
      flow: { kind: 'sign_in' },
      redirectTo: null,
      lifetimeSeconds: 60,
      ipAddress: charge(key),
    } as const
    return {
      operation: ({ oauthStates }) => oauthStates.store(state),
      effect: async () => [
        await count(harness, 'torii.oauth_states where state_hash = $1', [stateHash]),
        await total(harness, key),
      ],
    }
  }),
  operation('oauth_states.consume', 'null', 0, async (harness) => {
    const state = {
      stateHash: freshSecretHash(),
      browserHash: freshSecretHash(),
      provider: 'google',
      flow: { kind: 'sign_in' },
      redirectTo: null,
      lifetimeSeconds: 60,
      ipAddress: null,
    } as const
    await harness.observer.oauthStates.store(state)
    return {
      operation: ({ oauthStates }) => oauthStates.consume(state),
      effect: () => count(harness, 'torii.oauth_states where state_hash = $1', [state.stateHash]),
    }
  }),
]
