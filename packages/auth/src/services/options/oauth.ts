import { InvalidOptionsError } from 'torii-core'
import { readSection, readWholeNumber } from '../../base/option-checks.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { OAuthProvider, ResolvedProvider } from '../../oauth-client/provider.js'
import { resolveProviders } from '../../oauth-client/provider.js'
import { defaults } from './defaults.js'

/** Signing in at providers, as it is given. */
export interface OAuthOptionsInput {
  /** What `google`, `github`, `microsoft`, `oidc` return, or definitions of your own (default: none). */
  readonly providers?: readonly OAuthProvider[]
  /** Seconds from the start of a flow until its answer (default: 600). */
  readonly flowSeconds?: number
  /** Origins besides that of `baseUrl` that a flow may end at (default: none). */
  readonly redirectOrigins?: readonly string[]
  /** Seconds that a provider is waited for (default: 10). */
  readonly requestSeconds?: number
}

/** The same as the service takes it. */
export interface OAuthOptions {
  readonly providers: readonly ResolvedProvider[]
  readonly flowSeconds: number
  readonly redirectOrigins: readonly string[]
  readonly requestSeconds: number
}

/** @throws InvalidOptionsError, also when tokens are to be kept without keys */
export function resolveOAuth(value: unknown, keys: KeyRing): OAuthOptions {
  const given = readSection(value, 'oauth', ['providers', ...Object.keys(defaults.oauth)])
  const providers = resolveProviders(given.providers)
  if (providers.some(({ keepTokens }) => keepTokens) && keys.isEmpty)
    throw new InvalidOptionsError('oauth.providers', 'keeping tokens needs the option keys')
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
