import type { Ciphertext } from 'torii-core'
import { ciphertext, InvalidInputError, Secret } from 'torii-core'
import type { CiphertextPlace, TokenRecord } from '../crypto/encrypted-tokens.js'
import { decrypt, encrypt } from '../crypto/encrypted-tokens.js'
import type { KeyRing } from '../crypto/key-ring.js'
import type { GrantedTokens } from './provider-client.js'
import { ProviderFailure } from './provider-failure.js'

/** A token that a provider issued for one user. */
export class ProviderToken extends Secret {
  declare readonly kind: 'ProviderToken'
}

type Owner = Pick<CiphertextPlace, 'provider' | 'subject'>

/** The place of an identity's tokens. They can be decrypted in no other place. */
export const placeOf = ({ provider, subject }: Owner): CiphertextPlace => ({
  table: 'oauth_accounts',
  column: 'tokens',
  provider,
  subject,
})

/** Encrypts tokens for the storage. @throws ProviderFailure if they are too large */
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

/** Decrypts stored tokens. @throws ToriiError ERR_DECRYPTION */
export const decryptTokens = (
  keys: KeyRing,
  stored: Owner & { tokens: Uint8Array },
): GrantedTokens => grantedOf(decrypt(keys, stored.tokens, placeOf(stored)))

/** Only {@link encryptTokens} writes these records. */
function grantedOf(record: TokenRecord): GrantedTokens {
  const { accessToken, refreshToken, expiresAt, scope } = record
  return {
    accessToken: String(accessToken),
    refreshToken: typeof refreshToken === 'string' ? refreshToken : null,
    expiresAt: typeof expiresAt === 'number' ? expiresAt : null,
    scope: typeof scope === 'string' ? scope : null,
  }
}
