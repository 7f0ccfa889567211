import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'

/** The options of every provider: the client's registration, and exceptions from the definition. */
export interface ProviderCredentials
  extends Pick<OAuthProvider, 'clientId' | 'enabled' | 'keepTokens' | 'trustEmail' | 'parameters'> {
  readonly clientSecret: string
  /** Replaces the scopes of the definition. */
  readonly scopes?: readonly string[]
  /** Replaces the name, for a second registration at the same provider. */
  readonly name?: string
}

/** The options of a provider with discovery. */
export interface OidcOptions extends Omit<ProviderCredentials, 'clientSecret'> {
  /** Lower-case letters, digits and hyphens; part of the callback's path and of every stored identity. */
  readonly name: string
  /** The name on buttons (default: the name). */
  readonly displayName?: string
  /** The issuer exactly as in its metadata, which are read from `/.well-known/openid-configuration` below it. */
  readonly issuer: string
  /** Absent for a public client. */
  readonly clientSecret?: string
  readonly clientAuthentication?: 'basic' | 'post'
  readonly allowLoopback?: boolean
}

/**
 * Defines any OpenID Connect provider with discovery: Keycloak, Okta, Auth0, authentik, your own. Its email addresses are
 * not trusted unless `trustEmail` is set. The redirect URI to register is
 * `BASE_URL/auth/oauth/NAME/callback`.
 *
 * ```ts
 * oidc({ name: 'work', issuer: 'https://id.example', clientId, clientSecret })
 * ```
 */
export function oidc(options: OidcOptions): OAuthProvider {
  return {
    displayName: options.name,
    scopes: ['openid', 'profile', 'email'],
    ...options,
    readProfile: readOidcProfile,
  }
}

/** Reads the standard claims from the ID token, and from UserInfo if the ID token lacks them. */
export async function readOidcProfile(answer: ProviderAnswer): Promise<ProviderProfile> {
  const inToken = answer.claims ?? {}
  const more = 'email' in inToken ? null : await answer.userInfo()
  return toOidcProfile({ ...more, ...inToken })
}

/** @see OpenID Connect Core 1.0 section 5.1 */
function toOidcProfile(claims: Readonly<Record<string, unknown>>): ProviderProfile {
  const text = (name: string): string | null => {
    const value = claims[name]
    return typeof value === 'string' ? value : null
  }
  return {
    subject: text('sub') ?? '',
    email: text('email'),
    emailVerified: claims.email_verified === true,
    name: text('name'),
    picture: text('picture'),
    label: text('email') ?? text('preferred_username') ?? text('name'),
  }
}
