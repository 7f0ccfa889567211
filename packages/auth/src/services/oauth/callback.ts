import type {
  OAuthAccount,
  OAuthIdentity,
  OAuthSignInOutcome,
  SessionActor,
  User,
  ValidSession,
} from 'torii-core'
import { newOAuthAccountId, newUserId } from 'torii-core'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { ToriiEvent } from '../../events/event.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { BrowserSecret } from '../../oauth-client/flow-secrets.js'
import { readFlowSecrets } from '../../oauth-client/flow-secrets.js'
import type { ProviderIdentity } from '../../oauth-client/profile.js'
import type { GrantedTokens } from '../../oauth-client/provider-client.js'
import { ProviderFailure, providerFailed } from '../../oauth-client/provider-failure.js'
import { encryptTokens } from '../../oauth-client/provider-tokens.js'
import type { ServiceContext } from '../context/context.js'
import type { Effects, EventContextInput } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import type { InvalidToken, Refused } from '../refusals.js'
import { invalidToken, notFound } from '../refusals.js'
import { prepareSessionForUnknownUser } from '../sessions/new-session.js'
import type { SignedIn } from '../sign-in.js'
import type { UsableProvider, UsableProviders } from './clients.js'

/** The parameters of a callback request. */
export interface OAuthCallbackInput<Metadata extends object> {
  /** The query of the callback's URL. */
  query: URLSearchParams
  /** The browser secret from its cookie, or null. */
  browser: string | BrowserSecret | null
  /** The session of this request, or null. A flow that links must end in the session that started it. */
  valid: ValidSession<Metadata> | null
}

export type OAuthCallbackOutcome<Metadata extends object> =
  /**
   * Signed in. `how` says whether the identity was known, an account was created or linked, or unverified credentials
   * were removed (`took_over`).
   */
  | (SignedIn<Metadata> & {
      readonly kind: 'signed_in'
      readonly how: Extract<OAuthSignInOutcome, { ok: true }>['how']
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
  /** The user canceled at the provider. */
  | Refused<'declined'>
  | Refused<'provider_failed'>
  /** The account of this identity is disabled. */
  | Refused<'account_disabled'>
  /** The identity is already linked, to another account or to this one. */
  | Refused<'already_exists'>

/**
 * Completes a flow. The state is used before any request to the provider, whatever the callback contains. Two
 * statements for a known identity; for a new one a short transaction replaces the second.
 */
export const completeFlow =
  <Metadata extends object>(context: ServiceContext<Metadata>, providers: UsableProviders) =>
  async (
    name: string,
    { query, browser, valid }: OAuthCallbackInput<Metadata>,
    requestInfo: RequestInfo,
  ): Promise<OAuthCallbackOutcome<Metadata>> => {
    const info = readRequestInfo(requestInfo)
    const usable = providers.get(name)
    if (usable === undefined) return notFound
    const secrets = readFlowSecrets(usable.binding, query.get('state'), browser)
    if (secrets === null) return invalidToken
    const { stateHash, browserHash } = secrets
    const provider = usable.provider.name
    const state = await context.storage.oauthStates.consume({ stateHash, browserHash, provider })
    if (state === null) return invalidToken
    const { flow, redirectTo } = state
    const linkedUser = flow.kind === 'link' ? userOfFlow(flow.actor, valid) : null
    if (flow.kind === 'link' && linkedUser === null) return invalidToken
    try {
      const result = await usable.client.complete(query, secrets)
      return flow.kind === 'link' && linkedUser !== null
        ? await link(context, usable, { actor: flow.actor, linkedUser, redirectTo }, result, info)
        : await signIn(context, usable, redirectTo, result, info)
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error
      return failed(context, provider, error, info)
    }
  }

/** A flow that links must end in the session that started it, not in the browser's current one. */
const userOfFlow = (
  actor: SessionActor,
  valid: ValidSession<object> | null,
): User<object> | null => (valid?.session.id === actor.sessionId ? valid.user : null)

function failed<Metadata extends object>(
  { options, emit }: ServiceContext<Metadata>,
  provider: string,
  failure: ProviderFailure,
  info: CheckedRequestInfo,
): Refused<'declined' | 'provider_failed'> {
  const { problem, detail } = failure
  if (problem === 'refused' && detail === 'access_denied') return { ok: false, reason: 'declined' }
  options.log(providerFailed(provider, failure))
  const failedSignIn = { method: 'oauth', reason: problem } as const
  emit({ events: [event('sign_in_failed', { userId: null, info }, failedSignIn)] })
  return { ok: false, reason: 'provider_failed' }
}

/** The result of a completed exchange with the provider. */
interface ProviderResult {
  readonly identity: ProviderIdentity
  readonly tokens: GrantedTokens
}

/** Returns the identity for the storage, with its tokens encrypted if the provider keeps them. */
function identityOf(
  { options }: Pick<ServiceContext<object>, 'options'>,
  { provider }: UsableProvider,
  { identity, tokens }: ProviderResult,
): OAuthIdentity {
  const { provider: name, subject, label } = identity
  const encrypted = provider.keepTokens ? encryptTokens(options.keys, tokens, identity) : null
  return { provider: name, subject, label, tokens: encrypted }
}

async function signIn<Metadata extends object>(
  context: ServiceContext<Metadata>,
  usable: UsableProvider,
  redirectTo: string | null,
  result: ProviderResult,
  info: CheckedRequestInfo,
): Promise<OAuthCallbackOutcome<Metadata>> {
  const { email, emailVerified, name, picture } = result.identity
  const { session, tokenFor } = prepareSessionForUnknownUser('oauth', info, context.options.session)
  const identity = {
    ...identityOf(context, usable, result),
    email,
    emailVerified,
    name,
    picture,
    newUserId: newUserId(),
    newAccountId: newOAuthAccountId(),
    session,
  }
  const outcome = await context.runWithEffects({
    run: ({ oauthAccounts }) => oauthAccounts.signIn(identity),
    effects: (signedIn) => (signedIn.ok ? effectsOf(signedIn, usable, info) : {}),
    createsUser: true,
  })
  if (!outcome.ok) {
    const detail = { method: 'oauth', reason: 'disabled' } as const
    context.emit({ events: [event('sign_in_failed', { userId: null, info }, detail)] })
    return { ok: false, reason: 'account_disabled' }
  }
  const { user, how } = outcome
  const token = tokenFor(user.id)
  return { ok: true, kind: 'signed_in', how, user, session: outcome.session, token, redirectTo }
}

function effectsOf<Metadata extends object>(
  { user, session, how }: Extract<OAuthSignInOutcome<Metadata>, { ok: true }>,
  { provider }: UsableProvider,
  info: CheckedRequestInfo,
): Effects<Metadata> {
  const eventContext: EventContextInput = { userId: user.id, sessionId: session.id, info }
  const method = 'oauth'
  const linked = () =>
    event('oauth_linked', eventContext, { provider: provider.name, accountId: null })
  const events: ToriiEvent[] = []
  if (how === 'created') events.push(event('user_created', eventContext, { method }))
  if (how === 'took_over')
    events.push(event('unverified_credentials_removed', eventContext, { method }))
  if (how !== 'known') events.push(linked())
  events.push(event('signed_in', eventContext, { method }))
  return {
    created: how === 'created' ? user : null,
    events,
    mails: how === 'linked' ? linkedMail(user, provider.displayName) : [],
  }
}

interface LinkFlow {
  readonly actor: SessionActor
  readonly linkedUser: User<object>
  readonly redirectTo: string | null
}

async function link<Metadata extends object>(
  context: ServiceContext<Metadata>,
  usable: UsableProvider,
  { actor, linkedUser, redirectTo }: LinkFlow,
  result: ProviderResult,
  info: CheckedRequestInfo,
): Promise<OAuthCallbackOutcome<Metadata>> {
  const { userId, sessionId } = actor
  const identity = { ...identityOf(context, usable, result), newAccountId: newOAuthAccountId() }
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
  return outcome.reason === 'already_exists'
    ? { ok: false, reason: 'already_exists' }
    : invalidToken
}

const linkedMail = (
  { email, name }: { email: string | null; name: string | null },
  provider: string,
) => (email === null ? [] : [queuedMail('account_linked', email, { name, provider })])
