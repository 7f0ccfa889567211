import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { IdTokenBinding } from '../../oauth-client/flow-secrets.js'
import { newIdTokenNonce, readIdTokenNonce } from '../../oauth-client/flow-secrets.js'
import { ProviderFailure, providerFailed } from '../../oauth-client/provider-failure.js'
import { callerOf } from '../../rate-limits/caller.js'
import { completionCharge, startCharge } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { InvalidToken, Refused, TooManyAttempts } from '../refusals.js'
import { invalidToken, notFound } from '../refusals.js'
import type { UsableProvider, UsableProviders } from './clients.js'
import type { IdentitySignIn } from './sign-in-with-identity.js'
import { signInWithIdentity } from './sign-in-with-identity.js'
import { emitRefused } from './start.js'

/** An ID token that an application on the user's device received, and the nonce that it was requested with. */
export interface IdTokenInput {
  idToken: string
  nonce: string
}

export type IdTokenNonceOutcome =
  | {
      readonly ok: true
      /** Valid for one ID token of this provider, for `oauth.flowSeconds`. */
      readonly nonce: string
    }
  /** No such provider is enabled, or it has no `idTokenAudiences`. */
  | Refused<'not_found'>
  | TooManyAttempts

export type IdTokenOutcome<Metadata extends object> =
  | IdentitySignIn<Metadata>
  | Refused<'not_found'>
  /** The nonce is unknown, used, expired or another provider's, or the ID token is not valid for it. */
  | InvalidToken
  | TooManyAttempts
  | Refused<'provider_failed'>
  | Refused<'account_disabled'>

/** Creates a nonce for an ID token. One statement, which counts it. */
export const createIdTokenNonce =
  <Metadata extends object>(
    { options, storage, emit }: ServiceContext<Metadata>,
    providers: UsableProviders,
  ) =>
  async (provider: string, requestInfo: RequestInfo): Promise<IdTokenNonceOutcome> => {
    const info = readRequestInfo(requestInfo)
    const usable = acceptingIdTokens(providers.get(provider))
    if (usable === null) return notFound
    const { nonce, stateHash, browserHash } = newIdTokenNonce(bindingOf(usable))
    const started = await storage.oauthStates.store({
      ...{ stateHash, browserHash },
      provider: usable.provider.name,
      flow: { kind: 'sign_in' },
      redirectTo: null,
      lifetimeSeconds: options.oauth.flowSeconds,
      ipAddress: startCharge(options.bruteForce, callerOf(options.keys, info)),
    })
    return started.ok ? { ok: true, nonce } : emitRefused({ emit }, started, info)
  }

/**
 * Signs in with an ID token. The nonce is used before the token is looked at, whatever the token is, so each nonce allows
 * one attempt. Two statements for a known identity.
 */
export const signInWithIdToken =
  <Metadata extends object>(context: ServiceContext<Metadata>, providers: UsableProviders) =>
  async (
    provider: string,
    { idToken, nonce }: IdTokenInput,
    requestInfo: RequestInfo,
  ): Promise<IdTokenOutcome<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    const usable = acceptingIdTokens(providers.get(provider))
    if (usable === null) return notFound
    const known = readIdTokenNonce(bindingOf(usable), nonce)
    if (known === null) return invalidToken
    const { stateHash, browserHash } = known
    const ipAddress = completionCharge(
      context.options.bruteForce,
      callerOf(context.options.keys, info),
    )
    const key = { stateHash, browserHash, provider: usable.provider.name, ipAddress }
    const state = await context.storage.oauthStates.consume(key)
    if (state === null) return invalidToken
    if ('reason' in state) return emitRefused(context, state, info)
    try {
      const identity = await usable.client.identify(String(idToken), known.nonce)
      return await signInWithIdentity(context, usable, { identity, tokens: null }, info)
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error
      const { problem } = error
      const failed = { method: 'oauth', reason: problem } as const
      context.emit({ events: [event('sign_in_failed', { userId: null, info }, failed)] })
      context.options.log(providerFailed(usable.provider.name, error))
      // The caller sent the token: that it is not genuine is no fault of the provider.
      if (problem === 'not_genuine' || problem === 'profile') return invalidToken
      return { ok: false, reason: 'provider_failed' }
    }
  }

const acceptingIdTokens = (usable: UsableProvider | undefined): UsableProvider | null =>
  usable === undefined || usable.provider.idTokenAudiences.length === 0 ? null : usable

const bindingOf = ({ provider }: UsableProvider): IdTokenBinding => ({
  provider: provider.name,
  issuer: provider.issuer,
  audiences: provider.idTokenAudiences,
})
