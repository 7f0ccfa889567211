import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { readOidcProfile } from './oidc.js'

/**
 * Defines Google. Its email addresses are trusted only if Google is the authority for them: Gmail, and the domains of
 * Workspace customers. Any other address was verified once, when the Google account was created, and may belong to
 * someone else by now, so it links and verifies nothing.
 *
 * With `keepTokens` it requests consent each time, since Google issues a refresh token only then.
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
