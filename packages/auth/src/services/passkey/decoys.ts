import type { EmailKey, PasskeyCredential } from 'torii-core'
import type { KeyRing } from '../../crypto/key-ring.js'
import type { CredentialDescriptor } from '../../webauthn/ceremony-options.js'

/** What the passkeys in daily use look like: bytes of the id, transports. Phones and browsers first. */
const forms: readonly { readonly bytes: number; readonly transports: readonly string[] }[] =
  Object.freeze([
    { bytes: 20, transports: ['hybrid', 'internal'] },
    { bytes: 16, transports: ['hybrid', 'internal'] },
    { bytes: 32, transports: ['internal'] },
    { bytes: 32, transports: ['hybrid', 'internal'] },
  ])

/**
 * The passkeys that an address without any is said to have: always the same ones, on every server and
 * after every restart, and nobody without the application's key can tell them from real ones. They change
 * when another key begins to write.
 * @see WebAuthn Level 3, section 14.6.2
 */
export function decoyCredentials(keys: KeyRing, email: EmailKey): readonly CredentialDescriptor[] {
  const [shape = 0] = keys.hmac('decoys', ['passkey', email])
  // Most people have one passkey, some two.
  const count = shape % 4 === 0 ? 2 : 1
  return Array.from({ length: count }, (_, index) => {
    const bytes = keys.hmac('decoys', ['passkey', email, String(index)])
    const form = forms[(bytes[0] ?? 0) % forms.length] ?? { bytes: 16, transports: [] }
    // The byte that chose the form is no part of the id: an id must say nothing of it.
    const id = keys.hmac('decoys', ['passkey-id', email, String(index)]).subarray(0, form.bytes)
    return { id, transports: form.transports }
  })
}

/** A stored passkey as options name it. */
export const descriptorOf = ({
  credentialId,
  transports,
}: PasskeyCredential): CredentialDescriptor => ({
  id: credentialId,
  transports,
})
