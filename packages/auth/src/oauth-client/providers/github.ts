import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'

/** GitHub, or a GitHub Enterprise Server. */
export interface GitHubOptions extends ProviderCredentials {
  /** `https://HOST` of a GitHub Enterprise Server (default: github.com). */
  readonly serverUrl?: string
  /** Allows http for `serverUrl` on loopback, for development. */
  readonly allowLoopback?: boolean
}

/**
 * Defines GitHub, which uses OAuth 2.0 without ID tokens, so the identity comes from its API. The email address is the
 * user's primary one, if GitHub has verified it.
 */
export function github({ serverUrl, ...credentials }: GitHubOptions): OAuthProvider {
  const server = serverUrl ?? 'https://github.com'
  const api = serverUrl === undefined ? 'https://api.github.com' : `${serverUrl}/api/v3`
  return {
    name: 'github',
    displayName: 'GitHub',
    issuer: `${server}/login/oauth`,
    endpoints: {
      authorization: `${server}/login/oauth/authorize`,
      token: `${server}/login/oauth/access_token`,
    },
    clientAuthentication: 'post',
    scopes: ['read:user', 'user:email'],
    trustEmail: true,
    ...credentials,
    readProfile: (answer) => readGitHubProfile(answer, api),
  }
}

async function readGitHubProfile(answer: ProviderAnswer, api: string): Promise<ProviderProfile> {
  const user: Record<string, unknown> = Object(await answer.getJson(`${api}/user`))
  // A GitHub App without the permission "Email addresses" gets 403 or 404.
  const emails = await answer.findJson(`${api}/user/emails`)
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  // A login can be renamed and then taken by another user; the id cannot.
  const subject = Number.isSafeInteger(user.id) ? String(user.id) : ''
  return {
    subject,
    email: primaryVerified(emails),
    emailVerified: true,
    name: text(user.name),
    picture: text(user.avatar_url),
    label: text(user.login),
  }
}

function primaryVerified(emails: unknown): string | null {
  if (!Array.isArray(emails)) return null
  for (const entry of emails) {
    const { email, primary, verified }: Record<string, unknown> = Object(entry)
    if (primary === true && verified === true && typeof email === 'string') return email
  }
  return null
}
