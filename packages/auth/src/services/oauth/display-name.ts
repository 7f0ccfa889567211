import { checkName } from 'torii-core'
import { decodeBase64url, encodeBase64url } from '../../base/base64url.js'
import { decrypt, encrypt } from '../../crypto/encrypted-tokens.js'
import type { KeyRing } from '../../crypto/key-ring.js'

// Apple sends a user's name once, with its first response, in a form that another site's page posts. The name is not
// signed by anyone, so it counts as a display name only.

/** More than a name of 200 characters needs. */
const maxEncryptedBytes = 2048

/** Reads the name in Apple's field `user`: `{"name":{"firstName":"Ada","lastName":"Lovelace"}}`. Null for anything else. */
export function readPostedName(user: unknown): string | null {
  if (typeof user !== 'string') return null
  try {
    const { name }: { name?: unknown } = Object(JSON.parse(user))
    const { firstName, lastName }: { firstName?: unknown; lastName?: unknown } = Object(name)
    const parts = [firstName, lastName].filter((part) => typeof part === 'string')
    return checkName(parts.join(' ').trim())
  } catch {
    return null
  }
}

/** The place of a name in encrypted form: one flow at one provider. */
const placeOf = (provider: string, state: string) => ({
  table: 'oauth_states',
  column: 'display_name',
  provider,
  subject: state,
})

/** Encrypts a name for the callback of one state. */
export const encryptName = (
  keys: KeyRing,
  name: string,
  flow: { provider: string; state: string },
): string => encodeBase64url(encrypt(keys, { name }, placeOf(flow.provider, flow.state)))

/** Decrypts the name of this state. Null if it is absent, changed, or of another flow: the user signs in without it. */
export function decryptName(
  keys: KeyRing,
  encrypted: string | null,
  flow: { provider: string; state: string },
): string | null {
  const bytes = decodeBase64url(encrypted, maxEncryptedBytes)
  if (bytes === null) return null
  try {
    return checkName(decrypt(keys, bytes, placeOf(flow.provider, flow.state)).name ?? null)
  } catch {
    return null
  }
}
