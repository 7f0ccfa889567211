import { InvalidOptionsError } from 'torii-core'
import type { ApplicationKey } from '../crypto/key-ring.js'

/**
 * Reads keys from a text like `k2:secret,k1:secret`; the first one encrypts.
 * @throws InvalidOptionsError without any part of the text
 */
export function readKeysText(text: string): readonly ApplicationKey[] {
  return text.split(',').map((entry) => {
    const [id, secret, ...more] = entry.trim().split(':')
    if (id === undefined || secret === undefined || more.length > 0)
      throw new InvalidOptionsError(
        'TORII_KEYS',
        'must be id:secret, or several of them separated by commas',
      )
    return { id, secret }
  })
}
