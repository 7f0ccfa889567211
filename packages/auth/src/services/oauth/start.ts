import type { ValidSession } from 'torii-core'
import type { CheckedRequestInfo, RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { BrowserSecret, FlowSecrets } from '../../oauth-client/flow-secrets.js'
import { newFlowSecrets } from '../../oauth-client/flow-secrets.js'
import { ProviderFailure, providerFailed } from '../../oauth-client/provider-failure.js'
import { callerOf } from '../../rate-limits/caller.js'
import { sessionCharge, startCharge } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type {
  ReauthenticationRequired,
  Refused,
  RefusedByApplication,
  TooManyAttempts,
} from '../refusals.js'
import { notFound } from '../refusals.js'
import type { Remembering } from '../sessions/new-session.js'
import { readRemember } from '../sessions/new-session.js'
import { actorOf, requireRecent } from '../sessions/valid-session.js'
import type { UsableProvider, UsableProviders } from './clients.js'
import { checkRedirectTo } from './redirect-to.js'

/** The parameters of a flow. */
export interface OAuthStartInput extends Remembering {
  /** Where to redirect afterwards: a path of this site, or a URL of an allowed origin. Otherwise the default is used. */
  redirectTo?: string | null
  /** The value that the browser keeps from an earlier flow, or null. Several tabs share it. */
  browser?: string | BrowserSecret | null
}

export type OAuthStartOutcome =
  | {
      readonly ok: true
      /** The URL of the provider to redirect the browser to. */
      readonly url: string
      /** Set it as a cookie of this browser: HttpOnly, SameSite=Lax. The callback is valid only with it. */
      readonly browser: BrowserSecret
    }
  /** No such provider is enabled. */
  | Refused<'not_found'>
  | Refused<'provider_failed'>
  | RefusedByApplication
  | TooManyAttempts

export type OAuthLinkStartOutcome = OAuthStartOutcome | ReauthenticationRequired

/** Starts a flow that signs in. One statement, which counts it and stores nothing else; then the provider's metadata are read if necessary. */
export const startSignIn =
  <Metadata extends object>(context: ServiceContext<Metadata>, providers: UsableProviders) =>
  async (
    provider: string,
    input: OAuthStartInput,
    requestInfo: RequestInfo,
  ): Promise<OAuthStartOutcome> => {
    const info = readRequestInfo(requestInfo)
    const refused = await context.before(['beforeSignIn'], { operation: 'oauth.start', info })
    return refused ?? startFlow(context, providers.get(provider), null, input, info)
  }

/** Starts a flow that links. Only this session can complete it. */
export const startLink =
  <Metadata extends object>(context: ServiceContext<Metadata>, providers: UsableProviders) =>
  async (
    valid: ValidSession<object>,
    provider: string,
    input: OAuthStartInput,
    requestInfo: RequestInfo,
  ): Promise<OAuthLinkStartOutcome> => {
    const recent = requireRecent(valid)
    if (!recent.ok) return recent
    return startFlow(context, providers.get(provider), valid, input, requestInfo)
  }

async function startFlow<Metadata extends object>(
  context: ServiceContext<Metadata>,
  usable: UsableProvider | undefined,
  linking: ValidSession<object> | null,
  input: OAuthStartInput,
  requestInfo: RequestInfo,
): Promise<OAuthStartOutcome> {
  const info = readRequestInfo(requestInfo)
  const { options, storage, emit } = context
  if (usable === undefined) return notFound
  const { redirectTo = null, browser = null, remember } = input ?? {}
  const isRemembered = readRemember(remember)
  const started = await storage.oauthStates.start({
    lifetimeSeconds: options.oauth.flowSeconds,
    ipAddress:
      linking === null
        ? startCharge(options.bruteForce, callerOf(options.keys, info))
        : sessionCharge(options.bruteForce, 'sessionRequests', linking),
  })
  if (!started.ok) return emitRefused({ emit }, started, info)
  const origins = [
    options.baseUrl.origin,
    ...options.oauth.redirectOrigins,
    ...options.trustedOrigins,
  ]
  const secrets = newFlowSecrets(options.keys, usable.binding, {
    browser,
    redirectTo: checkRedirectTo(redirectTo, origins),
    remember: isRemembered,
    actor: linking === null ? null : actorOf(linking),
    expiresAt: started.expiresAt,
    globalEpoch: started.globalEpoch,
  })
  const url = await authorizationUrl(context, usable, secrets)
  if (url === null) return { ok: false, reason: 'provider_failed' }
  return { ok: true, url, browser: secrets.browser }
}

/** Emits the event of a refusal by a rate limit, and returns the refusal. */
export function emitRefused(
  { emit }: Pick<ServiceContext<object>, 'emit'>,
  refusal: TooManyAttempts,
  info: CheckedRequestInfo,
): TooManyAttempts {
  emit({ events: [event('attempts_refused', { userId: null, info }, { path: 'oauth' })] })
  return refusal
}

/** Returns the URL, or null if the provider's metadata cannot be read. The failure is logged. */
async function authorizationUrl(
  { options }: Pick<ServiceContext<object>, 'options'>,
  { client, provider }: UsableProvider,
  secrets: FlowSecrets,
): Promise<string | null> {
  try {
    return await client.authorizationUrl(secrets)
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    options.log(providerFailed(provider.name, error))
    return null
  }
}
