import { types } from 'node:util'
import { InvalidInputError, ToriiError } from 'torii-core'
import type { KeyRing } from './key-ring.js'
import {
  decryptStored,
  encryptStored,
  maxStoredOverhead,
  needsReencryption as needsStoredReencryption,
  storedHeader,
} from './stored-encryption.js'

/** The tokens of one provider account: access token, refresh token, scopes and expiry. */
export type TokenRecord = Readonly<Record<string, string | number | null>>

/**
 * The place of a ciphertext. It can be decrypted in no other place. The user is not part of it: a callback does not know
 * yet whose account it is, and (provider, subject) is unique in the table.
 */
export interface CiphertextPlace {
  readonly table: string
  readonly column: string
  readonly provider: string
  readonly subject: string
}

/** The size of the column. */
export const maxCiphertextBytes = 65_536
/** The size that fits with the longest key id, so that no value becomes too large by a key rotation. */
export const maxTokensBytes = maxCiphertextBytes - maxStoredOverhead

const purpose = 'provider-tokens'
const placeOf = ({ table, column, provider, subject }: CiphertextPlace) => [
  table,
  column,
  provider,
  subject,
]

/**
 * Encrypts tokens for one place; see `encryptStored`.
 * @throws InvalidOptionsError without keys
 * @throws InvalidInputError if a value is not a string, finite number or null, or the JSON is too large
 */
export function encrypt(ring: KeyRing, tokens: TokenRecord, place: CiphertextPlace): Uint8Array {
  const text = Buffer.from(toJson(tokens))
  if (text.length > maxTokensBytes)
    throw new InvalidInputError('tokens', `must have at most ${maxTokensBytes} bytes as JSON`)
  return encryptStored(ring, purpose, text, placeOf(place))
}

/**
 * Decrypts the tokens of this place. Another place, a changed bit, an unknown key or a malformed value: one error without
 * details.
 * @throws InvalidOptionsError without keys
 * @throws ToriiError ERR_DECRYPTION
 */
export function decrypt(ring: KeyRing, encrypted: Uint8Array, place: CiphertextPlace): TokenRecord {
  const isStorable = !types.isUint8Array(encrypted) || encrypted.length <= maxCiphertextBytes
  const text = isStorable ? decryptStored(ring, purpose, encrypted, placeOf(place)) : null
  if (text === null)
    throw new ToriiError(
      'ERR_DECRYPTION',
      'stored provider tokens cannot be decrypted: they were changed or moved, or the option keys lacks the key that encrypted them. Add that key to keys again; a new sign-in at the provider replaces the tokens',
    )
  // Authentic, so encrypt() wrote it.
  return JSON.parse(text.toString()) as TokenRecord
}

/** Whether provider tokens are to be encrypted again; see `needsReencryption` of stored-encryption.ts. */
export const needsReencryption = (ring: KeyRing, encrypted: Uint8Array): boolean =>
  needsStoredReencryption(ring, purpose, encrypted)

function toJson(tokens: TokenRecord): string {
  const entries = Object.entries(tokens)
  for (const [, value] of entries)
    if (typeof value !== 'string' && value !== null && !Number.isFinite(value))
      throw new InvalidInputError('tokens', 'must hold strings, finite numbers and null only')
  // The copy has no toJSON() that could return something else.
  return JSON.stringify(Object.fromEntries(entries))
}

/** Returns the prefix of all provider tokens under the current key. @throws InvalidOptionsError without keys */
export const ciphertextHeader = (ring: KeyRing): Buffer => storedHeader(ring, purpose)
