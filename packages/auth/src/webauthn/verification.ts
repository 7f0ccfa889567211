import { hash } from 'node:crypto'
import type { AuthenticatorData } from './authenticator-data.js'
import type { ClientData } from './client-data.js'

/** The first step of the ceremony that an answer did not pass; `docs/passkey.md` has the steps. */
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
  | 'backup_eligibility'
  | 'signature'

/** What answers are judged by. */
export interface PasskeyPolicy {
  /** The domain that passkeys are made for. */
  readonly rpId: string
  /** The exact origins a ceremony may run on. */
  readonly origins: readonly string[]
  /** The exact origins of pages that may hold ours in a frame; with none, no ceremony runs in one. */
  readonly topOrigins: readonly string[]
  /** `required`: a biometric or a PIN every time, so that a passkey is two factors in one. */
  readonly userVerification: 'required' | 'preferred'
  /** COSE algorithms that are offered. */
  readonly algorithms: readonly number[]
}

/** What one ceremony expects of its answer. */
export interface ExpectedClientData {
  readonly type: 'webauthn.create' | 'webauthn.get'
  /** base64url, as in the options. */
  readonly challenge: string
}

/**
 * The steps that both ceremonies share about the page.
 * @see WebAuthn Level 3, section 7.1 steps 7 to 11, section 7.2 steps 10 to 14
 */
export function judgeClientData(
  says: ClientData,
  expected: ExpectedClientData,
  policy: PasskeyPolicy,
): PasskeyProblem | null {
  if (says.type !== expected.type) return 'ceremony'
  if (says.challenge !== expected.challenge) return 'challenge'
  if (!policy.origins.includes(says.origin)) return 'origin'
  return isEmbeddingExpected(says, policy) ? null : 'cross_origin'
}

/** Safari tells that it is in a frame, but not in whose: then all that can be asked is that we are framed at all. */
function isEmbeddingExpected(
  { crossOrigin, topOrigin }: ClientData,
  policy: PasskeyPolicy,
): boolean {
  if (topOrigin === null) return !crossOrigin || policy.topOrigins.length > 0
  return crossOrigin && policy.topOrigins.includes(topOrigin)
}

/**
 * The steps that both ceremonies share about the authenticator.
 * @see WebAuthn Level 3, section 7.1 steps 14 to 17, section 7.2 steps 15 to 18
 */
export function judgeAuthenticatorData(
  says: AuthenticatorData,
  policy: PasskeyPolicy,
): PasskeyProblem | null {
  if (!hash('sha256', policy.rpId, 'buffer').equals(says.rpIdHash)) return 'rp_id'
  if (!says.userPresent) return 'user_presence'
  if (policy.userVerification === 'required' && !says.userVerified) return 'user_verification'
  return says.backedUp && !says.backupEligible ? 'backup_state' : null
}

export const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
