import { algorithmOf, isSignatureValid, isUsableKey } from './credential-key.js'
import type { RegistrationResponse } from './response.js'
import type { Mediation, PasskeyPolicy, PasskeyProblem } from './verification.js'
import { signedData, validateAuthenticatorData, validateClientData } from './verification.js'

/** The credential that a verified registration created. @see WebAuthn Level 3, section 4, credential record */
export interface RegisteredCredential {
  readonly credentialId: Uint8Array
  /** COSE key. */
  readonly publicKey: Uint8Array
  readonly signCount: number
  readonly userVerified: boolean
  readonly backupEligible: boolean
  readonly backedUp: boolean
  readonly aaguid: string
  readonly transports: readonly string[]
}

export type RegistrationResult =
  | { readonly ok: true; readonly credential: RegisteredCredential }
  | { readonly ok: false; readonly problem: PasskeyProblem }

/**
 * Verifies the response to registration options: every step of WebAuthn that needs no database. The storage
 * ensures that no account has the credential id yet.
 * @see WebAuthn Level 3, section 7.1 steps 5 to 24
 */
export function verifyRegistration(
  response: RegistrationResponse,
  challenge: string,
  policy: PasskeyPolicy,
  mediation: Mediation = 'prompt',
): RegistrationResult {
  const { clientData, authenticator } = response
  const problem =
    validateClientData(clientData.parsed, { type: 'webauthn.create', challenge }, policy) ??
    validateAuthenticatorData(authenticator, policy, mediation) ??
    validateCredential(response, policy) ??
    validateAttestation(response)
  if (problem !== null) return { ok: false, problem }
  return { ok: true, credential: credentialOf(response) }
}

function validateCredential(
  { credentialId, authenticator: { attested } }: RegistrationResponse,
  policy: PasskeyPolicy,
): PasskeyProblem | null {
  // The response's id is at most 1,023 bytes, and so is an equal one.
  if (attested === null || !credentialId.equals(attested.credentialId)) return 'credential_id'
  const algorithm = algorithmOf(attested.key)
  if (typeof algorithm !== 'number' || !policy.algorithms.includes(algorithm)) return 'algorithm'
  return isUsableKey(attested.key) ? null : 'public_key'
}

/**
 * Accepts no attestation and self attestation, the two that browsers pass on when the options ask for `none`. A
 * self attestation proves possession of the private key. Certificates are refused unread: without trusted
 * roots they prove nothing.
 * @see WebAuthn Level 3, section 5.1.3; GHSA-6hxq-p678-4hr2
 */
function validateAttestation(response: RegistrationResponse): PasskeyProblem | null {
  const { format, statement } = response
  if (format === 'none') return statement.size === 0 ? null : 'attestation'
  return format === 'packed' && isSelfAttestation(response) ? null : 'attestation'
}

/** The statement has the credential's own `alg`, a valid `sig` and nothing else. @see WebAuthn Level 3, section 8.2 */
function isSelfAttestation({
  statement,
  clientData,
  authenticatorData,
  authenticator: { attested },
}: RegistrationResponse): boolean {
  const signature = statement.get('sig')
  if (attested === null || statement.size !== 2 || !(signature instanceof Uint8Array)) return false
  if (statement.get('alg') !== algorithmOf(attested.key)) return false
  const message = signedData(authenticatorData, clientData.bytes)
  return isSignatureValid(attested.key, message, signature)
}

function credentialOf({ authenticator, transports }: RegistrationResponse): RegisteredCredential {
  const { attested, signCount, userVerified, backupEligible, backedUp } = authenticator
  if (attested === null) throw new Error('the verified registration has no attested credential')
  const { credentialId, publicKey, aaguid } = attested
  return {
    credentialId,
    publicKey,
    signCount,
    userVerified,
    backupEligible,
    backedUp,
    aaguid,
    transports,
  }
}
