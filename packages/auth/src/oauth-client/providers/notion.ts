import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { membersOf, textOf } from './profile-fields.js'

/**
 * Defines Notion. The access token belongs to a bot, and the user is its owner. Notion does not say whether an email
 * address is verified, so its addresses link and verify nothing.
 *
 * Written from Notion's documentation of version 2022-06-28 as read on 2026-11-29, and not tried with Notion:
 * https://developers.notion.com/docs/authorization, https://developers.notion.com/reference/get-self
 */
export const notion = (credentials: ProviderCredentials): OAuthProvider => ({
  name: 'notion',
  displayName: 'Notion',
  issuer: 'https://api.notion.com',
  endpoints: {
    authorization: 'https://api.notion.com/v1/oauth/authorize',
    token: 'https://api.notion.com/v1/oauth/token',
  },
  clientAuthentication: 'basic',
  // The application's capabilities are set at Notion.
  scopes: [],
  ...credentials,
  parameters: { owner: 'user', ...credentials.parameters },
  readProfile: readNotionProfile,
})

async function readNotionProfile(answer: ProviderAnswer): Promise<ProviderProfile> {
  const headers = { 'notion-version': '2022-06-28' }
  const self = membersOf(await answer.getJson('https://api.notion.com/v1/users/me', headers))
  const user = membersOf(membersOf(membersOf(self.bot).owner).user)
  const email = textOf(membersOf(user.person).email)
  return {
    subject: textOf(user.id) ?? '',
    email,
    emailVerified: false,
    name: textOf(user.name),
    picture: textOf(user.avatar_url),
    label: email ?? textOf(user.name),
  }
}
