import { isMap, readCbor } from './cbor.js'
import { isSignatureValid } from './credential-key.js'
import type { AuthenticationResponse } from './response.js'
import type { PasskeyPolicy, PasskeyProblem } from './verification.js'
import { signedData, validateAuthenticatorData, validateClientData } from './verification.js'

/** The stored passkey with the credential id of the response. */
export interface StoredCredential {
  readonly credentialId: Uint8Array
  /** COSE key. */
  readonly publicKey: Uint8Array
  /** Null where it is not known: then any is accepted, and the result has it. */
  readonly userHandle: Uint8Array | null
}

/** The values that one ceremony expects in its response. */
export interface ExpectedAuthentication {
  /** base64url, as in the options. */
  readonly challenge: string
  /** True when the options named no user: then only the response's user handle identifies the user. */
  readonly discoverable: boolean
}

/** The authenticator's state after a verified response. The storage still has to check the counter. */
export type AuthenticationResult =
  | {
      readonly ok: true
      /** Whether the authenticator has verified the user, by a PIN or a biometric. */
      readonly userVerified: boolean
      readonly signCount: number
      readonly backedUp: boolean
      readonly backupEligible: boolean
      /** The user handle in the response, where it has one. */
      readonly userHandle: Uint8Array | null
    }
  | { readonly ok: false; readonly problem: PasskeyProblem }

/**
 * Verifies the response to authentication options: every step of WebAuthn except the counter, which the storage
 * checks in the statement that writes it, and backup eligibility, which should never change but does when a password
 * manager takes a passkey over: the caller reports it. The signature is the last step, because it costs the most.
 * @see WebAuthn Level 3, section 7.2 steps 5 to 21
 */
export function verifyAuthentication(
  response: AuthenticationResponse,
  credential: StoredCredential,
  expected: ExpectedAuthentication,
  policy: PasskeyPolicy,
): AuthenticationResult {
  const { clientData, authenticator, userHandle } = response
  const { challenge } = expected
  const problem =
    validateIdentity(response, credential, expected) ??
    validateClientData(clientData.parsed, { type: 'webauthn.get', challenge }, policy) ??
    validateAuthenticatorData(authenticator, policy) ??
    validateSignature(response, credential)
  if (problem !== null) return { ok: false, problem }
  const { userVerified, signCount, backedUp, backupEligible } = authenticator
  return { ok: true, userVerified, signCount, backedUp, backupEligible, userHandle }
}

/** @see WebAuthn Level 3, section 7.2 step 6 */
function validateIdentity(
  { credentialId, userHandle }: AuthenticationResponse,
  credential: StoredCredential,
  { discoverable }: ExpectedAuthentication,
): PasskeyProblem | null {
  if (!credentialId.equals(credential.credentialId)) return 'credential_id'
  if (userHandle === null) return discoverable ? 'user_handle' : null
  const { userHandle: known } = credential
  return known === null || userHandle.equals(known) ? null : 'user_handle'
}

/** @see WebAuthn Level 3, section 7.2 steps 20 and 21 */
function validateSignature(
  { authenticatorData, clientData, signature }: AuthenticationResponse,
  { publicKey }: StoredCredential,
): PasskeyProblem | null {
  const key = readCbor(publicKey)?.value
  const message = signedData(authenticatorData, clientData.bytes)
  return isMap(key) && isSignatureValid(key, message, signature) ? null : 'signature'
}
