import type { RegistrationAnswer } from './answer.js'
import { algorithmOf, isEcdsa, isUsableKey } from './credential-key.js'
import { isDerSignature } from './ecdsa-signature.js'
import type { PasskeyPolicy, PasskeyProblem } from './verification.js'
import { base64url, judgeAuthenticatorData, judgeClientData } from './verification.js'
import { webAuthnLibrary } from './web-authn-library.js'

/** What a registration proved. @see WebAuthn Level 3, section 4, credential record */
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

export type RegistrationVerdict =
  | { readonly ok: true; readonly credential: RegisteredCredential }
  | { readonly ok: false; readonly problem: PasskeyProblem }

/**
 * Judges an answer to registration options by every step of WebAuthn that needs no database. That the
 * credential is new in the world is decided by its key when it is stored.
 * @see WebAuthn Level 3, section 7.1 steps 5 to 24
 */
export async function verifyRegistration(
  answer: RegistrationAnswer,
  challenge: string,
  policy: PasskeyPolicy,
): Promise<RegistrationVerdict> {
  const { clientData, authenticator } = answer
  const problem =
    judgeClientData(clientData.says, { type: 'webauthn.create', challenge }, policy) ??
    judgeAuthenticatorData(authenticator, policy) ??
    judgeCredential(answer, policy) ??
    judgeFormat(answer)
  if (problem !== null) return { ok: false, problem }
  if (!(await libraryAccepts(answer, challenge, policy)))
    return { ok: false, problem: 'attestation' }
  return { ok: true, credential: credentialOf(answer) }
}

function judgeCredential(
  { credentialId, authenticator: { attested } }: RegistrationAnswer,
  policy: PasskeyPolicy,
): PasskeyProblem | null {
  // The answer's id is at most 1,023 bytes, so one that is equal is too.
  if (attested === null || !credentialId.equals(attested.credentialId)) return 'credential_id'
  const algorithm = algorithmOf(attested.key)
  if (typeof algorithm !== 'number' || !policy.algorithms.includes(algorithm)) return 'algorithm'
  return isUsableKey(attested.key) ? null : 'public_key'
}

/**
 * `none` is what is asked for, and what browsers then send; a self attestation they leave as it is, and
 * it only says what the key itself can prove. A chain of certificates is refused unread: nothing here
 * trusts a root, so none can be forged.
 * @see WebAuthn Level 3, section 5.1.3; GHSA-6hxq-p678-4hr2
 */
function judgeFormat(answer: RegistrationAnswer): PasskeyProblem | null {
  const { format, statement } = answer
  if (format === 'none') return statement.size === 0 ? null : 'attestation'
  return format === 'packed' && isSelfStatement(answer) ? null : 'attestation'
}

/** Exactly the credential's own `alg`, and `sig`. @see WebAuthn Level 3, section 8.2 */
function isSelfStatement({ statement, authenticator: { attested } }: RegistrationAnswer): boolean {
  const algorithm = attested === null ? undefined : algorithmOf(attested.key)
  const signature = statement.get('sig')
  if (statement.size !== 2 || statement.get('alg') !== algorithm) return false
  return signature instanceof Uint8Array && (!isEcdsa(algorithm) || isDerSignature(signature))
}

async function libraryAccepts(
  answer: RegistrationAnswer,
  challenge: string,
  policy: PasskeyPolicy,
): Promise<boolean> {
  const { verifyRegistrationResponse } = await webAuthnLibrary()
  const id = base64url(answer.credentialId)
  try {
    const { verified } = await verifyRegistrationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        response: {
          clientDataJSON: base64url(answer.clientData.bytes),
          attestationObject: base64url(answer.attestationObject),
        },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: [...policy.origins],
      expectedRPID: policy.rpId,
      requireUserVerification: policy.userVerification === 'required',
      supportedAlgorithmIDs: [...policy.algorithms],
    })
    return verified
  } catch {
    // The library throws its refusals, without codes.
    return false
  }
}

function credentialOf({ authenticator, transports }: RegistrationAnswer): RegisteredCredential {
  const { attested, signCount, userVerified, backupEligible, backedUp } = authenticator
  if (attested === null) throw new Error('a registration without a credential was accepted')
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
