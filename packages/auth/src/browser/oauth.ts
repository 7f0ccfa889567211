import type {
  Authorization,
  OAuthAccounts,
  OAuthProviders,
} from '../http/schema/response-bodies.js'
import type { Client, ClientOptions, Outcome } from './client.js'
import { defaultBasePath } from './client.js'

/** Lists the enabled providers. */
export const providers = (client: Client): Promise<Outcome<OAuthProviders>> =>
  client.send('GET', 'oauth/providers')

/** The URL that starts a sign-in at a provider. Use it in a link, or navigate to it. */
export function startUrl(
  provider: string,
  {
    redirectTo,
    remember = true,
    baseUrl = '',
    basePath = defaultBasePath,
  }: { redirectTo?: string; remember?: boolean } & Pick<ClientOptions, 'baseUrl' | 'basePath'> = {},
): string {
  const query = new URLSearchParams(redirectTo === undefined ? {} : { redirectTo })
  if (!remember) query.set('remember', 'false')
  const start = `${baseUrl}${basePath}/oauth/${encodeURIComponent(provider)}/start`
  return query.size > 0 ? `${start}?${query}` : start
}

/** Starts linking an account of a provider; navigate to `url`. Requires a recent authentication. */
export const link = (client: Client, provider: string): Promise<Outcome<Authorization>> =>
  client.send('POST', `oauth/${encodeURIComponent(provider)}/link`)

/** Lists the linked accounts. */
export const accounts = (client: Client): Promise<Outcome<OAuthAccounts>> =>
  client.send('GET', 'oauth/accounts')

/** Unlinks an account, unless it is the only sign-in method. Requires a recent authentication. */
export const unlink = (client: Client, id: string): Promise<Outcome<object>> =>
  client.send('DELETE', `oauth/accounts/${encodeURIComponent(id)}`)
