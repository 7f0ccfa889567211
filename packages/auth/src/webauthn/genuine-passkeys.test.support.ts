import assert from 'node:assert/strict'
import { isMap, readCbor } from './cbor.js'
import type { Encodable } from './cbor.test.support.js'
import { encodeCbor } from './cbor.test.support.js'
import { chromiumResponses } from './chromium-responses.test.support.js'
import { coseAlgorithm, offeredAlgorithms } from './credential-key.js'
import { parseRegistrationResponse } from './response.js'
import type { PasskeyPolicy } from './verification.js'
import type { StoredCredential } from './verify-authentication.js'
import { verifyRegistration } from './verify-registration.js'
import { webAuthnVectors } from './w3c-vectors.test.support.js'

/** The JSON that a browser sends. */
export interface SentResponse {
  readonly id: string
  readonly rawId?: string
  readonly type?: string
  readonly response: Readonly<Record<string, unknown>>
}

export interface SentCeremony {
  readonly challenge: string
  readonly sent: SentResponse
}

/** A passkey whose responses come from elsewhere: test vectors or a browser. */
export interface GenuinePasskey {
  readonly name: string
  readonly policy: PasskeyPolicy
  readonly registration: SentCeremony
  /** The registration without its attestation, where that has certificates. */
  readonly acceptedRegistration: SentCeremony
  readonly stored: StoredCredential
  readonly authentications: readonly SentCeremony[]
}

const algorithms = [...offeredAlgorithms, coseAlgorithm.es384, coseAlgorithm.es512]

const vectorPolicy: PasskeyPolicy = {
  rpId: 'example.org',
  origins: ['https://example.org'],
  topOrigins: ['https://example.com'],
  userVerification: 'preferred',
  algorithms,
}

const chromiumPolicy: PasskeyPolicy = {
  rpId: 'app.example',
  origins: ['https://app.example'],
  topOrigins: ['https://portal.example'],
  userVerification: 'preferred',
  algorithms,
}

/** The test vectors of WebAuthn, except that of an algorithm that neither side supports. */
export const vectorPasskeys = (): readonly GenuinePasskey[] =>
  webAuthnVectors
    .filter(({ name }) => name !== 'packed-ed448')
    .map(({ name, registration, authentication }) => {
      const text = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')
      const id = credentialIdOf(text(registration.attestationObject))
      const sent = (response: SentResponse['response']): SentResponse => ({
        id,
        rawId: id,
        type: 'public-key',
        response,
      })
      const created = {
        challenge: text(registration.challenge),
        sent: sent({
          clientDataJSON: text(registration.clientDataJSON),
          attestationObject: text(registration.attestationObject),
        }),
      }
      const used = {
        challenge: text(authentication.challenge),
        sent: sent({
          clientDataJSON: text(authentication.clientDataJSON),
          authenticatorData: text(authentication.authenticatorData),
          signature: text(authentication.signature),
        }),
      }
      return passkeyOf(name, vectorPolicy, created, [used], Buffer.from('user'))
    })

/** The recorded responses of Chromium. */
export const chromiumPasskeys = (): readonly GenuinePasskey[] =>
  chromiumResponses.map(({ name, userHandle, registration, authentications }) =>
    passkeyOf(
      `Chromium, ${name}`,
      chromiumPolicy,
      { challenge: registration.challenge, sent: registration.response },
      authentications.map(({ challenge, response }) => ({ challenge, sent: response })),
      Buffer.from(userHandle, 'base64url'),
    ),
  )

function passkeyOf(
  name: string,
  policy: PasskeyPolicy,
  registration: SentCeremony,
  authentications: readonly SentCeremony[],
  userHandle: Buffer,
): GenuinePasskey {
  const verify = ({ sent, challenge }: SentCeremony) =>
    verifyRegistration(parseRegistrationResponse(sent), challenge, policy)
  const acceptedRegistration = verify(registration).ok
    ? registration
    : withoutAttestation(registration)
  const result = verify(acceptedRegistration)
  assert.ok(result.ok, `${name}: ${JSON.stringify(result)}`)
  const stored = { ...result.credential, userHandle }
  return { name, policy, registration, acceptedRegistration, stored, authentications }
}

/** The registration as a browser sends it when the options ask for `none`. @see WebAuthn Level 3, section 5.1.3 */
export function withoutAttestation({ challenge, sent }: SentCeremony): SentCeremony {
  const parts = new Map<string, Encodable>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', authenticatorDataIn(String(sent.response.attestationObject))],
  ])
  const attestationObject = encodeCbor(parts).toString('base64url')
  return { challenge, sent: { ...sent, response: { ...sent.response, attestationObject } } }
}

/** The authenticator data inside an attestation object. */
export function authenticatorDataIn(attestationObject: string): Buffer {
  const read = readCbor(Buffer.from(attestationObject, 'base64url'))
  assert.ok(read !== null && isMap(read.value))
  const data = read.value.get('authData')
  assert.ok(data instanceof Uint8Array)
  return Buffer.from(data)
}

/** The credential id in the authenticator data. */
function credentialIdOf(attestationObject: string): string {
  const data = authenticatorDataIn(attestationObject)
  return data.subarray(55, 55 + data.readUInt16BE(53)).toString('base64url')
}
