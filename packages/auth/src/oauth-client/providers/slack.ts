import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { readOidcProfile } from './oidc.js'
import { textOf } from './profile-fields.js'

/**
 * Defines Slack. A user id is unique only within its workspace, so the stored subject is `TEAM/USER`. Its email addresses
 * are not trusted unless `trustEmail` is set, since an administrator of a workspace can set any address.
 *
 * Written from Slack's documentation as read on 2026-11-29, and not tried with Slack:
 * https://docs.slack.dev/authentication/sign-in-with-slack, https://docs.slack.dev/reference/methods/openid.connect.token
 */
export const slack = (credentials: ProviderCredentials): OAuthProvider => ({
  name: 'slack',
  displayName: 'Slack',
  issuer: 'https://slack.com',
  clientAuthentication: 'post',
  // Slack answers `internal_error` to a client with a secret and a verifier. The nonce protects the code.
  pkce: false,
  scopes: ['openid', 'profile', 'email'],
  ...credentials,
  readProfile: readSlackProfile,
})

async function readSlackProfile(answer: ProviderAnswer): Promise<ProviderProfile> {
  const profile = await readOidcProfile(answer)
  const team = textOf(answer.claims?.['https://slack.com/team_id'])
  const user = textOf(answer.claims?.['https://slack.com/user_id'])
  const isKnown = team !== null && team !== '' && user !== null && user !== ''
  return { ...profile, subject: isKnown ? `${team}/${user}` : '' }
}
