import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import { ProviderFailure } from '../provider-failure.js'

/** The options of every provider: the client's registration, and exceptions from the definition. */
export interface ProviderCredentials
  extends Pick<
    OAuthProvider,
    | 'clientId'
    | 'enabled'
    | 'keepTokens'
    | 'trustEmail'
    | 'trustFirstFactor'
    | 'trustSecondFactor'
    | 'parameters'
    | 'idTokenAudiences'
  > {
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

/**
 * Reads the standard claims from the ID token, and from UserInfo those that it lacks. The email address and its
 * verification come from the same response, since the address of one may differ from that of the other.
 */
export async function readOidcProfile(answer: ProviderAnswer): Promise<ProviderProfile> {
  const inToken = answer.claims ?? {}
  const hasEmail = 'email' in inToken
  const more = hasEmail && 'name' in inToken ? {} : await readMore(answer, hasEmail)
  const { email, email_verified } = hasEmail ? inToken : more
  return toOidcProfile({ ...more, ...inToken, email, email_verified })
}

/**
 * Reads UserInfo. If only the name is missing, a provider that cannot be reached signs the user in without it. Without the
 * email address the sign-in fails then, since it could create a second account. A response about another user always
 * fails.
 */
async function readMore(
  answer: ProviderAnswer,
  hasEmail: boolean,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await answer.userInfo()) ?? {}
  } catch (error) {
    const isOptional = hasEmail && error instanceof ProviderFailure
    if (isOptional && error.problem !== 'not_genuine') return {}
    throw error
  }
}

/** Reads the standard claims of one response. @see OpenID Connect Core 1.0 section 5.1 */
export function toOidcProfile(claims: Readonly<Record<string, unknown>>): ProviderProfile & {
  readonly subject: string
} {
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
