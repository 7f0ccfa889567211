import assert from 'node:assert/strict'
import { InvalidInputError } from 'torii-core'
import { describe, test } from 'vitest'
import { isMap, readCbor } from './cbor.js'
import type { Encodable } from './cbor.test.support.js'
import { encodeCbor } from './cbor.test.support.js'
import { coseAlgorithm, offeredAlgorithms } from './credential-key.js'
import type { AuthenticationResponse } from './response.js'
import { parseAuthenticationResponse, parseRegistrationResponse } from './response.js'
import type { PasskeyPolicy } from './verification.js'
import { verifyAuthentication } from './verify-authentication.js'
import { verifyRegistration } from './verify-registration.js'
import type { WebAuthnVector } from './w3c-vectors.test.support.js'
import { webAuthnVectors } from './w3c-vectors.test.support.js'

const policy: PasskeyPolicy = {
  rpId: 'example.org',
  origins: ['https://example.org'],
  topOrigins: ['https://example.com'],
  userVerification: 'preferred',
  algorithms: [...offeredAlgorithms, coseAlgorithm.es384, coseAlgorithm.es512],
}

const base64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url')

const credentialIds = new Map<string, string>()

/** The credential id, read from the authenticator data once for each vector: some thousand answers are sent with it. */
function credentialIdOf({ registration }: WebAuthnVector): string {
  const known = credentialIds.get(registration.attestationObject)
  if (known !== undefined) return known
  const read = readCbor(Buffer.from(registration.attestationObject, 'hex'))
  assert.ok(read !== null && isMap(read.value))
  const data = Buffer.from(read.value.get('authData') as Uint8Array)
  const id = data.subarray(55, 55 + data.readUInt16BE(53)).toString('base64url')
  credentialIds.set(registration.attestationObject, id)
  return id
}

const credentialJson = (vector: WebAuthnVector, response: object) => {
  const id = credentialIdOf(vector)
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }
}

function registrationOf(vector: WebAuthnVector, sent = vector.registration) {
  const response = parseRegistrationResponse(
    credentialJson(vector, {
      clientDataJSON: base64url(sent.clientDataJSON),
      attestationObject: base64url(sent.attestationObject),
    }),
  )
  return verifyRegistration(response, base64url(vector.registration.challenge), policy)
}

/** The registration as a browser sends it when the options ask for `none`. @see WebAuthn Level 3, section 5.1.3 */
function withoutAttestation({ registration }: WebAuthnVector): WebAuthnVector['registration'] {
  const read = readCbor(Buffer.from(registration.attestationObject, 'hex'))
  assert.ok(read !== null && isMap(read.value))
  const parts = new Map<string, Encodable>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', read.value.get('authData') as Uint8Array],
  ])
  return { ...registration, attestationObject: encodeCbor(parts).toString('hex') }
}

function authenticationOf(vector: WebAuthnVector): AuthenticationResponse {
  const { clientDataJSON, authenticatorData, signature } = vector.authentication
  return parseAuthenticationResponse(
    credentialJson(vector, {
      clientDataJSON: base64url(clientDataJSON),
      authenticatorData: base64url(authenticatorData),
      signature: base64url(signature),
    }),
  )
}

function storedFrom(vector: WebAuthnVector) {
  const registered = registrationOf(vector, withoutAttestation(vector))
  assert.ok(registered.ok, JSON.stringify(registered))
  return { ...registered.credential, userHandle: Buffer.from('user handle') }
}

const isOffered = ({ name }: WebAuthnVector) => name !== 'packed-ed448'
const carriesCertificates = ({ name }: WebAuthnVector) => !/^none-|^packed-self-/.test(name)
const usable = webAuthnVectors.filter(isOffered)

describe('T7.84 WebAuthn Level 3 test vectors', () => {
  test('T7.84 there are fifteen vectors', () => {
    assert.equal(webAuthnVectors.length, 15)
    assert.equal(usable.length, 14)
  })

  for (const vector of usable) {
    const expected = { challenge: base64url(vector.authentication.challenge), discoverable: false }

    test(`T7.84 ${vector.name}: verifyRegistration() accepts the registration without its certificates`, () => {
      const sent = carriesCertificates(vector) ? withoutAttestation(vector) : undefined
      assert.equal(registrationOf(vector, sent).ok, true)
    })

    test(`T7.84 ${vector.name}: verifyAuthentication() accepts the authentication`, () => {
      const stored = storedFrom(vector)
      const result = verifyAuthentication(authenticationOf(vector), stored, expected, policy)
      assert.equal(result.ok, true)
    })

    test(`T7.84 ${vector.name}: verifyAuthentication() refuses any single flipped bit`, () => {
      const stored = storedFrom(vector)
      const accepted: string[] = []
      for (const part of ['signature', 'authenticatorData', 'clientDataJSON'] as const)
        for (const [bit, changed] of everyBitFlipped(vector.authentication[part])) {
          const broken = {
            ...vector,
            authentication: { ...vector.authentication, [part]: changed },
          }
          if (isAccepted(broken, stored, expected)) accepted.push(`${part} bit ${bit}`)
        }
      assert.deepEqual(accepted, [])
    })
  }

  for (const vector of webAuthnVectors.filter(carriesCertificates))
    test(`T7.84 ${vector.name}: verifyRegistration() refuses an attestation with certificates`, () => {
      const result = registrationOf(vector)
      const problem = isOffered(vector) ? 'attestation' : 'algorithm'
      assert.deepEqual(result, { ok: false, problem })
    })

  test('T7.84 packed-self-es256: verifyRegistration() refuses any single flipped bit', () => {
    const vector = webAuthnVectors.find(({ name }) => name === 'packed-self-es256')
    assert.ok(vector)
    const accepted: string[] = []
    for (const part of ['attestationObject', 'clientDataJSON'] as const)
      for (const [bit, changed] of everyBitFlipped(vector.registration[part])) {
        const sent = { ...vector.registration, [part]: changed }
        if (isOk(() => registrationOf(vector, sent))) accepted.push(`${part} bit ${bit}`)
      }
    assert.deepEqual(accepted, [])
  })
})

function* everyBitFlipped(hex: string): Generator<[bit: number, changed: string]> {
  for (let bit = 0; bit < hex.length * 4; bit += 1) {
    const bytes = Buffer.from(hex, 'hex')
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    yield [bit, bytes.toString('hex')]
  }
}

const isAccepted = (
  vector: WebAuthnVector,
  stored: ReturnType<typeof storedFrom>,
  expected: { challenge: string; discoverable: boolean },
) => isOk(() => verifyAuthentication(authenticationOf(vector), stored, expected, policy))

/** Whether `run` succeeds; an input error counts as a refusal. */
function isOk(run: () => { ok: boolean }): boolean {
  try {
    return run().ok
  } catch (error) {
    assert.ok(error instanceof InvalidInputError)
    return false
  }
}
