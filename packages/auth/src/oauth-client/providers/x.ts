import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { membersOf, textOf } from './profile-fields.js'

/** The scope for the email address, which the application must be allowed to request. */
const emailScope = 'users.email'

/**
 * Defines X, formerly Twitter. Without the scope `users.email` it reads no email address. Its email addresses are not
 * trusted unless `trustEmail` is set: X confirmed an address once, and it may belong to someone else by now.
 *
 * Written from copies and quotations of X's documentation as read on 2026-11-29, and not tried with X:
 * https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code, https://docs.x.com/x-api/users/get-my-user
 */
export function x(credentials: ProviderCredentials): OAuthProvider {
  const scopes = credentials.scopes ?? ['users.read', 'tweet.read']
  const fields = ['profile_image_url', ...(scopes.includes(emailScope) ? ['confirmed_email'] : [])]
  return {
    name: 'x',
    displayName: 'X',
    issuer: 'https://x.com',
    endpoints: {
      authorization: 'https://x.com/i/oauth2/authorize',
      token: 'https://api.x.com/2/oauth2/token',
    },
    clientAuthentication: 'basic',
    ...credentials,
    scopes,
    readProfile: (answer) => readXProfile(answer, fields),
  }
}

async function readXProfile(
  answer: ProviderAnswer,
  fields: readonly string[],
): Promise<ProviderProfile> {
  const url = `https://api.x.com/2/users/me?user.fields=${fields.join(',')}`
  const user = membersOf(membersOf(await answer.getJson(url)).data)
  const email = textOf(user.confirmed_email)
  return {
    subject: textOf(user.id) ?? '',
    email,
    emailVerified: email !== null,
    name: textOf(user.name),
    picture: textOf(user.profile_image_url),
    label: textOf(user.username),
  }
}
