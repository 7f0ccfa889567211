import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { membersOf, textOf } from './profile-fields.js'

/**
 * Defines Discord. Its email addresses are not trusted unless `trustEmail` is set: Discord verified an address once, and
 * it may belong to someone else by now.
 *
 * Written from copies and quotations of Discord's documentation as read on 2026-11-29, and not tried with Discord:
 * https://discord.com/developers/docs/topics/oauth2, https://discord.com/developers/docs/resources/user
 */
export const discord = (credentials: ProviderCredentials): OAuthProvider => ({
  name: 'discord',
  displayName: 'Discord',
  issuer: 'https://discord.com',
  endpoints: {
    authorization: 'https://discord.com/oauth2/authorize',
    token: 'https://discord.com/api/oauth2/token',
  },
  scopes: ['identify', 'email'],
  ...credentials,
  readProfile: readDiscordProfile,
})

async function readDiscordProfile(answer: ProviderAnswer): Promise<ProviderProfile> {
  const user = membersOf(await answer.getJson('https://discord.com/api/v10/users/@me'))
  const [id, avatar] = [textOf(user.id), textOf(user.avatar)]
  return {
    subject: id ?? '',
    email: textOf(user.email),
    emailVerified: user.verified === true,
    name: textOf(user.global_name) ?? textOf(user.username),
    picture: avatar === null ? null : `https://cdn.discordapp.com/avatars/${id}/${avatar}.png`,
    label: textOf(user.username),
  }
}
