import type { Ciphertext } from 'torii-core'
import { ciphertext, InvalidInputError, Secret } from 'torii-core'
import type { CiphertextPlace, ProviderTokens } from '../../crypto/encrypted-tokens.js'
import { decrypt, encrypt } from '../../crypto/encrypted-tokens.js'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { GrantedTokens } from '../../oauth-client/provider-client.js'
import { ProviderFailure } from '../../oauth-client/provider-failure.js'

/** A token that a provider gave for one person. */
export class ProviderToken extends Secret {
  declare readonly kind: 'ProviderToken'
}

type Owner = Pick<CiphertextPlace, 'provider' | 'subject'>

/** Where the tokens of an identity stand; they can be decrypted nowhere else. */
const placeOf = ({ provider, subject }: Owner): CiphertextPlace => ({
  table: 'oauth_accounts',
  column: 'tokens',
  provider,
  subject,
})

/** The tokens as they are stored. @throws ProviderFailure when they are larger than what is kept */
export function encryptTokens(keys: KeyRing, tokens: GrantedTokens, owner: Owner): Ciphertext {
  const { accessToken, refreshToken, expiresAt, scope } = tokens
  try {
    const record = { accessToken, refreshToken, expiresAt, scope }
    return ciphertext(encrypt(keys, record, placeOf(owner)))
  } catch (error) {
    if (error instanceof InvalidInputError) throw new ProviderFailure('too_large', 'tokens')
    throw error
  }
}

/** The tokens as they were given. @throws ToriiError ERR_DECRYPTION */
export const decryptTokens = (
  keys: KeyRing,
  stored: Owner & { tokens: Uint8Array },
): GrantedTokens => grantedOf(decrypt(keys, stored.tokens, placeOf(stored)))

/** Only {@link encryptTokens} makes what is opened. */
function grantedOf(record: ProviderTokens): GrantedTokens {
  const { accessToken, refreshToken, expiresAt, scope } = record
  return {
    accessToken: String(accessToken),
    refreshToken: typeof refreshToken === 'string' ? refreshToken : null,
    expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
    scope: typeof scope === 'string' ? scope : null,
  }
}
