import type { AuthorizationServer, Client, ClientAuth } from 'oauth4webapi'
import * as oauth from 'oauth4webapi'
import type { BoundedFetch, RequestLimits } from './bounded-fetch.js'
import { createBoundedFetch } from './bounded-fetch.js'
import type { IdTokenVerifier } from './id-token.js'
import { clockSkewSeconds, createIdTokenVerifier } from './id-token.js'
import type { ResolvedProvider } from './provider.js'
import { ClientSecret } from './provider.js'
import { createMetadataReader, requestOptions } from './server-metadata.js'

/** The parts that every exchange with a provider uses. */
export interface ProviderConnection {
  readonly provider: ResolvedProvider
  /** Set by the configuration, and different for each provider. @see RFC 9700 sections 2.1 and 4.4 */
  readonly redirectUri: string
  readonly client: Client
  readonly ask: BoundedFetch
  readonly options: ReturnType<typeof requestOptions>
  readonly readMetadata: () => Promise<AuthorizationServer>
  readonly verifyIdToken: IdTokenVerifier
}

export function createProviderConnection(
  provider: ResolvedProvider,
  redirectUri: string,
  limits: RequestLimits,
): ProviderConnection {
  const ask = createBoundedFetch(limits, provider.allowLoopback)
  return {
    provider,
    redirectUri,
    client: { client_id: provider.clientId, [oauth.clockTolerance]: clockSkewSeconds },
    ask,
    options: requestOptions(provider, ask),
    readMetadata: createMetadataReader(provider, ask),
    verifyIdToken: createIdTokenVerifier(ask),
  }
}

/** Returns how the client authenticates: by the definition, else by the provider's metadata, else Basic. */
export async function authenticationTo(
  { clientSecret, clientAuthentication }: ResolvedProvider,
  server: AuthorizationServer,
): Promise<ClientAuth> {
  if (clientSecret === null) return oauth.None()
  const secret = clientSecret instanceof ClientSecret ? clientSecret.reveal() : await clientSecret()
  const methods = server.token_endpoint_auth_methods_supported
  const wantsPost =
    methods?.includes('client_secret_post') === true && !methods.includes('client_secret_basic')
  return (clientAuthentication ?? (wantsPost ? 'post' : 'basic')) === 'post'
    ? oauth.ClientSecretPost(secret)
    : oauth.ClientSecretBasic(secret)
}
