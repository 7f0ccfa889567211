import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server'
import { InvalidInputError } from 'torii-core'
import { parseAuthenticationResponse, parseRegistrationResponse } from './response.js'
import type { PasskeyPolicy } from './verification.js'
import type { StoredCredential } from './verify-authentication.js'
import { verifyAuthentication } from './verify-authentication.js'
import { verifyRegistration } from './verify-registration.js'

/** One response, and what it is verified against. `stored` is null in a registration. */
export interface ComparedResponse {
  readonly name: string
  /** The changed part; null in a genuine response. */
  readonly part: string | null
  readonly sent: unknown
  readonly challenge: string
  readonly policy: PasskeyPolicy
  readonly stored: StoredCredential | null
}

/** Accepted with the values that an application stores, or refused. */
type Outcome =
  | { readonly accepted: true; readonly values: string }
  | { readonly accepted: false; readonly reason: string }

/** Returns `accepted` or `refused` when both sides agree, otherwise the class of the difference. */
export async function compare(response: ComparedResponse): Promise<string> {
  const ours = ourOutcome(response)
  const theirs = await theirOutcome(response)
  const kind = `${response.stored === null ? 'registration' : 'authentication'}, ${response.part ?? 'genuine'}`
  if (ours.accepted && theirs.accepted)
    return ours.values === theirs.values ? 'accepted' : `${kind}: both accept, with other values`
  if (!ours.accepted && !theirs.accepted) return 'refused'
  return ours.accepted
    ? `${kind}: only the library refuses: ${reasonOf(theirs)}`
    : `${kind}: only we refuse: ${reasonOf(ours)}`
}

const reasonOf = (outcome: Outcome): string => (outcome.accepted ? '' : outcome.reason)

function ourOutcome(response: ComparedResponse): Outcome {
  try {
    return response.stored === null ? ourRegistration(response) : ourAuthentication(response)
  } catch (error) {
    // Any other error is a fault of ours, and fails the test.
    if (!(error instanceof InvalidInputError)) throw error
    return { accepted: false, reason: `input ${error.field}` }
  }
}

function ourRegistration({ sent, challenge, policy }: ComparedResponse): Outcome {
  const result = verifyRegistration(parseRegistrationResponse(sent), challenge, policy)
  if (!result.ok) return { accepted: false, reason: result.problem }
  const { credentialId, publicKey, signCount, userVerified, backupEligible, backedUp, aaguid } =
    result.credential
  return accepted([
    text(credentialId),
    text(publicKey),
    signCount,
    userVerified,
    backupEligible,
    backedUp,
    aaguid,
  ])
}

function ourAuthentication({ sent, challenge, policy, stored }: ComparedResponse): Outcome {
  if (stored === null) throw new Error('an authentication needs the stored credential')
  const expected = { challenge, discoverable: false }
  const result = verifyAuthentication(parseAuthenticationResponse(sent), stored, expected, policy)
  if (!result.ok) return { accepted: false, reason: result.problem }
  return accepted([result.signCount, result.backedUp])
}

async function theirOutcome(response: ComparedResponse): Promise<Outcome> {
  try {
    return response.stored === null
      ? await theirRegistration(response)
      : await theirAuthentication(response)
  } catch (error) {
    // The library throws its refusals. Values in the message vary, so they are cut out.
    const message = error instanceof Error ? error.message : String(error)
    return { accepted: false, reason: message.replace(/["`].*["`]/, '…').slice(0, 80) }
  }
}

async function theirRegistration({ sent, challenge, policy }: ComparedResponse): Promise<Outcome> {
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    response: sent as RegistrationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: [...policy.origins],
    expectedRPID: policy.rpId,
    requireUserVerification: policy.userVerification === 'required',
    supportedAlgorithmIDs: [...policy.algorithms],
  })
  if (!verified) return { accepted: false, reason: 'not verified' }
  const { credential, userVerified, credentialDeviceType, credentialBackedUp, aaguid } =
    registrationInfo
  return accepted([
    credential.id,
    text(credential.publicKey),
    credential.counter,
    userVerified,
    credentialDeviceType === 'multiDevice',
    credentialBackedUp,
    aaguid,
  ])
}

async function theirAuthentication(compared: ComparedResponse): Promise<Outcome> {
  const { sent, challenge, policy, stored } = compared
  if (stored === null) throw new Error('an authentication needs the stored credential')
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: sent as AuthenticationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: [...policy.origins],
    expectedTopOrigin: [...policy.topOrigins],
    expectedRPID: policy.rpId,
    requireUserVerification: policy.userVerification === 'required',
    credential: {
      id: text(stored.credentialId),
      publicKey: new Uint8Array(stored.publicKey),
      // With 0 the library does not check the counter, which our storage does.
      counter: 0,
    },
  })
  if (!verified) return { accepted: false, reason: 'not verified' }
  return accepted([authenticationInfo.newCounter, authenticationInfo.credentialBackedUp])
}

const accepted = (values: readonly unknown[]): Outcome => ({
  accepted: true,
  values: JSON.stringify(values),
})

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
