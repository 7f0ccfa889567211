import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { readOidcProfile } from './oidc.js'

/**
 * Google. Its addresses are trusted where Google itself is the authority: Gmail, and the domains of its
 * Workspace customers. Any other address was verified once, when the Google account was made, and may
 * be somebody else's by now, so it links and verifies nothing.
 *
 * With `keepTokens` it asks for consent each time: Google gives a refresh token at no other occasion.
 */
export function google(credentials: ProviderCredentials): OAuthProvider {
  const offline = { access_type: 'offline', prompt: 'consent' }
  return {
    name: 'google',
    displayName: 'Google',
    issuer: 'https://accounts.google.com',
    scopes: ['openid', 'profile', 'email'],
    trustEmail: true,
    ...credentials,
    parameters: { ...(credentials.keepTokens === true ? offline : {}), ...credentials.parameters },
    readProfile: readGoogleProfile,
  }
}

async function readGoogleProfile(answer: ProviderAnswer): Promise<ProviderProfile> {
  const profile = await readOidcProfile(answer)
  const hostedDomain = answer.claims?.hd
  const isAuthority =
    /@gmail\.com$/i.test(profile.email ?? '') ||
    (typeof hostedDomain === 'string' && hostedDomain !== '')
  return { ...profile, emailVerified: profile.emailVerified && isAuthority }
}
