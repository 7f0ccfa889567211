import { Secret } from 'torii-core'
import type { ProviderTokens, SealedPlace } from '../keys/sealed-tokens.js'
import type { GrantedTokens } from './provider-client.js'

/** A token that a provider gave for one person. */
export class ProviderToken extends Secret {
  declare readonly kind: 'ProviderToken'
}

/** Where the tokens of an identity stand; they open nowhere else. */
export const placeOf = ({
  provider,
  subject,
}: Pick<SealedPlace, 'provider' | 'subject'>): SealedPlace => ({
  table: 'oauth_accounts',
  column: 'tokens',
  provider,
  subject,
})

/** The tokens as they are sealed. */
export const recordOf = ({
  accessToken,
  refreshToken,
  expiresAt,
  scope,
}: GrantedTokens): ProviderTokens => ({ accessToken, refreshToken, expiresAt, scope })

/** The tokens as they were sealed: only {@link recordOf} makes what is opened. */
export function grantedOf(record: ProviderTokens): GrantedTokens {
  const { accessToken, refreshToken, expiresAt, scope } = record
  return {
    accessToken: String(accessToken),
    refreshToken: typeof refreshToken === 'string' ? refreshToken : null,
    expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
    scope: typeof scope === 'string' ? scope : null,
  }
}
