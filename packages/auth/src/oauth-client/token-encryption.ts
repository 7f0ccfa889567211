import type { Ciphertext } from 'torii-core'
import { ciphertext } from 'torii-core'
import type { TokenRecord } from '../crypto/encrypted-tokens.js'
import { decrypt, encrypt } from '../crypto/encrypted-tokens.js'
import type { ApplicationKey } from '../crypto/key-ring.js'
import { resolveKeys } from '../crypto/key-ring.js'
import { placeOf } from './provider-tokens.js'

/** The identity that provider tokens belong to. They can be decrypted for no other one. */
export interface TokenOwner {
  /** The id of the provider. */
  readonly provider: string
  /** The provider's own id of the user. */
  readonly subject: string
}

/** Encrypts the tokens of linked provider accounts for the storage, and decrypts them. */
export interface TokenEncryption {
  /** @throws InvalidInputError if a value is not a string, finite number or null, or the JSON is larger than 64 KiB */
  encrypt(tokens: TokenRecord, owner: TokenOwner): Ciphertext
  /** @throws ToriiError `ERR_DECRYPTION` if the tokens were changed or moved, or their key is missing */
  decrypt(tokens: Uint8Array, owner: TokenOwner): TokenRecord
}

/**
 * Creates the encryption that Torii itself uses for provider tokens, for code that stores accounts without Torii, such as
 * torii-authjs. With the same keys, `torii.oauth.accessToken()` and `keys rotate` work on what it encrypts.
 * @param keys as the option `keys` of Torii: the first encrypts, all decrypt
 * @throws InvalidOptionsError for an invalid or missing key
 */
export function createTokenEncryption(keys: readonly ApplicationKey[]): TokenEncryption {
  const ring = resolveKeys(keys)
  // Fails at start instead of at the first sign-in.
  ring.writing('provider-tokens')
  return {
    encrypt: (tokens, owner) => ciphertext(encrypt(ring, tokens, placeOf(owner))),
    decrypt: (tokens, owner) => decrypt(ring, tokens, placeOf(owner)),
  }
}
