import type { AuthorizationServer, TokenEndpointResponse } from 'oauth4webapi'
import * as oauth from 'oauth4webapi'
import type { ProviderConnection } from './connection.js'
import { authenticationTo } from './connection.js'
import type { FlowSecrets } from './flow-secrets.js'
import type { IdTokenClaims } from './id-token.js'
import type { ResolvedProvider } from './provider.js'
import { checkedTokenAnswer } from './token-answer.js'

/** The verified result of a code exchange. */
export interface ExchangedCode {
  readonly server: AuthorizationServer
  readonly tokens: TokenEndpointResponse
  /** Null for a provider without ID tokens. */
  readonly claims: IdTokenClaims | null
}

/**
 * Validates the callback's parameters and exchanges the code. `iss`, `state` and `error` are checked before the code is
 * sent.
 * @see RFC 9207; RFC 7636 section 4.5; OpenID Connect Core 1.0 section 3.1.3.7
 */
export async function exchangeCode(
  { provider, client, redirectUri, ...connection }: ProviderConnection,
  query: URLSearchParams,
  flow: FlowSecrets,
): Promise<ExchangedCode> {
  const { requireIdToken } = provider
  const metadata = await connection.readMetadata()
  const server = issuerOf(provider, metadata, query.get('iss'))
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    await authenticationTo(provider, server),
    oauth.validateAuthResponse(server, client, query, flow.state),
    redirectUri,
    provider.pkce ? flow.verifier : oauth.nopkce,
    connection.options,
  )
  const { body, idTokenIssuer } = await checkedTokenAnswer(response, { idToken: requireIdToken })
  const expected = issuerOf(provider, server, idTokenIssuer)
  const tokens = await oauth.processAuthorizationCodeResponse(expected, client, body, {
    expectedNonce: requireIdToken ? flow.nonce : oauth.expectNoNonce,
    requireIdToken,
  })
  // The library has verified `iss` and `iat`.
  const claimed = (oauth.getValidatedIdTokenClaims(tokens) ?? null) as IdTokenClaims | null
  const claims =
    claimed === null || tokens.id_token === undefined
      ? null
      : await connection.verifyIdToken(tokens.id_token, claimed, {
          jwksUri: server.jwks_uri ?? '',
          clientIds: [client.client_id],
        })
  return { server: expected, tokens, claims }
}

/** Returns the server with the given issuer, if the definition has one issuer per tenant and accepts this one. */
export function issuerOf(
  provider: ResolvedProvider,
  server: AuthorizationServer,
  issuer: string | null,
): AuthorizationServer {
  const belongs = issuer !== null && provider.isIssuer?.(issuer) === true
  return belongs ? { ...server, issuer } : server
}
