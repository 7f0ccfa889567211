import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { membersOf, textOf } from './profile-fields.js'

/**
 * Defines Spotify. It documents its email addresses as unverified, so they link and verify nothing.
 *
 * Written from copies and quotations of Spotify's documentation as read on 2026-11-29, and not tried with Spotify:
 * https://developer.spotify.com/documentation/web-api/tutorials/code-pkce-flow,
 * https://developer.spotify.com/documentation/web-api/reference/get-current-users-profile
 */
export const spotify = (credentials: ProviderCredentials): OAuthProvider => ({
  name: 'spotify',
  displayName: 'Spotify',
  issuer: 'https://accounts.spotify.com',
  endpoints: {
    authorization: 'https://accounts.spotify.com/authorize',
    token: 'https://accounts.spotify.com/api/token',
  },
  clientAuthentication: 'basic',
  scopes: ['user-read-email'],
  ...credentials,
  readProfile: readSpotifyProfile,
})

async function readSpotifyProfile(answer: ProviderAnswer): Promise<ProviderProfile> {
  const user = membersOf(await answer.getJson('https://api.spotify.com/v1/me'))
  const [image]: unknown[] = Array.isArray(user.images) ? user.images : []
  return {
    subject: textOf(user.id) ?? '',
    email: textOf(user.email),
    emailVerified: false,
    name: textOf(user.display_name),
    picture: textOf(membersOf(image).url),
    label: textOf(user.display_name) ?? textOf(user.id),
  }
}
