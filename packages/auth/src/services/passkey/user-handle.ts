import type { AcceptedCredential, UserId } from 'torii-core'
import { hash } from '../../base/hash.js'
import type { KeyRing } from '../../crypto/key-ring.js'

/**
 * Derives the user handles of a user, the one for new passkeys first: 64 bytes that look random without the
 * application's key. The handle of a user never changes, so a device replaces the user's earlier passkey instead of
 * keeping two. The handles under older keys follow, for a registration that started before a key rotation.
 * @see WebAuthn Level 3, section 14.6.1
 */
export function userHandles(keys: KeyRing, userId: UserId): readonly [Buffer, ...Buffer[]] {
  const [first, ...older] = keys.hmacCandidates('user-handles', [userId])
  return [lengthen(first), ...older.map(lengthen)]
}

/** Returns the user handles of passkeys; that of an imported one is not known before its first use. */
export const knownHandles = (
  passkeys: readonly Pick<AcceptedCredential, 'userHandle'>[],
): readonly Uint8Array[] =>
  passkeys.flatMap(({ userHandle }) => (userHandle === null ? [] : [userHandle]))

/** Extends 32 bytes to the recommended 64. */
const lengthen = (bytes: Uint8Array): Buffer => hash('sha512', bytes, 'buffer')
