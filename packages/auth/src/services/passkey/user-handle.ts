import { hash } from 'node:crypto'
import type { UserId } from 'torii-core'
import type { KeyRing } from '../../crypto/key-ring.js'

/**
 * What authenticators call this user, the handle for new passkeys first: 64 bytes that look random to
 * everybody without the application's key. Always the same for one user, so that a device which made a
 * passkey before replaces it instead of keeping two. After a rotation the handles under the older keys
 * follow, for a registration that began before it.
 * @see WebAuthn Level 3, section 14.6.1
 */
export function userHandles(keys: KeyRing, userId: UserId): readonly [Buffer, ...Buffer[]] {
  const [first, ...older] = keys.hmacCandidates('user-handles', [userId])
  return [lengthen(first), ...older.map(lengthen)]
}

/** 32 bytes to the 64 that are recommended. */
const lengthen = (bytes: Uint8Array): Buffer => hash('sha512', bytes, 'buffer')
