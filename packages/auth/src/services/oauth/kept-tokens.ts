import type { Ciphertext } from 'torii-core'
import { InvalidInputError, Secret } from 'torii-core'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { ProviderTokens, SealedPlace } from '../../crypto/sealed-tokens.js'
import { open, seal } from '../../crypto/sealed-tokens.js'
import type { GrantedTokens } from '../../oauth-client/provider-client.js'
import { ProviderFailure } from '../../oauth-client/provider-failure.js'

/** A token that a provider gave for one person. */
export class ProviderToken extends Secret {
  declare readonly kind: 'ProviderToken'
}

type Owner = Pick<SealedPlace, 'provider' | 'subject'>

/** Where the tokens of an identity stand; they open nowhere else. */
const placeOf = ({ provider, subject }: Owner): SealedPlace => ({
  table: 'oauth_accounts',
  column: 'tokens',
  provider,
  subject,
})

/** The tokens as they are stored. @throws ProviderFailure when they are larger than what is kept */
export function sealTokens(keys: KeyRing, tokens: GrantedTokens, owner: Owner): Ciphertext {
  const { accessToken, refreshToken, expiresAt, scope } = tokens
  try {
    const record = { accessToken, refreshToken, expiresAt, scope }
    // Sealed by us just now, which is what the brand says.
    return seal(keys, record, placeOf(owner)) as Ciphertext
  } catch (error) {
    if (error instanceof InvalidInputError) throw new ProviderFailure('too_large', 'tokens')
    throw error
  }
}

/** The tokens as they were given. @throws ToriiError ERR_DECRYPTION */
export const openTokens = (keys: KeyRing, stored: Owner & { tokens: Uint8Array }): GrantedTokens =>
  grantedOf(open(keys, stored.tokens, placeOf(stored)))

/** Only {@link sealTokens} makes what is opened. */
function grantedOf(record: ProviderTokens): GrantedTokens {
  const { accessToken, refreshToken, expiresAt, scope } = record
  return {
    accessToken: String(accessToken),
    refreshToken: typeof refreshToken === 'string' ? refreshToken : null,
    expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
    scope: typeof scope === 'string' ? scope : null,
  }
}
