import type { EncryptedTotpSecret, UserId } from 'torii-core'
import { encryptedTotpSecret, ToriiError } from 'torii-core'
import type { KeyRing } from '../../crypto/key-ring.js'
import { decryptStored, encryptStored, needsReencryption } from '../../crypto/stored-encryption.js'

const purpose = 'totp-secrets'

/** A secret can be decrypted for its own user alone. The same place for an enrollment, which becomes the factor. */
const placeOf = (userId: UserId) => ['totp_factors', 'secret', userId]

/** Encrypts the secret of an authenticator application. @throws InvalidOptionsError without keys */
export const encryptSecret = (
  keys: KeyRing,
  secret: Uint8Array,
  userId: UserId,
): EncryptedTotpSecret => encryptedTotpSecret(encryptStored(keys, purpose, secret, placeOf(userId)))

/** Decrypts it; null if it was changed or moved, or if its key is not in `keys`. @throws InvalidOptionsError without keys */
export const readSecret = (
  keys: KeyRing,
  secret: EncryptedTotpSecret,
  userId: UserId,
): Uint8Array | null => decryptStored(keys, purpose, secret, placeOf(userId))

/**
 * Decrypts it.
 * @throws InvalidOptionsError without keys
 * @throws ToriiError ERR_DECRYPTION
 */
export function decryptSecret(
  keys: KeyRing,
  secret: EncryptedTotpSecret,
  userId: UserId,
): Uint8Array {
  const bytes = readSecret(keys, secret, userId)
  if (bytes === null)
    throw new ToriiError(
      'ERR_DECRYPTION',
      `the secret of the authenticator application of user ${userId} cannot be decrypted: it was changed or moved, or the option keys lacks the key that encrypted it. Add that key to keys again, or reset the user's second factor with "npx torii-storage-postgres users reset-factors"`,
    )
  return bytes
}

/** Whether it is encrypted under an older key. */
export const isUnderOlderKey = (keys: KeyRing, secret: EncryptedTotpSecret): boolean =>
  needsReencryption(keys, purpose, secret)
