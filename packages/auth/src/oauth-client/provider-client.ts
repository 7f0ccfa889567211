import type { TokenEndpointResponse } from 'oauth4webapi'
import * as oauth from 'oauth4webapi'
import type { ProviderAuthentication } from 'torii-core'
import { readAuthentication } from './authentication.js'
import type { RequestLimits } from './bounded-fetch.js'
import { exchangeCode } from './code-exchange.js'
import type { ProviderConnection } from './connection.js'
import { authenticationTo, createProviderConnection } from './connection.js'
import type { FlowSecrets } from './flow-secrets.js'
import { identifyByClaims, identifyUser } from './identify-user.js'
import type { ProviderIdentity } from './profile.js'
import type { ResolvedProvider } from './provider.js'
import { toProviderFailure } from './provider-failure.js'
import { validateIdToken } from './standalone-id-token.js'
import { checkedTokenAnswer } from './token-answer.js'

/** The tokens that a provider issued. */
export interface GrantedTokens {
  readonly accessToken: string
  readonly refreshToken: string | null
  /** Milliseconds since 1970 by this server's clock, or null if the provider does not say. */
  readonly expiresAt: number | null
  readonly scope: string | null
}

/** A user whom the provider has identified. */
export interface IdentifiedUser {
  readonly identity: ProviderIdentity
  /** How the user authenticated there; null unless the definition trusts the provider with it. */
  readonly authentication: ProviderAuthentication | null
}

/** The OAuth client of one provider. Every error is a {@link ProviderFailure}. */
export interface ProviderClient {
  /** Returns the URL to redirect the browser to. */
  authorizationUrl(flow: FlowSecrets): Promise<string>
  /** Validates the callback, exchanges the code and reads the identity. The state must be genuine and unused. */
  complete(
    query: URLSearchParams,
    flow: FlowSecrets,
  ): Promise<IdentifiedUser & { readonly tokens: GrantedTokens }>
  /**
   * Validates an ID token that an application on the user's device received, and reads the identity. The nonce must be
   * genuine and unused.
   */
  identify(idToken: string, nonce: string): Promise<IdentifiedUser>
  /** Refreshes the tokens. The refresh token stays if the provider issues no new one. */
  refresh(refreshToken: string): Promise<GrantedTokens>
}

export function createProviderClient(
  provider: ResolvedProvider,
  redirectUri: string,
  limits: RequestLimits,
): ProviderClient {
  const connection = createProviderConnection(provider, redirectUri, limits)
  return {
    authorizationUrl: (flow) => authorizationUrl(connection, flow),
    async complete(query, flow) {
      try {
        const exchanged = await exchangeCode(connection, query, flow)
        const identity = await identifyUser(connection, exchanged)
        const authentication = readAuthentication(provider, exchanged.claims)
        return { identity, tokens: toGranted(exchanged.tokens, null), authentication }
      } catch (error) {
        throw toProviderFailure(error)
      }
    },
    async identify(idToken, nonce) {
      const claims = await validateIdToken(connection, idToken, nonce)
      const identity = await identifyByClaims(provider, claims)
      return { identity, authentication: readAuthentication(provider, claims) }
    },
    async refresh(refreshToken) {
      try {
        return toGranted(await refreshTokens(connection, refreshToken), refreshToken)
      } catch (error) {
        throw toProviderFailure(error)
      }
    },
  }
}

/** The flow's own parameters come last, so a definition cannot override them. */
async function authorizationUrl(
  { provider, client, redirectUri, readMetadata }: ProviderConnection,
  flow: FlowSecrets,
): Promise<string> {
  const server = await readMetadata()
  const url = new URL(server.authorization_endpoint ?? '')
  const parameters = {
    ...provider.parameters,
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    ...(provider.scopes.length === 0 ? {} : { scope: provider.scopes.join(' ') }),
    ...(provider.responseMode === 'query' ? {} : { response_mode: provider.responseMode }),
    state: flow.state,
    ...(provider.pkce ? await challengeOf(flow) : {}),
    ...(provider.requireIdToken ? { nonce: flow.nonce } : {}),
    ...(provider.trustSecondFactor === null
      ? {}
      : { max_age: String(provider.trustSecondFactor.maxAgeSeconds) }),
  }
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return url.href
}

const challengeOf = async ({ verifier }: FlowSecrets) => ({
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
})

async function refreshTokens(
  { provider, client, options, readMetadata }: ProviderConnection,
  refreshToken: string,
): Promise<TokenEndpointResponse> {
  const server = await readMetadata()
  const response = await oauth.refreshTokenGrantRequest(
    server,
    client,
    await authenticationTo(provider, server),
    refreshToken,
    options,
  )
  const { body } = await checkedTokenAnswer(response, { idToken: false })
  return oauth.processRefreshTokenResponse(server, client, body)
}

const toGranted = (
  { access_token, refresh_token, expires_in, scope }: TokenEndpointResponse,
  former: string | null,
  now = Date.now(),
): GrantedTokens => ({
  accessToken: access_token,
  refreshToken: refresh_token ?? former,
  expiresAt: expires_in === undefined ? null : now + expires_in * 1000,
  scope: scope ?? null,
})
