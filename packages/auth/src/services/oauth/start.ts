import type { OAuthFlow, ValidSession } from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import { readRequestInfo } from '../../base/request-info.js'
import type { BrowserSecret } from '../../oauth-client/flow-secrets.js'
import { newFlowSecrets } from '../../oauth-client/flow-secrets.js'
import { ProviderFailure } from '../../oauth-client/provider-failure.js'
import { startCharge } from '../../rate-limits/rate-limits.js'
import type { ServiceContext } from '../context/context.js'
import { event } from '../effects/effects.js'
import type { ReauthenticationRequired, Refused, TooManyAttempts } from '../refusals.js'
import { actorOf, requireRecent } from '../sessions/valid-session.js'
import type { UsableProvider } from './clients.js'
import { checkRedirectTo } from './redirect-to.js'

/** What a flow starts from. */
export interface OAuthStartInput {
  /** Where to go afterwards: a path of this site, or a URL at an allowed origin. Anything else means the default. */
  redirectTo?: string | null
  /** The browser secret that the browser holds from an earlier start, or null: several tabs share one. */
  browser?: string | BrowserSecret | null
}

export type OAuthStartOutcome =
  | {
      readonly ok: true
      /** Where to send the browser. */
      readonly url: string
      /** For a cookie of this very browser: HttpOnly, SameSite=Lax. The answer counts only with it. */
      readonly browser: BrowserSecret
    }
  | Refused<'not_found'>
  | Refused<'provider_failed'>
  | TooManyAttempts

export type OAuthLinkStartOutcome = OAuthStartOutcome | ReauthenticationRequired

/** Starts a flow: one statement, which charges first; then the provider's metadata may have to be read. */
export async function startFlow<Metadata extends object>(
  context: ServiceContext<Metadata>,
  usable: UsableProvider | undefined,
  flow: OAuthFlow,
  input: OAuthStartInput,
  requestInfo: RequestInfo,
): Promise<OAuthStartOutcome> {
  const info = readRequestInfo(requestInfo)
  const { options, storage, emit } = context
  if (usable === undefined) return { ok: false, reason: 'not_found' }
  const { redirectTo = null, browser = null } = input ?? {}
  const secrets = newFlowSecrets(usable.binding, browser)
  const origins = [options.baseUrl.origin, ...options.oauth.redirectOrigins]
  const started = await storage.oauthStates.store({
    stateHash: secrets.stateHash,
    browserHash: secrets.browserHash,
    provider: usable.provider.name,
    flow,
    redirectTo: checkRedirectTo(redirectTo, origins),
    lifetimeSeconds: options.oauth.flowSeconds,
    ipAddress: startCharge(options.bruteForce, info.ip),
  })
  if (!started.ok) {
    emit({ events: [event('attempts_refused', { userId: null, info }, { path: 'oauth' })] })
    return started
  }
  const url = await asked(context, usable, () => usable.client.authorizationUrl(secrets))
  if (url === null) return { ok: false, reason: 'provider_failed' }
  return { ok: true, url, browser: secrets.browser }
}

/** The same for linking: what it ends in belongs to this session, and to no other. */
export async function startLink<Metadata extends object>(
  context: ServiceContext<Metadata>,
  usable: UsableProvider | undefined,
  valid: ValidSession<object>,
  input: OAuthStartInput,
  requestInfo: RequestInfo,
): Promise<OAuthLinkStartOutcome> {
  const recent = requireRecent(valid)
  if (!recent.ok) return recent
  const flow: OAuthFlow = { kind: 'link', actor: actorOf(valid) }
  return startFlow(context, usable, flow, input, requestInfo)
}

/** What the provider answers, or null after a failure, which is logged without anything of its answer. */
async function asked<Answer>(
  { options }: Pick<ServiceContext<object>, 'options'>,
  { provider }: UsableProvider,
  ask: () => Promise<Answer>,
): Promise<Answer | null> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    const { problem, detail } = error
    options.log({
      level: 'warn',
      event: 'provider_failed',
      provider: provider.name,
      problem,
      detail,
    })
    return null
  }
}
