import type { OAuthIdentity, OAuthSignInOutcome, OAuthStateKey } from 'torii-core'
import { newOAuthAccountId, newUserId } from 'torii-core'
import type { CheckedRequestInfo } from '../../base/request-info.js'
import { requestOf } from '../../base/request-info.js'
import type { ToriiEvent } from '../../events/event.js'
import { queuedMail } from '../../mail/queued-mail.js'
import type { GrantedTokens, IdentifiedUser } from '../../oauth-client/provider-client.js'
import { encryptTokens } from '../../oauth-client/provider-tokens.js'
import type { ServiceContext } from '../context/context.js'
import type { Effects, EventContextInput } from '../effects/effects.js'
import { event, eventsOfSignIn } from '../effects/effects.js'
import { secondFactorRequired } from '../pending-sign-in.js'
import type { InvalidToken, Refused, SecondFactorRequired } from '../refusals.js'
import { invalidToken } from '../refusals.js'
import type { Remembering } from '../sessions/new-session.js'
import { prepareSessionForUnknownUser, termsOf } from '../sessions/new-session.js'
import type { SignedIn } from '../sign-in.js'
import type { UsableProvider } from './clients.js'

/** What a provider has proved, and the tokens that it issued: none with an ID token alone. */
export interface ProviderResult extends IdentifiedUser {
  readonly tokens: GrantedTokens | null
}

/** Returns the identity for the storage, with its tokens encrypted if the provider keeps them. */
export function identityOf(
  { options }: Pick<ServiceContext<object>, 'options'>,
  { provider }: UsableProvider,
  { identity, tokens }: Omit<ProviderResult, 'authentication'>,
): OAuthIdentity {
  const { provider: name, subject, label } = identity
  const encrypted =
    provider.keepTokens && tokens !== null ? encryptTokens(options.keys, tokens, identity) : null
  return { provider: name, subject, label, tokens: encrypted }
}

/** A sign-in with an identity of a provider. `how` is that of the storage. */
export type IdentitySignIn<Metadata extends object> = SignedIn<Metadata> & {
  readonly how: Extract<OAuthSignInOutcome, { ok: true }>['how']
}

/** The request that a provider's proof came with. */
interface IdentitySignInRequest {
  readonly info: CheckedRequestInfo
  readonly state: OAuthStateKey
  readonly remember: Remembering['remember']
}

/** Signs in by an identity that the provider has proved, or creates or links its account. Uses the state. */
export async function signInWithIdentity<Metadata extends object>(
  context: ServiceContext<Metadata>,
  usable: UsableProvider,
  result: ProviderResult,
  { info, state, remember }: IdentitySignInRequest,
): Promise<
  IdentitySignIn<Metadata> | Refused<'account_disabled'> | InvalidToken | SecondFactorRequired
> {
  const { email, emailVerified, name, picture } = result.identity
  const { session, tokenFor, pendingTokenFor } = prepareSessionForUnknownUser(
    context.options,
    'oauth',
    info,
    termsOf(context.options, remember),
  )
  const identity = {
    ...identityOf(context, usable, result),
    email,
    emailVerified,
    name,
    picture,
    newUserId: newUserId(),
    newAccountId: newOAuthAccountId(),
    session,
    authentication: result.authentication,
    state,
  }
  const outcome = await context.runWithEffects({
    run: ({ oauthAccounts }) => oauthAccounts.signIn(identity),
    effects: (signedIn) => {
      if (signedIn.ok) return effectsOf(signedIn, usable, info)
      if (signedIn.reason !== 'second_factor_required') return {}
      const { userId } = signedIn.pending
      return { events: eventsOfSignIn(context.options.keys, signedIn, 'oauth', { userId, info }) }
    },
    createsUser: true,
  })
  if (!outcome.ok && outcome.reason === 'invalid_token') return invalidToken
  if (!outcome.ok && outcome.reason === 'second_factor_required')
    return secondFactorRequired(
      context.options,
      outcome.pending,
      pendingTokenFor(outcome.pending.userId),
    )
  if (!outcome.ok) {
    const detail = { method: 'oauth', reason: 'disabled' } as const
    context.emit({ events: [event('sign_in_failed', { userId: null, info }, detail)] })
    return { ok: false, reason: 'account_disabled' }
  }
  const { user, how } = outcome
  const token = tokenFor(user.id)
  return { ok: true, how, user, session: outcome.session, token }
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
    created:
      how === 'created' ? { user, method, fields: undefined, request: requestOf(info) } : null,
    events,
    mails: how === 'linked' ? linkedMail(user, provider.displayName) : [],
  }
}

/** The mail that tells the owner of an account of a new link. */
export const linkedMail = (
  { email, name }: { email: string | null; name: string | null },
  provider: string,
) => (email === null ? [] : [queuedMail('account_linked', email, { name, provider })])
