import type { AuthenticationAnswer } from './answer.js'
import { isMap } from './authenticator-data.js'
import { readCbor } from './cbor.js'
import { algorithmOf, isEcdsa } from './credential-key.js'
import { isDerSignature } from './ecdsa-signature.js'
import type { PasskeyPolicy, PasskeyProblem } from './verification.js'
import { base64url, judgeAuthenticatorData, judgeClientData } from './verification.js'
import { webAuthnLibrary } from './web-authn-library.js'

/** The stored passkey that an answer names. */
export interface StoredCredential {
  readonly credentialId: Uint8Array
  /** COSE key. */
  readonly publicKey: Uint8Array
  readonly userHandle: Uint8Array
  readonly backupEligible: boolean
}

/** What one ceremony asked. */
export interface AuthenticationExpectation {
  /** base64url, as in the options. */
  readonly challenge: string
  /** True when nobody was named before: then only the answer's user handle says who it is. */
  readonly discoverable: boolean
}

/** What a verified assertion says of the authenticator now. The count still has to be judged. */
export type AuthenticationVerdict =
  | { readonly ok: true; readonly signCount: number; readonly backedUp: boolean }
  | { readonly ok: false; readonly problem: PasskeyProblem }

/**
 * Judges an answer to authentication options by every step of WebAuthn but the counter, whose rule the
 * storage applies with the write. The signature comes last: nothing unsigned is ever called proved.
 * @see WebAuthn Level 3, section 7.2 steps 5 to 21
 */
export async function verifyAuthentication(
  answer: AuthenticationAnswer,
  credential: StoredCredential,
  expected: AuthenticationExpectation,
  policy: PasskeyPolicy,
): Promise<AuthenticationVerdict> {
  const { clientData, authenticator } = answer
  const { challenge } = expected
  const problem =
    judgeIdentity(answer, credential, expected) ??
    judgeClientData(clientData.says, { type: 'webauthn.get', challenge }, policy) ??
    judgeAuthenticatorData(authenticator, policy) ??
    judgeBackupEligibility(answer, credential)
  if (problem !== null) return { ok: false, problem }
  if (
    !isSpelledRight(answer, credential) ||
    !(await libraryAccepts(answer, credential, challenge, policy))
  )
    return { ok: false, problem: 'signature' }
  return { ok: true, signCount: authenticator.signCount, backedUp: authenticator.backedUp }
}

/** @see WebAuthn Level 3, section 7.2 step 6 */
function judgeIdentity(
  { credentialId, userHandle }: AuthenticationAnswer,
  credential: StoredCredential,
  { discoverable }: AuthenticationExpectation,
): PasskeyProblem | null {
  if (!credentialId.equals(credential.credentialId)) return 'credential_id'
  if (userHandle === null) return discoverable ? 'user_handle' : null
  return userHandle.equals(credential.userHandle) ? null : 'user_handle'
}

/** A passkey never changes between one that may be copied and one that may not. Section 7.2 step 19. */
const judgeBackupEligibility = (
  { authenticator }: AuthenticationAnswer,
  credential: StoredCredential,
): PasskeyProblem | null =>
  authenticator.backupEligible === credential.backupEligible ? null : 'backup_eligibility'

/** One signature has one spelling. */
function isSpelledRight(
  { signature }: AuthenticationAnswer,
  { publicKey }: StoredCredential,
): boolean {
  const key = readCbor(publicKey)?.value
  return !isMap(key) || !isEcdsa(algorithmOf(key)) || isDerSignature(signature)
}

async function libraryAccepts(
  answer: AuthenticationAnswer,
  credential: StoredCredential,
  challenge: string,
  policy: PasskeyPolicy,
): Promise<boolean> {
  const { verifyAuthenticationResponse } = await webAuthnLibrary()
  const id = base64url(answer.credentialId)
  try {
    const { verified } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        response: {
          clientDataJSON: base64url(answer.clientData.bytes),
          authenticatorData: base64url(answer.authenticatorData),
          signature: base64url(answer.signature),
        },
        clientExtensionResults: {},
      },
      expectedChallenge: challenge,
      expectedOrigin: [...policy.origins],
      expectedTopOrigin: [...policy.topOrigins],
      expectedRPID: policy.rpId,
      requireUserVerification: policy.userVerification === 'required',
      credential: {
        id,
        publicKey: new Uint8Array(credential.publicKey),
        // Its rule for the counter would say "not verified" before the signature is looked at.
        counter: 0,
      },
    })
    return verified
  } catch {
    // The library throws its refusals, without codes.
    return false
  }
}
