import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { toOidcProfile } from './oidc.js'
import { textOf } from './profile-fields.js'

/** The claims that Twitch puts into an ID token only on request. @see OpenID Connect Core 1.0 section 5.5 */
const claims = JSON.stringify({
  id_token: { email: null, email_verified: null, picture: null, preferred_username: null },
})

/**
 * Defines Twitch. Its email addresses are not trusted unless `trustEmail` is set: Twitch verified an address once, and it
 * may belong to someone else by now.
 *
 * Written from Twitch's documentation as read on 2026-11-29, and not tried with Twitch:
 * https://dev.twitch.tv/docs/authentication/getting-tokens-oidc/
 */
export const twitch = (credentials: ProviderCredentials): OAuthProvider => ({
  name: 'twitch',
  displayName: 'Twitch',
  issuer: 'https://id.twitch.tv/oauth2',
  clientAuthentication: 'post',
  scopes: ['openid', 'user:read:email'],
  ...credentials,
  parameters: { claims, ...credentials.parameters },
  readProfile: readTwitchProfile,
})

function readTwitchProfile(answer: ProviderAnswer): ProviderProfile {
  const profile = toOidcProfile(answer.claims ?? {})
  const name = textOf(answer.claims?.preferred_username)
  return { ...profile, name, label: name ?? profile.label }
}
