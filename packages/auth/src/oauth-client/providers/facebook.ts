import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { membersOf, textOf } from './profile-fields.js'

const graph = 'https://graph.facebook.com/v21.0'

/**
 * Defines Facebook. It does not say whether an email address is verified, so its addresses link and verify nothing. The
 * subject is the id of the user for this application.
 *
 * Written from Facebook's documentation of version 21.0 as read on 2026-11-29, and not tried with Facebook:
 * https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow,
 * https://developers.facebook.com/docs/graph-api/reference/user
 */
export const facebook = (credentials: ProviderCredentials): OAuthProvider => ({
  name: 'facebook',
  displayName: 'Facebook',
  issuer: 'https://www.facebook.com',
  endpoints: {
    authorization: 'https://www.facebook.com/v21.0/dialog/oauth',
    token: `${graph}/oauth/access_token`,
  },
  clientAuthentication: 'post',
  scopes: ['public_profile', 'email'],
  ...credentials,
  readProfile: readFacebookProfile,
})

async function readFacebookProfile(answer: ProviderAnswer): Promise<ProviderProfile> {
  const user = membersOf(await answer.getJson(`${graph}/me?fields=id,name,email,picture`))
  const picture = membersOf(membersOf(user.picture).data)
  return {
    subject: textOf(user.id) ?? '',
    email: textOf(user.email),
    emailVerified: false,
    name: textOf(user.name),
    picture: textOf(picture.url),
    label: textOf(user.email) ?? textOf(user.name),
  }
}
