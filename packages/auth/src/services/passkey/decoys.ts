import type { EmailKey, PasskeyCredential } from 'torii-core'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { CredentialDescriptor } from '../../webauthn/ceremony-options.js'

/** The id lengths and transports of common passkeys. Phones and browsers first. */
const forms: readonly { readonly bytes: number; readonly transports: readonly string[] }[] =
  Object.freeze([
    { bytes: 20, transports: ['hybrid', 'internal'] },
    { bytes: 16, transports: ['hybrid', 'internal'] },
    { bytes: 32, transports: ['internal'] },
    { bytes: 32, transports: ['hybrid', 'internal'] },
  ])

/** Bytes at the end of a made-up id by which it is recognized. By chance, one id in 2^64 has them too. */
const tagBytes = 8

/**
 * Derives the passkeys that are shown for an email address without any. They are the same on every server and after
 * every restart, and cannot be distinguished from real ones without the application's key. They change when another key becomes
 * the current one.
 * @see WebAuthn Level 3, section 14.6.2
 */
export function decoyCredentials(keys: KeyRing, email: EmailKey): readonly CredentialDescriptor[] {
  const [shape = 0] = keys.hmac('decoys', ['passkey', email])
  // Most users have one passkey, some have two.
  const count = shape % 4 === 0 ? 2 : 1
  return Array.from({ length: count }, (_, index) => {
    const bytes = keys.hmac('decoys', ['passkey', email, String(index)])
    const form = forms[(bytes[0] ?? 0) % forms.length] ?? { bytes: 16, transports: [] }
    // The byte that chose the form is not part of the id, so the id does not reveal the form.
    const random = keys.hmac('decoys', ['passkey-id', email, String(index)])
    const head = random.subarray(0, form.bytes - tagBytes)
    const [tag] = tagsOf(keys, head)
    return { id: Buffer.concat([head, tag]), transports: form.transports }
  })
}

/**
 * Whether a credential id is made up, under any key. Such an id must not be told from a real one, although no passkey has it.
 */
export function isDecoy(keys: KeyRing, credentialId: Uint8Array): boolean {
  const head = credentialId.subarray(0, -tagBytes)
  const tag = credentialId.subarray(-tagBytes)
  return tagsOf(keys, head).some((made) => made.equals(tag))
}

/** The tags of a made-up id by its first bytes, that of the current key first. */
function tagsOf(keys: KeyRing, head: Uint8Array): readonly [Buffer, ...Buffer[]] {
  const [first, ...older] = keys.hmacCandidates('decoys', ['passkey-id-tag', head])
  const shorten = (bytes: Buffer) => bytes.subarray(0, tagBytes)
  return [shorten(first), ...older.map(shorten)]
}

/** Describes a stored passkey for the options. */
export const descriptorOf = ({
  credentialId,
  transports,
}: PasskeyCredential): CredentialDescriptor => ({
  id: credentialId,
  transports,
})
