import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'

/** What every provider file takes: where the application is registered, and the exceptions it wants. */
export interface ProviderCredentials
  extends Pick<OAuthProvider, 'clientId' | 'enabled' | 'keepTokens' | 'trustEmail' | 'parameters'> {
  readonly clientSecret: string
  /** Other scopes than the provider file's own. */
  readonly scopes?: readonly string[]
  /** Another name, for a second registration at the same provider. */
  readonly name?: string
}

/** A provider found by discovery. */
export interface OidcOptions extends Omit<ProviderCredentials, 'clientSecret'> {
  /** Lower-case letters, digits and hyphens: part of the callback's path and of every stored identity. */
  readonly name: string
  /** What a button says (default: the name). */
  readonly displayName?: string
  /** As its metadata spell it, byte by byte; they are read from `/.well-known/openid-configuration` below it. */
  readonly issuer: string
  /** Absent for a public client. */
  readonly clientSecret?: string
  readonly clientAuthentication?: 'basic' | 'post'
  readonly allowLoopback?: boolean
}

/**
 * Any OpenID Connect provider, found by discovery: Keycloak, Okta, Auth0, authentik, your own. Its
 * addresses are not trusted unless `trustEmail` says so; the redirect URI to register is
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

/** The standard claims, asked of UserInfo when the ID token is as bare as the code flow allows. */
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
