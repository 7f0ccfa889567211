import type { AuthorizationServer, TokenEndpointResponse } from 'oauth4webapi'
import * as oauth from 'oauth4webapi'
import type { ProviderConnection } from './connection.js'
import { authenticationTo } from './connection.js'
import type { FlowSecrets } from './flow-secrets.js'
import type { IdTokenClaims } from './id-token.js'
import type { ResolvedProvider } from './provider.js'
import { checkedTokenAnswer } from './token-answer.js'

/** What a code was exchanged for, all checks passed. */
export interface ExchangedCode {
  readonly server: AuthorizationServer
  readonly tokens: TokenEndpointResponse
  /** Null for a provider without ID tokens. */
  readonly claims: IdTokenClaims | null
}

/**
 * Reads the provider's answer and exchanges its code. `iss` and `state` are compared, and an `error` ends it,
 * before the code is sent anywhere.
 * @see RFC 9207; RFC 7636 section 4.5; OpenID Connect Core 1.0 section 3.1.3.7
 */
export async function exchangeCode(
  { provider, client, redirectUri, isOpenId, ...connection }: ProviderConnection,
  query: URLSearchParams,
  flow: FlowSecrets,
): Promise<ExchangedCode> {
  const metadata = await connection.readMetadata()
  const server = issuerOf(provider, metadata, query.get('iss'))
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authenticationTo(provider, server),
    oauth.validateAuthResponse(server, client, query, flow.state),
    redirectUri,
    flow.verifier,
    connection.options,
  )
  const { body, idTokenIssuer } = await checkedTokenAnswer(response, { idToken: isOpenId })
  const expected = issuerOf(provider, server, idTokenIssuer)
  const tokens = await oauth.processAuthorizationCodeResponse(expected, client, body, {
    expectedNonce: isOpenId ? flow.nonce : oauth.expectNoNonce,
    requireIdToken: isOpenId,
  })
  // The library has seen to it that `iss` and `iat` are there and what they should be.
  const claims = (oauth.getValidatedIdTokenClaims(tokens) ?? null) as IdTokenClaims | null
  if (claims !== null && tokens.id_token !== undefined)
    await connection.verifyIdToken(tokens.id_token, claims, server.jwks_uri ?? '')
  return { server: expected, tokens, claims }
}

/** The server under the issuer that it names, where the definition has one issuer per tenant and knows this one. */
function issuerOf(
  provider: ResolvedProvider,
  server: AuthorizationServer,
  issuer: string | null,
): AuthorizationServer {
  const belongs = issuer !== null && provider.isIssuer?.(issuer) === true
  return belongs ? { ...server, issuer } : server
}
