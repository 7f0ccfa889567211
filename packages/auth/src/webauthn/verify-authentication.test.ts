import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'vitest'
import type { AuthenticatorModel, Knobs } from './authenticator.test.support.js'
import { SoftwareAuthenticator } from './authenticator.test.support.js'
import type { Encodable } from './cbor.test.support.js'
import { offeredAlgorithms } from './credential-key.js'
import { parseAuthenticationResponse, parseRegistrationResponse } from './response.js'
import type { PasskeyPolicy, PasskeyProblem } from './verification.js'
import type { StoredCredential } from './verify-authentication.js'
import { verifyAuthentication } from './verify-authentication.js'
import { verifyRegistration } from './verify-registration.js'

const policy: PasskeyPolicy = {
  rpId: 'app.example',
  origins: ['https://app.example', 'https://www.app.example'],
  topOrigins: [],
  userVerification: 'required',
  algorithms: offeredAlgorithms,
}
const challenge = randomBytes(32).toString('base64url')
const userHandle = randomBytes(64)

/** A registered authenticator and its stored credential. */
function registered(model: AuthenticatorModel = {}, knobs: Knobs = {}) {
  const authenticator = new SoftwareAuthenticator(model)
  const options = {
    challenge,
    rp: { id: 'app.example' },
    user: { id: userHandle.toString('base64url') },
  }
  const response = parseRegistrationResponse(authenticator.create(options, knobs))
  const result = verifyRegistration(response, challenge, policy)
  assert.ok(result.ok)
  const stored: StoredCredential = { ...result.credential, userHandle }
  return { authenticator, stored }
}

interface Setting {
  readonly model?: AuthenticatorModel
  readonly discoverable?: boolean
  readonly policy?: Partial<PasskeyPolicy>
}

function authenticate(knobs: Knobs, setting: Setting = {}) {
  const { authenticator, stored } = registered(setting.model)
  const sent = authenticator.get({ challenge, rpId: 'app.example' }, knobs)
  const { discoverable = true } = setting
  return verifyAuthentication(
    parseAuthenticationResponse(sent),
    stored,
    { challenge, discoverable },
    { ...policy, ...setting.policy },
  )
}

const problemOf = (knobs: Knobs, setting?: Setting) => {
  const result = authenticate(knobs, setting)
  return result.ok ? null : result.problem
}

const otherUserHandle = randomBytes(64).toString('base64url')

describe('verifyAuthentication()', () => {
  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const)
    test(`T7.85 accepts a genuine ${algorithm} response and returns its counter and backup state`, () => {
      const result = authenticate({ signCount: 9, backedUp: false }, { model: { algorithm } })
      assert.ok(result.ok)
      const { userHandle: given, ...state } = result
      assert.deepEqual(state, {
        ok: true,
        userVerified: true,
        signCount: 9,
        backedUp: false,
        backupEligible: true,
      })
      assert.deepEqual(given, userHandle)
    })

  test('T7.85 accepts each of the configured origins', () => {
    assert.equal(problemOf({ origin: 'https://www.app.example' }), null)
  })

  const steps: readonly [step: string, knobs: Knobs, problem: PasskeyProblem][] = [
    ['5 of another credential', { credentialId: randomBytes(32) }, 'credential_id'],
    ['6 without a user handle in a discoverable sign-in', { userHandle: null }, 'user_handle'],
    ['6 with the user handle of another user', { userHandle: otherUserHandle }, 'user_handle'],
    ['10 with the type of a registration', { clientData: { type: 'webauthn.create' } }, 'ceremony'],
    ['10 with the type of a payment', { clientData: { type: 'payment.get' } }, 'ceremony'],
    ['11 with another challenge', { clientData: { challenge: 'AAAA' } }, 'challenge'],
    ['12 from another origin', { origin: 'https://app.example.evil' }, 'origin'],
    ['12 from plain http', { origin: 'http://app.example' }, 'origin'],
    ['13 from a frame', { clientData: { crossOrigin: true } }, 'cross_origin'],
    [
      '14 from a frame with a top origin',
      { clientData: { crossOrigin: true, topOrigin: 'https://evil.example' } },
      'cross_origin',
    ],
    [
      '14 with a top origin but without a frame',
      { clientData: { topOrigin: 'https://x.example' } },
      'cross_origin',
    ],
    ['15 for another RP id', { rpId: 'evil.example' }, 'rp_id'],
    ['16 without user presence', { userPresent: false }, 'user_presence'],
    ['17 without user verification', { userVerified: false }, 'user_verification'],
    [
      '18 backed up but not backup eligible',
      { backupEligible: false, backedUp: true },
      'backup_state',
    ],
    ['21 with another signature', { signature: () => randomBytes(70) }, 'signature'],
    ['21 with a signature of one byte', { signature: () => Buffer.of(0) }, 'signature'],
  ]
  for (const [step, knobs, problem] of steps)
    test(`T7.85 7.2 refuses a response at step ${step}: ${problem}`, () => {
      assert.equal(problemOf(knobs), problem)
    })

  test('T7.85 7.2 step 6 accepts a missing user handle when the options named the user, and refuses another one', () => {
    assert.equal(problemOf({ userHandle: null }, { discoverable: false }), null)
    assert.equal(problemOf({}, { discoverable: false }), null)
    const other = { userHandle: otherUserHandle }
    assert.equal(problemOf(other, { discoverable: false }), 'user_handle')
  })

  test('T7.85 7.2 step 17 does not require user verification with the option preferred', () => {
    const setting = { policy: { userVerification: 'preferred' } } as const
    assert.equal(problemOf({ userVerified: false }, setting), null)
  })

  test('T7.85 7.2 step 19 accepts a passkey whose backup eligibility changed, either way', () => {
    const model = { backupEligible: false, backedUp: false }
    assert.equal(problemOf({ backupEligible: true }, { model }), null)
    assert.equal(problemOf({ backupEligible: true, backedUp: true }, { model }), null)
    assert.equal(problemOf({ backupEligible: false, backedUp: false }), null)
  })

  test('T7.85 7.2 step 21 refuses the signature of another key', () => {
    const one = registered()
    const other = registered()
    const expected = { challenge, discoverable: true }
    const id = one.authenticator.credentialId
    const sent = other.authenticator.get({ challenge, rpId: 'app.example' }, { credentialId: id })
    const result = verifyAuthentication(
      parseAuthenticationResponse(sent),
      one.stored,
      expected,
      policy,
    )
    assert.deepEqual(result, { ok: false, problem: 'signature' })
  })

  test('T7.85 7.2 step 23 ignores unsolicited extension outputs', () => {
    const extensions = new Map<string, Encodable>([['uvm', [[2, 4, 2]]]])
    assert.equal(problemOf({ extensions }), null)
  })

  for (const algorithm of ['ES256', 'EdDSA', 'RS256'] as const)
    test(`T7.84 refuses a ${algorithm} response with any single bit flipped`, () => {
      const { authenticator, stored } = registered({ algorithm })
      const sent = authenticator.get({ challenge, rpId: 'app.example' })
      const accepted: string[] = []
      for (const part of ['signature', 'authenticatorData'] as const) {
        const bytes = Buffer.from(sent.response[part], 'base64url')
        for (let bit = 0; bit < bytes.length * 8; bit += 1) {
          const changed = Buffer.from(bytes)
          changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
          const response = { ...sent.response, [part]: changed.toString('base64url') }
          if (isAccepted({ ...sent, response }, stored)) accepted.push(`${part} bit ${bit}`)
        }
      }
      assert.deepEqual(accepted, [])
    })

  test('accepts only one DER encoding of an ECDSA signature', () => {
    const { authenticator, stored } = registered()
    const padded = (signature: Buffer) => {
      const content = Buffer.concat([
        Buffer.of(2, signature.readUInt8(3) + 1, 0),
        signature.subarray(4),
      ])
      return Buffer.concat([Buffer.of(0x30, content.length), content])
    }
    const reencodings: ((signature: Buffer) => Buffer)[] = [
      (signature) => Buffer.concat([signature, Buffer.of(0)]),
      padded,
      (signature) => Buffer.concat([Buffer.of(0x30, 0x81), signature.subarray(1)]),
    ]
    assert.ok(isAccepted(authenticator.get({ challenge, rpId: 'app.example' }), stored))
    for (const signature of reencodings) {
      const sent = authenticator.get({ challenge, rpId: 'app.example' }, { signature })
      assert.equal(isAccepted(sent, stored), false)
    }
  })
})

function isAccepted(sent: unknown, stored: StoredCredential): boolean {
  try {
    const response = parseAuthenticationResponse(sent)
    return verifyAuthentication(response, stored, { challenge, discoverable: true }, policy).ok
  } catch {
    return false
  }
}
