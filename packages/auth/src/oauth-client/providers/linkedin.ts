import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { toOidcProfile } from './oidc.js'

/**
 * Defines LinkedIn. It supports neither PKCE for clients with a secret nor a nonce, so only the state in the browser's
 * cookie ties a code to its flow. The profile comes from UserInfo. Its email addresses are not trusted unless `trustEmail`
 * is set.
 *
 * Written from LinkedIn's documentation as read on 2026-11-29, and not tried with LinkedIn:
 * https://learn.microsoft.com/linkedin/consumer/integrations/self-serve/sign-in-with-linkedin-v2
 */
export const linkedin = (credentials: ProviderCredentials): OAuthProvider => ({
  name: 'linkedin',
  displayName: 'LinkedIn',
  issuer: 'https://www.linkedin.com/oauth',
  endpoints: {
    authorization: 'https://www.linkedin.com/oauth/v2/authorization',
    token: 'https://www.linkedin.com/oauth/v2/accessToken',
    userInfo: 'https://api.linkedin.com/v2/userinfo',
  },
  clientAuthentication: 'post',
  scopes: ['openid', 'profile', 'email'],
  requireIdToken: false,
  pkce: false,
  ...credentials,
  readProfile: readLinkedInProfile,
})

const readLinkedInProfile = async (answer: ProviderAnswer): Promise<ProviderProfile> =>
  toOidcProfile((await answer.userInfo()) ?? {})
