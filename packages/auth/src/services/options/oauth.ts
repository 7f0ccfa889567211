import { InvalidOptionsError } from 'torii-core'
import { readSection, readWholeNumber } from '../../base/option-checks.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import { howToMakeOne } from '../../crypto/key-ring.js'
import type { OAuthProvider, ResolvedProvider } from '../../oauth-client/provider.js'
import { resolveProviders } from '../../oauth-client/provider.js'
import { defaults } from './defaults.js'

/** The options of sign-in with providers. */
export interface OAuthOptionsInput {
  /** The results of `google`, `github`, `microsoft` and `oidc`, or your own definitions (default: none). Needs `keys`. */
  readonly providers?: readonly OAuthProvider[]
  /** Seconds from the start of a flow to its callback (default: 600). */
  readonly flowSeconds?: number
  /** Origins, besides that of `baseUrl` and those of `trustedOrigins`, to which a flow may redirect (default: none). */
  readonly redirectOrigins?: readonly string[]
  /** Seconds to wait for a provider's response (default: 10). */
  readonly requestSeconds?: number
}

/** The validated options of the service. */
export interface OAuthOptions {
  readonly providers: readonly ResolvedProvider[]
  readonly flowSeconds: number
  readonly redirectOrigins: readonly string[]
  readonly requestSeconds: number
}

/** @throws InvalidOptionsError, also for providers without keys */
export function resolveOAuth(value: unknown, keys: KeyRing): OAuthOptions {
  const given = readSection(value, 'oauth', ['providers', ...Object.keys(defaults.oauth)])
  const providers = resolveProviders(given.providers)
  if (providers.length > 0 && keys.isEmpty)
    throw new InvalidOptionsError(
      'keys',
      `is required with oauth.providers: pass [{ id, secret }], with a secret that ${howToMakeOne} prints`,
    )
  const seconds = (name: 'flowSeconds' | 'requestSeconds', min: number, max: number) =>
    readWholeNumber(given[name], `oauth.${name}`, { min, max, otherwise: defaults.oauth[name] })
  return Object.freeze({
    providers,
    flowSeconds: seconds('flowSeconds', 60, 3600),
    redirectOrigins: readOrigins(given.redirectOrigins),
    requestSeconds: seconds('requestSeconds', 1, 60),
  })
}

function readOrigins(value: unknown): readonly string[] {
  if (value === undefined) return defaults.oauth.redirectOrigins
  const isOrigin = (origin: unknown): origin is string =>
    typeof origin === 'string' && URL.canParse(origin) && new URL(origin).origin === origin
  if (!Array.isArray(value) || !value.every(isOrigin))
    throw new InvalidOptionsError(
      'oauth.redirectOrigins',
      'must be an array of origins like https://shop.example',
    )
  return Object.freeze([...value])
}
