import type { FlowBinding } from '../../oauth-client/flow-secrets.js'
import type { ResolvedProvider } from '../../oauth-client/provider.js'
import type { ProviderClient } from '../../oauth-client/provider-client.js'
import { createProviderClient } from '../../oauth-client/provider-client.js'
import type { ResolvedOptions } from '../options/options.js'

/** A provider that may be used, and the protocol with it. */
export interface UsableProvider {
  readonly provider: ResolvedProvider
  readonly client: ProviderClient
  readonly binding: FlowBinding
}

/** Room for a profile and a token of every provider in use. */
const bodyBytes = 262_144

/** The enabled providers by name. Their metadata are read when they are first needed. */
export function createProviderClients({
  baseUrl,
  oauth,
}: Pick<ResolvedOptions, 'baseUrl' | 'oauth'>): ReadonlyMap<string, UsableProvider> {
  const { requestSeconds } = oauth
  const usable = oauth.providers
    .filter(({ enabled }) => enabled)
    .map((provider): UsableProvider => {
      const { name, issuer, clientId } = provider
      const redirectUri = `${baseUrl.origin}/auth/oauth/${name}/callback`
      return {
        provider,
        client: createProviderClient(provider, redirectUri, { requestSeconds, bodyBytes }),
        binding: { provider: name, issuer, clientId, redirectUri },
      }
    })
  return new Map(usable.map((one) => [one.provider.name, one]))
}
