import type { RemoteJWKSet } from 'jose'
import { compactVerify, createRemoteJWKSet, customFetch } from 'jose'
import type { BoundedFetch } from './bounded-fetch.js'
import { parseExactJson } from './exact-json.js'
import { ProviderFailure, toProviderFailure } from './provider-failure.js'

/** Seconds by which the clocks of a provider and this server may differ. @see OWASP ASVS 5.0, 10.5.3 */
export const clockSkewSeconds = 60

/**
 * The algorithms that only the provider can sign with. Not HMAC, whose key is the client secret, and not `none`.
 * @see RFC 8725 sections 3.1 and 3.2
 */
const algorithms: readonly string[] = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]

/** The claims that are read here. The protocol library has verified that the required ones exist. */
export interface IdTokenClaims {
  readonly [claim: string]: unknown
  readonly iss: string
  readonly iat: number
}

/**
 * Performs the checks that the protocol library does not: the signature, `iat`, and `azp` without other audiences.
 * Returns the claims that were signed, with the numbers that JavaScript would round as strings.
 */
export type IdTokenVerifier = (
  idToken: string,
  claims: IdTokenClaims,
  expected: ExpectedIdToken,
  now?: number,
) => Promise<IdTokenClaims>

interface ExpectedIdToken {
  /** Where the provider publishes its keys. */
  readonly jwksUri: string
  /** The clients that the token may have been issued to. */
  readonly clientIds: readonly string[]
}

/**
 * Creates a verifier with the provider's published keys. They are cached for ten minutes, and reloaded, at most every 30
 * seconds, for a token with an unknown key, since providers rotate their keys.
 * @see OpenID Connect Core 1.0 section 3.1.3.7
 */
export function createIdTokenVerifier(ask: BoundedFetch): IdTokenVerifier {
  const keySets = new Map<string, RemoteJWKSet>()
  const keySet = (jwksUri: string) => {
    const known = keySets.get(jwksUri)
    if (known !== undefined) return known
    const created = createRemoteJWKSet(new URL(jwksUri), {
      [customFetch]: (url, { method, headers }) => ask(url, { method, headers }),
    })
    keySets.set(jwksUri, created)
    return created
  }
  return async (idToken, claims, { jwksUri, clientIds }, now = Date.now()) => {
    checkClaims(claims, clientIds, now)
    try {
      const keys = keySet(jwksUri)
      const { protectedHeader, payload } = await compactVerify(idToken, keys, {
        algorithms: [...algorithms],
      })
      checkKeyIssuer(keys, protectedHeader.kid, claims)
      // The payload that the library has checked, parsed again without rounding.
      return parseExactJson(new TextDecoder().decode(payload)) as IdTokenClaims
    } catch (error) {
      throw toProviderFailure(error)
    }
  }
}

function checkClaims(
  { iat, azp }: IdTokenClaims,
  clientIds: readonly unknown[],
  now: number,
): void {
  if (iat > now / 1000 + clockSkewSeconds) throw new ProviderFailure('not_genuine', 'iat')
  if (azp !== undefined && !clientIds.includes(azp)) throw new ProviderFailure('not_genuine', 'azp')
}

/**
 * A key with an issuer signs for this issuer only; `{tenantid}` stands for any tenant. Microsoft publishes the keys of
 * personal and company accounts together.
 */
function checkKeyIssuer(keys: RemoteJWKSet, kid: string | undefined, claims: IdTokenClaims): void {
  const key = keys.jwks()?.keys.find((candidate) => candidate.kid === kid)
  const { issuer }: { issuer?: unknown } = Object(key)
  if (typeof issuer !== 'string') return
  if (issuer.replace('{tenantid}', String(claims.tid)) !== claims.iss)
    throw new ProviderFailure('not_genuine', 'key_issuer')
}
