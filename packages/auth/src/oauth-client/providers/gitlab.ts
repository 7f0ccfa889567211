import type { OAuthProvider } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { readOidcProfile } from './oidc.js'

/** GitLab.com, or a self-managed GitLab. */
export interface GitLabOptions extends ProviderCredentials {
  /** `https://HOST` of a self-managed GitLab (default: `https://gitlab.com`). */
  readonly serverUrl?: string
  /** Allows http for `serverUrl` on loopback, for development. */
  readonly allowLoopback?: boolean
}

/**
 * Defines GitLab, an OpenID provider with discovery. Its email addresses are not trusted unless `trustEmail` is set: an
 * administrator of a GitLab can set any address.
 *
 * Written from GitLab's documentation as read on 2026-11-29, and not tried with GitLab:
 * https://docs.gitlab.com/integration/openid_connect_provider/
 */
export const gitlab = ({ serverUrl, ...credentials }: GitLabOptions): OAuthProvider => ({
  name: 'gitlab',
  displayName: 'GitLab',
  issuer: serverUrl ?? 'https://gitlab.com',
  scopes: ['openid', 'profile', 'email'],
  ...credentials,
  readProfile: readOidcProfile,
})
