import type { ProviderAuthentication } from 'torii-core'
import { maxAuthenticationAge } from 'torii-core'
import type { IdTokenClaims } from './id-token.js'
import { clockSkewSeconds } from './id-token.js'
import type { ResolvedProvider } from './provider.js'

/**
 * Returns when the user authenticated at a provider that is trusted with second factors, and how many were proved. Only the
 * claims of the ID token count, with exactly the values of the definition. Null without such trust or without `auth_time`: then
 * nothing is known.
 * @see OpenID Connect Core 1.0 section 2; RFC 8176
 */
export function readAuthentication(
  { trustSecondFactor }: Pick<ResolvedProvider, 'trustSecondFactor'>,
  claims: IdTokenClaims | null,
  now = Date.now(),
): ProviderAuthentication | null {
  if (trustSecondFactor === null || claims === null) return null
  const { auth_time: time, acr, amr } = claims
  if (!Number.isSafeInteger(time)) return null
  const age = Math.floor(now / 1000) - Number(time)
  // Of the future beyond what clocks differ by: the provider is wrong about it.
  if (age < -clockSkewSeconds) return null
  const { acr: levels, amr: methods, maxAgeSeconds } = trustSecondFactor
  const isProved =
    levels.some((value) => value === acr) ||
    (Array.isArray(amr) && methods.some((value) => amr.includes(value)))
  return {
    level: isProved && age <= maxAgeSeconds + clockSkewSeconds ? 2 : 1,
    secondsAgo: Math.min(Math.max(age, 0), maxAuthenticationAge),
  }
}
