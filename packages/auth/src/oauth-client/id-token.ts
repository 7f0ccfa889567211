import type { RemoteJWKSet } from 'jose'
import { compactVerify, createRemoteJWKSet, customFetch } from 'jose'
import type { BoundedFetch } from './bounded-fetch.js'
import { ProviderFailure, toProviderFailure } from './provider-failure.js'

/** Seconds that a provider's clock and ours may differ. @see OWASP ASVS 5.0, 10.5.3 */
export const clockSkewSeconds = 60

/**
 * Signatures that only the provider can make. Not HMAC, whose key is the client secret, and not `none`.
 * @see RFC 8725 sections 3.1 and 3.2
 */
const algorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** The claims that are looked at here; which ones must exist the protocol library has seen to. */
export interface IdTokenClaims {
  readonly [claim: string]: unknown
  readonly iss: string
  readonly iat: number
}

/** What of an ID token the protocol library leaves to the caller: its signature, `iat`, and a lone `azp`. */
export type IdTokenVerifier = (
  idToken: string,
  claims: IdTokenClaims,
  jwksUri: string,
  now?: number,
) => Promise<void>

/**
 * Verifies with the keys that the provider publishes. They are kept for ten minutes and asked for again,
 * at most every 30 seconds, when a token names one that is not there: that is how keys rotate.
 * @see OpenID Connect Core 1.0 section 3.1.3.7
 */
export function createIdTokenVerifier(clientId: string, ask: BoundedFetch): IdTokenVerifier {
  const keySets = new Map<string, RemoteJWKSet>()
  const keySet = (jwksUri: string) => {
    const known = keySets.get(jwksUri)
    if (known !== undefined) return known
    const made = createRemoteJWKSet(new URL(jwksUri), {
      [customFetch]: (url, { method, headers }) => ask(url, { method, headers }),
    })
    keySets.set(jwksUri, made)
    return made
  }
  return async (idToken, claims, jwksUri, now = Date.now()) => {
    checkClaims(claims, clientId, now)
    try {
      const keys = keySet(jwksUri)
      const { protectedHeader } = await compactVerify(idToken, keys, {
        algorithms: [...algorithms],
      })
      checkKeyIssuer(keys, protectedHeader.kid, claims)
    } catch (error) {
      throw toProviderFailure(error)
    }
  }
}

function checkClaims({ iat, azp }: IdTokenClaims, clientId: string, now: number): void {
  if (iat > now / 1000 + clockSkewSeconds) throw new ProviderFailure('not_genuine', 'iat')
  if (azp !== undefined && azp !== clientId) throw new ProviderFailure('not_genuine', 'azp')
}

/**
 * A key that names its issuer signs for that one only, `{tenantid}` standing for any tenant's: Microsoft
 * publishes the keys of personal accounts beside those of companies.
 */
function checkKeyIssuer(keys: RemoteJWKSet, kid: string | undefined, claims: IdTokenClaims): void {
  const key = keys.jwks()?.keys.find((one) => one.kid === kid)
  const { issuer }: { issuer?: unknown } = Object(key)
  if (typeof issuer !== 'string') return
  if (issuer.replace('{tenantid}', String(claims.tid)) !== claims.iss)
    throw new ProviderFailure('not_genuine', 'key_issuer')
}
