import type { Brand } from './brand.js'
import { InvalidInputError } from './errors.js'

/** Provider tokens, encrypted by torii-auth. A storage never receives the plaintext. */
export type Ciphertext = Brand<Uint8Array, 'Ciphertext'>

/** The size of the column in the database. */
const maxBytes = 65_536

/** Marks bytes as encrypted. @throws InvalidInputError when they are not 1 to 65,536 bytes. */
export function ciphertext(bytes: Uint8Array): Ciphertext {
  if (!(bytes instanceof Uint8Array) || bytes.length < 1 || bytes.length > maxBytes)
    throw new InvalidInputError('tokens', `must be 1 to ${maxBytes} bytes`)
  return bytes as Ciphertext
}
