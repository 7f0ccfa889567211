import { decodeJwt, decodeProtectedHeader } from 'jose'
import { hash } from '../base/hash.js'
import { issuerOf } from './code-exchange.js'
import type { ProviderConnection } from './connection.js'
import type { IdTokenClaims } from './id-token.js'
import { clockSkewSeconds } from './id-token.js'
import { ProviderFailure } from './provider-failure.js'

/** Longer than the ID token of any provider. */
const maxCharacters = 16_384

/**
 * Validates an ID token that came from an application on the user's device instead of the token endpoint. There is no TLS
 * connection to the provider to rely on, so every check is made here, the signature included: issuer, every audience,
 * `azp`, times, nonce. The nonce is ours and has been used up before.
 * @throws ProviderFailure `not_genuine` for a token that is refused
 * @see OpenID Connect Core 1.0 section 3.2.2.11; RFC 8725
 */
export async function validateIdToken(
  { provider, readMetadata, verifyIdToken }: ProviderConnection,
  idToken: string,
  nonce: string,
  now = Date.now(),
): Promise<IdTokenClaims> {
  const claimed = readClaims(idToken)
  const server = issuerOf(provider, await readMetadata(), claimed.iss)
  const expected = { jwksUri: server.jwks_uri ?? '', clientIds: provider.idTokenAudiences }
  const claims = await verifyIdToken(idToken, claimed, expected, now)
  check('iss', claims.iss === server.issuer)
  check('aud', isFor(claims.aud, provider.idTokenAudiences))
  check('exp', isTime(claims.exp) && claims.exp > now / 1000 - clockSkewSeconds)
  check('nbf', claims.nbf === undefined || isPast(claims.nbf, now))
  check('nonce', typeof claims.nonce === 'string' && noncesOf(nonce).includes(claims.nonce))
  check('sub', typeof claims.sub === 'string' && claims.sub !== '')
  return claims
}

/** The claims before the signature is verified. They choose the issuer among those of the provider, and prove nothing. */
function readClaims(idToken: string): IdTokenClaims {
  check('size', idToken.length <= maxCharacters)
  try {
    const { typ, crit } = decodeProtectedHeader(idToken)
    const { iss, iat, ...claims } = decodeJwt(idToken)
    // An access token or a logout token of the same provider has another type. @see RFC 8725 section 3.11
    const isIdToken = crit === undefined && (typ === undefined || /^jwt$/i.test(typ))
    if (isIdToken && typeof iss === 'string' && isTime(iat)) return { ...claims, iss, iat }
  } catch {
    // No JWT, or one whose payload is no object.
  }
  throw new ProviderFailure('not_genuine', 'id_token')
}

function check(detail: string, isValid: boolean): void {
  if (!isValid) throw new ProviderFailure('not_genuine', detail)
}

/** A rounded number is a string here. */
const isTime = (value: unknown): value is number => Number.isFinite(value)

const isPast = (value: unknown, now: number): boolean =>
  isTime(value) && value <= now / 1000 + clockSkewSeconds

/** Every audience must be one of ours: the token may be used at each of them. */
function isFor(aud: unknown, audiences: readonly string[]): boolean {
  const given: unknown[] = Array.isArray(aud) ? aud : [aud]
  return (
    given.length > 0 &&
    given.every((entry) => typeof entry === 'string' && audiences.includes(entry))
  )
}

/**
 * The nonce itself, or its SHA-256 in hexadecimal: then the token alone does not reveal the nonce, which the caller
 * must send with it.
 */
const noncesOf = (nonce: string): readonly string[] => [nonce, hash('sha256', nonce, 'hex')]
