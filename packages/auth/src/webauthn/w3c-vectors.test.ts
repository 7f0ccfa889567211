import assert from 'node:assert/strict'
import { InvalidInputError } from 'torii-core'
import { describe, test } from 'vitest'
import type { AuthenticationAnswer } from './answer.js'
import { readAuthenticationAnswer, readRegistrationAnswer } from './answer.js'
import { isMap } from './authenticator-data.js'
import { readCbor } from './cbor.js'
import type { Encodable } from './cbor.test.support.js'
import { encodeCbor } from './cbor.test.support.js'
import { coseAlgorithm, offeredAlgorithms } from './credential-key.js'
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

/** The credential id, from its place in the authenticator data. */
function credentialIdOf({ registration }: WebAuthnVector): string {
  const read = readCbor(Buffer.from(registration.attestationObject, 'hex'))
  assert.ok(read !== null && isMap(read.value))
  const data = Buffer.from(read.value.get('authData') as Uint8Array)
  return data.subarray(55, 55 + data.readUInt16BE(53)).toString('base64url')
}

const credentialJson = (vector: WebAuthnVector, response: object) => {
  const id = credentialIdOf(vector)
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response }
}

async function registrationOf(vector: WebAuthnVector, sent = vector.registration) {
  const answer = readRegistrationAnswer(
    credentialJson(vector, {
      clientDataJSON: base64url(sent.clientDataJSON),
      attestationObject: base64url(sent.attestationObject),
    }),
  )
  return verifyRegistration(answer, base64url(vector.registration.challenge), policy)
}

/** What a browser makes of any attestation when `none` is asked for. @see WebAuthn Level 3, section 5.1.3 */
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

function authenticationOf(vector: WebAuthnVector): AuthenticationAnswer {
  const { clientDataJSON, authenticatorData, signature } = vector.authentication
  return readAuthenticationAnswer(
    credentialJson(vector, {
      clientDataJSON: base64url(clientDataJSON),
      authenticatorData: base64url(authenticatorData),
      signature: base64url(signature),
    }),
  )
}

async function storedFrom(vector: WebAuthnVector) {
  const registered = await registrationOf(vector, withoutAttestation(vector))
  assert.ok(registered.ok, JSON.stringify(registered))
  return { ...registered.credential, userHandle: Buffer.from('somebody') }
}

const isOffered = ({ name }: WebAuthnVector) => name !== 'packed-ed448'
const carriesCertificates = ({ name }: WebAuthnVector) => !/^none-|^packed-self-/.test(name)
const usable = webAuthnVectors.filter(isOffered)

describe('T7.84 the test vectors of WebAuthn Level 3', () => {
  test('are all fifteen', () => {
    assert.equal(webAuthnVectors.length, 15)
    assert.equal(usable.length, 14)
  })

  for (const vector of usable) {
    const expected = { challenge: base64url(vector.authentication.challenge), discoverable: false }

    test(`T7.84 ${vector.name}: the registration, as a browser sends it when no attestation is asked for`, async () => {
      const sent = carriesCertificates(vector) ? withoutAttestation(vector) : undefined
      assert.equal((await registrationOf(vector, sent)).ok, true)
    })

    test(`T7.84 ${vector.name}: the authentication`, async () => {
      const stored = await storedFrom(vector)
      const verdict = await verifyAuthentication(authenticationOf(vector), stored, expected, policy)
      assert.equal(verdict.ok, true)
    })

    test(`T7.84 ${vector.name}: every single bit of signature, authenticator data and client data counts`, async () => {
      const stored = await storedFrom(vector)
      const accepted: string[] = []
      for (const part of ['signature', 'authenticatorData', 'clientDataJSON'] as const)
        for (const [bit, changed] of everyBitFlipped(vector.authentication[part])) {
          const broken = {
            ...vector,
            authentication: { ...vector.authentication, [part]: changed },
          }
          if (await isAccepted(broken, stored, expected)) accepted.push(`${part} bit ${bit}`)
        }
      assert.deepEqual(accepted, [])
    })
  }

  for (const vector of webAuthnVectors.filter(carriesCertificates))
    test(`T7.84 ${vector.name}: an attestation with certificates is refused`, async () => {
      const verdict = await registrationOf(vector)
      const problem = isOffered(vector) ? 'attestation' : 'algorithm'
      assert.deepEqual(verdict, { ok: false, problem })
    })

  test('T7.84 packed-self-es256: every single bit of a self attestation counts', async () => {
    const vector = webAuthnVectors.find(({ name }) => name === 'packed-self-es256')
    assert.ok(vector)
    const accepted: string[] = []
    for (const part of ['attestationObject', 'clientDataJSON'] as const)
      for (const [bit, changed] of everyBitFlipped(vector.registration[part])) {
        const sent = { ...vector.registration, [part]: changed }
        if (await refusedInputIsNo(() => registrationOf(vector, sent)))
          accepted.push(`${part} bit ${bit}`)
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
  stored: Awaited<ReturnType<typeof storedFrom>>,
  expected: { challenge: string; discoverable: boolean },
) =>
  refusedInputIsNo(() => verifyAuthentication(authenticationOf(vector), stored, expected, policy))

async function refusedInputIsNo(run: () => Promise<{ ok: boolean }>): Promise<boolean> {
  try {
    return (await run()).ok
  } catch (error) {
    assert.ok(error instanceof InvalidInputError)
    return false
  }
}
