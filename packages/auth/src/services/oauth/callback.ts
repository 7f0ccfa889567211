import type { OAuthAccount, OAuthStateKey, SessionActor, User, ValidSession } from 'torii-core'
import { newOAuthAccountId } from 'torii-core'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { BrowserSecret } from '../../oauth-client/flow-secrets.js'
import { readFlowSecrets } from '../../oauth-client/flow-secrets.js'
import type { ProviderFailure } from '../../oauth-client/provider-failure.js'
import { providerFailed } from '../../oauth-client/provider-failure.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type {
  InvalidToken,
  Refused,
  RefusedByApplication,
  SecondFactorRequired,
  TooManyAttempts,
} from '../refusals.js'
import { notFound } from '../refusals.js'
import type { UsableProvider, UsableProviders } from './clients.js'
import { decryptName } from './display-name.js'
import type { IdentitySignIn, ProviderResult } from './sign-in-with-identity.js'
import { identityOf, linkedMail, signInWithIdentity } from './sign-in-with-identity.js'
import type { CompleteOnce } from './single-use.js'

/** The parameters of a callback request. */
export interface OAuthCallbackInput<Metadata extends object> {
  /** The query of the callback's URL. */
  query: URLSearchParams
  /** The value of the browser's cookie, or null. */
  browser: string | BrowserSecret | null
  /** The session of this request, or null. A flow that links must end in the session that started it. */
  valid: ValidSession<Metadata> | null
  /** The encrypted name from its cookie, of a provider that posts its response. */
  displayName?: string | null
}

export type OAuthCallbackOutcome<Metadata extends object> =
  /**
   * Signed in. `how` says whether the identity was known, an account was created or linked, or unverified credentials
   * were removed (`took_over`).
   */
  | (IdentitySignIn<Metadata> & {
      readonly kind: 'signed_in'
      readonly redirectTo: string | null
    })
  | {
      readonly ok: true
      readonly kind: 'linked'
      readonly account: OAuthAccount
      readonly redirectTo: string | null
    }
  /** No such provider is enabled. */
  | Refused<'not_found'>
  /**
   * The state is unknown, used, expired, or of another browser, provider or session. The result does not reveal
   * which.
   */
  | InvalidToken
  /** Nothing was counted, and the state is still valid. */
  | RefusedByApplication
  /** `redirectTo` is where the flow was to lead: lead there after the second factor. */
  | (SecondFactorRequired & { readonly redirectTo: string | null })
  | TooManyAttempts
  /** The user canceled at the provider. */
  | Refused<'declined'>
  | Refused<'provider_failed'>
  /** The account of this identity is disabled. */
  | Refused<'account_disabled'>
  /** The identity is already linked, to another account or to this one. */
  | Refused<'already_exists'>

/**
 * Completes a flow. The state is checked before any request to the provider, and used by the sign-in, the link or the
 * failure, whatever the callback contains. Two statements for a known identity; for a new one a short transaction
 * replaces the second.
 */
export const completeFlow =
  <Metadata extends object>(
    context: ServiceContext<Metadata>,
    providers: UsableProviders,
    completeOnce: CompleteOnce,
  ) =>
  async (
    name: string,
    { query, browser, valid, displayName = null }: OAuthCallbackInput<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<OAuthCallbackOutcome<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    const usable = providers.get(name)
    if (usable === undefined) return notFound
    const { keys } = context.options
    const flow = readFlowSecrets(keys, usable.binding, query.get('state'), browser)
    const provider = usable.provider.name
    // A flow that links opens no session.
    const refused =
      flow !== null && flow.actor !== null
        ? null
        : await context.before(['beforeSignIn', 'beforeSession'], {
            operation: 'oauth.callback',
            info,
          })
    if (refused !== null) return refused
    return completeOnce<OAuthCallbackOutcome<Metadata>>({
      state: flow?.key ?? null,
      info,
      async complete(state) {
        if (flow === null) return null
        const { actor, redirectTo, remember } = flow
        const linkedUser = actor === null ? null : userOfFlow(actor, valid)
        if (actor !== null && linkedUser === null) return null
        const result = await usable.client.complete(query, flow)
        if (actor !== null && linkedUser !== null)
          return link(context, usable, { actor, linkedUser, redirectTo, state }, result, info)
        const posted = () => decryptName(keys, displayName, { provider, state: flow.state })
        const outcome = await signInWithIdentity(context, usable, named(result, posted), {
          info,
          state,
          remember,
        })
        if (outcome.ok) return { ...outcome, kind: 'signed_in', redirectTo }
        return outcome.reason === 'second_factor_required' ? { ...outcome, redirectTo } : outcome
      },
      failed: (failure) => failed(context, provider, failure, info),
    })
  }

/** The display name in the provider's response takes precedence over the posted one. */
const named = (result: ProviderResult, posted: () => string | null): ProviderResult => ({
  ...result,
  identity: { ...result.identity, name: result.identity.name ?? posted() },
})

/** A flow that links must end in the session that started it, not in the browser's current one. */
const userOfFlow = (
  actor: SessionActor,
  valid: ValidSession<object> | null,
): User<object> | null => (valid?.session.id === actor.sessionId ? valid.user : null)

/** The codes of a user who canceled: the standard's, and those of Apple and LinkedIn. @see RFC 6749 section 4.1.2.1 */
const declined: readonly (string | null)[] = [
  ...['access_denied', 'user_cancelled_authorize', 'user_cancelled_login'],
]

function failed<Metadata extends object>(
  { options, emit }: ServiceContext<Metadata>,
  provider: string,
  failure: ProviderFailure,
  info: CheckedRequestInfo,
): Refused<'declined' | 'provider_failed'> {
  const { problem, detail } = failure
  if (problem === 'refused' && declined.includes(detail)) return { ok: false, reason: 'declined' }
  options.log(providerFailed(provider, failure))
  const failedSignIn = { method: 'oauth', reason: problem } as const
  emit({ events: [event('sign_in_failed', { userId: null, info }, failedSignIn)] })
  return { ok: false, reason: 'provider_failed' }
}

interface LinkFlow {
  readonly actor: SessionActor
  readonly linkedUser: User<object>
  readonly redirectTo: string | null
  readonly state: OAuthStateKey
}

/** Null if the session of the flow has ended, or another caller has used the state. */
async function link<Metadata extends object>(
  context: ServiceContext<Metadata>,
  usable: UsableProvider,
  { actor, linkedUser, redirectTo, state }: LinkFlow,
  result: ProviderResult,
  info: CheckedRequestInfo,
): Promise<OAuthCallbackOutcome<Metadata> | null> {
  const { userId, sessionId } = actor
  const newAccountId = newOAuthAccountId()
  const identity = { ...identityOf(context, usable, result), newAccountId, state }
  const eventContext = { userId, sessionId, info }
  const outcome = await context.runWithEffects({
    run: ({ oauthAccounts }) => oauthAccounts.link(actor, identity),
    effects: (linked) =>
      linked.ok
        ? {
            events: [
              event('oauth_linked', eventContext, {
                provider: identity.provider,
                accountId: linked.account.id,
              }),
            ],
            mails: linkedMail(linkedUser, usable.provider.displayName),
          }
        : {},
  })
  if (outcome.ok) return { ok: true, kind: 'linked', account: outcome.account, redirectTo }
  return outcome.reason === 'already_exists' ? { ok: false, reason: 'already_exists' } : null
}
