import type {
  OAuthAccount,
  OAuthIdentity,
  OAuthSignInOutcome,
  SessionActor,
  User,
  ValidSession,
} from 'torii-core'
import { newOAuthAccountId, newUserId } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { ToriiEvent } from '../../events/event.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { BrowserSecret } from '../../oauth-client/flow-secrets.js'
import { readFlowSecrets } from '../../oauth-client/flow-secrets.js'
import type { ProviderIdentity } from '../../oauth-client/profile.js'
import type { GrantedTokens } from '../../oauth-client/provider-client.js'
import { ProviderFailure } from '../../oauth-client/provider-failure.js'
import { encryptTokens } from '../../oauth-client/provider-tokens.js'
import type { ServiceContext } from '../context/context.js'
import type { Effects, EventContextInput } from '../effects/effects.js'
import { event } from '../effects/effects.js'
import type { InvalidToken, Refused } from '../refusals.js'
import { prepareAnybodysSession } from '../sessions/new-session.js'
import type { SignedIn } from '../sign-in.js'
import type { UsableProvider } from './clients.js'

/** What the browser brings back from a provider. */
export interface OAuthCallbackInput<Metadata extends object> {
  /** The query of the callback's URL. */
  query: URLSearchParams
  /** The browser secret in its cookie, or null. */
  browser: string | BrowserSecret | null
  /** The session of this request, or null; a flow that links needs the one that it was started in. */
  valid: ValidSession<Metadata> | null
}

export type OAuthCallbackOutcome<Metadata extends object> =
  /** Signed in, `how` says whether the identity was known, or an account was made, linked or taken over. */
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
  | Refused<'not_found'>
  /** The state is unknown, used, expired, of another browser, provider or session: one answer. */
  | InvalidToken
  /** The person said no at the provider. */
  | Refused<'declined'>
  | Refused<'provider_failed'>
  /** The account of this identity is disabled. */
  | Refused<'account_disabled'>
  /** The identity to link belongs to an account already: another's, or this one's. */
  | Refused<'already_exists'>

const invalidToken = Object.freeze({ ok: false, reason: 'invalid_token' } as const)

/**
 * Ends a flow. The state is used up before anything is sent to the provider, whatever the answer says.
 * Two statements for a known identity; a new one takes a short transaction in place of the second.
 */
export async function completeFlow<Metadata extends object>(
  context: ServiceContext<Metadata>,
  usable: UsableProvider | undefined,
  { query, browser, valid }: OAuthCallbackInput<Metadata>,
  requestInfo: RequestInfo,
): Promise<OAuthCallbackOutcome<Metadata>> {
  const info = readRequestInfo(requestInfo)
  if (usable === undefined) return { ok: false, reason: 'not_found' }
  const secrets = readFlowSecrets(usable.binding, query.get('state'), browser)
  if (secrets === null) return invalidToken
  const { stateHash, browserHash } = secrets
  const provider = usable.provider.name
  const state = await context.storage.oauthStates.consume({ stateHash, browserHash, provider })
  if (state === null) return invalidToken
  const { flow, redirectTo } = state
  const asker = flow.kind === 'link' ? askerOf(flow.actor, valid) : null
  if (flow.kind === 'link' && asker === null) return invalidToken
  try {
    const answer = await usable.client.complete(query, secrets)
    return flow.kind === 'link' && asker !== null
      ? await link(context, usable, { actor: flow.actor, asker, redirectTo }, answer, info)
      : await signIn(context, usable, redirectTo, answer, info)
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    return failed(context, provider, error, info)
  }
}

/** A flow that links ends in the session it was started in, not in whichever the browser has by now. */
const askerOf = (actor: SessionActor, valid: ValidSession<object> | null): User<object> | null =>
  valid?.session.id === actor.sessionId ? valid.user : null

function failed<Metadata extends object>(
  { options, emit }: ServiceContext<Metadata>,
  provider: string,
  { problem, detail }: ProviderFailure,
  info: RequestInfo,
): Refused<'declined' | 'provider_failed'> {
  if (problem === 'refused' && detail === 'access_denied') return { ok: false, reason: 'declined' }
  options.log({ level: 'warn', event: 'provider_failed', provider, problem, detail })
  const told = { method: 'oauth', reason: problem } as const
  emit({ events: [event('sign_in_failed', { userId: null, info }, told)] })
  return { ok: false, reason: 'provider_failed' }
}

interface Answer {
  readonly identity: ProviderIdentity
  readonly tokens: GrantedTokens
}

/** Who it is, as the storage takes it: the tokens encrypted, where they are to be kept. */
function identityOf(
  { options }: Pick<ServiceContext<object>, 'options'>,
  { provider }: UsableProvider,
  { identity, tokens }: Answer,
): OAuthIdentity {
  const { provider: name, subject, label } = identity
  const kept = provider.keepTokens ? encryptTokens(options.keys, tokens, identity) : null
  return { provider: name, subject, label, tokens: kept }
}

async function signIn<Metadata extends object>(
  context: ServiceContext<Metadata>,
  usable: UsableProvider,
  redirectTo: string | null,
  answer: Answer,
  info: RequestInfo,
): Promise<OAuthCallbackOutcome<Metadata>> {
  const { email, emailVerified, name, picture } = answer.identity
  const newId = newUserId()
  // The session's owner is known only afterwards; its token is made then.
  const { session, tokenFor } = prepareAnybodysSession('oauth', info, context.options.session)
  const person = {
    ...identityOf(context, usable, answer),
    email,
    emailVerified,
    name,
    picture,
    newUserId: newId,
    newAccountId: newOAuthAccountId(),
    session,
  }
  const outcome = await context.runWithEffects({
    run: ({ oauthAccounts }) => oauthAccounts.signIn(person),
    effects: (done) => (done.ok ? effectsOf(done, usable, info) : {}),
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
  info: RequestInfo,
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
  readonly asker: User<object>
  readonly redirectTo: string | null
}

async function link<Metadata extends object>(
  context: ServiceContext<Metadata>,
  usable: UsableProvider,
  { actor, asker, redirectTo }: LinkFlow,
  answer: Answer,
  info: RequestInfo,
): Promise<OAuthCallbackOutcome<Metadata>> {
  const { userId, sessionId } = actor
  const identity = { ...identityOf(context, usable, answer), newAccountId: newOAuthAccountId() }
  const eventContext = { userId, sessionId, info }
  const outcome = await context.runWithEffects({
    run: ({ oauthAccounts }) => oauthAccounts.link(actor, identity),
    effects: (done) =>
      done.ok
        ? {
            events: [
              event('oauth_linked', eventContext, {
                provider: identity.provider,
                accountId: done.account.id,
              }),
            ],
            mails: linkedMail(asker, usable.provider.displayName),
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
