import { hash } from '../base/hash.js'
import type { AuthenticatorData } from './authenticator-data.js'
import type { ClientData } from './client-data.js'

/** The first verification step that a response failed; `docs/passkey.md` lists the steps. */
export type PasskeyProblem =
  | 'ceremony'
  | 'challenge'
  | 'origin'
  | 'cross_origin'
  | 'rp_id'
  | 'user_presence'
  | 'user_verification'
  | 'backup_state'
  | 'algorithm'
  | 'public_key'
  | 'credential_id'
  | 'attestation'
  | 'user_handle'
  | 'signature'

/** The relying party's settings that responses are verified against. */
export interface PasskeyPolicy {
  /** The domain that passkeys are created for. */
  readonly rpId: string
  /** The exact origins a ceremony may run on. */
  readonly origins: readonly string[]
  /** The exact origins of pages that may embed ours in a frame; empty: no ceremony runs in a frame. */
  readonly topOrigins: readonly string[]
  /** `required`: a biometric or a PIN every time, so that a passkey is two factors in one. */
  readonly userVerification: 'required' | 'preferred'
  /** The COSE algorithms that a registration offers. */
  readonly algorithms: readonly number[]
}

/** The values that one ceremony expects in its client data. */
export interface ExpectedClientData {
  readonly type: 'webauthn.create' | 'webauthn.get'
  /** base64url, as in the options. */
  readonly challenge: string
}

/**
 * Validates the browser's statement: the steps that both ceremonies share.
 * @see WebAuthn Level 3, section 7.1 steps 7 to 11, section 7.2 steps 10 to 14
 */
export function validateClientData(
  clientData: ClientData,
  expected: ExpectedClientData,
  policy: PasskeyPolicy,
): PasskeyProblem | null {
  if (clientData.type !== expected.type) return 'ceremony'
  if (clientData.challenge !== expected.challenge) return 'challenge'
  if (!policy.origins.includes(clientData.origin)) return 'origin'
  return isEmbeddingExpected(clientData, policy) ? null : 'cross_origin'
}

/** Safari reports that it is in a frame, but not whose: then the options need at least one top origin. */
function isEmbeddingExpected(
  { crossOrigin, topOrigin }: ClientData,
  policy: PasskeyPolicy,
): boolean {
  if (topOrigin === null) return !crossOrigin || policy.topOrigins.length > 0
  return crossOrigin && policy.topOrigins.includes(topOrigin)
}

/** Whether a browser asks its user, or creates a passkey in the background (`mediation: 'conditional'`). */
export type Mediation = 'prompt' | 'conditional'

/**
 * Validates the authenticator's statement: the steps that both ceremonies share. In the background no one touches the
 * authenticator or unlocks it, so a conditional registration needs neither flag; every use of the passkey does.
 * @see WebAuthn Level 3, section 7.1 steps 14 to 17, section 7.2 steps 15 to 18
 */
export function validateAuthenticatorData(
  authenticator: AuthenticatorData,
  policy: PasskeyPolicy,
  mediation: Mediation = 'prompt',
): PasskeyProblem | null {
  if (!hash('sha256', policy.rpId, 'buffer').equals(authenticator.rpIdHash)) return 'rp_id'
  if (mediation === 'prompt') {
    if (!authenticator.userPresent) return 'user_presence'
    if (policy.userVerification === 'required' && !authenticator.userVerified)
      return 'user_verification'
  }
  return authenticator.backedUp && !authenticator.backupEligible ? 'backup_state' : null
}

/** Returns the bytes that an authenticator signs. @see WebAuthn Level 3, section 6.3.3 step 11 */
export const signedData = (authenticatorData: Uint8Array, clientDataJson: Uint8Array): Buffer =>
  Buffer.concat([authenticatorData, hash('sha256', clientDataJson, 'buffer')])
