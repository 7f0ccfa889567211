import { oauthCallbackPath } from '../../base/paths.js'
import type { FlowBinding } from '../../oauth-client/flow-secrets.js'
import type { ResolvedProvider } from '../../oauth-client/provider.js'
import type { ProviderClient } from '../../oauth-client/provider-client.js'
import { createProviderClient } from '../../oauth-client/provider-client.js'
import type { ResolvedOptions } from '../options/options.js'

/** An enabled provider and the client that talks to it. */
export interface UsableProvider {
  readonly provider: ResolvedProvider
  readonly client: ProviderClient
  readonly binding: FlowBinding
}

/** The enabled providers by name. */
export type UsableProviders = ReadonlyMap<string, UsableProvider>

/** Enough for the profile and the tokens of every provider in use. */
const bodyBytes = 262_144

/** Creates the clients of the enabled providers. Their metadata are read when they are first needed. */
export function createProviderClients({
  baseUrl,
  basePath,
  oauth,
}: Pick<ResolvedOptions, 'baseUrl' | 'basePath' | 'oauth'>): UsableProviders {
  const { requestSeconds } = oauth
  const usable = oauth.providers
    .filter(({ enabled }) => enabled)
    .map((provider): UsableProvider => {
      const { name, issuer, clientId } = provider
      const redirectUri = `${baseUrl.origin}${basePath}/${oauthCallbackPath(name)}`
      return {
        provider,
        client: createProviderClient(provider, redirectUri, { requestSeconds, bodyBytes }),
        binding: { provider: name, issuer, clientId, redirectUri },
      }
    })
  return new Map(usable.map((entry) => [entry.provider.name, entry]))
}
