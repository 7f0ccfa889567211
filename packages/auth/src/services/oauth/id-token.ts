import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { IdTokenBinding } from '../../oauth-client/flow-secrets.js'
import { newIdTokenNonce, readIdTokenNonce } from '../../oauth-client/flow-secrets.js'
import { providerFailed } from '../../oauth-client/provider-failure.js'
import { callerOf } from '../../rate-limits/caller.js'
import { startCharge } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type {
  InvalidToken,
  Refused,
  RefusedByApplication,
  SecondFactorRequired,
  TooManyAttempts,
} from '../refusals.js'
import { invalidToken, notFound } from '../refusals.js'
import type { Remembering } from '../sessions/new-session.js'
import { readRemember } from '../sessions/new-session.js'
import type { UsableProvider, UsableProviders } from './clients.js'
import type { IdentitySignIn } from './sign-in-with-identity.js'
import { signInWithIdentity } from './sign-in-with-identity.js'
import type { CompleteOnce } from './single-use.js'
import { emitRefused } from './start.js'

/** An ID token that an application on the user's device received, and the nonce that it was requested with. */
export interface IdTokenInput extends Remembering {
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
  | RefusedByApplication
  | TooManyAttempts

export type IdTokenOutcome<Metadata extends object> =
  | IdentitySignIn<Metadata>
  | Refused<'not_found'>
  /** The nonce is unknown, used, expired or another provider's, or the ID token is not valid for it. */
  | InvalidToken
  | RefusedByApplication
  | SecondFactorRequired
  | TooManyAttempts
  | Refused<'provider_failed'>
  | Refused<'account_disabled'>

/** Creates a nonce for an ID token. One statement, which counts it and stores nothing else. */
export const createIdTokenNonce =
  <Metadata extends object>(
    { options, storage, before, emit }: ServiceContext<Metadata>,
    providers: UsableProviders,
  ) =>
  async (provider: string, requestInfo: RequestInfo): Promise<IdTokenNonceOutcome> => {
    const info = readRequestInfo(requestInfo)
    const usable = acceptingIdTokens(providers.get(provider))
    if (usable === null) return notFound
    const refused = await before(['beforeSignIn'], { operation: 'oauth.createIdTokenNonce', info })
    if (refused !== null) return refused
    const started = await storage.oauthStates.start({
      lifetimeSeconds: options.oauth.flowSeconds,
      ipAddress: startCharge(options.bruteForce, callerOf(options.keys, info)),
    })
    if (!started.ok) return emitRefused({ emit }, started, info)
    const { nonce } = newIdTokenNonce(options.keys, bindingOf(usable), started)
    return { ok: true, nonce }
  }

/**
 * Signs in with an ID token. The nonce is checked before the token is looked at, and used whatever the token is, so each
 * nonce allows one attempt. Two statements for a known identity.
 */
export const signInWithIdToken =
  <Metadata extends object>(
    context: ServiceContext<Metadata>,
    providers: UsableProviders,
    completeOnce: CompleteOnce,
  ) =>
  async (
    provider: string,
    { idToken, nonce, remember }: IdTokenInput,
    requestInfo: RequestInfo,
  ): Promise<IdTokenOutcome<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    const usable = acceptingIdTokens(providers.get(provider))
    if (usable === null) return notFound
    readRemember(remember)
    const refused = await context.before(['beforeSignIn', 'beforeSession'], {
      operation: 'oauth.signInWithIdToken',
      info,
    })
    if (refused !== null) return refused
    const known = readIdTokenNonce(context.options.keys, bindingOf(usable), nonce)
    return completeOnce<IdTokenOutcome<Metadata>>({
      state: known?.key ?? null,
      info,
      async complete(state) {
        if (known === null) return null
        const identified = await usable.client.identify(String(idToken), known.nonce)
        return signInWithIdentity(
          context,
          usable,
          { ...identified, tokens: null },
          { info, state, remember },
        )
      },
      failed(failure) {
        const { problem } = failure
        const detail = { method: 'oauth', reason: problem } as const
        context.emit({ events: [event('sign_in_failed', { userId: null, info }, detail)] })
        context.options.log(providerFailed(usable.provider.name, failure))
        // The caller sent the token: that it is not genuine is no fault of the provider.
        if (problem === 'not_genuine' || problem === 'profile') return invalidToken
        return { ok: false, reason: 'provider_failed' }
      },
    })
  }

const acceptingIdTokens = (usable: UsableProvider | undefined): UsableProvider | null =>
  usable === undefined || usable.provider.idTokenAudiences.length === 0 ? null : usable

const bindingOf = ({ provider }: UsableProvider): IdTokenBinding => ({
  provider: provider.name,
  issuer: provider.issuer,
  audiences: provider.idTokenAudiences,
})
