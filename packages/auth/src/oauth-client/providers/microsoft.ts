import type { OAuthProvider, ProviderAnswer, ProviderProfile } from '../provider.js'
import type { ProviderCredentials } from './oidc.js'
import { readOidcProfile } from './oidc.js'

/** Microsoft Entra ID and personal Microsoft accounts. */
export interface MicrosoftOptions extends ProviderCredentials {
  /**
   * The id of one tenant, or `common`, `organizations` (any company's or school's accounts) or
   * `consumers` (personal ones). Default: `common`.
   */
  readonly tenant?: string
  /** The URL of a national cloud (default: `https://login.microsoftonline.com`). */
  readonly authority?: string
  /** Allows http for `authority` on loopback, for development. */
  readonly allowLoopback?: boolean
}

/** The tenant of all personal accounts. */
const consumersTenant = '9188040d-6c67-4c5b-b112-36a304b66dad'
const tenantForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Defines Microsoft. Its email addresses are not trusted unless `trustEmail` is set, since a tenant's administrator can
 * set any address. The stored subject is `TENANT/SUB`, because each tenant is an issuer.
 */
export function microsoft({ tenant, authority, ...credentials }: MicrosoftOptions): OAuthProvider {
  const cloud = authority ?? 'https://login.microsoftonline.com'
  const asked = tenant ?? 'common'
  const only = asked === 'consumers' ? consumersTenant : tenantForm.test(asked) ? asked : null
  const base = `${cloud}/${encodeURIComponent(asked)}`
  return {
    name: 'microsoft',
    displayName: 'Microsoft',
    issuer: `${cloud}/${only ?? encodeURIComponent(asked)}/v2.0`,
    ...(only === null ? { isIssuer: (issuer) => tenantOf(issuer, cloud) !== null } : {}),
    endpoints: {
      authorization: `${base}/oauth2/v2.0/authorize`,
      token: `${base}/oauth2/v2.0/token`,
      jwks: `${base}/discovery/v2.0/keys`,
    },
    clientAuthentication: 'post',
    scopes: ['openid', 'profile', 'email'],
    ...credentials,
    readProfile: (answer) => readMicrosoftProfile(answer, cloud),
  }
}

/** The tenant that an issuer belongs to, or null when it is none of this cloud's. */
function tenantOf(issuer: string, cloud: string): string | null {
  const [start, end] = [`${cloud}/`, '/v2.0']
  if (!issuer.startsWith(start) || !issuer.endsWith(end)) return null
  const tenant = issuer.slice(start.length, -end.length)
  return tenantForm.test(tenant) ? tenant : null
}

async function readMicrosoftProfile(
  answer: ProviderAnswer,
  cloud: string,
): Promise<ProviderProfile> {
  const { subject, ...profile } = await readOidcProfile(answer)
  const tenant = tenantOf(String(answer.claims?.iss), cloud)
  // `tid` chose the key, so it has to be the tenant of the issuer.
  const isSame = tenant !== null && answer.claims?.tid === tenant && subject !== ''
  return { ...profile, subject: isSame ? `${tenant}/${subject}` : '' }
}
