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
    const id = keys.hmac('decoys', ['passkey-id', email, String(index)]).subarray(0, form.bytes)
    return { id, transports: form.transports }
  })
}

/** Describes a stored passkey for the options. */
export const descriptorOf = ({
  credentialId,
  transports,
}: PasskeyCredential): CredentialDescriptor => ({
  id: credentialId,
  transports,
})
