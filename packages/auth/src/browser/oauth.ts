import type { OAuthAccount, OAuthProvider } from './answers.js'
import type { Client, Outcome } from './client.js'

/** The providers to show buttons for. */
export const providers = (
  client: Client,
): Promise<Outcome<{ providers: readonly OAuthProvider[] }>> =>
  client.send('GET', 'oauth/providers')

/** The address that starts signing in at a provider: put it into a link, or go there. */
export function startUrl(
  provider: string,
  { redirectTo, basePath = '/auth' }: { redirectTo?: string; basePath?: string } = {},
): string {
  const query = redirectTo === undefined ? '' : `?redirectTo=${encodeURIComponent(redirectTo)}`
  return `${basePath}/oauth/${encodeURIComponent(provider)}/start${query}`
}

/** Begins linking an account of a provider; go to `url`. Needs a recent proof of identity. */
export const link = (client: Client, provider: string): Promise<Outcome<{ url: string }>> =>
  client.send('POST', `oauth/${encodeURIComponent(provider)}/link`)

/** The linked accounts. */
export const accounts = (client: Client): Promise<Outcome<{ accounts: readonly OAuthAccount[] }>> =>
  client.send('GET', 'oauth/accounts')

/** Unlinks one, unless it is the last way in. Needs a recent proof of identity. */
export const unlink = (client: Client, id: string): Promise<Outcome<object>> =>
  client.send('DELETE', `oauth/accounts/${encodeURIComponent(id)}`)
