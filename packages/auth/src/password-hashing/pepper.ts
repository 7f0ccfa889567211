import type { KeyObject } from 'node:crypto'
import { createHmac } from 'node:crypto'
import type { KeyRing } from '../crypto/key-ring.js'

/**
 * A secret outside the database, without which a stolen hash cannot be attacked. It is applied as HMAC-SHA-256 under a
 * key of the key ring, before Argon2id. The hash contains the key's id, so that keys can be rotated.
 * @see NIST SP 800-63B-4 section 3.1.1.2; OWASP Password Storage Cheat Sheet, "Peppering"
 */
export interface Pepper {
  /** The id of the key for new hashes; null if they are not peppered. */
  readonly keyId: string | null
  /** Returns the input of a new hash. */
  applyCurrent(password: string): string
  /** Returns what computes the input of a hash under `keyId`; null if that key is not in the key ring. */
  underKey(keyId: string | null): ((password: string) => string) | null
}

/** @throws InvalidOptionsError if a pepper is configured without keys */
export function createPepper(keys: KeyRing, wanted: boolean): Pepper {
  const current = wanted ? keys.writing('pepper') : null
  return {
    keyId: current?.keyId ?? null,
    applyCurrent: (password) => (current === null ? password : peppered(current.key, password)),
    underKey(keyId) {
      if (keyId === null) return (password) => password
      const key = keys.isEmpty ? null : keys.reading('pepper', keyId)
      return key === null ? null : (password) => peppered(key, password)
    },
  }
}

/** Returns text, since the Argon2id binding accepts only text as a password. */
const peppered = (key: KeyObject, password: string): string =>
  createHmac('sha256', key).update(password).digest('base64url')
