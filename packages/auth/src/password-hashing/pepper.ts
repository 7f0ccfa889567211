import type { KeyObject } from 'node:crypto'
import { createHmac } from 'node:crypto'
import type { KeyRing } from '../crypto/key-ring.js'
import type { NormalizedPassword } from '../password-policy/text.js'

/**
 * A secret outside the database, without which a stolen hash cannot even be guessed against. It is HMAC-SHA-256
 * under the key ring, before Argon2id; the key's id stands in the hash, so that keys can be rotated.
 * @see NIST SP 800-63B-4 section 3.1.1.2; OWASP Password Storage Cheat Sheet, "Peppering"
 */
export interface Pepper {
  /** The key that new hashes are made under; null when they are not peppered. */
  readonly keyId: string | null
  /** What is hashed for a new hash. */
  applyToday(password: NormalizedPassword): string
  /** What was hashed for one that says `keyId`; null when that key is not in the ring. */
  apply(password: NormalizedPassword, keyId: string | null): string | null
}

/** @throws InvalidOptionsError when a pepper is wanted and there are no keys */
export function createPepper(keys: KeyRing, wanted: boolean): Pepper {
  const today = wanted ? keys.writing('pepper') : null
  return {
    keyId: today?.keyId ?? null,
    applyToday: (password) => (today === null ? password : peppered(today.key, password)),
    apply(password, keyId) {
      if (keyId === null) return password
      const key = keys.isEmpty ? null : keys.reading('pepper', keyId)
      return key === null ? null : peppered(key, password)
    },
  }
}

/** As text: the binding of Argon2id takes nothing else for a password. */
const peppered = (key: KeyObject, password: NormalizedPassword): string =>
  createHmac('sha256', key).update(password).digest('base64url')
