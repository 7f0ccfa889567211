import type { AuthorizationServer } from 'oauth4webapi'
import * as oauth from 'oauth4webapi'
import type { BoundedFetch } from './bounded-fetch.js'
import { isAllowedUrl } from './bounded-fetch.js'
import type { ResolvedProvider } from './provider.js'
import { ProviderFailure, toProviderFailure } from './provider-failure.js'

/** Metadata change rarely; providers' caching headers commonly allow an hour. */
const cacheMs = 3_600_000

/**
 * Creates a reader of a provider's metadata: from its definition, or by discovery at its issuer. They are cached for an
 * hour; concurrent callers share one request; errors are not cached.
 * @see OpenID Connect Discovery 1.0 section 4
 */
export function createMetadataReader(
  provider: ResolvedProvider,
  ask: BoundedFetch,
): (now?: number) => Promise<AuthorizationServer> {
  const fixed = fixedMetadata(provider)
  if (fixed !== null) return async () => fixed
  let kept: { promise: Promise<AuthorizationServer>; endsAt: number } | null = null
  return (now = Date.now()) => {
    if (kept !== null && now < kept.endsAt) return kept.promise
    const asked = { promise: discover(provider, ask), endsAt: now + cacheMs }
    asked.promise.catch(() => {
      if (kept === asked) kept = null
    })
    kept = asked
    return asked.promise
  }
}

function fixedMetadata({ issuer, endpoints }: ResolvedProvider): AuthorizationServer | null {
  if (endpoints === null) return null
  const { authorization, token, jwks, userInfo } = endpoints
  return {
    issuer,
    authorization_endpoint: authorization,
    token_endpoint: token,
    ...(jwks === undefined ? {} : { jwks_uri: jwks }),
    ...(userInfo === undefined ? {} : { userinfo_endpoint: userInfo }),
  }
}

async function discover(
  provider: ResolvedProvider,
  ask: BoundedFetch,
): Promise<AuthorizationServer> {
  try {
    const issuer = new URL(provider.issuer)
    const response = await oauth.discoveryRequest(issuer, requestOptions(provider, ask))
    const server = await oauth.processDiscoveryResponse(issuer, response)
    // The library compares the two as URLs; an issuer must match as text.
    if (server.issuer !== provider.issuer) throw new ProviderFailure('not_genuine', 'issuer')
    requireEndpoints(provider, server)
    return server
  } catch (error) {
    throw toProviderFailure(error)
  }
}

/** Checks the endpoints now: the library calls them later, and browsers are redirected to the first. */
function requireEndpoints(provider: ResolvedProvider, server: AuthorizationServer): void {
  const { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint } = server
  const needed = provider.requireIdToken ? [jwks_uri] : []
  const optional = userinfo_endpoint === undefined ? [] : [userinfo_endpoint]
  for (const url of [authorization_endpoint, token_endpoint, ...needed, ...optional])
    if (typeof url !== 'string' || !isAllowedUrl(url, provider.allowLoopback))
      throw new ProviderFailure('malformed', 'endpoint')
}

/** Makes the protocol library use the bounded fetch, which also decides about plain http. */
export const requestOptions = (provider: ResolvedProvider, ask: BoundedFetch) => ({
  [oauth.customFetch]: ask,
  [oauth.allowInsecureRequests]: provider.allowLoopback,
})
